"""The log of failed log-ins, which fail2ban reads.

Rules: appended to, a line at a time, by one process, which has a lock (`.lock`) for as long as it
writes: of two each failure would be there twice. Nobody but its owner and group may read it.
When it is full it is moved to `.1`, in place of the one before, so it takes twice its limit at
most. A file that another program (logrotate) has moved away is begun anew.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from stasis.pbx.errors import Unavailable
from stasis.pbx.failure import Failure

__all__ = ["FailureLog"]


# The locks of this process, and how many of its watches have each: those of several Asterisks
# write one file.
LOCKS: dict[Path, tuple[int, int]] = {}


class FailureLog:
    """A log. path: of the file; its folder is made. limit: bytes of it at most."""

    def __init__(self, path: Path, limit: int) -> None:
        self.path = path
        self.limit = limit

    @property
    def older(self) -> Path:
        """Where it is moved when it is full."""
        return self.path.with_name(f"{self.path.name}.1")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only process that writes it. Raises Unavailable when another one does."""
        name = self.path.with_name(f"{self.path.name}.lock").absolute()
        number, count = LOCKS.get(name) or (self._locked(name), 0)
        LOCKS[name] = number, count + 1
        try:
            yield
        finally:
            number, count = LOCKS.pop(name)
            if count > 1:
                LOCKS[name] = number, count - 1
            else:
                os.close(number)

    def _locked(self, name: Path) -> int:
        try:
            name.parent.mkdir(parents=True, exist_ok=True)
            number = os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        except OSError as error:
            raise unwritable(self.path, error) from None
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(number)
            raise Unavailable(
                "security.watch",
                f"{self.path} is written by another program already, and each failure would be"
                " there twice: stop that (`stasis security watch`, or security_log of"
                " [plugin.pbx]), or name another file by log in [asterisk.security]",
            ) from None
        return number

    def write(self, failures: Iterable[Failure]) -> None:
        """Append failures. None make sure that the file is there. Raises Unavailable."""
        data = "".join(f"{each.line()}\n" for each in failures).encode("ascii")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
            with os.fdopen(os.open(self.path, flags, 0o640), "ab", buffering=0) as file:
                file.write(data)
                full = file.tell() >= self.limit
            if full:
                self.path.replace(self.older)
        except OSError as error:
            raise unwritable(self.path, error) from None

    def read(self, since: datetime) -> Iterator[Failure]:
        """The failures since then, the oldest first. Raises Unavailable, FileNotFoundError."""
        there = [each for each in (self.older, self.path) if each.exists()]
        if not there:
            raise FileNotFoundError(self.path)
        for path in there:
            try:
                with path.open("r", encoding="ascii", errors="replace") as file:
                    for line in file:
                        failure = Failure.read(line)
                        if failure is not None and failure.at >= since:
                            yield failure
            except OSError as error:
                raise Unavailable(
                    "security.failures", f"{path} cannot be read: {error.strerror}"
                ) from None


def unwritable(path: Path, error: OSError) -> Unavailable:
    """The error when a file cannot be written."""
    return Unavailable(
        "security.watch",
        f"{path} cannot be written: {error.strerror}; see log in [asterisk.security]",
    )
