"""Plain AGI: Asterisk starts a process for each call, and speaks by its stdin and stdout.

The same scripts as FastAGI's, for `AGI(/path/script.py,one,two)`. What the script prints goes to
stderr, since stdout is Asterisk's. A hang-up comes as SIGHUP. A script that fails is exit code 1,
which Asterisk makes AGISTATUS FAILURE.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import BinaryIO, NoReturn

import structlog

from stasis.agi.agi import Agi, Script
from stasis.agi.errors import ProtocolError
from stasis.agi.session import OnError, Session
from stasis.agi.stream import Stream

__all__ = ["run_plain"]

log = structlog.get_logger("stasis.agi")

HANDSHAKE_SECONDS = 5.0


def run_plain(
    script: Script, *, on_error: OnError = "continue", idle_timeout: float | None = 3_600.0
) -> NoReturn:
    """Run a script as the process that Asterisk has started, and exit.

    script: an async function of an `Agi`. on_error: see `Session`. idle_timeout: seconds without a
    byte in either direction; None for ever.
    """
    # stdout is taken from everybody else.
    theirs = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    with theirs:
        good = asyncio.run(plain(script, sys.stdin.buffer, theirs, on_error, idle_timeout))
    sys.exit(0 if good else 1)


async def plain(
    script: Script,
    incoming: BinaryIO,
    outgoing: BinaryIO,
    on_error: OnError = "continue",
    idle_timeout: float | None = None,
) -> bool:
    """Run a script over two pipes. Returns False when it, or its beginning, has failed."""
    loop = asyncio.get_running_loop()
    early = asyncio.Event()
    loop.add_signal_handler(signal.SIGHUP, early.set)
    reader = asyncio.StreamReader()
    source, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), incoming)
    stream = Stream(reader, outgoing.write)
    try:
        return await session(script, stream, early, on_error, idle_timeout)
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
        source.close()


async def session(
    script: Script,
    stream: Stream,
    early: asyncio.Event,
    on_error: OnError,
    idle_timeout: float | None,
) -> bool:
    """One session. early: whether SIGHUP came before it began."""
    try:
        async with asyncio.timeout(HANDSHAKE_SECONDS):
            environment = await stream.begin()
    except (TimeoutError, ProtocolError) as error:
        log.error("not started by Asterisk's AGI()", reason=str(error) or "nothing came")
        return False
    if environment is None:
        log.error("not started by Asterisk's AGI()", reason="stdin has ended")
        return False
    # A failure is told before the exit too: whether Asterisk still sees the exit code is a race.
    running = Session(Agi(environment, stream), script, on_error=on_error)
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, running.hung_up)
    if early.is_set():
        running.hung_up()

    reading = asyncio.create_task(running.listen(stream, idle_timeout))
    try:
        return await running.run()
    finally:
        reading.cancel()
        await asyncio.wait({reading})
