"""The digits a caller has pressed and nobody has used yet: type-ahead, bounded and short-lived.

The reader adds, one question at a time takes. A digit that is a trigger of the current state
is taken by the trigger; one that no trigger knows stays for the next question or state.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Literal, TypeAlias

from stasis.ari.events import ChannelDtmfReceived
from stasis.errors import ChannelGone

__all__ = ["Asked", "Digits"]

Asked: TypeAlias = Literal["key", "entry", "secret"]
"""What a question asks for: one of a few keys, several digits, or several that nobody may see."""

# More digits than anybody types ahead; a flood drops the oldest.
LIMIT = 64
# A digit pressed long ago, in a talk say, is no answer to the question asked now.
SECONDS = 30.0


class Digits:
    """A channel's unused digits, oldest first.

    asking: whether a question is open. asked: what it asks for. questions: how many there were.
    """

    __slots__ = ("_gone", "_items", "_waiter", "asked", "asking", "dropped", "questions")

    def __init__(self) -> None:
        # None while there are none: an empty deque takes as much as all else of a channel.
        self._items: deque[tuple[float, ChannelDtmfReceived]] | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._gone: ChannelGone | None = None
        self.asking = False
        self.asked: Asked = "key"
        self.questions = 0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._fresh())

    def __contains__(self, event: object) -> bool:
        for _, item in self._fresh():  # `any` would make a generator
            if item is event:
                return True
        return False

    def add(self, event: ChannelDtmfReceived) -> None:
        """A digit came; called by the reader."""
        if self._items is None:
            self._items = deque(maxlen=LIMIT)
        elif len(self._items) == LIMIT:
            self.dropped += 1
        self._items.append((asyncio.get_running_loop().time(), event))
        self._wake()

    def events(self) -> list[ChannelDtmfReceived]:
        """The unused digits as the events they came in."""
        return [event for _, event in self._fresh()]

    def discard(self, event: ChannelDtmfReceived) -> None:
        """A trigger has used this digit."""
        items = self._items
        if items and items[0][1] is event:  # as a trigger's is, but for what was typed ahead
            items.popleft()
            self._items = items or None
            return
        kept = [each for each in items or () if each[1] is not event]
        self._items = deque(kept, LIMIT) if kept else None

    def clear(self) -> None:
        """Forget what was typed ahead."""
        self._items = None

    def fail(self, error: ChannelGone) -> None:
        """The channel is gone: whoever waits for a digit gets this error."""
        self._gone = error
        self._wake()

    @contextmanager
    def question(self, asked: Asked = "key") -> Iterator[None]:
        """While a question is open, digits are its answer and fire no triggers."""
        if self.asking:
            raise RuntimeError("this channel is being asked already; await the first question")
        self.asking, self.asked = True, asked
        self.questions += 1
        try:
            yield
        finally:
            self.asking = False

    async def next(self, seconds: float | None = None) -> str | None:
        """The next digit, waiting for it. None when `seconds` have passed without one.

        Raises ChannelGone.
        """
        try:
            async with asyncio.timeout(seconds):
                while True:
                    self._fresh()
                    if self._items:
                        return self._items.popleft()[1].digit
                    if self._gone is not None:
                        raise self._gone.again()
                    self._waiter = asyncio.get_running_loop().create_future()
                    await self._waiter
        except TimeoutError:
            return None

    def _fresh(self) -> Collection[tuple[float, ChannelDtmfReceived]]:
        """Those that are not too old; the others are forgotten."""
        if not self._items:
            self._items = None
            return ()
        oldest = asyncio.get_running_loop().time() - SECONDS
        while self._items and self._items[0][0] < oldest:
            self._items.popleft()
        return self._items

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
