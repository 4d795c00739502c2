"""What the fault scenarios share: the command line, the lab, the program under test, the result.

A scenario ends with one JSON line on standard output; progress goes to standard error.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import sys
import traceback
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

import attrs

from stasis import Link, Plugin
from stasis.app import run
from stasis.config import Config, LogConfig
from stasis.lab.lab import Lab
from stasis.logs import set_up
from tests.asterisk.servers import Server

__all__ = ["Options", "Result", "Scenario", "main", "running", "tell", "until"]

READY_SECONDS = 30.0


@attrs.frozen
class Options:
    """How much of a scenario. calls: at once. faults: how many. seed: of all dice."""

    calls: int
    faults: int
    seed: int = 1


@attrs.define
class Result:
    """What came of it. calls: all that were taken. lost, strays: what must be 0.

    problems: what else must not have been, in words. more: what was measured.
    """

    scenario: str
    version: str = ""
    transport: str = ""
    calls: int = 0
    faults: int = 0
    lost: int = 0
    strays: int = 0
    problems: list[str] = attrs.field(factory=list)
    more: dict[str, Any] = attrs.field(factory=dict)

    @property
    def good(self) -> bool:
        """Whether nothing was lost, nothing is left, and nothing else went wrong."""
        return not (self.lost or self.strays or self.problems)

    def line(self) -> str:
        """The JSON line."""
        values = attrs.asdict(self)
        more = values.pop("more")
        problems = values.pop("problems")
        return json.dumps({**values, **more, "problems": problems})


Scenario = Callable[[Server, Options], Coroutine[Any, Any, Result]]


def tell(text: str) -> None:
    """A line of progress."""
    sys.stderr.write(f"{monotonic() - BEGUN:7.1f} {text}\n")
    sys.stderr.flush()


BEGUN = monotonic()


def main(name: str, scenario: Scenario, options: Options) -> None:
    """Run a scenario from the command line. options: what counts unless the line says else."""
    parser = argparse.ArgumentParser(prog=f"python -m tests.faults.{name}")
    parser.add_argument("--lab", help="a lab that runs; without, one is started and taken down")
    parser.add_argument("--version", default="22")
    parser.add_argument("--transport", default="http", choices=["http", "socket"])
    for each in attrs.fields(Options):
        parser.add_argument(f"--{each.name}", type=int, default=getattr(options, each.name))
    told = parser.parse_args()
    set_up(LogConfig(level=os.environ.get("STASIS_LOG_LEVEL", "error")))  # type: ignore[arg-type]
    lab = Lab.find(told.lab) if told.lab else None
    if told.lab and lab is None:
        parser.error(f"no lab {told.lab} runs")
    own = lab is None
    lab = lab or Lab.up(told.version, f"faults-{told.version}-{os.getpid()}", report=tell)
    try:
        amounts = Options(**{each.name: getattr(told, each.name) for each in attrs.fields(Options)})
        result = asyncio.run(scenario(Server(lab, told.transport), amounts))
    except Exception as error:
        traceback.print_exc()
        result = Result(name, problems=[f"{type(error).__name__}: {error}"])
    finally:
        if own:
            lab.down()
    result.version, result.transport = lab.version, told.transport
    for problem in result.problems:
        tell(problem)
    sys.stdout.write(f"{result.line()}\n")
    sys.exit(0 if result.good else 1)


@asynccontextmanager
async def running(config: Config, plugin: Plugin) -> AsyncIterator[Link]:
    """A plugin runs in this process, as `stasis run` runs it; yields its link once ready."""
    config = attrs.evolve(config, http=attrs.evolve(config.http, port=0))
    ready: asyncio.Future[Link] = asyncio.get_running_loop().create_future()

    async def tell_ready(link: Link) -> None:
        ready.set_result(link)

    task = asyncio.create_task(run(config, [plugin], ready=tell_ready))
    try:
        waited: set[asyncio.Future[Any]] = {task, ready}
        await asyncio.wait(waited, timeout=READY_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
        yield await asyncio.wait_for(ready, 0)
    finally:
        if ready.done():
            ready.result().stop()
        else:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait for a condition that nothing tells of. Raises TimeoutError that names it."""
    end = monotonic() + seconds
    while not condition():
        if monotonic() > end:
            raise TimeoutError(what)
        await asyncio.sleep(0.02)
