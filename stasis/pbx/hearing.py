"""What Asterisk says after it was asked: an event that proves that something has happened."""

from __future__ import annotations

import asyncio
from typing import TypeVar

from stasis.ami import AmiEvent, Stream

__all__ = ["heard"]

E = TypeVar("E", bound=AmiEvent)
K = TypeVar("K", bound=AmiEvent)


async def heard(stream: Stream[E], kind: type[K], seconds: float) -> K | None:
    """The stream's next event of a kind; None when none comes in time.

    The stream is open since before Asterisk was asked.
    """
    try:
        async with asyncio.timeout(seconds):
            async for event in stream:
                if isinstance(event, kind):
                    return event
    except TimeoutError:
        pass
    return None
