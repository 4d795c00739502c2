"""Waiting for what happens in other tasks, with real sockets between: by condition, not by time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

SECONDS = 10.0


async def until(holds: Callable[[], object]) -> None:
    """Let others run until it holds. Raises TimeoutError when it does not for a long time."""
    async with asyncio.timeout(SECONDS):
        while not holds():
            await asyncio.sleep(0)
