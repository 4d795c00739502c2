"""`stasis lab`: each command on a real Asterisk, and what is said when something is not there."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner, Result

from stasis.cli.lab import lab_app
from stasis.lab.fault import LabError
from stasis.lab.lab import Lab

NAME = f"labcli-{os.getpid()}"


def run(*words: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(lab_app, list(words))


@pytest.fixture
def no_labs(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    """A machine on which no lab runs."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


@pytest.fixture
def cleaned() -> Iterator[None]:
    """Whatever the test starts is gone afterwards."""
    yield
    if (lab := Lab.read(NAME)) is not None:
        lab.down()


def test_without_labs_each_command_says_how_to_start_one(no_labs: None) -> None:
    assert "`stasis lab up` starts one" in run("status").stdout
    assert json.loads(run("status", "--json").stdout) == []
    for words in (("cli", "core show uptime"), ("logs",)):
        error = run(*words).exception
        assert isinstance(error, LabError)
        assert "start one with: stasis lab up" in str(error)
    error = run("logs", "--asterisk", "16").exception
    assert str(error).endswith("stasis lab up --asterisk 16")


def test_taking_down_what_is_not_up_is_no_error(no_labs: None) -> None:
    assert run("down").exit_code == 0
    assert run("down", "--all").exit_code == 0
    assert "the lab nobodys is not up" in run("down", "nobodys").stderr


def test_a_version_that_is_not_there_is_refused() -> None:
    assert run("up", "--asterisk", "18").exit_code == 2


@pytest.mark.asterisk
@pytest.mark.timeout(120)
def test_up_status_cli_logs_down(cleaned: None) -> None:
    shown = run("up", "--name", NAME)
    assert shown.exit_code == 0, shown.exception
    facts = json.loads(run("up", "--name", NAME, "--json").stdout)
    lab = Lab.find(NAME)
    assert lab is not None
    for told in (lab.url, lab.username, lab.password, lab.phones["alice"], f":{lab.sip_port}"):
        assert told in shown.stdout
    assert (facts["url"], facts["pid"], facts["phones"]) == (lab.url, lab.pid, lab.phones)
    assert facts in json.loads(run("status", "--json").stdout)
    assert NAME in run("status").stdout
    assert "System uptime" in run("cli", "core show uptime", "--name", NAME).stdout
    assert "Asterisk Ready" in run("logs", "--name", NAME).stdout
    assert "Asterisk Ready" in run("logs", NAME).stdout
    assert run("down", NAME).exit_code == 0
    assert Lab.read(NAME) is None


@pytest.mark.asterisk
@pytest.mark.timeout(120)
def test_one_that_was_killed_is_cleaned_up_by_down(cleaned: None) -> None:
    lab = Lab.up("22", NAME)
    lab.stop(kill=True)
    assert run("down", "--name", NAME).exit_code == 0
    assert not lab.folder.exists()


@pytest.mark.asterisk
@pytest.mark.timeout(120)
def test_without_a_name_one_lab_is_meant_and_of_several_none(no_labs: None, cleaned: None) -> None:
    lab = Lab.up("22", NAME)
    other = Lab.up("22", f"{NAME}-2")
    try:
        error = run("cli", "core show uptime").exception
        assert "choose one with --name" in str(error)
        other.down()
        assert "System uptime" in run("cli", "core show uptime").stdout
    finally:
        other.down()
        lab.down()
