"""Debian packages a machine needs, and how they get there.

A package counts as there when its program is on the PATH (or its file exists): who installed it
does not matter. Nothing is installed without root, and every command is told before it runs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

from stasis.lab.fault import LabError, LabUnavailable

__all__ = ["PHONES", "SERVER", "command", "ensure", "missing"]

Report = Callable[[str], None]

# What an Asterisk of our own needs, and what phones and listening need.
SERVER = ("mmdebstrap", "debian-archive-keyring", "util-linux")
PHONES = ("sip-tester", "baresip", "sox")

SYSTEM = ":/usr/sbin:/sbin"  # not on everybody's PATH

SIGNS = {
    "mmdebstrap": "mmdebstrap",
    "debian-archive-keyring": "/usr/share/keyrings/debian-archive-keyring.gpg",
    "util-linux": "nsenter",
    "sip-tester": "sipp",
    "baresip": "baresip",
    "sox": "sox",
}


def missing(names: Iterable[str] = SERVER + PHONES) -> list[str]:
    """Those of the Debian packages whose program or file is not on this machine."""
    return [each for each in names if not there(SIGNS[each])]


def there(sign: str) -> bool:
    """Whether a program is on the PATH (sbin included), or a file exists."""
    if sign.startswith("/"):
        return Path(sign).exists()
    return shutil.which(sign, path=os.environ.get("PATH", os.defpath) + SYSTEM) is not None


def command(names: Iterable[str]) -> str:
    """The shell command that installs the packages."""
    prefix = "" if os.geteuid() == 0 else "sudo "
    return f"{prefix}apt-get install --yes --no-install-recommends {' '.join(names)}"


def ensure(names: Iterable[str] = SERVER + PHONES, report: Report = lambda line: None) -> None:
    """Install those of the packages that are missing. Does nothing when all are there.

    report: called with one line before each command.

    Raises LabUnavailable, with the command to run, when not root or not on Debian or Ubuntu;
    LabError with apt's last lines when installing fails.
    """
    wanted = missing(names)
    if not wanted:
        return
    if not there("apt-get"):
        raise LabUnavailable(*(f"program of the Debian package {each}" for each in wanted))
    if os.geteuid() != 0:
        raise LabUnavailable(*(f"package {each}" for each in wanted), command=command(wanted))
    install = ["apt-get", "install", "--yes", "--no-install-recommends", *wanted]
    report(f"installing: {' '.join(install)}")
    result = apt(install)
    if result.returncode:
        # Package lists that were never fetched, or are old, are the usual reason.
        report("updating package lists: apt-get update")
        apt(["apt-get", "update"])
        result = apt(install)
    if result.returncode:
        tail = "\n".join(result.stdout.splitlines()[-10:])
        raise LabError(f"{' '.join(install)} failed:\n{tail}")


def apt(words: list[str]) -> subprocess.CompletedProcess[str]:
    """Run apt-get without questions; both outputs in one text."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(
        words,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
