"""Calls that run AGI on a real Asterisk: Local channels, and dialplan that is added for each."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

from attrs import frozen

from stasis.agi import Agi, FastAgi, FastAgiConfig
from stasis.lab.lab import Lab

T = TypeVar("T")

NUMBERS = itertools.count(1)
CONTEXT = "agi-test"


@frozen
class Call:
    """A call of a test: its dialplan keeps there how AGI has ended."""

    lab: Lab
    name: str

    async def status(self, seconds: float = 10.0) -> str:
        """AGISTATUS, once the dialplan has gone on after AGI()."""
        return await self.kept("status", seconds)

    async def kept(self, key: str, seconds: float = 10.0) -> str:
        """What the dialplan has kept in AstDB under this key."""
        async with asyncio.timeout(seconds):
            while True:
                told = await cli(self.lab, f"database get {self.name} {key}")
                if told.startswith("Value: "):
                    return told.removeprefix("Value: ").strip()
                await asyncio.sleep(0.05)


async def cli(lab: Lab, line: str) -> str:
    """A line of Asterisk's command line, without stopping the loop."""
    return await asyncio.to_thread(lab.cli, line)


async def dialplan(lab: Lab, context: str, exten: str, steps: Sequence[str]) -> None:
    """Add an extension, as `Application(arguments)` for each priority."""
    for number, step in enumerate(steps, 1):
        quoted = step.replace("\\", "\\\\").replace('"', '\\"')
        line = f'dialplan add extension {exten},{number},"{quoted}" into {context} replace'
        assert "Extension" in (told := await cli(lab, line)), told


async def place(
    lab: Lab,
    target: str,
    *,
    caller: str = "Wait 30",
    before: Sequence[str] = (),
    after: Sequence[str] = (),
) -> Call:
    """Place a call that runs AGI(target). caller: what the other side of it does.

    before, after: applications of the dialplan, around it.
    """
    call = Call(lab, f"agi{next(NUMBERS)}")
    kept = f"Set(DB({call.name}/status)=${{AGISTATUS}})"
    await dialplan(lab, CONTEXT, call.name, [*before, f"AGI({target})", kept, *after])
    await cli(lab, f"channel originate Local/{call.name}@{CONTEXT}/n application {caller}")
    return call


@asynccontextmanager
async def serving(
    script: Callable[[Agi], Awaitable[T]], config: FastAgiConfig | None = None
) -> AsyncIterator[tuple[str, asyncio.Future[T]]]:
    """A server of one script: its address, and what the script has returned or raised."""
    done: asyncio.Future[T] = asyncio.get_running_loop().create_future()

    async def run(agi: Agi) -> None:
        try:
            result = await script(agi)
        except BaseException as error:
            if not done.done():
                done.set_exception(error)
                done.exception()
            raise
        if not done.done():
            done.set_result(result)

    async with FastAgi({"*": run}, config or FastAgiConfig(port=0, stop_timeout=2)) as server:
        yield f"agi://127.0.0.1:{server.port}/test", done


async def run(
    lab: Lab,
    script: Callable[[Agi], Awaitable[T]],
    *,
    caller: str = "Wait 30",
    arguments: str = "",
    before: Sequence[str] = (),
    seconds: float = 20.0,
) -> T:
    """Run a script on a call of a real Asterisk; what it returns, or raises."""
    async with serving(script) as (address, done):
        await place(lab, address + arguments, caller=caller, before=before)
        async with asyncio.timeout(seconds):
            return await done
