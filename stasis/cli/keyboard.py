"""Keys from a terminal, one at a time, without Return."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import termios
import tty
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress

__all__ = ["keys"]

TICK_SECONDS = 0.2
# What arrows and the like send begins with Escape, and has letters that are keys of their own.
SEQUENCE = re.compile(r"\x1b(\[[0-9;]*[A-Za-z~]|O[A-Za-z]|.)?", re.DOTALL)


async def keys(tick: Callable[[], None]) -> AsyncGenerator[str]:
    """The keys that are pressed. tick: called five times a second, while none is.

    Arrows and other keys that are no letter are left out. The terminal is as it was when the
    iterator is closed. It ends with the input.
    """
    loop = asyncio.get_running_loop()
    pressed: asyncio.Queue[str] = asyncio.Queue()
    file = sys.stdin.fileno()
    before = termios.tcgetattr(file)

    def read() -> None:
        try:
            found = os.read(file, 64)
        except OSError:  # the terminal is gone
            found = b""
        if not found:
            loop.remove_reader(file)
            pressed.put_nowait("")
        for key in SEQUENCE.sub("", found.decode(errors="replace")):
            pressed.put_nowait(key)

    tty.setcbreak(file, termios.TCSADRAIN)  # what was pressed already counts
    loop.add_reader(file, read)
    try:
        while True:
            try:
                key = await asyncio.wait_for(pressed.get(), TICK_SECONDS)
            except TimeoutError:
                tick()
                continue
            if not key:
                return
            yield key
    finally:
        loop.remove_reader(file)
        with suppress(termios.error):  # it may be gone
            termios.tcsetattr(file, termios.TCSADRAIN, before)
