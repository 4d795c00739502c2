"""Gaps: for how long events were lost, and who is told once everything was compared."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from stasis.calls import Calls
from stasis.config import AsteriskConfig
from stasis.runner import Runner
from stasis.tasks import Spawn
from stasis.trigger import Gap

__all__ = ["Gaps"]

log = structlog.get_logger("stasis.gaps")


class Gaps:
    """The gaps of one link.

    count: how many there were. on_gap: called after each. heard_at: when the last event came, by
    the event loop's clock, which no change of the time of day moves.
    """

    def __init__(self, config: AsteriskConfig, calls: Calls, spawn: Spawn) -> None:
        self.count = 0
        self.on_gap: list[Callable[[Gap], Coroutine[Any, Any, None]]] = []
        self._config = config
        self._calls = calls
        self._spawn = spawn
        self.heard_at = -math.inf
        self._deaf_since: float | None = None

    def begin(self) -> None:
        """The socket is lost. Events may be missing since the last, or since it last was alive."""
        self.count += 1
        config = self._config
        alive = asyncio.get_running_loop().time() - config.ping_interval - config.ping_timeout
        self._deaf_since = max(self.heard_at, alive)

    def end(self) -> Gap | None:
        """The gap that is over now; None at the first connect."""
        start, self._deaf_since = self._deaf_since, None
        if start is None:
            return None
        end = datetime.now(UTC)
        seconds = asyncio.get_running_loop().time() - start
        return Gap(start=end - timedelta(seconds=seconds), end=end, seconds=seconds)

    def tell(self, gap: Gap, running: set[Runner]) -> None:
        """Tell of a gap. running: the calls that ran before."""
        log.info("the gap is closed", seconds=round(gap.seconds, 1))
        self._calls.tell(running, gap)
        for call in self.on_gap:
            self._spawn(told(call(gap)), name="stasis gap")


async def told(work: Coroutine[Any, Any, None]) -> None:
    """A plugin hears of a gap; what goes wrong in it is its own."""
    try:
        await work
    except Exception as error:
        log.error("a plugin's `gap` has failed", exc_info=error)
