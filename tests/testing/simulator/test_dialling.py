"""Calling out: who is called, how it goes, and what comes of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from stasis.testing.simulator.dialling import Unreachable, make
from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.phone import Behaviour, Phone
from tests.testing.simulator.machines import (
    ask,
    called,
    kinds,
    new_machine,
    served,
    simulated,
    turn,
)

PLAN = """
exten => answers,1,Answer()
 same => n,Wait(60)
exten => rings,1,Ringing()
 same => n,Wait(60)
exten => busy,1,Busy()
exten => full,1,Congestion()
exten => early,1,Progress()
 same => n,Wait(1)
 same => n,Answer()
 same => n,Wait(60)
"""


def dials(frames: list[dict[str, Any]]) -> list[str]:
    """What Dial says."""
    return [frame["dialstatus"] for frame in frames if frame["type"] == "Dial"]


async def dialled(exten: str, **more: object) -> tuple[Machine, list[dict[str, Any]]]:
    """A Local channel is made for the application, and dialled."""
    machine, frames = served(plan=PLAN)
    await ask(machine, f"POST channels/create?endpoint=Local/{exten}@default&app=a&channelId=c")
    await turn()
    query = "&".join(f"{name}={value}" for name, value in more.items())
    assert (await ask(machine, f"POST channels/c/dial?{query}")).status == 204
    await turn()
    return machine, frames


class TestADial:
    @pytest.mark.parametrize(
        ("exten", "statuses"),
        [
            ("answers", ["", "ANSWER"]),
            ("rings", ["", "RINGING"]),
            ("busy", ["", "BUSY"]),
            ("full", ["", "CONGESTION"]),
            ("early", ["", "PROGRESS"]),
        ],
    )
    @simulated
    async def test_tells_what_the_far_end_does(self, exten: str, statuses: list[str]):
        _, frames = await dialled(exten)
        assert dials(frames) == statuses

    @simulated
    async def test_goes_on_after_early_media(self):
        machine, frames = await dialled("early")
        await asyncio.sleep(2)
        assert dials(frames) == ["", "PROGRESS", "ANSWER"]
        assert machine.channels["c"].state == "Up"

    @simulated
    async def test_to_an_extension_that_is_not_there_ends_the_channel_unheard(self):
        machine, frames = await dialled("nowhere")
        assert dials(frames) == [] and machine.channels == {}
        assert kinds(frames)[-1] == "ChannelDestroyed"

    @simulated
    async def test_ends_when_nobody_answers_in_time(self):
        machine, frames = await dialled("rings", timeout=5)
        await asyncio.sleep(4)
        assert "c" in machine.channels
        await asyncio.sleep(2)
        assert machine.channels == {} and dials(frames) == ["", "RINGING"]

    @simulated
    async def test_that_was_answered_in_time_goes_on(self):
        machine, _ = await dialled("answers", timeout=5)
        await asyncio.sleep(30)
        assert "c" in machine.channels

    @simulated
    async def test_is_heard_of_by_who_calls(self):
        machine, _ = served(plan=PLAN)
        caller = (await called(machine)).channel
        await ask(machine, "POST channels/create?endpoint=Local/answers&app=a&channelId=c")
        await turn()
        other = machine.bus.connect("x", (frames := []).append, everything=False)
        other.subscribe(caller.topic)
        await ask(machine, f"POST channels/c/dial?caller={caller.id}")
        await turn()
        assert dials(frames) == ["", "ANSWER"]
        assert {frame["caller"]["id"] for frame in frames} == {caller.id}

    @simulated
    async def test_is_not_repeated(self):
        machine, _ = await dialled("answers")
        assert (await ask(machine, "POST channels/c/dial")).status == 409


class TestAnOriginatedCall:
    @pytest.mark.parametrize(
        ("behaviour", "statuses", "cause"),
        [
            ("answers", ["", "RINGING", "ANSWER"], None),
            ("busy", ["", "BUSY"], 17),
            ("declines", ["", "NOANSWER"], 21),
            ("silent", [""], 19),
            ("rings", ["", "RINGING"], 19),
        ],
    )
    @simulated
    async def test_reaches_the_application_when_it_is_answered(
        self, behaviour: Behaviour, statuses: list[str], cause: int | None
    ):
        machine, frames = served()
        machine.phones["PJSIP/alice"] = Phone("PJSIP/alice", behaviour)
        line = "POST channels/c?endpoint=PJSIP/alice&app=a&appArgs=x,y&timeout=10"
        assert (await ask(machine, line)).status == 200
        await asyncio.sleep(11)
        assert dials(frames) == statuses
        if cause is None:
            start = next(frame for frame in frames if frame["type"] == "StasisStart")
            assert start["args"] == ["x", "y"] and start["channel"]["state"] == "Up"
        else:
            assert "StasisStart" not in kinds(frames) and machine.channels == {}
            assert (frames[-1]["type"], frames[-1]["cause"]) == ("ChannelDestroyed", cause)

    @simulated
    async def test_may_go_into_the_dialplan(self):
        machine, _ = served(plan=PLAN)
        machine.phones["PJSIP/alice"] = Phone("PJSIP/alice", "answers")
        await ask(machine, "POST channels/c?endpoint=PJSIP/alice&extension=answers&priority=2")
        await turn()
        assert machine.channels["c"].app_name == "Wait"

    @simulated
    async def test_hung_up_while_it_rings_is_over(self):
        machine, frames = served()
        phone = machine.phones["PJSIP/alice"] = Phone("PJSIP/alice")
        await ask(machine, "POST channels/c?endpoint=PJSIP/alice&app=a")
        await turn()
        await ask(machine, "DELETE channels/c")
        await turn()
        assert phone.lines[0].ended == 16 and machine.channels == {}
        assert kinds(frames)[-2:] == ["ChannelHangupRequest", "ChannelDestroyed"]


class TestMakingAChannel:
    @pytest.mark.parametrize("endpoint", ["Nonsense/alice", "PJSIP/alice"])
    @simulated
    async def test_to_nowhere_is_unreachable(self, endpoint: str):
        with pytest.raises(Unreachable):
            make(new_machine(), endpoint, "one", "two")

    @simulated
    async def test_an_unknown_phone_is_asked_for_once(self):
        machine = new_machine()

        def found(name: str) -> Phone:
            machine.phones[name] = Phone(name)
            return machine.phones[name]

        machine.on_unknown_phone = found
        channel, dialled = make(machine, "PJSIP/alice", "one", "two")
        assert (channel.name, dialled) == ("PJSIP/alice-00000000", "alice")
        assert channel.dials is machine.phones["PJSIP/alice"]
