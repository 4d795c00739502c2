"""Tasks that are left running: told in words, and ended."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

__all__ = ["cancelled", "strays"]


def strays(tasks: Iterable[asyncio.Task[Any]]) -> str:
    """That tasks were left running, with the line where each waits; "" for none."""
    words = "\n".join(sorted(map(place, tasks)))
    return f"tasks left running:\n{words}" if words else ""


def place(task: asyncio.Task[Any]) -> str:
    """A task by its name, its function, and the line where it waits."""
    frames = task.get_stack(limit=1)
    where = f" at {frames[0].f_code.co_filename}:{frames[0].f_lineno}" if frames else ""
    function = getattr(task.get_coro(), "__qualname__", "?")
    return f"  {task.get_name()}: {function}(){where}"


async def cancelled(tasks: set[asyncio.Task[Any]]) -> None:
    """Cancel tasks and wait for their ends, if they end."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=3600)
