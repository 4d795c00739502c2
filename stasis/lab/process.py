"""Ending a child process that is ours: politely, then by force."""

from __future__ import annotations

import asyncio

__all__ = ["end"]

# A phone unregisters first, and a busy machine lets it wait: one that is killed stays registered.
POLITE_SECONDS = 5.0


async def end(process: asyncio.subprocess.Process) -> None:
    """Terminate a process and wait until it is gone; kill it after 5 s. One that ended is fine."""
    try:
        process.terminate()
    except ProcessLookupError:
        pass
    try:
        async with asyncio.timeout(POLITE_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
