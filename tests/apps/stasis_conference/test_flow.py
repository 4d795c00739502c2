"""Calls to a conference, from the first word to hang-up, on the simulator."""

from __future__ import annotations

import pytest
from stasis_conference.action import perform
from stasis_conference.order import Order
from stasis_conference.profile import MemberProfile, RoomProfile
from stasis_conference.store import StoreError
from structlog.testing import capture_logs

from stasis.testing.asterisk import Asterisk
from stasis.testing.clock import virtual_time
from stasis.testing.party import Caller
from tests.apps.stasis_conference.house import House, inside, member, opened


def stored(asterisk: Asterisk) -> list[str]:
    """The names of the stored recordings."""
    folder = asterisk.machine.folder
    return sorted(str(each.relative_to(folder)) for each in folder.rglob("*.*"))


async def says_name(caller: Caller) -> None:
    """Say a name when it is asked for, after the beep."""
    await caller.hears("sound:vm-rec-name")
    await caller.waits(4.1)
    await caller.speaks(1.5)
    await caller.dials("#")


class TestTwoMembers:
    @pytest.mark.parametrize("version", ["22", "16"])
    @virtual_time
    async def test_hear_each_other_in_a_room_that_nobody_has_planned(self, version: str):
        house = House()
        async with opened(house, version) as asterisk:
            anna = await member(asterisk, "100")
            bert = await member(asterisk, "200")
            await anna.talks_with(bert)
            assert house.numbers() == ["100", "200"]
            assert house.room().name == "1000"

    @virtual_time
    async def test_the_first_is_told_that_there_is_nobody_else(self):
        async with opened(House()) as asterisk:
            anna = await member(asterisk)
            assert anna.heard == ["sound:conf-onlyperson"]

    @virtual_time
    async def test_the_second_is_told_how_many_there_are_and_both_hear_a_tone(self):
        async with opened(House()) as asterisk:
            anna = await member(asterisk, "100")
            bert = await member(asterisk, "200")
            assert bert.heard == [
                "sound:conf-thereare",
                "number:1",
                "sound:conf-otherinparty",
                "sound:confbridge-join",
            ]
            assert anna.heard[-1] == "sound:confbridge-join"

    @virtual_time
    async def test_who_leaves_by_key_is_hung_up_and_the_other_hears_a_tone(self):
        house = House()
        async with opened(house) as asterisk:
            anna = await member(asterisk, "100")
            bert = await member(asterisk, "200")
            await bert.dials("*8")
            assert await bert.is_hung_up() == 16
            await anna.hears("sound:confbridge-leave")
            assert house.numbers() == ["100"]
            assert house.history[0].memberships[1].why == "left"

    @virtual_time
    async def test_who_hangs_up_is_missed_as_well(self):
        house = House()
        async with opened(house) as asterisk:
            anna = await member(asterisk, "100")
            bert = await member(asterisk, "200")
            await bert.hangs_up()
            await anna.hears("sound:confbridge-leave")
            assert house.history[0].memberships[1].why == "hung_up"

    @virtual_time
    async def test_the_last_who_leaves_ends_the_room(self):
        house = House()
        async with opened(house) as asterisk:
            anna = await member(asterisk, "100")
            await anna.hangs_up()
            await anna.waits(1)
            assert house.rooms.live == {}
            assert house.told() == ["began", "joined", "left", "ended"]
            (session,) = house.history
            assert (session.why, session.room) == ("empty", "1000") and session.ended

    @virtual_time
    async def test_different_rooms_do_not_hear_each_other(self):
        async with opened(House()) as asterisk:
            anna = await member(asterisk, "100", "1000")
            bert = await member(asterisk, "200", "2000")
            assert not anna.can_hear(bert)


class TestNoSuchRoom:
    @pytest.mark.parametrize("name", ["1001", "", "../etc", "a b"])
    @virtual_time
    async def test_it_asks_for_a_pin_as_if_it_were_there(self, name: str):
        house = House(on_demand=False)
        async with opened(house) as asterisk:
            caller = await asterisk.call("conference", name)
            await caller.hears("sound:conf-getpin")
            await caller.dials("1234#")
            await caller.hears("sound:conf-invalidpin")
            await caller.hears("sound:vm-goodbye")
            assert await caller.is_hung_up() == 16
            assert house.told() == []

    @virtual_time
    async def test_nor_does_a_pin_open_a_name_that_cannot_be_one(self):
        house = House()
        async with opened(house) as asterisk:
            caller = await asterisk.call("conference", "a b", "quick")
            await caller.hears("sound:conf-getpin")
            await caller.waits(60)
            assert caller.over


