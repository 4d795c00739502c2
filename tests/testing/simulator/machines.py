"""Simulated servers for tests of their parts, and short ways to ask them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from attrs import frozen

from stasis.testing.simulator.dialplan import Dialplan
from stasis.testing.simulator.machine import VERSIONS, Machine
from stasis.testing.simulator.rest.serve import serve
from stasis.testing.simulator.sounds import Sounds

__all__ = ["Told", "ask", "heard", "new_machine"]

PLAN = """
[default]
exten => 8000,1,Answer()
 same => n,Wait(60)
"""


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
    return Machine(
        VERSIONS[version], Dialplan.parse(plan), sounds or Sounds(), Path("/nonexistent")
    )


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
