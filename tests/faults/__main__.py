"""All fault scenarios, one after the other: `make faults`.

Each ends with one JSON line on standard output; progress goes to standard error. The exit code is
the number of scenarios that have lost a call, left a stray, or found something else wrong.
Usage: python -m tests.faults [NAME …], such as `cut kill`; without names, all.
"""

from __future__ import annotations

import subprocess
import sys

__all__ = ["RUNS"]

HTTP_22 = ("--version", "22", "--transport", "http")
SOCKET_22 = ("--version", "22", "--transport", "socket")
HTTP_16 = ("--version", "16", "--transport", "http")

# Name and arguments, in the order in which they run: on 22, and on 16 where it can.
RUNS = (
    ("cut", HTTP_22),
    ("cut", SOCKET_22),
    ("cut", HTTP_16),
    ("kill", HTTP_22),
    ("kill", SOCKET_22),
    ("kill", HTTP_16),
    ("restart", HTTP_22),
    ("restart", SOCKET_22),
    ("restart", HTTP_16),
    ("slow", HTTP_22),
    ("slow", HTTP_16),
    ("fuzz", ()),
)


def main(names: list[str]) -> int:
    """Run them. Returns how many have failed."""
    failed = 0
    for name, arguments in RUNS:
        if names and name not in names:
            continue
        sys.stderr.write(f"== {name} {' '.join(arguments)}\n")
        sys.stdout.flush()
        done = subprocess.run(
            [sys.executable, "-m", f"tests.faults.{name}", *arguments], check=False
        )
        failed += done.returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
