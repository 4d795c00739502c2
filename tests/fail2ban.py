"""fail2ban's own program that tries a filter on a log, `fail2ban-regex`, of Debian's package."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
from pathlib import Path

from stasis.lab import packages


def program() -> str:
    """The program; Debian's package is installed when it is missing. No jail is started by it."""
    if shutil.which("fail2ban-regex") is None and os.geteuid() == 0 and packages.there("apt-get"):
        packages.apt(["apt-get", "install", "--yes", "--no-install-recommends", "fail2ban"])
    found = shutil.which("fail2ban-regex")
    assert found, "fail2ban is missing: apt-get install fail2ban"
    return found


def addresses(log: Path, filter: Path) -> list[str]:
    """Whom the filter would have failed, one for each line that it matches, in order."""
    done = subprocess.run(
        [program(), "--out", "ip", str(log), str(filter)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=25,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.split()


def summary(log: Path, filter: Path) -> tuple[int, int, int]:
    """Lines, those that matched, those that it missed; the date of each has to be found too."""
    done = subprocess.run(
        [program(), str(log), str(filter)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=25,
    )
    match = re.search(r"Lines: (\d+) lines, \d+ ignored, (\d+) matched, (\d+) missed", done.stdout)
    assert match, done.stdout + done.stderr
    return int(match[1]), int(match[2]), int(match[3])


def jail(folder: Path, name: str) -> list[list[object]]:
    """What fail2ban's server would be told of a jail. folder: a copy of /etc/fail2ban with it."""
    program()
    done = subprocess.run(
        ["fail2ban-client", "-c", str(folder), "-d"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=25,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = [ast.literal_eval(line) for line in done.stdout.splitlines() if line.startswith("[")]
    return [each for each in told if name in each]


if __name__ == "__main__":  # before tests run side by side: one of them alone installs it
    program()
