"""A call that is offered to several applications: who has it, and what the others are told."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.phone import Line
from tests.testing.simulator.machines import ask, called, heard, kinds, served, simulated

Frames = dict[str, list[dict[str, Any]]]


async def offered(arguments: str) -> tuple[Machine, Line, Frames]:
    """A call is offered to the applications `a`, `b` and `other`."""
    plan = f"exten => 9,1,StasisBroadcast({arguments})\n same => n,Wait(60)"
    machine, frames = served(plan=plan)
    told = {"a": frames, "b": heard(machine, "b"), "other": heard(machine, "other")}
    return machine, await called(machine, "9"), told


async def claim(machine: Machine, line: Line, app: str) -> int:
    """An application claims it. Returns the status."""
    path = f"POST events/claim?channelId={line.channel.id}&application={app}"
    return (await ask(machine, path)).status


class TestAnOffer:
    @simulated
    async def test_goes_to_all_with_who_calls_whom(self):
        _, line, told = await offered("500")
        for frames in told.values():
            assert kinds(frames) == ["CallBroadcast"]
            (frame,) = frames
            assert (frame["channel"]["id"], frame["called"]) == (line.channel.id, "9")

    @simulated
    async def test_goes_to_those_whose_names_match(self):
        _, _, told = await offered("500,^[ab]$")
        assert {app: len(frames) for app, frames in told.items()} == {"a": 1, "b": 1, "other": 0}

    @simulated
    async def test_is_had_by_the_first_who_claims_it(self):
        machine, line, told = await offered("500,,x:y")
        assert await claim(machine, line, "b") == 204
        assert await claim(machine, line, "a") == 409
        await asyncio.sleep(0.1)
        assert kinds(told["b"]) == ["CallBroadcast", "StasisStart"]
        assert told["b"][-1]["args"] == ["x", "y"]
        assert kinds(told["a"]) == ["CallBroadcast"]

    @pytest.mark.parametrize("notify", ["yes", "no"])
    @simulated
    async def test_tells_who_has_it_when_that_is_asked_for(self, notify: str):
        machine, line, told = await offered(f"500,,,{notify}")
        await claim(machine, line, "b")
        await asyncio.sleep(0.1)
        more = ["CallClaimed"] if notify == "yes" else []
        assert kinds(told["a"]) == ["CallBroadcast", *more]
        assert all(frame["winner_app"] == "b" for frame in told["a"][1:])

    @simulated
    async def test_ends_when_nobody_claims_it_in_time(self):
        machine, line, _ = await offered("500")
        await asyncio.sleep(0.6)
        assert line.channel.variables["STASISSTATUS"] == "TIMEOUT"
        assert line.channel.app_name == "Wait"
        assert await claim(machine, line, "a") == 404

    @simulated
    async def test_ends_with_the_call(self):
        machine, line, _ = await offered("5000")
        line.hang_up()
        await asyncio.sleep(0.1)
        assert line.channel.gone and await claim(machine, line, "a") == 404
