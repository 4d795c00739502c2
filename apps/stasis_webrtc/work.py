"""Work that no call waits for: what goes wrong is logged, and it ends when the process stops."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

__all__ = ["Work"]

log = structlog.get_logger("stasis_webrtc")

# How long it may take when the process stops.
STOP_SECONDS = 2.0


class Work:
    """Tasks beside the calls."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._lasting: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, Any], *, lasting: bool = False) -> asyncio.Task[Any]:
        """Begin a task. lasting: it may take long, and is not waited for when the process stops."""
        task = asyncio.get_running_loop().create_task(work)
        tasks = self._lasting if lasting else self._tasks
        tasks.add(task)
        task.add_done_callback(self._over)
        return task

    def _over(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        self._lasting.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a call's work has failed", exc_info=error)

    async def stop(self) -> None:
        """The process ends: what is short is done, what lasts is left."""
        for task in self._lasting:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_SECONDS)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, *self._lasting, return_exceptions=True)