class TestPin:
    @virtual_time
    async def test_the_right_one_lets_a_member_in(self):
        house = House()
        house.add("1000", pin="1234", moderator_pin="9999")
        async with opened(house) as asterisk:
            anna = await asterisk.call("conference", "1000", number="100")
            await anna.hears("sound:conf-getpin")
            await anna.dials("1234#")
            await inside(anna)
            (found,) = house.room().members.values()
            assert not found.moderator and found.data.profile == "default"

    @virtual_time
    async def test_a_moderators_one_makes_a_moderator(self):
        house = House()
        house.add("1000", pin="1234", moderator_pin="9999")
        async with opened(house) as asterisk:
            mona = await asterisk.call("conference", "1000", number="900")
            await mona.dials("9999#")
            await inside(mona)
            (found,) = house.room().members.values()
            assert found.moderator and found.data.profile == "moderator"

    @virtual_time
    async def test_without_a_terminator_a_pause_ends_it(self):
        house = House()
        house.add("1000", pin="1234")
        async with opened(house) as asterisk:
            anna = await asterisk.call("conference", "1000", number="100")
            await anna.dials("1234")
            await inside(anna)

    @virtual_time
    async def test_three_wrong_ones_are_enough(self):
        house = House()
        house.add("1000", pin="1234")
        async with opened(house) as asterisk:
            anna = await asterisk.call("conference", "1000", number="100")
            for _ in range(2):
                await anna.dials("4321#")
                await anna.hears("sound:conf-invalidpin")
                await anna.hears("sound:conf-getpin")
            await anna.dials("1111#")
            await anna.hears("sound:vm-goodbye")
            assert await anna.is_hung_up() == 16
            assert house.told() == []

    @virtual_time
    async def test_the_right_one_at_the_second_try_is_fine(self):
        house = House()
        house.add("1000", pin="1234")
        async with opened(house) as asterisk:
            anna = await asterisk.call("conference", "1000", number="100")
            await anna.dials("4321#")
            await anna.hears("sound:conf-invalidpin")
            await anna.dials("1234#")
            await inside(anna)

    @virtual_time
    async def test_who_says_nothing_is_sent_away(self):
        house = House()
        house.add("1000", pin="1234")
        async with opened(house) as asterisk:
            anna = await asterisk.call("conference", "1000", number="100")
            await anna.waits(45)
            assert anna.over and "sound:vm-goodbye" in anna.heard

    @virtual_time
    async def test_where_only_moderators_have_one_silence_is_a_member(self):
        house = House()
        house.add("1000", moderator_pin="9999")
        async with opened(house) as asterisk:
            anna = await asterisk.call("conference", "1000", number="100")
            await anna.dials("#")
            await inside(anna)
            mona = await asterisk.call("conference", "1000", number="900")
            await mona.dials("9999#")
            await inside(mona)
            assert [m.moderator for m in house.room().members.values()] == [False, True]

    @virtual_time
    async def test_who_has_tried_too_often_is_not_listened_to(self):
        house = House()
        house.add("1000", pin="1234")
        async with opened(house) as asterisk:
            for _ in range(4):
                anna = await asterisk.call("conference", "1000", number="100")
                for _ in range(3):
                    await anna.dials("4321#,,,,,")
                await anna.is_hung_up()
            anna = await asterisk.call("conference", "1000", number="100")
            await anna.dials("1234#")
            await anna.hears("sound:vm-goodbye")
            await anna.is_hung_up()
            bert = await asterisk.call("conference", "1000", number="200")
            await bert.dials("1234#")
            await inside(bert)

    @virtual_time
    async def test_a_profile_may_need_none(self):
        house = House(members={"staff": MemberProfile(pin=False)})
        house.add("1000", pin="1234")
        async with opened(house) as asterisk:
            await member(asterisk, "100", "1000", "staff")

    @virtual_time
    async def test_one_that_is_changed_counts_at_once(self):
        house = House()
        house.add("1000", pin="1234")
        async with opened(house) as asterisk:
            anna = await asterisk.call("conference", "1000", number="100")
            await anna.hears("sound:conf-getpin")
            await house.pins.change("1000", member_pin="5678")
            await anna.dials("1234#")
            await anna.hears("sound:conf-invalidpin")
            await anna.dials("5678#")
            await inside(anna)

    @virtual_time
    async def test_it_is_nowhere_to_be_read(self):
        house = House()
        house.add("1000", pin="1234")
        with capture_logs() as logs:
            async with opened(house) as asterisk:
                anna = await asterisk.call("conference", "1000", number="100")
                await anna.dials("1234#")
                await inside(anna)
                kept = [each.variables for each in asterisk.machine.channels.values()]
                assert "1234" not in str(kept) + str(house.events)
        assert "1234" not in str(logs)

    @virtual_time
    async def test_without_a_database_nobody_comes_in(self):
        house = House()
        house.add("1000", pin="1234")
        async with opened(house) as asterisk:
            house.memory.down = True
            anna = await asterisk.call("conference", "1000", number="100")
            await anna.hears("sound:im-sorry")
            await anna.is_hung_up()
            assert isinstance(anna.failure, StoreError)


