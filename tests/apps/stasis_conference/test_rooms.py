"""Rooms are made when the first comes and end when the last has gone, whatever goes wrong."""

from __future__ import annotations

import asyncio

import pytest
from stasis_conference.profile import RoomProfile
from structlog.testing import capture_logs

from stasis import ServerError
from stasis.testing.clock import virtual_time
from tests.apps.stasis_conference.house import House, member, opened
from tests.apps.stasis_conference.test_action import do


class TestComing:
    @virtual_time
    async def test_many_who_come_at_once_are_in_one_room(self):
        house = House(RoomProfile(announce="off", count=False))
        async with opened(house) as asterisk:
            people = [
                await asterisk.call("conference", "1000", number=str(number))
                for number in range(100, 130)
            ]
            await people[0].waits(5)
            assert len(house.numbers()) == 30 and len(house.history) == 1
            assert len(asterisk.machine.bridges) == 1
            assert people[0].can_hear(people[29]) and people[17].can_hear(people[3])

    @virtual_time
    async def test_a_bridge_that_asterisk_refuses_leaves_no_room(self):
        house = House()
        async with opened(house) as asterisk:
            asterisk.refuse("POST /bridges/.*", 500, times=1)
            anna = await asterisk.call("conference", "1000", number="100")
            await anna.is_hung_up()
            assert isinstance(anna.failure, ServerError)
            assert house.rooms.live == {}
            await member(asterisk, "200")

    @virtual_time
    async def test_who_cannot_be_bridged_leaves_the_room(self):
        house = House()
        async with opened(house) as asterisk:
            anna = await member(asterisk, "100")
            asterisk.refuse("POST /bridges/.*/addChannel", 500, times=1)
            bert = await asterisk.call("conference", "1000", number="200")
            await bert.is_hung_up()
            assert isinstance(bert.failure, ServerError)
            await anna.waits(1)
            assert house.numbers() == ["100"]

    @virtual_time
    async def test_who_comes_while_the_last_leaves_is_in_a_room_of_its_own_or_the_same(self):
        for seconds in range(0, 40, 2):
            house = House()
            async with opened(house) as asterisk:
                anna = await member(asterisk, "100")
                leaving = asyncio.create_task(anna.hangs_up())
                await asyncio.sleep(seconds / 10_000)
                bert = await asterisk.call("conference", "1000", number="200")
                await leaving
                await bert.waits(5)
                assert house.numbers() == ["200"]
                carl = await member(asterisk, "300")
                await carl.talks_with(bert)


class TestGoing:
    @virtual_time
    async def test_all_who_hang_up_at_once_are_in_the_history(self):
        house = House()
        async with opened(house) as asterisk:
            people = [await member(asterisk, str(number)) for number in range(100, 105)]
            for each in people:
                each.line.hang_up(16)
            await people[0].waits(2)
            (session,) = house.history
            assert {m.why for m in session.memberships} == {"hung_up"}
            assert house.told("left", "ended") == ["left"] * 5 + ["ended"]

    @virtual_time
    async def test_a_bridge_that_cannot_be_destroyed_is_told(self):
        house = House()
        with capture_logs() as logs:
            async with opened(house) as asterisk:
                anna = await member(asterisk, "100")
                asterisk.refuse("DELETE /bridges/.*", 500, times=1)
                await anna.hangs_up()
                await anna.waits(2)
                assert house.told("ended") == ["ended"]
                for bridge in list(asterisk.machine.bridges.values()):
                    bridge.destroy()
        assert "a room's bridge is left" in [each["event"] for each in logs]

    @virtual_time
    async def test_while_an_announcement_plays_nothing_of_it_is_left(self):
        house = House()
        async with opened(house) as asterisk:
            anna = await member(asterisk, "100")
            await do(house, "announce_all", media=["sound:long"] * 5)
            await anna.hangs_up()
            await anna.waits(2)
            assert not asterisk.machine.playbacks


class TestStop:
    @virtual_time
    async def test_the_end_of_the_process_ends_no_room(self):
        house = House()
        async with opened(house) as asterisk:
            anna = await member(asterisk, "100")
            bert = await member(asterisk, "200")
            asterisk.link.let_go("killed")
            await house.stop()
            assert len(asterisk.machine.bridges) == 1 and not house.history[0].ended
            assert anna.can_hear(bert)
            await house.start()
            await asterisk.redeploy()
            await anna.waits(1)

    @pytest.mark.parametrize("times", [1, 3])
    @virtual_time
    async def test_restarts_in_a_row_are_as_one(self, times: int):
        house = House()
        async with opened(house) as asterisk:
            anna = await member(asterisk, "100")
            for _ in range(times):
                await asterisk.redeploy()
            await anna.waits(1)
            assert house.numbers() == ["100"] and len(house.history) == 1
