"""Rooms, with the real stasis_conference beside the plugin, and without it."""

from __future__ import annotations

import pytest
from stasis_conference.profile import RoomProfile
from stasis_webrtc.target import NumberPlan, target_of

from stasis.testing.clock import virtual_time
from tests.apps.stasis_conference.house import House
from tests.apps.stasis_webrtc.switch import Switch, served

PATTERN = "8[0-9]{2}"


def rooms(**config: object) -> tuple[Switch, House]:
    """A switch and a house with the rooms `sales`, which is planned, and 800 to 899."""
    house = House(RoomProfile(announce="off", count=False))
    house.add("sales")
    return Switch(rooms=PATTERN, country="DE", **config), house


class TestWhatIsARoom:
    @virtual_time
    async def test_those_that_are_planned_that_live_or_that_are_of_the_pattern(self):
        switch, house = rooms()
        async with served(switch, house) as site:
            for name in ("sales", "800", "899"):
                assert await switch.people.is_room(name), name
            assert not await switch.people.is_room("board")
            caller = await site.asterisk.call("conference", "board", number="+4930555")
            await caller.waits(1)
            assert await switch.people.is_room("board")
            await caller.hangs_up()
            await caller.waits(1)
            assert not await switch.people.is_room("board")

    @pytest.mark.parametrize(
        ("dialled", "kind"),
        [
            ("800", "room"),
            ("sales", "room"),
            ("201", "user"),
            ("112", "emergency"),
            *((number, "outside") for number in ("+498001234567", "08001234567", "030 800 800")),
            *((number, "nobody") for number in ("8000", "80")),
        ],
    )
    @virtual_time
    async def test_no_other_number_is_taken_for_one(self, dialled: str, kind: str):
        switch, house = rooms()
        async with served(switch, house):
            target = await target_of(dialled, NumberPlan("DE"), switch.people, "bert")
            assert target.kind == kind

    @virtual_time
    async def test_without_the_plugin_nothing_is_one(self):
        async with served(Switch(rooms=PATTERN)) as site:
            assert not await site.switch.people.is_room("800")


class TestWhatPagesHear:
    @virtual_time
    async def test_pages_of_who_is_in_it_hear_of_a_change_and_no_others(self):
        switch, house = rooms()
        async with served(switch, house) as site:
            anna, bert = await site.phone("anna"), await site.phone("bert")
            inside, outside = await anna.listen(), await (await site.page("carl")).listen()
            await outside.told()
            one = await anna.dials("800")
            await one.waits(2)
            await inside.until("room")
            other = await bert.dials("800")
            told = (await inside.until("room"))[-1]
            assert told["room"] == "800"
            await other.waits(3)
            await one.hangs_up()
            await other.hangs_up()
            await other.waits(3)
            heard = [each["type"] for each in outside.all()]
            assert heard and "room" not in heard
            await inside.leave()
            await outside.leave()

    @virtual_time
    async def test_a_room_in_which_much_happens_tells_it_now_and_then(self):
        switch, house = rooms()
        async with served(switch, house) as site:
            anna = await site.phone("anna")
            caller = await anna.dials("800")
            await caller.waits(3)
            ear = await anna.listen()
            await ear.told()
            for _ in range(100):
                switch.feed.room("800")
            await caller.waits(1)
            assert [each["type"] for each in ear.all()] == ["room"]
            await ear.leave()
            await caller.hangs_up()

    @virtual_time
    async def test_it_is_told_once_also_after_a_restart(self):
        switch, house = rooms()
        async with served(switch, house) as site:
            before = len(house.listeners)
            await site.asterisk.redeploy()
            assert len(house.listeners) == before
