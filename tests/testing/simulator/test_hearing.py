"""Who hears whom: bridges, roles, mute, hold, Local pairs, and who listens in."""

from __future__ import annotations

import pytest

from stasis.testing.simulator.hearing import heard_by
from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.phone import Line
from tests.testing.simulator.machines import ask, called, kinds, served, simulated, turn


class Room:
    """Phones in a bridge, each by its number."""

    def __init__(self, kind: str = "mixing") -> None:
        self.machine, self.frames = served()
        self.kind = kind
        self.lines: dict[str, Line] = {}

    async def enter(self, number: str, bridge: str = "room", more: str = "") -> Line:
        """Somebody calls, and enters a bridge."""
        line = self.lines[number] = await called(self.machine, number=number)
        await ask(self.machine, f"POST channels/{line.channel.id}/answer")
        if bridge not in self.machine.bridges:
            await ask(self.machine, f"POST bridges/{bridge}?type={self.kind}")
        path = f"bridges/{bridge}/addChannel?channel={line.channel.id}{more}"
        assert (await ask(self.machine, f"POST {path}")).status == 204
        return line

    async def command(self, number: str, what: str, method: str = "POST") -> None:
        """Something is done to somebody's channel."""
        line = f"{method} channels/{self.lines[number].channel.id}/{what}"
        assert (await ask(self.machine, line)).status in (200, 204), line
        await turn()

    def heard(self, number: str) -> set[str]:
        """Whom somebody hears."""
        found = heard_by(self.lines[number])
        return {number for number, line in self.lines.items() if line in found}

    def hears(self) -> dict[str, str]:
        """Who hears whom."""
        return {number: "".join(sorted(self.heard(number))) for number in self.lines}


class TestABridge:
    @simulated
    async def test_all_hear_all_others(self):
        room = Room()
        for number in "123":
            await room.enter(number)
        assert room.hears() == {"1": "23", "2": "13", "3": "12"}

    @simulated
    async def test_nobody_hears_who_is_elsewhere_or_gone(self):
        room = Room()
        for number, bridge in (("1", "room"), ("2", "room"), ("3", "other")):
            await room.enter(number, bridge)
        room.lines["2"].hang_up()
        await turn()
        assert room.hears() == {"1": "", "2": "", "3": ""}

    @simulated
    async def test_a_muted_member_is_not_heard(self):
        room = Room()
        await room.enter("1")
        await room.enter("2", more="&mute=true")
        assert room.hears() == {"1": "", "2": "1"}

    @pytest.mark.parametrize(
        ("direction", "one", "two"), [("in", "2", ""), ("out", "", "1"), ("both", "", "")]
    )
    @simulated
    async def test_a_mute_works_in_its_direction(self, direction: str, one: str, two: str):
        room = Room()
        await room.enter("1")
        await room.enter("2")
        await room.command("1", f"mute?direction={direction}")
        assert room.hears() == {"1": one, "2": two}
        await room.command("1", f"mute?direction={direction}", "DELETE")
        assert room.hears() == {"1": "2", "2": "1"}

    @simulated
    async def test_who_is_on_hold_neither_hears_nor_is_heard(self):
        room = Room()
        await room.enter("1")
        await room.enter("2")
        room.lines["1"].hold(True)
        assert room.hears() == {"1": "", "2": ""}
        room.lines["1"].hold(False)
        assert room.hears() == {"1": "2", "2": "1"}

    @simulated
    async def test_a_holding_bridge_lets_only_its_announcer_be_heard(self):
        room = Room("holding")
        await room.enter("1")
        await room.enter("2")
        await room.enter("9", more="&role=announcer")
        assert room.hears() == {"1": "9", "2": "9", "9": ""}


class TestALocalChannel:
    @simulated
    async def test_carries_both_ways_between_two_bridges(self):
        room = Room()
        await room.enter("1", "one")
        await room.enter("2", "two")
        line = "POST channels?endpoint=Local/a@default&app=a&channelId=l&otherChannelId=m"
        assert (await ask(room.machine, line)).status == 200
        await turn()
        await ask(room.machine, "POST channels/m/answer")
        await turn()
        for half, bridge in (("l", "one"), ("m", "two")):
            path = f"POST bridges/{bridge}/addChannel?channel={half}"
            assert (await ask(room.machine, path)).status == 204
        assert room.hears() == {"1": "2", "2": "1"}


async def snooping(machine: Machine, spied: Line, bridge: str, ways: str) -> None:
    """A snoop channel on somebody enters a bridge."""
    path = f"channels/{spied.channel.id}/snoop/s?app=a&{ways}"
    assert (await ask(machine, f"POST {path}")).status == 200
    await turn()
    assert (await ask(machine, f"POST bridges/{bridge}/addChannel?channel=s")).status == 204


class TestListeningIn:
    @pytest.mark.parametrize(
        ("ways", "hears"),
        [
            ("spy=in", {"1": "2", "2": "1", "9": "1"}),
            ("spy=out", {"1": "2", "2": "1", "9": "2"}),
            ("spy=both", {"1": "2", "2": "1", "9": "12"}),
            ("whisper=out", {"1": "29", "2": "1", "9": ""}),
            ("whisper=in", {"1": "2", "2": "19", "9": ""}),
            ("spy=both&whisper=out", {"1": "29", "2": "1", "9": "12"}),
            ("spy=both&whisper=both", {"1": "29", "2": "19", "9": "12"}),
        ],
    )
    @simulated
    async def test_on_one_of_two_who_talk(self, ways: str, hears: dict[str, str]):
        room = Room()
        await room.enter("1")
        await room.enter("2")
        await room.enter("9", "office")
        await snooping(room.machine, room.lines["1"], "office", ways)
        assert room.hears() == hears

    @simulated
    async def test_sound_goes_the_same_ways(self):
        room = Room()
        await room.enter("1")
        await room.enter("2")
        supervisor = await room.enter("9", "office")
        await snooping(room.machine, room.lines["1"], "office", "spy=both&whisper=out")
        room.lines["2"].channel.speak("sound:two")
        room.lines["1"].channel.speak("sound:one")
        assert supervisor.heard_all == ["sound:two", "sound:one"]
        supervisor.channel.speak("sound:psst")
        assert room.lines["1"].heard_all == ["sound:two", "sound:psst"]
        assert room.lines["2"].heard_all == ["sound:one"]

    @simulated
    async def test_whispering_into_the_own_bridge_ends(self):
        room = Room()
        await room.enter("1")
        await room.enter("2")
        await snooping(room.machine, room.lines["1"], "room", "spy=both&whisper=both")
        room.lines["2"].channel.speak("sound:two")
        assert room.machine.failures == []
        assert "2" in room.heard("1")

    @simulated
    async def test_it_ends_with_who_is_listened_to(self):
        room = Room()
        await room.enter("1")
        await room.enter("9", "office")
        await snooping(room.machine, room.lines["1"], "office", "spy=both")
        room.lines["1"].hang_up()
        await turn()
        assert "s" not in room.machine.channels
        assert room.frames[-1]["channel"]["id"] in ("s", room.lines["1"].channel.id)
        assert kinds(room.frames).count("StasisEnd") == 2

    @simulated
    async def test_its_own_end_leaves_no_trace(self):
        room = Room()
        await room.enter("1")
        await room.enter("9", "office")
        await snooping(room.machine, room.lines["1"], "office", "spy=both")
        await ask(room.machine, "DELETE channels/s")
        await turn()
        assert room.lines["1"].channel.snooped == []
        assert room.hears() == {"1": "", "9": ""}
