"""The log of failed log-ins, which fail2ban reads.

Rules: appended to, a line at a time, by one process; nobody but its owner and group may read it.
When it is full it is moved to `.1`, in place of the one before, so it takes twice its limit at
most. A file that another program (logrotate) has moved away is begun anew.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from stasis.pbx.errors import Unavailable
from stasis.pbx.failure import Failure

__all__ = ["FailureLog"]


class FailureLog:
    """A log. path: of the file; its folder is made. limit: bytes of it at most."""

    def __init__(self, path: Path, limit: int) -> None:
        self.path = path
        self.limit = limit

    @property
    def older(self) -> Path:
        """Where it is moved when it is full."""
        return self.path.with_name(f"{self.path.name}.1")

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
            raise Unavailable(
                "security.watch",
                f"{self.path} cannot be written: {error.strerror}; see log in [asterisk.security]",
            ) from None

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
