"""A channel's stay in an application: commands one after the other, and every way out of it."""

from __future__ import annotations

import asyncio

import pytest

from stasis.testing import Asterisk, virtual_time
from stasis.testing.simulator.control import Control
from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.phone import Line
from tests.testing.simulator.machines import ask, called, heard, kinds, served, simulated, turn


async def talking(machine: Machine) -> tuple[Line, str]:
    """A call in the application, answered. Returns its phone, and the beginning of its paths."""
    line = await called(machine)
    path = f"channels/{line.channel.id}"
    await ask(machine, f"POST {path}/answer")
    return line, path


class TestCommands:
    @simulated
    async def test_wait_for_those_before_them(self):
        machine, frames = served(one=3.0, two=2.0)
        line, path = await talking(machine)
        await ask(machine, f"POST {path}/play/p?media=sound:one")
        await ask(machine, f"POST {path}/moh?mohClass=jazz")
        await ask(machine, f"POST {path}/play/q?media=sound:two")
        await turn()
        assert line.heard_all == ["sound:one"]
        await asyncio.sleep(3)
        assert line.heard_all == ["sound:one", "music:jazz", "sound:two"]
        await asyncio.sleep(2)
        started, finished = "PlaybackStarted", "PlaybackFinished"
        assert kinds(frames, started, finished) == [started, finished] * 2

    @simulated
    async def test_one_that_is_stopped_before_its_turn_is_told_of_as_done_and_never_heard(self):
        machine, frames = served(one=3.0)
        line, path = await talking(machine)
        await ask(machine, f"POST {path}/play/p?media=sound:one")
        await ask(machine, f"POST {path}/play/q?media=sound:two")
        await ask(machine, "DELETE playbacks/q")
        await asyncio.sleep(4)
        last = frames[-1]
        assert (last["type"], last["playback"]["id"]) == ("PlaybackFinished", "q")
        assert last["playback"]["state"] == "done"
        assert line.heard_all == ["sound:one"]
        assert [frame["playback"]["id"] for frame in frames if "playback" in frame] == list("ppq")

    @pytest.mark.parametrize("way", ["phone", "DELETE"])
    @simulated
    async def test_a_hang_up_ends_the_one_that_runs_and_fails_the_rest(self, way: str):
        machine, frames = served()
        line, path = await talking(machine)
        for playback in "pq":
            await ask(machine, f"POST {path}/play/{playback}?media=sound:one")
        await asyncio.sleep(1)
        if way == "phone":
            line.hang_up()
        else:
            await ask(machine, f"DELETE {path}")
        await turn()
        told = [
            (frame["type"], frame["playback"]["id"], frame["playback"]["state"])
            for frame in frames
            if "playback" in frame
        ]
        assert told == [
            ("PlaybackStarted", "p", "playing"),
            ("PlaybackFinished", "p", "failed"),
            ("PlaybackStarted", "q", "playing"),
            ("PlaybackFinished", "q", "failed"),
        ]
        assert frames[-1]["type"] == "StasisEnd"
        assert machine.channels == {} and machine.playbacks == {}

    @simulated
    async def test_who_waits_for_one_is_told_that_the_channel_is_gone(self):
        machine, _ = served()
        line, path = await talking(machine)
        await ask(machine, f"POST {path}/play/p?media=sound:one")
        waiting = asyncio.create_task(ask(machine, f"POST {path}/answer"))
        await turn()
        line.hang_up()
        answer = await waiting
        assert (answer.status, answer.why) == (500, "Channel hung up")

    @simulated
    async def test_something_can_be_put_off_until_the_one_that_runs_is_over(self):
        machine, _ = served(one=3.0)
        line, path = await talking(machine)
        await ask(machine, f"POST {path}/play/p?media=sound:one")
        await turn()
        control, times = line.channel.control, []
        assert control is not None and control.busy
        control.afterwards(lambda: times.append(machine.loop.time()))
        await asyncio.sleep(5)
        assert times == [pytest.approx(3, abs=0.01)]


class TestWaysOut:
    @simulated
    async def test_on_in_the_dialplan_after_what_was_asked_for(self):
        machine, frames = served(plan=" same => 7,NoOp()\n same => n,Wait(5)\n", one=3.0)
        line, path = await talking(machine)
        await ask(machine, f"POST {path}/play/p?media=sound:one")
        await ask(machine, f"POST {path}/continue?priority=7")
        await turn()
        assert line.channel.control is not None
        await asyncio.sleep(3)
        assert line.channel.control is None and line.channel.app_name == "Wait"
        assert kinds(frames)[-2:] == ["PlaybackFinished", "StasisEnd"]
        assert line.channel.variables["STASISSTATUS"] == "SUCCESS"

    @simulated
    async def test_to_another_application_and_back(self):
        machine, frames = served()
        other = heard(machine, "b")
        line, path = await talking(machine)
        for app in "ba":
            await ask(machine, f"POST {path}/move?app={app}&appArgs=x,y")
            await turn()
        ins_and_outs = ["StasisStart", "StasisEnd"]
        assert kinds(frames, *ins_and_outs) == [*ins_and_outs, "StasisStart"]
        assert kinds(other, *ins_and_outs) == ins_and_outs
        assert other[0]["args"] == ["x", "y"]

    @simulated
    async def test_not_to_an_application_that_nobody_runs(self):
        machine, frames = served()
        line, path = await talking(machine)
        await ask(machine, f"POST {path}/move?app=nobody")
        await turn()
        assert frames[-1]["type"] == "ApplicationMoveFailed"
        assert line.channel.control is not None

    @simulated
    async def test_by_a_redirect_in_the_middle_of_a_playback(self):
        machine, frames = served(plan="exten => there,1,Wait(5)\n")
        line, path = await talking(machine)
        await ask(machine, f"POST {path}/play/p?media=sound:one")
        await asyncio.sleep(1)
        line.channel.redirect("default", "there", 1)
        await turn()
        assert kinds(frames)[-2:] == ["PlaybackFinished", "StasisEnd"]
        assert line.channel.app_name == "Wait" and line.ended is None

    @simulated
    async def test_into_none_when_nobody_runs_it(self):
        machine, _ = served()
        line = await called(machine, "x")
        assert line.channel.variables["STASISSTATUS"] == "FAILED"
        assert line.ended is not None, "the dialplan goes on, here to Hangup()"

    @simulated
    async def test_leaving_takes_it_out_of_its_bridge(self):
        machine, frames = served()
        line, path = await talking(machine)
        await ask(machine, "POST bridges/r")
        await ask(machine, f"POST bridges/r/addChannel?channel={line.channel.id}")
        await ask(machine, f"POST {path}/continue")
        await turn()
        assert kinds(frames)[-3:] == ["ChannelEnteredBridge", "ChannelLeftBridge", "StasisEnd"]

    @simulated
    async def test_what_is_asked_for_after_it_has_left_is_never_done(self):
        machine, _ = served()
        line, _ = await talking(machine)
        control = line.channel.control
        assert isinstance(control, Control)
        control.leave()
        done: list[int] = []

        async def work() -> None:
            done.append(1)

        late = control.queue(work)
        await turn()
        assert late.exception() is not None and done == []


@virtual_time
async def test_a_call_that_nobody_takes_knows_why():
    async with Asterisk(dialplan="[default]\nexten => 700,1,Stasis(nobody)\n") as asterisk:
        caller = await asterisk.call("700")
        assert caller.line.channel.astray == (
            "Stasis(nobody) at default,700,1: nobody runs it; running: none"
        )
