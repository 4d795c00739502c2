"""Events for one reader: bounded, in order, with what is missing told in its place.

Whoever fills it never waits. When it is full the newest events are dropped and counted, and a
`Missed` stands where they would have been.
"""

from __future__ import annotations

import asyncio
import typing
from collections import deque
from collections.abc import Callable, Collection
from types import TracebackType
from typing import Generic, TypeVar

import msgspec

from stasis.ami.event import AmiEvent, Missed
from stasis.trigger import Gap

__all__ = ["Stream"]

E = TypeVar("E", bound=AmiEvent)


class Stream(Generic[E]):
    """An asynchronous iterator of events; `async with` opens and closes it.

    kinds: classes of events; names: kinds by Asterisk's names, for those without a class; with
    neither all. where: a further choice, which is asked for each event and must be quick.
    limit: events that may wait. dropped: how many were, since it was made.

    Besides the chosen kinds it yields `Missed` and `Gap`, whatever was chosen.
    """

    def __init__(
        self,
        kinds: Collection[type[E]],
        names: Collection[str],
        where: Callable[[E], bool] | None,
        limit: int,
        close: Callable[[Stream[E]], None],
        open: Callable[[Stream[E]], None],
    ) -> None:
        self.dropped = 0
        self._kinds = tuple(kinds)
        self._names = frozenset(name.lower() for name in names)
        self._where = where
        self._limit = limit
        self._close = close
        self._open = open
        self._items: deque[E | Missed | Gap] = deque()
        self._missing: Missed | None = None  # the one at the end, while it can still count
        self._waiter: asyncio.Future[None] | None = None
        self._over = False
        self._error: Exception | None = None

    async def __aenter__(self) -> Stream[E]:
        self._open(self)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def __len__(self) -> int:
        """Events that wait."""
        return len(self._items)

    def end(self) -> None:
        """No more events: what waits is still read."""
        self._close(self)
        self._over = True
        self._wake()

    def __aiter__(self) -> Stream[E]:
        return self

    async def __anext__(self) -> E | Missed | Gap:
        """The next event, waiting for one. Raises what `where` has raised."""
        while not self._items:
            if self._error is not None:
                raise self._error
            if self._over:
                raise StopAsyncIteration
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        event = self._items.popleft()
        if event is self._missing:
            self._missing = None
        return event

    def put(self, event: AmiEvent) -> None:
        """Add an event if it is one of the chosen. Never waits."""
        if self._over or not self._chosen(event):
            return
        if len(self._items) >= self._limit:
            self.miss(1)
            return
        self._missing = None
        self._items.append(typing.cast(E, event))
        self._wake()

    def _chosen(self, event: AmiEvent) -> bool:
        if (self._kinds or self._names) and not (
            isinstance(event, self._kinds) or event.type.lower() in self._names
        ):
            return False
        if self._where is None:
            return True
        try:
            return self._where(typing.cast(E, event))
        except Exception as error:  # the reader's own: it gets it back, and nobody else
            self._error = error
            self.end()
            return False

    def gap(self, gap: Gap) -> None:
        """Events were lost for a while. There is always room; two in a row become one."""
        self._missing = None
        if self._items and isinstance(self._items[-1], Gap):
            start = self._items.pop().start  # type: ignore[union-attr]
            gap = msgspec.structs.replace(
                gap, start=start, seconds=(gap.end - start).total_seconds()
            )
        self._items.append(gap)
        self._wake()

    def miss(self, count: int) -> None:
        """Events are missing here."""
        self.dropped += count
        if self._missing is not None:
            count += self._missing.count
            self._items.pop()
        self._missing = Missed(event="Missed", count=count)
        self._items.append(self._missing)
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
