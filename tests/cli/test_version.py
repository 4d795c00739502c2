"""`stasis version`: what runs here, whether or not Asterisk answers."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import stasis

Cli = Callable[..., Any]

NOBODY = {"STASIS_ASTERISK_URL": "http://127.0.0.1:1/ari"}


def test_machines_get_every_version(cli: Cli) -> None:
    report = json.loads(cli("version", "--json", env=NOBODY).stdout)
    assert report["stasis"] == stasis.__version__
    assert report["python"] == platform.python_version()
    assert report["asterisk"] is None
    assert all(report["libraries"].values())


def test_people_are_told_why_asterisk_has_none(cli: Cli) -> None:
    done = cli("version", env=NOBODY)
    assert done.returncode == 0
    assert "not reached: http://127.0.0.1:1/ari no connection" in done.stdout


def test_a_wrong_configuration_does_not_hide_the_versions(cli: Cli, here: Path) -> None:
    (here / "stasis.toml").write_text("[asterisk\n")
    done = cli("version")
    assert done.returncode == 0
    assert stasis.__version__ in done.stdout
    assert "not valid TOML" in done.stdout
