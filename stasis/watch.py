"""A value that others can watch: the state of a link."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

__all__ = ["Watch"]

T = TypeVar("T")


class Watch(Generic[T]):
    """A value and its changes.

    Watchers see the latest value; a value that was there only while nobody looked is skipped.
    """

    def __init__(self, value: T) -> None:
        self._value = value
        self._changed: asyncio.Event = asyncio.Event()

    @property
    def value(self) -> T:
        """The value now."""
        return self._value

    def set(self, value: T) -> None:
        """Change it, and wake who watches."""
        if value != self._value:
            self._value = value
            changed, self._changed = self._changed, asyncio.Event()
            changed.set()

    async def reached(self, *values: T, timeout: float | None = None) -> T:
        """Wait until it is one of these. timeout: seconds. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            while self._value not in values:
                await self._changed.wait()
        return self._value

    async def __aiter__(self) -> AsyncIterator[T]:
        """The value, then each later one, for ever."""
        while True:
            value, changed = self._value, self._changed
            yield value
            if value == self._value:
                await changed.wait()
