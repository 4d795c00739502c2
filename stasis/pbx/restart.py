"""Ending or restarting Asterisk from afar, with a clear outcome although the connection ends.

Asterisk answers no more on the connection that has told it to end, and while it waits for calls
to end with `gracefully` it refuses every action on all of them. So the order goes over a
connection of its own, and what became of it is read off the server: when it says that it has
started.
"""

from __future__ import annotations

import asyncio
from typing import Literal, TypeAlias

import msgspec
import structlog

from stasis.ami import AmiError, OutcomeUnknown, actions
from stasis.pbx.errors import PbxError
from stasis.pbx.ways import Ways

__all__ = ["Ended", "How", "end"]

log = structlog.get_logger("stasis.pbx")

How: TypeAlias = Literal["idle", "gracefully", "now"]

WORDS = {"idle": "when convenient", "gracefully": "gracefully", "now": "now"}
# How long the order may take to be heard: Asterisk does not answer it.
ORDER_SECONDS = 2.0
LOOK_SECONDS = 0.2
# Not to be reached for so long means that it is gone, and not only between two connections.
GONE_SECONDS = 1.0


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a restart or a shutdown.

    state: `restarted` (it is back), `stopped`, `waits` (for calls to end), `away` (it went to
    restart, and is not back yet). seconds: until then. text: what that means.
    """

    state: Literal["restarted", "stopped", "waits", "away"]
    seconds: float
    text: str


TEXTS = {
    "restarted": "Asterisk has started anew",
    "stopped": "Asterisk has ended",
    "waits": "it waits for calls to end",
    "away": "Asterisk has ended, and is not back yet: see its log, and what starts it",
}


async def end(ways: Ways, verb: Literal["restart", "stop"], how: How, seconds: float) -> Ended:
    """Tell Asterisk to end or to restart, and see what comes of it.

    seconds: to watch for it. Raises PbxError, AmiError when it was not told.
    """
    loop = asyncio.get_running_loop()
    before = await started(ways)
    log.warning("Asterisk is told to end", verb=verb, how=how)
    began = loop.time()
    await order(ways, f"core {verb} {WORDS[how]}")
    gone: float | None = None
    state: Literal["restarted", "stopped", "waits", "away"] = "waits"
    while True:
        now = loop.time()
        there, found = await seen(ways)
        if found and found != before:
            state = "restarted"
            break
        gone = None if there else gone or now
        if verb == "stop" and gone is not None and now - gone >= GONE_SECONDS:
            state = "stopped"
            break
        if now - began >= seconds:
            state = "waits" if there else "away"
            break
        await asyncio.sleep(LOOK_SECONDS)
    return Ended(state=state, seconds=round(loop.time() - began, 1), text=TEXTS[state])


async def order(ways: Ways, line: str) -> None:
    """Give the command on a connection of its own. Raises PbxError, AmiError."""
    own = Ways(ways.config)
    try:
        async with asyncio.timeout(ORDER_SECONDS):
            await own.command(line)
    except (TimeoutError, OutcomeUnknown):
        return
    finally:
        await own.close()


async def started(ways: Ways) -> str:
    """When Asterisk has started, by its own clock. Raises PbxError, AmiError."""
    found = await (await ways.ami()).send(actions.CoreStatus())
    return f"{found.core_startup_date} {found.core_startup_time}"


async def seen(ways: Ways) -> tuple[bool, str]:
    """Whether Asterisk is there, and when it has started, if it says so."""
    there = (await ways.ami()).state.value == "ready"
    try:
        async with asyncio.timeout(ORDER_SECONDS):
            return there, await started(ways)
    except (TimeoutError, AmiError, PbxError):
        return there, ""
