"""Events of several ways, in the order they came, for one reader. Bounded.

Whoever fills it never waits. When it is full the newest are dropped and counted, and a note stands
where they would have been.
"""

from __future__ import annotations

import asyncio
from collections import deque
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from attrs import frozen

from stasis.ami import AmiEvent
from stasis.ari.event import Event

__all__ = ["Inflow", "Note"]

# After so many in a row the reader lets others run.
BREATH = 64


@frozen
class Note:
    """Something about the events themselves. type: `Gap`, `Missed`, `Lost`. what: for people.

    count: of those that are missing. seconds: that nothing was heard.
    """

    source: Literal["ami", "ari", "both"]
    type: Literal["Gap", "Missed", "Lost"]
    what: str
    count: int = 0
    seconds: float = 0.0


Item: TypeAlias = tuple[datetime, AmiEvent | Event | Note]


class Inflow:
    """The queue. limit: events that may wait. dropped: how many were."""

    def __init__(self, limit: int) -> None:
        self.dropped = 0
        self._limit = limit
        self._items: deque[Item] = deque()
        self._missing = False  # whether the last one counts what is missing
        self._waiter: asyncio.Future[None] | None = None
        self._row = 0
        self._error: Exception | None = None
        self._over = False

    def __len__(self) -> int:
        """Events that wait."""
        return len(self._items)

    def put(self, event: AmiEvent | Event) -> None:
        """Add an event. It does not wait."""
        if len(self._items) >= self._limit:
            self.miss(1)
            return
        self._append(event)

    def note(self, note: Note) -> None:
        """Add a note: for it there is always room."""
        self._append(note)

    def miss(self, count: int) -> None:
        """Events are missing here."""
        self.dropped += count
        if self._missing:
            _, last = self._items.pop()
            assert isinstance(last, Note)
            count += last.count
        self._append(Note("both", "Missed", f"{count} events: the reader was too slow", count))
        self._missing = True

    def end(self, error: Exception | None = None) -> None:
        """No more come: what waits is still read. error: is then raised."""
        self._over = True
        self._error = error
        self._wake()

    async def get(self) -> Item | None:
        """The next one and when it came; None at the end. It waits for one.

        Raises what `end` got.
        """
        while not self._items:
            if self._error is not None:
                raise self._error
            if self._over:
                return None
            self._row = 0
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        self._row += 1
        if self._row >= BREATH:
            self._row = 0
            await asyncio.sleep(0)
        item = self._items.popleft()
        if not self._items:
            self._missing = False
        return item

    def _append(self, what: AmiEvent | Event | Note) -> None:
        self._missing = False
        self._items.append((datetime.now(UTC), what))
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
