"""A channel: what it tells, how its thread waits, and how it ends."""

from __future__ import annotations

import asyncio

import pytest

from stasis.testing.simulator.channel import Channel, HungUp, Redirected
from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.phone import Line
from tests.testing.simulator.machines import heard, kinds, new_machine, simulated, turn

CREATED = ("ChannelHangupRequest", "ChannelDestroyed")


def new_channel(machine: Machine) -> Channel:
    """A phone's channel, that the application `a` hears of."""
    return Line.incoming(machine, "100", ("default", "8000", 1)).channel


class TestWhatItTells:
    @simulated
    async def test_a_change_is_told_and_no_change_is_not(self):
        machine = new_machine()
        channel = new_channel(machine)
        frames = heard(machine, "a", channel.topic)
        for _ in range(2):
            channel.become("Up")
            channel.set_caller("Ann", "100")
            channel.set_connected("Bob", "200")
        assert kinds(frames) == ["ChannelStateChange", "ChannelCallerId", "ChannelConnectedLine"]

    @simulated
    async def test_a_variable_is_told_each_time_and_its_removal(self):
        machine = new_machine()
        channel = new_channel(machine)
        frames = heard(machine, "a", channel.topic)
        channel.set_variable("A", "1")
        channel.set_variable("A", "1")
        channel.unset_variable("A")
        assert [frame["value"] for frame in frames] == ["1", "1", ""]
        assert "A" not in channel.variables

    @simulated
    async def test_some_variables_are_in_every_event(self):
        machine = new_machine()
        machine.channelvars = ("A", "B")
        channel = new_channel(machine)
        channel.variables["A"] = "1"
        assert channel.json()["channelvars"] == {"A": "1", "B": ""}
        assert "channelvars" not in new_channel(new_machine()).json()

    @pytest.mark.parametrize(("version", "has"), [("16", True), ("22", True)])
    @simulated
    async def test_it_has_a_protocol_id_since_16_27(self, version: str, has: bool):
        assert ("protocol_id" in new_channel(new_machine(version)).json()) is has


class TestItsThread:
    @simulated
    async def test_a_hang_up_ends_every_wait(self):
        for far in (True, False):
            channel = new_channel(new_machine())
            ended: list[str] = []

            async def work(channel: Channel = channel, ended: list[str] = ended) -> None:
                try:
                    await channel.wait(60)
                except HungUp:
                    ended.append("hung up")
                    raise

            channel.start(work())
            await asyncio.sleep(1)
            if far:
                channel.queue_hangup(17)
            else:
                channel.soft_hangup(17)
            await turn()
            assert ended == ["hung up"] and channel.gone and channel.cause == 17

    @simulated
    async def test_a_wait_takes_its_time_or_until_something_is_done(self):
        channel = new_channel(new_machine())
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        assert not await channel.wait(2, done)
        asyncio.get_running_loop().call_later(1, done.set_result, None)
        assert await channel.wait(None, done)
        assert asyncio.get_running_loop().time() == pytest.approx(3)

    @simulated
    async def test_a_redirect_takes_it_elsewhere_from_wherever_it_waits(self):
        channel = new_channel(new_machine())
        asyncio.get_running_loop().call_later(1, channel.redirect, "there", "5", 3)
        with pytest.raises(Redirected):
            await channel.wait(60)
        assert (channel.context, channel.exten, channel.priority) == ("there", "5", 3)
        assert not await channel.wait(1), "it waits as before"

    @simulated
    async def test_who_has_hung_up_is_not_redirected(self):
        channel = new_channel(new_machine())
        channel.start(channel_waits(channel))
        channel.queue_hangup(16)
        channel.redirect("there", "5", 3)
        await turn()
        assert channel.gone and channel.context == "default"

    @simulated
    async def test_a_redirect_is_forgotten_when_it_hangs_up_first(self):
        channel = new_channel(new_machine())
        channel.redirect("there", "5", 3)
        channel.queue_hangup(16)
        with pytest.raises(HungUp):
            channel.check()


async def channel_waits(channel: Channel) -> None:
    """A thread that waits for the end."""
    await channel.wait()


class TestItsEnd:
    @simulated
    async def test_is_told_once_with_who_asked_for_it(self):
        machine = new_machine()
        channel = new_channel(machine)
        frames = heard(machine, "a", channel.topic)
        channel.start(channel_waits(channel))
        channel.soft_hangup(21)
        channel.soft_hangup(16)
        channel.queue_hangup(16)
        await turn()
        assert kinds(frames) == ["ChannelHangupRequest", "ChannelDestroyed"]
        assert (frames[0]["cause"], frames[0]["soft"]) == (32, True)
        assert (frames[1]["cause"], frames[1]["cause_txt"]) == (21, "Call Rejected")
        assert machine.channels == {} and machine.bus.applications["a"].topics == {}

    @simulated
    async def test_one_without_a_thread_is_gone_at_once(self):
        machine = new_machine()
        channel = new_channel(machine)
        channel.queue_hangup(16)
        assert channel.gone and machine.channels == {}

    @simulated
    async def test_its_phone_is_told(self):
        machine = new_machine()
        channel = new_channel(machine)
        line = channel.far
        assert isinstance(line, Line)
        channel.soft_hangup(17)
        assert line.ended == 17 and line.told == ["ENDED 17"]

    @simulated
    async def test_a_limit_of_its_time_can_be_set_anew_and_lifted(self):
        channel = new_channel(new_machine())
        channel.start(channel_waits(channel))
        channel.limit(2)
        channel.limit(5)
        await asyncio.sleep(4)
        assert not channel.gone
        channel.limit(0)
        await asyncio.sleep(60)
        assert not channel.gone
        channel.limit(1)
        await asyncio.sleep(1.1)
        assert channel.gone


class TestItsSound:
    @simulated
    async def test_what_is_played_reaches_the_phone_unless_it_is_muted(self):
        channel = new_channel(new_machine())
        line = channel.far
        assert isinstance(line, Line)
        channel.hear("sound:one")
        channel.muted.add("out")
        channel.hear("sound:two")
        assert line.heard_all == ["sound:one"]

    @simulated
    async def test_speech_is_told_with_its_length_when_that_is_asked_for(self):
        machine = new_machine()
        channel = new_channel(machine)
        frames = heard(machine, "a", channel.topic)
        channel.speak("voice:1")
        channel.talk_detect = True
        channel.speak("voice:2.5")
        channel.muted.add("in")
        channel.speak("voice:3")
        await asyncio.sleep(10)
        assert kinds(frames) == ["ChannelTalkingStarted", "ChannelTalkingFinished"]
        assert frames[1]["duration"] == 2500