class TestAnnouncements:
    @virtual_time
    async def test_names_are_recorded_and_told(self):
        async with opened(House(RoomProfile(announce="names"))) as asterisk:
            anna = await asterisk.call("conference", "1000", number="100")
            await says_name(anna)
            await anna.hears("sound:conf-onlyperson")
            bert = await asterisk.call("conference", "1000", number="200")
            await says_name(bert)
            await anna.hears("sound:confbridge-join")
            await anna.hears("sound:conf-hasjoin")
            assert anna.heard[-2].startswith("recording:conference/names/")
            await bert.hangs_up()
            await anna.hears("sound:confbridge-leave")
            await anna.hears("sound:conf-hasleft")
            assert anna.heard[-2].startswith("recording:conference/names/")
            await anna.waits(5)
            await anna.hangs_up()
            await anna.waits(2)
            assert stored(asterisk) == []

    @virtual_time
    async def test_off_tells_nothing(self):
        async with opened(House(RoomProfile(announce="off", count=False))) as asterisk:
            anna = await member(asterisk, "100")
            bert = await member(asterisk, "200")
            await bert.hangs_up()
            await anna.waits(5)
            assert anna.heard == ["sound:conf-onlyperson"]
            assert bert.heard == []

    @virtual_time
    async def test_a_name_of_who_is_refused_is_not_kept(self):
        async with opened(House(RoomProfile(announce="names", capacity=1))) as asterisk:
            anna = await asterisk.call("conference", "1000", number="100")
            await says_name(anna)
            await inside(anna)
            bert = await asterisk.call("conference", "1000", number="200")
            await says_name(bert)
            await bert.is_hung_up()
            await bert.waits(1)
            assert len(stored(asterisk)) == 1

    @virtual_time
    async def test_nor_that_of_who_hangs_up_while_it_is_recorded(self):
        async with opened(House(RoomProfile(announce="names"))) as asterisk:
            anna = await asterisk.call("conference", "1000", number="100")
            await anna.hears("sound:vm-rec-name")
            await anna.waits(5)
            await anna.hangs_up()
            await anna.waits(2)
            assert stored(asterisk) == []

    @virtual_time
    async def test_who_says_no_name_comes_in_without_one(self):
        async with opened(House(RoomProfile(announce="names"))) as asterisk:
            await member(asterisk, "100")
            assert stored(asterisk) == []


class TestGreeting:
    @virtual_time
    async def test_a_key_cuts_it_short_and_counts(self):
        house = House()
        async with opened(house) as asterisk:
            anna = await member(asterisk, "100")
            bert = await asterisk.call("conference", "1000", number="200")
            await bert.hears("sound:conf-thereare")
            await bert.dials("*1")
            await bert.hears("sound:conf-muted", within=1)
            await inside(bert)
            assert "sound:conf-otherinparty" not in bert.heard
            assert bert.can_hear(anna) and not anna.can_hear(bert)

    @virtual_time
    async def test_so_does_whoever_removes_the_member(self):
        house = House()
        async with opened(house) as asterisk:
            mona = await member(asterisk, "900", "1000", "moderator")
            bert = await asterisk.call("conference", "1000", number="200")
            await bert.hears("sound:conf-thereare")
            await mona.dials("*3")
            await bert.hears("sound:conf-kicked", within=1)
            await bert.is_hung_up()
            assert "sound:confbridge-join" not in mona.heard


DIALPLAN = """
[default]
exten => conference,1,Stasis(conference${ARGS})
exten => 500,1,Answer()
 same => n,Wait(600)
"""


class TestTransfer:
    @virtual_time
    async def test_who_takes_a_members_place_is_what_the_member_was(self):
        house = House()
        async with Asterisk(house, dialplan=DIALPLAN, sounds={}) as asterisk:
            anna = await member(asterisk, "100")
            bert = await member(asterisk, "200")
            (mine, _) = house.room().members.values()
            await anna.dials("*1")
            await anna.waits(5)
            assert await anna.transfers("500") == 200
            await bert.waits(2)
            assert mine.channel.id != anna.id and house.room().holds(mine)
            assert asterisk.machine.channels[mine.channel.id].muted == {"in"}
            assert len(house.room().members) == 2 and anna.over
            await perform(Order("end", house.rooms, house.room()))
            await bert.is_hung_up()
