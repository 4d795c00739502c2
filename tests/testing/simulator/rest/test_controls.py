"""What is done to a channel in an application."""

from __future__ import annotations

import asyncio

import pytest

from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.phone import Line
from tests.testing.simulator.machines import ask, called, kinds, served, simulated, turn


async def answered(machine: Machine) -> tuple[Line, str]:
    """A call that was answered, and the beginning of its paths."""
    line = await called(machine)
    path = f"channels/{line.channel.id}"
    assert (await ask(machine, f"POST {path}/answer")).status == 204
    return line, path


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("POST ring", "RINGING"),
        ("POST progress", "PROGRESS"),
        ("POST hold", "HOLD"),
        ("DELETE hold", "UNHOLD"),
    ],
)
@simulated
async def test_what_the_phone_is_told(command: str, told: str):
    machine, _ = served()
    line, path = await answered(machine)
    method, _, what = command.partition(" ")
    assert (await ask(machine, f"{method} {path}/{what}")).status == 204
    await turn()
    assert line.told == ["ANSWER", told]


@simulated
async def test_16_has_no_progress():
    machine, _ = served("16")
    _, path = await answered(machine)
    assert (await ask(machine, f"POST {path}/progress")).status == 404


@simulated
async def test_answering_twice_is_fine():
    machine, frames = served()
    line, path = await answered(machine)
    assert (await ask(machine, f"POST {path}/answer")).status == 204
    assert line.told == ["ANSWER"] and kinds(frames).count("ChannelStateChange") == 1


class TestDigits:
    @simulated
    async def test_take_their_time_and_keep_what_follows_waiting(self):
        machine, _ = served()
        line, path = await answered(machine)
        await ask(
            machine, f"POST {path}/dtmf?dtmf=12&before=500&between=300&duration=200&after=500"
        )
        await ask(machine, f"POST {path}/moh")
        at: dict[str, float] = {}
        line.listeners.append(lambda what: at.setdefault(what, round(machine.loop.time(), 1)))
        await asyncio.sleep(5)
        assert at == {"digit:1": 0.7, "digit:2": 1.2, "music:default": 1.7}

    @simulated
    async def test_others_are_left_out_and_none_is_refused(self):
        machine, _ = served()
        line, path = await answered(machine)
        await ask(machine, f"POST {path}/dtmf?dtmf=1x2")
        await asyncio.sleep(2)
        assert line.digits == ["1", "2"]
        answer = await ask(machine, f"POST {path}/dtmf")
        assert (answer.status, answer.why) == (400, "DTMF is required")


class TestMute:
    @pytest.mark.parametrize(
        ("direction", "muted"), [("in", {"in"}), ("out", {"out"}), ("both", {"in", "out"})]
    )
    @simulated
    async def test_works_each_way(self, direction: str, muted: set[str]):
        machine, _ = served()
        line, path = await answered(machine)
        await ask(machine, f"POST {path}/mute?direction={direction}")
        await turn()
        assert line.channel.muted == muted
        await ask(machine, f"DELETE {path}/mute?direction={direction}")
        await turn()
        assert line.channel.muted == set()

    @pytest.mark.parametrize(
        ("query", "why"),
        [("", "Direction is required"), ("direction=up", "Invalid direction specified")],
    )
    @simulated
    async def test_needs_a_direction(self, query: str, why: str):
        machine, _ = served()
        _, path = await answered(machine)
        answer = await ask(machine, f"POST {path}/mute?{query}")
        assert (answer.status, answer.why) == (400, why)


class TestHold:
    @simulated
    async def test_that_is_intercepted_is_told_to_the_application_alone(self):
        machine, frames = served()
        line, path = await answered(machine)
        line.channel.intercepts_hold = True
        await ask(machine, f"POST {path}/hold")
        await ask(machine, f"DELETE {path}/hold")
        await turn()
        assert kinds(frames)[-2:] == ["ChannelHold", "ChannelUnhold"]
        assert line.told == ["ANSWER"]


@simulated
async def test_music_and_silence_begin_and_end():
    machine, _ = served()
    line, path = await answered(machine)
    for command in (
        "POST moh?mohClass=jazz",
        "DELETE moh",
        "POST silence",
        "DELETE silence",
        "DELETE ring",
    ):
        method, _, what = command.partition(" ")
        assert (await ask(machine, f"{method} {path}/{what}")).status == 204
    await turn()
    assert line.heard_all == ["music:jazz"] and line.channel.music == ""


@simulated
async def test_a_phone_here_sends_no_rtp_and_a_transfer_has_its_states():
    machine, _ = served()
    _, path = await answered(machine)
    assert (await ask(machine, f"GET {path}/rtp_statistics")).status == 404
    answer = await ask(machine, f"POST {path}/transfer_progress?states=nonsense")
    assert (answer.status, answer.why) == (400, "Invalid transfer progress state")
