"""Keys from a terminal, one at a time, without Return."""

from __future__ import annotations

import asyncio
import os
import sys
import termios
import tty
from collections.abc import AsyncIterator, Callable

__all__ = ["keys"]

TICK_SECONDS = 0.2


async def keys(tick: Callable[[], None]) -> AsyncIterator[str]:
    """The keys that are pressed. tick: called five times a second, while none is.

    The terminal is as it was when the iterator is closed. It ends with the input.
    """
    loop = asyncio.get_running_loop()
    pressed: asyncio.Queue[str] = asyncio.Queue()
    file = sys.stdin.fileno()
    before = termios.tcgetattr(file)

    def read() -> None:
        for key in os.read(file, 64).decode(errors="replace") or "q":
            pressed.put_nowait(key)

    tty.setcbreak(file)
    loop.add_reader(file, read)
    try:
        while True:
            try:
                yield await asyncio.wait_for(pressed.get(), TICK_SECONDS)
            except TimeoutError:
                tick()
    finally:
        loop.remove_reader(file)
        termios.tcsetattr(file, termios.TCSADRAIN, before)
