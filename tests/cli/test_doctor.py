"""`stasis doctor`: exit codes, the report for machines, and the fix for people."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]

NOBODY = {"STASIS_ASTERISK_URL": "http://127.0.0.1:1/ari"}


def test_a_hop_that_fails_is_exit_code_1_and_names_the_file(cli: Cli) -> None:
    done = cli("doctor", env=NOBODY)
    assert done.returncode == 1
    assert "FAIL tcp" in done.stdout
    assert "http.conf" in done.stdout
    (skipped,) = [line for line in done.stdout.splitlines() if line.startswith("skip")]
    assert "websocket" in skipped and skipped.endswith("needs tcp"), "one line for all"


def test_machines_get_every_hop_with_the_same_keys(cli: Cli) -> None:
    report = json.loads(cli("doctor", "--json", env=NOBODY).stdout)
    assert report["ok"] is False
    assert [hop["name"] for hop in report["hops"]][:3] == ["config", "tcp", "http"]
    assert all(set(hop) == {"name", "state", "text", "fix"} for hop in report["hops"])


def test_a_wrong_configuration_is_exit_code_2(cli: Cli, here: Path) -> None:
    (here / "stasis.toml").write_text("[asterisk]\nurll = 'x'\n")
    done = cli("doctor", "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 2
    assert report["hops"][0]["state"] == "failed"
    assert "did you mean" in report["hops"][0]["text"]
    assert {hop["state"] for hop in report["hops"][1:]} == {"skipped"}


@pytest.mark.parametrize("extension", ["8000,1)${SHELL(x)}@default", "@default", "80 00"])
def test_what_is_no_extension_is_refused(cli: Cli, extension: str) -> None:
    done = cli("doctor", "--extension", extension, env=NOBODY)
    assert done.returncode == 2
    assert "write it as 8000@default" in done.stderr


def test_the_password_is_nowhere(cli: Cli) -> None:
    done = cli("doctor", env={**NOBODY, "STASIS_ASTERISK_PASSWORD": "hush-hush"})
    assert "hush-hush" not in done.stdout + done.stderr


def test_a_wrong_configuration_is_named_by_its_file(cli: Cli, here: Path) -> None:
    (here / "other.toml").write_text("[asterisk]\nurll = 'x'\n")
    done = cli("--config", "other.toml", "doctor")
    assert "other.toml: unknown key" in done.stdout
    assert "correct it in other.toml" in done.stdout
    assert "stasis.toml" not in done.stdout
