"""Simulated servers for tests of their parts, and short ways to ask them."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, ParamSpec
from urllib.parse import parse_qsl

from attrs import frozen

from stasis.testing.clock import virtual_time
from stasis.testing.simulator.applications import run_dialplan
from stasis.testing.simulator.dialplan import Dialplan
from stasis.testing.simulator.machine import VERSIONS, Machine
from stasis.testing.simulator.phone import Line
from stasis.testing.simulator.rest.serve import serve
from stasis.testing.simulator.sounds import Sounds

__all__ = ["Told", "ask", "called", "heard", "kinds", "new_machine", "served", "simulated", "turn"]

PLAN = """
[default]
exten => 8000,1,Answer()
 same => n,Wait(60)
"""

IN_STASIS = """
[default]
exten => _[a-z],1,Stasis(${EXTEN})
 same => n,Hangup()
"""
# Nothing can be written there.
NOWHERE = Path("/dev/null/recordings")
MADE: list[Machine] = []

P = ParamSpec("P")


@frozen
class Told:
    """An answer: HTTP status, and the body, decoded."""

    status: int
    json: Any = None

    @property
    def why(self) -> str:
        """The reason of a refusal."""
        return str(self.json["message"])


def new_machine(version: str = "22", plan: str = PLAN, sounds: Sounds | None = None) -> Machine:
    """A server in the running loop. Nothing is recorded on it."""
    return made(version, plan, sounds or Sounds(), NOWHERE)


def made(version: str, plan: str, sounds: Sounds, folder: Path) -> Machine:
    """A server that `simulated` ends."""
    machine = Machine(VERSIONS[version], Dialplan.parse(plan), sounds, folder)
    MADE.append(machine)
    return machine


def simulated(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run a test in virtual time. Its servers are ended, and nothing may have failed in them."""

    @functools.wraps(test)
    async def ended(*args: P.args, **kwargs: P.kwargs) -> None:
        MADE.clear()
        try:
            await test(*args, **kwargs)
        finally:
            for machine in MADE:
                await machine.stop()
        assert [machine.failures for machine in MADE] == [[]] * len(MADE)

    return virtual_time(ended)


async def ask(machine: Machine, line: str, body: object = None) -> Told:
    """Ask by `METHOD path?query`."""
    method, _, target = line.partition(" ")
    path, _, query = target.partition("?")
    sent = None if body is None else json.dumps(body).encode()
    response, _ = await serve(machine, method, path, parse_qsl(query), sent)
    return Told(response.status, json.loads(response.body) if response.body else None)


def heard(machine: Machine, app: str, *topics: str) -> list[dict[str, Any]]:
    """Connect for an application that hears of some topics. What it is sent comes into the list."""
    frames: list[dict[str, Any]] = []
    application = machine.bus.connect(app, frames.append, everything=False)
    for topic in topics:
        application.subscribe(topic)
    return frames


def kinds(frames: list[dict[str, Any]], *which: str) -> list[str]:
    """The types of these events, in order. which: only these."""
    return [frame["type"] for frame in frames if not which or frame["type"] in which]


async def turn() -> None:
    """Let everything happen that needs no time."""
    await asyncio.sleep(0.001)


def served(
    version: str = "22", *, plan: str = "", folder: Path = NOWHERE, **seconds: float
) -> tuple[Machine, list[dict[str, Any]]]:
    """A server whose extensions are applications, and what the application `a` is sent.

    plan: more of its context `default`. folder: of recordings. seconds: how long sounds play;
    those that are not named, two seconds.
    """
    text = f"{IN_STASIS}{plan}"
    sounds = Sounds.made_up(seconds)
    machine = made(version, text, sounds, folder)
    return machine, heard(machine, "a")


async def called(machine: Machine, exten: str = "a", number: str = "100") -> Line:
    """A phone calls an extension: `a` is the application. Returns its end of the call."""
    line = Line.incoming(machine, number, ("default", exten, 1))
    line.channel.start(run_dialplan(line.channel))
    await turn()
    return line
