"""A channel's inbox: events in the order Asterisk sent them, one reader, bounded.

The reader of the socket puts and never waits. An event too many is counted, marks the inbox as
overflown, and the flow is ended for it; the runner's own notes (a timer fired, a body returned)
and the events that end a channel always find room.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

__all__ = ["Inbox"]

T = TypeVar("T")


class Inbox(Generic[T]):
    """A bounded queue whose `put` never blocks.

    limit: items that may wait; beyond, `put` returns False and `overflown` is set. items: those
    that wait, the next first; None while there are none, as in most calls at most times.
    """

    __slots__ = ("_closed", "_waiter", "dropped", "items", "limit", "overflown")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.overflown = False
        self.dropped = 0
        self.items: deque[T] | None = None
        self._closed = False
        self._waiter: asyncio.Future[None] | None = None

    def __len__(self) -> int:
        return 0 if self.items is None else len(self.items)

    def __iter__(self) -> Iterator[T]:
        """What waits, the next first."""
        return iter(self.items or ())

    def put(self, item: T, *, always: bool = False) -> bool:
        """Add an item. always: also when full. Returns whether it was added."""
        fits = True
        if self.items is None:
            if not self._closed:
                self.items = deque((item,))
        elif len(self.items) < self.limit or always:
            self.items.append(item)
        else:
            self.overflown = True
            self.dropped += 1
            fits = False
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
        return fits

    def close(self) -> None:
        """Nobody reads any more: forget what waits, and take nothing."""
        self._closed, self.items = True, None

    async def get(self) -> T:
        """The next item, waiting for one. Only one reader may wait at a time."""
        while self.items is None:
            waiter = self._waiter = asyncio.get_running_loop().create_future()
            try:
                await waiter
            finally:
                self._waiter = None
        item = self.items.popleft()
        if not self.items:
            self.items = None
        return item
