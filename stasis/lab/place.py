"""Where a lab's files are, and the locks that let several processes share them.

The cache holds one root file system for each Asterisk version and the lock files. The state holds
one folder for each running lab and nothing else: what is there is up, or was killed.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["cache", "folders", "locked", "state"]


def cache() -> Path:
    """The folder of what is built once: $XDG_CACHE_HOME/stasis/lab. It may not exist yet."""
    return xdg("XDG_CACHE_HOME", ".cache") / "stasis" / "lab"


def state() -> Path:
    """The folder of the running labs: $XDG_STATE_HOME/stasis/lab. It may not exist yet."""
    return xdg("XDG_STATE_HOME", ".local/state") / "stasis" / "lab"


def xdg(variable: str, otherwise: str) -> Path:
    """An XDG base folder; a relative value is ignored, as the specification wants."""
    value = os.environ.get(variable, "")
    return Path(value) if value.startswith("/") else Path.home() / otherwise


def folders() -> list[Path]:
    """The folders of all labs that are up or were killed, by name."""
    return sorted(each.parent for each in state().glob("*/lab.json"))


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold the lock `name` against every other process; waits until it is free.

    The kernel frees it when its process dies, so a killed process blocks nobody.
    """
    folder = cache() / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
