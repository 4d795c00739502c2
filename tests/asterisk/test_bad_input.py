"""Whatever is wrong with the way to a real server: one screen that names the fix, no traceback."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stasis.lab.lab import Lab
from tests.asterisk.command_line import stasis

# Each starts two programs, and most of them Asterisk as well.
pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(90)]


@pytest.fixture(scope="module", params=["22", "16"])
def own_lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """A lab of these tests alone: they stop and reconfigure it."""
    lab = Lab.up(version=request.param, name=f"bad-{request.param}-{os.getpid()}")
    try:
        yield lab
    finally:
        lab.down()


@pytest.fixture
def stopped(own_lab: Lab) -> Iterator[Lab]:
    """Its Asterisk does not run."""
    own_lab.stop()
    try:
        yield own_lab
    finally:
        own_lab.start()
        own_lab.ready()


@pytest.fixture
def changed(own_lab: Lab, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """Its ari.conf has one line replaced by another."""
    before = (own_lab.etc / "ari.conf").read_text()
    old, new = request.param
    assert old in before, "the line to replace must be there"
    own_lab.write("ari.conf", before.replace(old, new))
    own_lab.restart(ari=False)
    try:
        yield own_lab
    finally:
        own_lab.write("ari.conf", before)
        own_lab.restart()


def refused(done: subprocess.CompletedProcess[str], *texts: str) -> None:
    """It failed, on one screen, with these words."""
    assert done.returncode not in (0, None)
    assert 0 < len(done.stderr.splitlines()) <= 24, done.stderr
    for text in texts:
        assert text in done.stderr


def hop(done: subprocess.CompletedProcess[str], name: str) -> dict[str, Any]:
    """One hop of the doctor's report, which must be the first that failed."""
    assert done.returncode == 1
    hops = json.loads(done.stdout)["hops"]
    failed = [each["name"] for each in hops if each["state"] == "failed"]
    assert failed[:1] == [name], hops
    return next(each for each in hops if each["name"] == name)


def test_a_wrong_password(own_lab: Lab, tmp_path: Path) -> None:
    """The words name both places, and never the password."""
    wrong = {"STASIS_ASTERISK_PASSWORD": "hush-hush"}
    done = stasis(tmp_path, own_lab, "run", "seeded:hello", **wrong)
    refused(done, "401", "asterisk.password", "ari.conf")
    found = hop(stasis(tmp_path, own_lab, "doctor", "--json", **wrong), "credentials")
    assert "ari.conf: [stasis]" in found["fix"]
    assert "hush-hush" not in done.stderr + str(found)


def test_a_wrong_port(own_lab: Lab, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = {"STASIS_ASTERISK_URL": f"http://127.0.0.1:{taken.getsockname()[1]}/ari"}
        refused(stasis(tmp_path, own_lab, "run", "seeded:hello", **url), "bindport in http.conf")
        found = hop(stasis(tmp_path, own_lab, "doctor", "--json", **url), "tcp")
    assert "http.conf" in found["fix"]


def test_the_port_of_another_service(own_lab: Lab, tmp_path: Path) -> None:
    """AMI answers there, and not in HTTP."""
    url = {"STASIS_ASTERISK_URL": f"http://127.0.0.1:{own_lab.ami_port}/ari"}
    refused(stasis(tmp_path, own_lab, "run", "seeded:hello", **url))
    found = hop(stasis(tmp_path, own_lab, "doctor", "--json", **url), "http")
    assert "Asterisk's HTTP port" in found["fix"]


def test_a_wrong_prefix(own_lab: Lab, tmp_path: Path) -> None:
    url = {"STASIS_ASTERISK_URL": own_lab.url.replace("/ari", "/pbx/ari")}
    refused(stasis(tmp_path, own_lab, "run", "seeded:hello", **url), "404", "asterisk.url")
    found = hop(stasis(tmp_path, own_lab, "doctor", "--json", **url), "ari")
    assert "prefix" in found["fix"]


def test_asterisk_stopped(stopped: Lab, tmp_path: Path) -> None:
    refused(stasis(tmp_path, stopped, "run", "seeded:hello"), "is Asterisk running", "http.conf")
    assert "start Asterisk" in hop(stasis(tmp_path, stopped, "doctor", "--json"), "tcp")["fix"]


@pytest.mark.parametrize("changed", [("enabled = yes", "enabled = no")], indirect=True)
def test_ari_disabled(changed: Lab, tmp_path: Path) -> None:
    refused(stasis(tmp_path, changed, "run", "seeded:hello"), "ari.conf: enabled = yes")
    found = hop(stasis(tmp_path, changed, "doctor", "--json"), "ari")
    assert "ari.conf: [general] enabled = yes" in found["fix"]


@pytest.mark.parametrize("changed", [("\nread_only = no", "\nread_only = yes")], indirect=True)
def test_a_user_who_may_only_read(changed: Lab, tmp_path: Path) -> None:
    found = hop(stasis(tmp_path, changed, "doctor", "--json"), "writing")
    assert found["fix"] == "ari.conf: [stasis] read_only = no"


@pytest.mark.parametrize(
    "name", ["two words", "a,b", "é漢", "a/b", "a;b", "a%b", "a'b", "a@b", "a+b"]
)
def test_an_application_name_with_odd_characters(own_lab: Lab, tmp_path: Path, name: str) -> None:
    done = stasis(tmp_path, own_lab, "run", "seeded:hello", "--app", name)
    refused(done, "application name", "use letters, digits")


def test_a_module_that_calls_need_is_not_loaded(own_lab: Lab, tmp_path: Path) -> None:
    """Unloaded by hand, as by a `noload` line; the line that loads it is named."""
    own_lab.cli("module unload res_ari_recordings.so")
    try:
        found = hop(stasis(tmp_path, own_lab, "doctor", "--json"), "modules")
    finally:
        own_lab.cli("module load res_ari_recordings.so")
    assert found["fix"] == "modules.conf: [modules] load = res_ari_recordings.so"
