"""What to type next: the program as it was started here, and the lab that nobody has named."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from stasis.cli.settings import Settings
from stasis.lab.lab import Lab

__all__ = ["lab_at", "lab_is_up", "program"]


def program() -> str:
    """How this program is started: `stasis` when it is on PATH, else the path it was started by."""
    if shutil.which("stasis"):
        return "stasis"
    started = Path(sys.argv[0])
    return str(started) if started.name == "stasis" else f"{sys.executable} -m stasis"


def lab_at(url: str) -> Lab | None:
    """The lab whose ARI is at an address; None when no lab that is up has it."""
    return next((each for each in Lab.all() if each.url == url), None)


def lab_is_up(chosen: Settings, command: str) -> str:
    """How to run a command on the lab that is up, or nothing. command: with its arguments.

    For when the default address does not answer. Nothing is said when the file or the environment
    names an Asterisk: then that one is meant.
    """
    if chosen.names_asterisk():
        return ""
    labs = sorted(Lab.all(), key=lambda each: each.name != each.version)
    if not labs:
        return ""
    lab = labs[0]
    return (
        f"a lab is up: STASIS_ASTERISK_URL={lab.url} STASIS_ASTERISK_PASSWORD={lab.password}"
        f" {program()} {command}"
    )
