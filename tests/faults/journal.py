"""What the flows under test write down, and what the callers read: one JSON line each, in a file.

A line is written in one piece and survives a `kill -9` of its writer, so it proves what a flow
did, and which process ran it.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Any

from attrs import frozen

__all__ = ["Entry", "Journal", "Reader"]

LOOK_SECONDS = 0.02


@frozen
class Entry:
    """One line. call: the caller's name. what: `state`, `heard`, `ended`, …. at: seconds of the
    machine's monotonic clock, the same in all processes. pid: of the program that wrote it.
    """

    call: str
    what: str
    at: float
    pid: int
    detail: dict[str, Any]


class Journal:
    """Writes."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_APPEND | os.O_CREAT | os.O_WRONLY)

    def write(self, call: str, what: str, **detail: Any) -> None:
        """Add a line."""
        line = json.dumps([call, what, monotonic(), os.getpid(), detail])
        os.write(self._file, f"{line}\n".encode())

    def close(self) -> None:
        """Nothing more is written."""
        os.close(self._file)


class Reader:
    """Reads what has been written, for callers who wait for it. calls: the lines of each call."""

    def __init__(self, path: Path) -> None:
        path.touch()
        self._file = path.open("rb")
        self._rest = b""
        self.calls: dict[str, list[Entry]] = {}
        self._changed = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def follow(cls, path: Path) -> AsyncIterator[Reader]:
        """Read what is written while the context lasts."""
        reader = cls(path)
        task = asyncio.create_task(reader._follow())
        try:
            yield reader
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            reader.look()
            reader._file.close()

    async def _follow(self) -> None:
        while True:
            self.look()
            await asyncio.sleep(LOOK_SECONDS)

    def look(self) -> None:
        """Take what is new."""
        *lines, self._rest = (self._rest + self._file.read()).split(b"\n")
        for line in lines:
            entry = Entry(*json.loads(line))
            self.calls.setdefault(entry.call, []).append(entry)
        if lines:
            changed, self._changed = self._changed, asyncio.Event()
            changed.set()

    def of(self, call: str, what: str) -> list[Entry]:
        """A call's lines of one kind."""
        return [each for each in self.calls.get(call, ()) if each.what == what]

    def story(self, call: str, last: int = 16) -> str:
        """The last lines of a call: seconds since its first, what, and in which state."""
        lines = self.calls.get(call, [])
        begun = lines[0].at if lines else 0.0
        return " ".join(
            f"{line.at - begun:.1f}:{line.what}:{line.detail.get('state')}"
            for line in lines[-last:]
        )

    def unfinished(self) -> list[str]:
        """Calls whose flow has not ended exactly once, in words."""
        self.look()
        found = {call: len(self.of(call, "ended")) for call in self.calls}
        return [
            f"{call}: `ended` ran {times} times; {self.story(call)}"
            for call, times in found.items()
            if times != 1
        ]

    def find(self, call: str, wanted: Callable[[Entry], bool], after: int = 0) -> Entry | None:
        """The first line of a call that is wanted, beyond its first so many lines."""
        return next((each for each in self.calls.get(call, [])[after:] if wanted(each)), None)

    async def news(self, seconds: float) -> None:
        """Wait for the next lines of anybody, and not longer than so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return
