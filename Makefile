# Each target sets itself up: virtual environment, dependencies, Debian packages, lab.

PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 2
SLOWEST := --durations=15 --durations-min=1
READY := .venv/.ready

.PHONY: run test test-asterisk conformance faults check generate clean

# The IVR on a real Asterisk: your own if stasis.toml or STASIS_ASTERISK_URL names one, else the lab.
run: $(READY)
	$(BIN)/stasis run --lab

# Everything, the real Asterisk 22 and 16 included: side by side, since most tests on a server wait
# for it, and then those that measure, one after the other.
test: $(READY)
	$(BIN)/stasis lab prepare
	$(BIN)/python -m tests.apps.stasis_conference.postgres
	PYTHONDEVMODE=1 $(BIN)/pytest $(SLOWEST) -m "not alone" -n $(WORKERS) --maxschedchunk=1
	PYTHONDEVMODE=1 $(BIN)/pytest $(SLOWEST) -m alone

# What runs on the real servers only.
test-asterisk: $(READY)
	$(BIN)/stasis lab prepare
	$(BIN)/pytest -m asterisk

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
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache

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
