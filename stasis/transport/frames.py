"""The seam in: what a connection to Asterisk yields, in the order it happened.

A source of frames yields `Opened`, then raw frames, then `Lost`, and `Opened` again after each
reconnect. `connect.py` dials Asterisk; a list of these three is all that a test needs.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeAlias

from attrs import field, frozen

__all__ = ["Frames", "Lost", "Opened", "Take"]

Take: TypeAlias = Callable[[bytes], bool]

# After this many frames in a row the calls may run.
BREATH = 64


@frozen
class Opened:
    """The socket is open and the applications are registered.

    write: sends one text frame, for REST over the socket. close: drops the socket, so that the
    source reconnects. push: gives each frame to a function as it comes, instead of yielding it,
    and so one turn of the event loop sooner; what the function returns is whether it has taken the
    frame, else it is yielded. Returns whether the source can; None: it cannot.
    """

    write: Callable[[str], Awaitable[None]] = field(repr=False)
    close: Callable[[], Awaitable[None]] = field(repr=False)
    push: Callable[[Take], bool] | None = field(default=None, repr=False)


@frozen
class Lost:
    """The socket is gone. Asterisk drops our events from now until the next `Opened`.

    reason: why, for the log. retry_in: seconds until the next attempt; infinite when the other
    side has closed it for good, and none will follow.
    """

    reason: str
    retry_in: float


Frames = AsyncIterator[Opened | Lost | bytes]
