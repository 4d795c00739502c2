# Each target sets itself up: virtual environment, dependencies, Debian packages, lab.

PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 3
SLOWEST := --durations=15 --durations-min=1
READY := .venv/.ready
PAGE := apps/stasis_webrtc/page
APPS := tests/apps/stasis_conference tests/apps/stasis_webrtc tests/browser \
  tests/asterisk/test_conference.py tests/asterisk/test_conference_api.py

.PHONY: run page test test-apps test-pbx test-asterisk conformance faults bench check generate clean

# IVR, softphone and conference on a real Asterisk: your own if stasis.toml or STASIS_ASTERISK_URL
# names one, else the lab, with users to try it.
run: $(READY)
	-@$(MAKE) --no-print-directory page
	$(BIN)/stasis run --lab --demo

# The softphone's page, out of TypeScript; it needs Node.js and npm.
page: $(PAGE)/dist/app.js

$(PAGE)/dist/app.js: $(wildcard $(PAGE)/src/*.ts $(PAGE)/src/views/*.ts $(PAGE)/*.html $(PAGE)/*.css $(PAGE)/*.json $(PAGE)/*.mjs)
	@command -v npm >/dev/null || { \
	  [ "$$(id -u)" = 0 ] || { echo "missing: npm; sudo apt-get install nodejs npm"; exit 1; }; \
	  apt-get update -qq && apt-get install --yes -qq --no-install-recommends nodejs npm; }
	@echo "building the softphone's page"
	@cd $(PAGE) && npm ci --silent --no-audit --no-fund && npm run --silent build

# Everything, the real Asterisk 22 and 16 included: side by side, since most tests on a server wait
# for it, and then those that measure, one after the other.
test: $(READY) page
	$(BIN)/stasis lab prepare
	$(BIN)/python -m tests.postgres
	$(BIN)/python -m tests.fail2ban
	$(BIN)/python -m tests.browser
	PYTHONDEVMODE=1 $(BIN)/pytest $(SLOWEST) -m "not alone" -n $(WORKERS) --maxschedchunk=1
	PYTHONDEVMODE=1 $(BIN)/pytest $(SLOWEST) -m alone

# The conference and the softphone: simulator, both databases, real servers, real browsers.
test-apps: $(READY) page
	$(BIN)/stasis lab prepare
	$(BIN)/python -m tests.postgres
	$(BIN)/python -m tests.browser
	$(BIN)/pytest $(SLOWEST) -n $(WORKERS) --maxschedchunk=1 $(APPS)

# What runs on the real servers only.
test-asterisk: $(READY)
	$(BIN)/stasis lab prepare
	$(BIN)/pytest -m asterisk

# Every thing of a PBX on the real servers, and the table of what came of each. Part of `test`.
test-pbx: $(READY)
	$(BIN)/stasis lab prepare
	$(BIN)/python -m tests.postgres
	$(BIN)/python -m tests.fail2ban
	$(BIN)/pytest $(SLOWEST) -n $(WORKERS) --maxschedchunk=1 tests/pbx tests/asterisk/pbx

# The same scenarios on the real 22 and 16 and on the simulator, side by side. Each target ends with
# one JSON line.
conformance: $(READY)
	$(BIN)/stasis lab prepare
	$(BIN)/python -m tests.conformance

# Cuts, kills, a restarted Asterisk, broken user code, a million mutated frames: half an hour.
# Each ends with one JSON line; progress is on standard error.
faults: $(READY)
	$(BIN)/stasis lab prepare
	$(BIN)/python -m tests.faults

# Speed and memory beside four other clients of ARI, on a fake server and on the real 22: three
# quarters of an hour. It is fair on an idle machine only. ONLY="burst;rest" for some scenarios.
bench: $(READY)
	$(BIN)/stasis lab prepare
	$(BIN)/python -m bench --only "$(ONLY)"

# Style, types, layers, generated code against the live servers.
check: $(READY)
	$(BIN)/stasis lab prepare
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -q tests/test_layers.py tests/test_exports.py tests/asterisk/test_generated.py

# Write stasis/ari anew from the API description of both labs.
generate: $(READY)
	$(BIN)/python -m stasis.ari.generate $$($(BIN)/python -c "$$URLS")
	$(BIN)/stasis lab down --all

define URLS
from stasis.lab.lab import Lab
for lab in Lab.up("22"), Lab.up("16"):
    print(f"--url=http://{lab.username}:{lab.password}@127.0.0.1:{lab.http_port}/ari")
endef
export URLS

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache $(PAGE)/dist $(PAGE)/node_modules

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "stasis needs Python 3.11 or later: make PYTHON=python3.11 …"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
	  [ "$$(id -u)" = 0 ] \
	    || { echo "missing: python3-venv; sudo apt-get install python3-venv"; exit 1; }; \
	  apt-get update -qq && apt-get install --yes -qq python3-venv; }
	@echo "making .venv and installing dependencies (about half a minute)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@
