"""Tasks beside the reader: what an Asterisk's link has begun, and what becomes of all of it."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Coroutine
from contextvars import Context, copy_context
from typing import Any, Protocol

import structlog

__all__ = ["Spawn", "Tasks", "cancelled"]

log = structlog.get_logger("stasis.tasks")


class Spawn(Protocol):
    """Starts a task beside the reader. name: of the task, in the log when it fails."""

    def __call__(
        self, work: Coroutine[Any, Any, None], name: str | None = None
    ) -> asyncio.Task[None]: ...


class Tasks:
    """The tasks of one link."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()
        # One of each for all tasks: a task would else hold its own.
        self._on_finished = self._finished
        self._context = Context()

    def begin(self) -> None:
        """From here on the log says of a task that failed what it says of the one that asks."""
        self._context = copy_context()

    def spawn(self, work: Coroutine[Any, Any, None], name: str | None = None) -> asyncio.Task[None]:
        """Start one. What it raises is logged, and is nobody else's."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._on_finished, context=self._context)
        return task

    async def end(self, *others: asyncio.Task[Any], last: float) -> None:
        """Cancel all, and others with them, and wait for their ends.

        last: seconds that those may take which are only begun by these ends.
        """
        await cancelled(*others, *self._running)
        if self._running:
            await asyncio.wait(self._running, timeout=last)
            await cancelled(*self._running)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error(
                "a task of stasis failed; please report this",
                task=task.get_name(),
                exception="".join(traceback.format_exception(error)).rstrip(),
            )


async def cancelled(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks and wait for their ends."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
