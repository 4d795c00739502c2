"""A Local channel: what comes into one half comes out of the other."""

from __future__ import annotations

from stasis.testing.simulator.channel import Channel
from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.pair import pair
from tests.testing.simulator.machines import heard, kinds, new_machine, simulated


def new_pair(machine: Machine, dialled: str = "8000@default/n") -> tuple[Channel, Channel]:
    """Both halves."""
    return pair(machine, dialled, "one", "two")


class TestBothHalves:
    @simulated
    async def test_are_one_call_at_one_place(self):
        first, second = new_pair(new_machine())
        assert (first.name, second.name) == (
            "Local/8000@default-00000000;1",
            "Local/8000@default-00000000;2",
        )
        assert (first.state, second.state) == ("Down", "Ring")
        assert first.linked == second.linked == "one"
        assert {(each.context, each.exten) for each in (first, second)} == {("default", "8000")}

    @simulated
    async def test_lead_to_the_context_default_when_none_is_named(self):
        assert new_pair(new_machine(), "8000")[0].context == "default"

    @simulated
    async def test_are_told_of_in_order(self):
        machine = new_machine()
        frames = heard(machine, "a", "channel:")
        new_pair(machine)
        assert kinds(frames) == ["ChannelCreated"] * 2
        assert [frame["channel"]["id"] for frame in frames] == ["one", "two"]


class TestWhatPasses:
    @simulated
    async def test_sound_and_digits_come_out_of_the_other(self):
        machine = new_machine()
        first, second = new_pair(machine)
        frames = heard(machine, "a", second.topic)
        second.talk_detect = True
        assert first.far is not None
        first.far.digit("5", 120)
        first.hear("tone:440")
        assert kinds(frames) == ["ChannelDtmfReceived", "ChannelTalkingStarted"]
        assert (frames[0]["digit"], frames[0]["duration_ms"]) == ("5", 120)

    @simulated
    async def test_one_that_is_gone_takes_the_other_with_it_and_its_cause(self):
        machine = new_machine()
        first, second = new_pair(machine)
        first.soft_hangup(17)
        assert second.gone and second.cause == 17 and machine.channels == {}

    @simulated
    async def test_who_one_is_connected_to_calls_the_other_once_that_is_answered(self):
        machine = new_machine()
        first, second = new_pair(machine)
        first.set_connected("Ann", "100")
        first.introduce()
        assert second.caller == ("", "")
        second.answer()
        assert second.caller == ("Ann", "100")
        first.set_connected("Ben", "200")
        first.introduce()
        assert second.caller == ("Ben", "200")
