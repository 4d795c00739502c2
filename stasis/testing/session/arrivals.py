"""Arrivals: when each frame of a session came, as far as the program could tell.

What comes before the program can act on the first frame has come together with it. How long a
busy machine takes meanwhile says nothing, and a replay would else let the program act in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

__all__ = ["ACTING_TURNS", "Arrivals"]

# Turns of the event loop in which a flow has surely acted on what it could act on.
ACTING_TURNS = 10


class Arrivals:
    """Of one session. now: its clock, in seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._together: float | None = None
        self._turning: asyncio.Handle | None = None

    def at(self) -> float:
        """When a frame that comes now has come: with those that nobody could act on yet."""
        if self._together is None:
            self._together = self._now()
            self._turn(ACTING_TURNS)
        return self._together

    def part(self) -> None:
        """Something else has happened: what comes from now on comes by itself."""
        self._together = None
        if self._turning is not None:
            self._turning.cancel()
            self._turning = None

    def _turn(self, left: int) -> None:
        if left:
            self._turning = asyncio.get_running_loop().call_soon(self._turn, left - 1)
        else:
            self.part()
