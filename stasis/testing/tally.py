"""What the fault proxy did: counts that forget nothing, and a log that forgets its oldest."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from time import monotonic

import attrs

__all__ = ["Happened", "Tally"]

LOG = 10_000


@attrs.frozen
class Happened:
    """One thing that the proxy did, for a test's report.

    at: seconds since the proxy was made. kind: the fault's kind, or `cut`, `freeze`, `thaw`,
    `refuse`, `hang`, `unreachable`, `unreadable`. connection: its number, from 1; 0 is none.
    what: the request without its query (which can hold a password), or the frame. detail: more.
    """

    at: float
    kind: str
    connection: int
    what: str
    detail: str


class Tally:
    """Counts, and the log. Its clock starts when it is made.

    counts: by kind. log: the last 10,000 entries, oldest first.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.log: deque[Happened] = deque(maxlen=LOG)
        self._began = monotonic()
        self._awaited: list[tuple[str, int, asyncio.Future[None]]] = []

    def count(self, kind: str) -> None:
        """One more of a kind, without an entry in the log."""
        self.counts[kind] += 1
        for awaited, times, future in self._awaited:
            if awaited == kind and self.counts[kind] >= times and not future.done():
                future.set_result(None)

    def happened(self, kind: str, connection: int, what: str, detail: str = "") -> None:
        """One more of a kind, with its entry. The fields are those of `Happened`."""
        at = monotonic() - self._began
        self.log.append(Happened(at, kind, connection, what, detail))
        self.count(kind)

    async def reached(self, kind: str, times: int, timeout: float | None) -> None:
        """Wait until a count has reached a number. timeout: seconds. Raises TimeoutError."""
        if self.counts[kind] >= times:
            return
        entry = (kind, times, asyncio.get_running_loop().create_future())
        self._awaited.append(entry)
        try:
            async with asyncio.timeout(timeout):
                await entry[2]
        finally:
            self._awaited.remove(entry)
