"""Doing something while something else may end it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

__all__ = ["cancelled", "until"]


async def until(work: Coroutine[Any, Any, None], end: asyncio.Task[Any]) -> None:
    """Do something, but no longer than until another thing has happened."""
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task, end}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
    finally:
        await cancelled(task)


async def cancelled(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks, and wait for their ends."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
