"""Bridges over ARI: made, filled and emptied, and what is refused."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from stasis.testing.simulator.machine import Machine
from tests.testing.simulator.machines import ask, called, served, simulated, turn


async def answered(machine: Machine) -> str:
    """The id of a channel that was answered."""
    line = await called(machine)
    await ask(machine, f"POST channels/{line.channel.id}/answer")
    return line.channel.id


class TestMaking:
    @pytest.mark.parametrize(
        ("kinds", "bridge_type", "video"),
        [
            ("", "mixing", "talker"),
            ("holding", "holding", "talker"),
            ("mixing,dtmf_events", "mixing", "talker"),
            ("mixing,video_sfu", "mixing", "sfu"),
            ("mixing,video_single", "mixing", "single"),
        ],
    )
    @simulated
    async def test_a_bridge_has_its_kind(self, kinds: str, bridge_type: str, video: str):
        machine, _ = served()
        found = (await ask(machine, f"POST bridges?type={kinds}&bridgeId=b&name=room")).json
        assert (found["bridge_type"], found["video_mode"]) == (bridge_type, video)
        assert (await ask(machine, "GET bridges/b")).json == found
        assert (await ask(machine, "GET bridges")).json == [found]

    @simulated
    async def test_one_of_no_kind_is_refused(self):
        assert (await ask(served()[0], "POST bridges?type=nonsense")).status == 500

    @pytest.mark.parametrize(
        ("version", "name", "status"),
        [("22", "room", 409), ("16", "room", 200), ("16", "other", 500)],
    )
    @simulated
    async def test_an_id_can_be_had_once_or_on_16_again(self, version: str, name: str, status: int):
        machine, _ = served(version)
        await ask(machine, "POST bridges/b?name=room")
        assert (await ask(machine, f"POST bridges/b?name={name}")).status == status
        assert len(machine.bridges) == 1


class TestEntering:
    @pytest.mark.parametrize(
        ("query", "status", "why"),
        [
            ("", 400, "Missing parameter channel"),
            ("channel=nobody", 400, "Channel not found"),
            ("channel=outside", 422, "Channel not in Stasis application"),
        ],
    )
    @simulated
    async def test_is_for_channels_of_applications(self, query: str, status: int, why: str):
        machine, _ = served(plan="exten => wait,1,Wait(60)")
        outside = (await called(machine, "wait")).channel.id
        await ask(machine, "POST bridges/b")
        query = query.replace("outside", outside)
        answer = await ask(machine, f"POST bridges/b/addChannel?{query}")
        assert (answer.status, answer.why) == (status, why)

    @simulated
    async def test_is_for_all_or_none(self):
        machine, _ = served()
        one = await answered(machine)
        await ask(machine, "POST bridges/b")
        assert (await ask(machine, f"POST bridges/b/addChannel?channel={one},x")).status == 400
        assert machine.bridges["b"].members == []

    @simulated
    async def test_waits_for_the_channels_turn(self):
        machine, _ = served(one=3.0)
        one = await answered(machine)
        await ask(machine, "POST bridges/b")
        await ask(machine, f"POST channels/{one}/play?media=sound:one")
        await ask(machine, f"POST bridges/b/addChannel?channel={one}")
        assert machine.loop.time() == pytest.approx(3, abs=0.1)
        assert len(machine.bridges["b"].members) == 1

    @simulated
    async def test_of_a_bridge_that_is_destroyed_meanwhile_is_never_done(self):
        machine, _ = served(one=3.0)
        one = await answered(machine)
        await ask(machine, "POST bridges/b")
        await ask(machine, f"POST channels/{one}/play?media=sound:one")
        entering = asyncio.create_task(ask(machine, f"POST bridges/b/addChannel?channel={one}"))
        await turn()
        await ask(machine, "DELETE bridges/b")
        assert (await entering).status == 204
        assert machine.channels[one].bridge is None and machine.bridges == {}

    @simulated
    async def test_is_not_for_who_is_recorded(self, tmp_path: Path):
        machine, _ = served(folder=tmp_path)
        one = await answered(machine)
        await ask(machine, "POST bridges/b")
        await ask(machine, f"POST channels/{one}/record?name=r&format=wav")
        answer = await ask(machine, f"POST bridges/b/addChannel?channel={one}")
        assert (answer.status, answer.why) == (409, f"Channel {one} currently recording")
        await ask(machine, "DELETE recordings/live/r")

    @simulated
    async def test_leaving_is_for_who_is_inside(self):
        machine, _ = served()
        one = await answered(machine)
        await ask(machine, "POST bridges/b")
        answer = await ask(machine, f"POST bridges/b/removeChannel?channel={one}")
        assert (answer.status, answer.why) == (422, "Channel not in this bridge")


class TestItsPicture:
    @simulated
    async def test_is_that_of_one_inside(self):
        machine, frames = served()
        one, two = [await answered(machine) for _ in range(2)]
        await ask(machine, "POST bridges/b")
        assert (await ask(machine, f"POST bridges/b/videoSource/{one}")).status == 422
        await ask(machine, f"POST bridges/b/addChannel?channel={one},{two}")
        for each in (one, two, two):
            assert (await ask(machine, f"POST bridges/b/videoSource/{each}")).status == 204
        changes = [f for f in frames if f["type"] == "BridgeVideoSourceChanged"]
        assert [c.get("old_video_source_id") for c in changes] == [None, one]
        assert (await ask(machine, "DELETE bridges/b/videoSource")).status == 204


@pytest.mark.parametrize("line", ["GET bridges/x", "DELETE bridges/x", "POST bridges/x/moh"])
@simulated
async def test_nothing_is_done_to_a_bridge_that_is_not_there(line: str):
    answer = await ask(served()[0], line)
    assert (answer.status, answer.why) == (404, "Bridge not found")
