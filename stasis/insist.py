"""To insist: what has not reached Asterisk is asked of it again.

A network that loses one request may lose the next as well, and a call must not end by it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from stasis.errors import OutcomeUnknown

__all__ = ["insisted"]

T = TypeVar("T")

TRIES = 5
# Before the second; a little longer before each one after it.
RETRY_SECONDS = 0.1


async def insisted(
    ask: Callable[[], Awaitable[T]], known: Callable[[], bool] = lambda: False
) -> T | None:
    """Ask for something under an id of ours, until Asterisk has got it.

    ask: sends the request. known: whether an event has told of it, so that it has been there
    though Asterisk does not know it any more.

    Returns the answer, or None when an event has told. Raises what `ask` raises: OutcomeUnknown
    when Asterisk may have it and cannot tell, or when none of the tries has reached it.
    """
    for left in reversed(range(TRIES)):
        try:
            return await ask()
        except OutcomeUnknown as unknown:
            if known():
                return None
            if not left or not unknown.absent:
                raise
            await asyncio.sleep(RETRY_SECONDS * (TRIES - left))
    raise AssertionError("a loop of at least one try returns or raises")
