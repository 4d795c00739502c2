"""What Asterisk says after it was asked: an event that proves that something has happened."""

from __future__ import annotations

import asyncio
from typing import TypeVar

from stasis.ami import AmiEvent, OutcomeUnknown, Stream
from stasis.trigger import Gap

__all__ = ["heard", "lost"]

E = TypeVar("E", bound=AmiEvent)
K = TypeVar("K", bound=AmiEvent)


async def heard(stream: Stream[E], kind: type[K], seconds: float) -> K | None:
    """The stream's next event of a kind; None when none comes in time.

    The stream is open since before Asterisk was asked. Raises OutcomeUnknown when the connection
    was lost meanwhile.
    """
    try:
        async with asyncio.timeout(seconds):
            async for event in stream:
                if isinstance(event, Gap):
                    break
                if isinstance(event, kind):
                    return event
            raise lost()
    except TimeoutError:
        pass
    return None


def lost() -> OutcomeUnknown:
    """The error when events were lost with the connection: nobody knows what they would say."""
    return OutcomeUnknown(
        "", "the connection to Asterisk was lost meanwhile: see what became of it, then try again"
    )
