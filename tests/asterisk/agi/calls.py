"""Calls that run AGI on a real Asterisk: Local channels, and dialplan that is added for each."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from attrs import frozen

from stasis.agi import Agi, AsyncAgi, AsyncAgiConfig, FastAgi, FastAgiConfig, Script
from stasis.ami import Ami, AmiConfig
from stasis.lab.lab import Lab
from stasis.section import Secret

T = TypeVar("T")

NUMBERS = itertools.count(1)
CONTEXT = "agi-test"


@frozen
class Call:
    """A call of a test: its dialplan keeps there how AGI has ended."""

    lab: Lab
    name: str

    async def waits(self) -> None:
        """Wait until it is in AGI(): it is on its way there when it has been placed."""
        async with asyncio.timeout(10):
            while True:
                told = (await cli(self.lab, "core show channels concise")).splitlines()
                mine = [each for each in told if each.startswith(f"Local/{self.name}@")]
                if any("AGI" in each.split("!") for each in mine):
                    return
                await asyncio.sleep(0.05)

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
    noted, done = noting(script)
    async with FastAgi({"*": noted}, config or FastAgiConfig(port=0, stop_timeout=2)) as server:
        yield f"agi://127.0.0.1:{server.port}/test", done


def noting(script: Callable[[Agi], Awaitable[T]]) -> tuple[Script, asyncio.Future[T]]:
    """A script, and what it returns or raises when it first runs."""
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

    return run, done


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
    return await Way(lab, "fastagi").run(
        script, caller=caller, arguments=arguments, before=before, seconds=seconds
    )


@frozen
class Way:
    """How scripts get to the calls of an Asterisk. name: `fastagi` or `asyncagi`."""

    lab: Lab
    name: str

    async def run(
        self,
        script: Callable[[Agi], Awaitable[T]],
        *,
        caller: str = "Wait 30",
        arguments: str = "",
        before: Sequence[str] = (),
        seconds: float = 20.0,
    ) -> T:
        """Run a script on a call; what it returns, or raises."""
        async with self.serving(script) as (target, done):
            await place(self.lab, target + arguments, caller=caller, before=before)
            async with asyncio.timeout(seconds):
                return await done

    @asynccontextmanager
    async def serving(
        self, script: Callable[[Agi], Awaitable[T]]
    ) -> AsyncIterator[tuple[str, asyncio.Future[T]]]:
        """A server of one script: what AGI() is given, and what the script returns or raises."""
        if self.name == "fastagi":
            async with serving(script) as found:
                yield found
        else:
            noted, done = noting(script)
            async with Ami(ami_of(self.lab)) as ami, AsyncAgi(ami, {"*": noted}, QUICK):
                yield "agi:async,test", done


QUICK = AsyncAgiConfig(stop_timeout=2)


def ami_of(lab: Lab, **more: Any) -> AmiConfig:
    """How a lab's manager interface is reached."""
    values = {"port": lab.ami_port, "backoff_min": 0.05, "backoff_max": 0.2, **more}
    return AmiConfig(username=lab.username, secret=Secret(lab.password), **values)
