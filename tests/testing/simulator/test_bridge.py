"""A bridge: who comes and goes, what all hear, and its end."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from stasis.testing.simulator.bridge import Bridge
from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.phone import Line
from tests.testing.simulator.machines import ask, called, kinds, served, simulated, turn


async def entered(machine: Machine, count: int, kind: str = "mixing") -> tuple[Bridge, list[Line]]:
    """A bridge with so many phones in it."""
    await ask(machine, f"POST bridges/b?type={kind}")
    lines = [await called(machine, number=f"10{number}") for number in range(count)]
    for line in lines:
        await ask(machine, f"POST channels/{line.channel.id}/answer")
        await ask(machine, f"POST bridges/b/addChannel?channel={line.channel.id}")
    return machine.bridges["b"], lines


class TestMembers:
    @simulated
    async def test_are_listed_in_the_order_they_came(self):
        bridge, lines = await entered(served()[0], 3)
        assert bridge.json()["channels"] == [line.channel.id for line in lines]

    @simulated
    async def test_who_enters_another_bridge_leaves_the_first(self):
        machine, frames = served()
        bridge, (line,) = await entered(machine, 1)
        await ask(machine, "POST bridges/c")
        await ask(machine, f"POST bridges/c/addChannel?channel={line.channel.id}")
        assert bridge.members == [] and line.channel.bridge is machine.bridges["c"]
        told = kinds(frames, "ChannelLeftBridge", "ChannelEnteredBridge")
        assert told == ["ChannelEnteredBridge", "ChannelLeftBridge", "ChannelEnteredBridge"]

    @simulated
    async def test_who_hangs_up_leaves_before_it_ends(self):
        machine, frames = served()
        bridge, lines = await entered(machine, 2)
        lines[0].hang_up()
        await turn()
        assert bridge.members == [lines[1].channel]
        ended = kinds(frames, "ChannelLeftBridge", "StasisEnd")
        assert ended == ["ChannelLeftBridge", "StasisEnd"]

    @simulated
    async def test_two_are_mixed_simply_and_three_by_softmix(self):
        machine, _ = served()
        bridge, lines = await entered(machine, 3)
        assert bridge.technology == "softmix"
        lines[0].hang_up()
        await turn()
        assert bridge.technology == "simple_bridge"

    @simulated
    async def test_are_one_call_and_know_each_others_names(self):
        _, lines = await entered(served()[0], 2)
        one, two = (line.channel for line in lines)
        assert two.linked == one.id
        assert one.variables["BRIDGEPEER"] == two.name
        assert two.variables["BRIDGEPEER"] == one.name

    @simulated
    async def test_an_application_hears_of_it_while_it_has_somebody_inside(self):
        machine, frames = served()
        bridge, (line,) = await entered(machine, 1)
        await ask(machine, f"POST bridges/b/removeChannel?channel={line.channel.id}")
        await ask(machine, "DELETE bridges/b")
        assert kinds(frames, "ChannelLeftBridge", "BridgeDestroyed") == ["ChannelLeftBridge"]
        assert bridge.gone


class TestDigits:
    @pytest.mark.parametrize(
        ("kind", "more", "heard"),
        [("mixing", "", ["5"]), ("mixing", "&absorbDTMF=true", []), ("holding", "", [])],
    )
    @simulated
    async def test_reach_the_others_unless_they_are_absorbed(
        self, kind: str, more: str, heard: list[str]
    ):
        machine, frames = served()
        _, lines = await entered(machine, 2, kind)
        channel = lines[0].channel
        await ask(machine, f"POST bridges/b/addChannel?channel={channel.id}{more}")
        channel.receive("5", 100)
        assert (lines[0].digits, lines[1].digits) == ([], heard)
        assert "ChannelDtmfReceived" in kinds(frames)


class TestWhatAllHear:
    @simulated
    async def test_two_playbacks_come_one_after_the_other(self):
        machine, frames = served(one=3.0, two=2.0)
        _, lines = await entered(machine, 2)
        for playback, sound in (("p", "one"), ("q", "two")):
            await ask(machine, f"POST bridges/b/play/{playback}?media=sound:{sound}")
        await asyncio.sleep(2.9)
        assert [line.heard_all for line in lines] == [["sound:one"]] * 2
        await asyncio.sleep(2.2)
        assert [line.heard_all for line in lines] == [["sound:one", "sound:two"]] * 2
        told = [frame["playback"]["id"] for frame in frames if "playback" in frame]
        assert told == ["p", "p", "q", "q"]

    @simulated
    async def test_one_that_is_stopped_in_the_queue_is_not_heard(self):
        machine, frames = served(one=3.0)
        _, (line,) = await entered(machine, 1)
        for playback in "pq":
            await ask(machine, f"POST bridges/b/play/{playback}?media=sound:one")
        await ask(machine, "DELETE playbacks/q")
        await asyncio.sleep(10)
        assert line.heard_all == ["sound:one"]
        assert [frame["playback"]["id"] for frame in frames if "playback" in frame] == list("ppq")

    @simulated
    async def test_who_enters_later_hears_what_begins_later(self):
        machine, _ = served(one=3.0)
        _, (line,) = await entered(machine, 1)
        await ask(machine, "POST bridges/b/play?media=sound:one")
        await turn()
        late = await called(machine, number="200")
        await ask(machine, f"POST channels/{late.channel.id}/answer")
        await ask(machine, f"POST bridges/b/addChannel?channel={late.channel.id}")
        await ask(machine, "POST bridges/b/play?media=sound:two")
        await asyncio.sleep(4)
        assert line.heard_all == ["sound:one", "sound:two"]
        assert late.heard_all == ["sound:two"]

    @simulated
    async def test_who_plays_is_in_the_bridge_and_in_no_list(self):
        machine, _ = served(one=3.0)
        bridge, lines = await entered(machine, 2)
        await ask(machine, "POST bridges/b/play?media=sound:one")
        await turn()
        assert bridge.technology == "softmix" and len(bridge.json()["channels"]) == 2
        await asyncio.sleep(4)
        assert bridge.technology == "simple_bridge"
        assert lines[0].channel.variables["BRIDGEPEER"] == lines[1].channel.name

    @simulated
    async def test_music_is_played_until_it_is_stopped(self):
        machine, _ = served()
        bridge, (line,) = await entered(machine, 1)
        await ask(machine, "POST bridges/b/moh?mohClass=jazz")
        assert line.heard_all == ["music:jazz"] and bridge.music == "jazz"
        assert (await ask(machine, "DELETE bridges/b/moh")).status == 204
        assert (await ask(machine, "DELETE bridges/b/moh")).status == 409


def media(frames: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """What is told of playbacks and recordings: the event, and whose state it tells."""
    return [
        (each["type"], (each.get("playback") or each["recording"])["state"])
        for each in frames
        if "playback" in each or "recording" in each
    ]


class TestWhenAllHaveLeft:
    @simulated
    async def test_what_plays_and_what_waits_has_failed_and_it_is_recorded_no_more(
        self, tmp_path: Path
    ):
        machine, frames = served(one=30.0, folder=tmp_path)
        _, (line,) = await entered(machine, 1)
        await ask(machine, "POST applications/a/subscription?eventSource=bridge:b")
        await ask(machine, "POST bridges/b/record?name=r&format=wav")
        for _ in range(2):
            await ask(machine, "POST bridges/b/play?media=sound:one")
        await asyncio.sleep(3)
        frames.clear()
        line.hang_up()
        await turn()
        assert sorted(media(frames)) == [
            ("PlaybackFinished", "failed"),
            ("PlaybackFinished", "failed"),
            ("PlaybackStarted", "playing"),
            ("RecordingFinished", "done"),
        ]
        assert not machine.playbacks and not machine.recordings and "b" in machine.bridges
        frames.clear()
        await ask(machine, "POST bridges/b/play?media=sound:one")
        await turn()
        assert media(frames) == [("PlaybackStarted", "playing")]

    @simulated
    async def test_its_music_is_over(self):
        machine, _ = served()
        bridge, (line,) = await entered(machine, 1)
        await ask(machine, "POST bridges/b/moh")
        assert bridge.music and bridge.sends
        line.hang_up()
        await turn()
        assert not bridge.music and not bridge.sends

    @simulated
    async def test_what_hears_nothing_for_four_seconds_is_done(self, tmp_path: Path):
        machine, frames = served(folder=tmp_path)
        await ask(machine, "POST bridges/b")
        await ask(machine, "POST applications/a/subscription?eventSource=bridge:b")
        await ask(machine, "POST bridges/b/record?name=r&format=wav")
        await asyncio.sleep(3.9)
        assert "r" in machine.recordings
        await asyncio.sleep(0.2)
        assert frames[-1]["recording"]["duration"] == 0 and not machine.recordings

    @simulated
    async def test_unless_somebody_comes_in(self, tmp_path: Path):
        machine, frames = served(folder=tmp_path)
        await ask(machine, "POST bridges/b")
        await ask(machine, "POST bridges/b/record?name=r&format=wav")
        await asyncio.sleep(3)
        line = await called(machine)
        await ask(machine, f"POST channels/{line.channel.id}/answer")
        await ask(machine, f"POST bridges/b/addChannel?channel={line.channel.id}")
        await asyncio.sleep(5)
        await ask(machine, "POST recordings/live/r/stop")
        await turn()
        assert frames[-1]["recording"]["duration"] == 5


class TestItsEnd:
    @pytest.mark.parametrize("version", ["22", "16"])
    @simulated
    async def test_leaves_its_members_in_their_application(self, version: str):
        machine, frames = served(version)
        _, lines = await entered(machine, 2)
        assert (await ask(machine, "DELETE bridges/b")).status == 204
        await turn()
        assert machine.bridges == {} and all(line.channel.bridge is None for line in lines)
        assert all(line.channel.control is not None for line in lines)
        left = kinds(frames, "ChannelLeftBridge", "BridgeDestroyed", "StasisEnd")
        assert left[:2] == ["ChannelLeftBridge"] * 2 and "StasisEnd" not in left

    @simulated
    async def test_who_hears_a_playback_of_its_own_leaves_after_it(self):
        machine, frames = served(one=3.0)
        bridge, (line,) = await entered(machine, 1)
        await ask(machine, f"POST channels/{line.channel.id}/play?media=sound:one")
        await turn()
        await ask(machine, "DELETE bridges/b")
        assert line.channel.bridge is bridge
        await asyncio.sleep(4)
        assert line.channel.bridge is None
        told = kinds(frames, "PlaybackFinished", "ChannelLeftBridge")
        assert told == ["PlaybackFinished", "ChannelLeftBridge"]

    @simulated
    async def test_nothing_more_is_played(self):
        machine, _ = served(one=3.0)
        _, (line,) = await entered(machine, 1)
        for _ in range(2):
            await ask(machine, "POST bridges/b/play?media=sound:one")
        await turn()
        await ask(machine, "DELETE bridges/b")
        await asyncio.sleep(10)
        assert line.heard_all == ["sound:one"] and machine.bridges == {}


class TestWhoTheOtherIs:
    @simulated
    async def test_two_alone_are_told_and_a_third_and_whom_they_leave_as_well(self):
        machine, frames = served()
        bridge, lines = await entered(machine, 0)
        for number in ("1", "2", "3"):
            line = await called(machine, number=number)
            line.channel.caller = (f"Ann {number}", number)
            await ask(machine, f"POST bridges/b/addChannel?channel={line.channel.id}")
            lines.append(line)
        one, two, three = (line.channel for line in lines)
        assert one.connected == ("Ann 2", "2") and two.connected == ("Ann 1", "1")
        assert three.connected == ("", "")
        lines[0].hang_up()
        await turn()
        assert two.connected == ("Ann 3", "3") and three.connected == ("Ann 2", "2")
        assert kinds(frames, "ChannelConnectedLine") == ["ChannelConnectedLine"] * 4
        assert bridge.members == [two, three]

    @simulated
    async def test_one_who_asks_not_to_be_shown_is_not(self):
        machine, _ = served()
        await entered(machine, 0)
        lines = [await called(machine, number=number) for number in ("1", "2")]
        for line, query in zip(lines, ("", "&inhibitConnectedLineUpdates=true"), strict=True):
            line.channel.caller = ("", line.channel.name)
            where = f"POST bridges/b/addChannel?channel={line.channel.id}"
            assert (await ask(machine, f"{where}{query}")).status == 204
        assert lines[0].channel.connected == ("", "")
        assert lines[1].channel.connected == ("", lines[0].channel.name)

    @simulated
    async def test_a_phones_peer_is_named_by_its_sip_call_while_they_are_two(self):
        machine, _ = served()
        _, (one, two) = await entered(machine, 2)
        assert one.channel.variables["BRIDGEPVTCALLID"] == two.channel.protocol_id != ""
        third = await called(machine, number="3")
        await ask(machine, f"POST bridges/b/addChannel?channel={third.channel.id}")
        assert "BRIDGEPVTCALLID" not in one.channel.variables
