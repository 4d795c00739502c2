"""Phones: what they do when they are called, and what passes between them and their channel."""

from __future__ import annotations

import asyncio

import pytest

from stasis.testing.simulator.dialling import Dialling
from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.phone import Behaviour, Line, Phone
from tests.testing.simulator.machines import (
    ask,
    called,
    heard,
    kinds,
    new_machine,
    served,
    simulated,
    turn,
)


async def rung(
    machine: Machine, behaviour: Behaviour, seconds: float = 0.0, *, early: bool = False
) -> tuple[Line, list[str]]:
    """A phone is called. Returns its line, and what Dial says."""
    phone = machine.phones["PJSIP/alice"] = Phone("PJSIP/alice", behaviour, seconds)
    phone.early = early
    frames = heard(machine, "a", "channel:")
    await ask(machine, "POST channels/c?endpoint=PJSIP/alice&extension=8000&timeout=60")
    await asyncio.sleep(seconds + 0.1)
    statuses = [frame["dialstatus"] for frame in frames if frame["type"] == "Dial"]
    return phone.lines[0], statuses


class TestWhatAPhoneDoes:
    @pytest.mark.parametrize(
        ("behaviour", "statuses", "cause"),
        [
            ("rings", ["", "RINGING"], None),
            ("early", ["", "PROGRESS"], None),
            ("answers", ["", "RINGING", "ANSWER"], None),
            ("busy", ["", "BUSY"], 17),
            ("declines", ["", "NOANSWER"], 21),
            ("silent", [""], None),
        ],
    )
    @simulated
    async def test_when_it_is_called(
        self, behaviour: Behaviour, statuses: list[str], cause: int | None
    ):
        line, told = await rung(new_machine(), behaviour)
        assert (told, line.ended) == (statuses, cause)

    @simulated
    async def test_it_answers_after_its_seconds(self):
        machine = new_machine()
        _, told = await rung(machine, "answers", 5.0)
        assert told == ["", "RINGING", "ANSWER"]

    @simulated
    async def test_it_may_send_early_media_instead_of_ringing(self):
        _, told = await rung(new_machine(), "rings", early=True)
        assert told == ["", "PROGRESS"]

    @simulated
    async def test_one_that_is_unreachable_cannot_be_called(self):
        machine = new_machine()
        machine.phones["PJSIP/alice"] = Phone("PJSIP/alice", "unreachable")
        line = "POST channels?endpoint=PJSIP/alice&extension=8000"
        assert (await ask(machine, line)).status == 500
        assert machine.channels == {}

    @simulated
    async def test_who_hangs_up_while_it_rings_has_not_answered(self):
        machine = new_machine()
        line, _ = await rung(machine, "rings")
        line.hang_up(21)
        await turn()
        line.pick_up()
        await turn()
        assert line.ended == 21 and machine.channels == {}

    @simulated
    async def test_one_that_would_answer_later_does_not_once_the_caller_has_gone(self):
        machine = new_machine()
        phone = machine.phones["PJSIP/alice"] = Phone("PJSIP/alice", "answers", 5.0)
        await ask(machine, "POST channels/c?endpoint=PJSIP/alice&extension=8000&timeout=3")
        await asyncio.sleep(10)
        assert phone.lines[0].ended is not None and "ANSWER" not in phone.lines[0].told


class TestALine:
    @simulated
    async def test_notes_what_it_hears_and_is_told(self):
        machine, _ = served(one=1.0)
        line = await called(machine)
        told: list[str] = []
        line.listeners.append(told.append)
        path = f"POST channels/{line.channel.id}"
        for what in ("answer", "ring", "play?media=sound:one", "dtmf?dtmf=5", "hold"):
            await ask(machine, f"{path}/{what}")
        await asyncio.sleep(2)
        line.hang_up()
        await turn()
        assert line.heard_all == ["sound:one", "digit:5"] and line.digits == ["5"]
        assert told == ["ANSWER", "RINGING", "sound:one", "digit:5", "HOLD", "ENDED 16"]

    @simulated
    async def test_hold_is_told_once_each_way(self):
        machine, frames = served()
        line = await called(machine)
        for on in (True, True, False, False):
            line.hold(on)
        assert kinds(frames)[1:] == ["ChannelHold", "ChannelUnhold"]

    @simulated
    async def test_a_phone_on_hold_neither_plays_nor_sends(self):
        machine, frames = served()
        line = await called(machine)
        line.channel.talk_detect = True
        line.hold(True)
        line.channel.hear("sound:one")
        line.speak(1)
        await asyncio.sleep(5)
        assert line.heard_all == [] and "ChannelTalkingStarted" not in kinds(frames)

    @simulated
    async def test_nothing_comes_of_it_after_the_call(self):
        machine, frames = served()
        line = await called(machine)
        line.channel.talk_detect = True
        line.hang_up()
        await turn()
        before = len(frames)
        line.hang_up(17)
        line.hold(True)
        line.speak(1)
        line.pick_up()
        await asyncio.sleep(5)
        assert len(frames) == before and line.ended == 16

    @simulated
    async def test_a_voice_is_heard_by_nobody_as_a_medium(self):
        machine, _ = served()
        one, two = await called(machine), await called(machine, number="200")
        await ask(machine, "POST bridges/b")
        for line in (one, two):
            await ask(machine, f"POST channels/{line.channel.id}/answer")
            await ask(machine, f"POST bridges/b/addChannel?channel={line.channel.id}")
        one.speak(2)
        assert two.heard_all == []


@simulated
async def test_a_phone_with_early_media_is_picked_up_like_any_other():
    machine = new_machine()
    line, _ = await rung(machine, "early")
    line.pick_up()
    assert line.channel.state == "Up"


@simulated
async def test_picking_up_a_call_that_nobody_dials_does_nothing():
    machine = new_machine()
    line = Line.incoming(machine, "100", ("default", "8000", 1))
    line.pick_up()
    assert line.channel.state == "Ring"
    dialling = Dialling(line.channel, "x", repeats=True)
    line.channel.dialling = dialling
    line.pick_up()
    assert line.channel.state == "Up" and dialling.settled.result() == "ANSWER"
