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

    limit: items that may wait; beyond, `put` returns False and `overflown` is set.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.overflown = False
        self.dropped = 0
        self._items: deque[T] = deque()
        self._waiter: asyncio.Future[None] | None = None

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[T]:
        """What waits, the next first."""
        return iter(self._items)

    def put(self, item: T, *, always: bool = False) -> bool:
        """Add an item. always: also when full. Returns whether it was added."""
        if len(self._items) >= self.limit and not always:
            self.overflown = True
            self.dropped += 1
            self._wake()
            return False
        self._items.append(item)
        self._wake()
        return True

    def close(self) -> None:
        """Nobody reads any more: forget what waits, and take nothing."""
        self._items.clear()
        self._items = deque(maxlen=0)

    async def get(self) -> T:
        """The next item, waiting for one. Only one reader may wait at a time."""
        while not self._items:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return self._items.popleft()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
