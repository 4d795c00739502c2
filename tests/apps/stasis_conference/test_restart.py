"""The process ends in a live conference, and the next one goes on with it: nobody notices."""

from __future__ import annotations

import pytest
from stasis_conference.action import perform
from stasis_conference.order import Order
from stasis_conference.profile import RoomProfile
from stasis_conference.rows import LiveRow
from stasis_conference.store import StoreError
from structlog.testing import capture_logs

from stasis.testing.clock import virtual_time
from tests.apps.stasis_conference.house import House, inside, member, opened
from tests.apps.stasis_conference.test_action import do, of, three
from tests.apps.stasis_conference.test_recorder import running, seconds_of


class TestMembers:
    @pytest.mark.parametrize("version", ["22", "16"])
    @virtual_time
    async def test_nobody_drops_or_leaves_the_bridge_or_hears_anything(self, version: str):
        house = House()
        async with opened(house, version) as asterisk:
            people = await three(asterisk)
            heard = [each.heard for each in people]
            session = house.room().live.session
            await asterisk.redeploy()
            await people[0].waits(60)
            assert [each.heard for each in people] == heard
            assert house.numbers() == ["900", "100", "200"]
            assert house.room().live.session == session
            assert [m.left for m in house.history[0].memberships] == [None] * 3
            for one in people:
                assert all(one.can_hear(other) for other in people if other is not one)
            assert not any("addChannel" in each for each in asterisk.requests)

    @virtual_time
    async def test_what_they_are_stays(self):
        house = House()
        async with opened(house) as asterisk:
            mona, anna, bert = await three(asterisk)
            await do(house, "mute", anna)
            await do(house, "deafen", bert)
            await do(house, "talk_up", bert)
            await mona.waits(5)
            before = [m.told() for m in house.room().members.values()]
            await asterisk.redeploy()
            await mona.waits(5)
            assert [m.told() for m in house.room().members.values()] == before
            assert not mona.can_hear(anna) and not bert.can_hear(mona)
            await anna.dials("*1")
            await anna.hears("sound:conf-unmuted")
            await anna.talks_with(mona)

    @virtual_time
    async def test_who_is_held_stays_with_the_music(self):
        house = House()
        async with opened(house) as asterisk:
            mona, anna, _ = await three(asterisk)
            await do(house, "hold", anna)
            await anna.waits(5)
            await asterisk.redeploy()
            await anna.waits(5)
            assert of(house, anna).data.held and not anna.can_hear(mona)
            await anna.dials("*2")
            await inside(anna)
            await anna.talks_with(mona)

    @virtual_time
    async def test_keys_and_orders_go_on(self):
        house = House()
        async with opened(house) as asterisk:
            mona, anna, bert = await three(asterisk)
            await asterisk.redeploy()
            await mona.waits(1)
            await mona.dials("**1")
            await anna.hears("sound:conf-muted")
            await mona.dials("*3")
            await bert.hears("sound:conf-kicked")
            await mona.dials("**8")
            await anna.hears("sound:confbridge-conf-end")
            await anna.is_hung_up()

    @virtual_time
    async def test_who_has_hung_up_meanwhile_is_gone_from_the_history_too(self):
        house = House()
        async with opened(house) as asterisk:
            mona, anna, bert = await three(asterisk)
            asterisk.link.let_go("killed")
            await bert.hangs_up()
            await asterisk.redeploy()
            await mona.waits(60)
            assert house.numbers() == ["900", "100"]
            assert [m.why for m in house.history[0].memberships] == ["", "", "lost"]

    @virtual_time
    async def test_and_a_moderator_who_has_is_missed_then(self):
        house = House(RoomProfile(ends_with_moderator=True, grace=60))
        async with opened(house) as asterisk:
            mona, anna, _ = await three(asterisk)
            asterisk.link.let_go("killed")
            await mona.hangs_up()
            await asterisk.redeploy()
            await anna.hears("sound:conf-leaderhasleft")
            await anna.hears("sound:confbridge-conf-end", within=61)
            await anna.is_hung_up()

    @virtual_time
    async def test_who_came_last_is_still_the_last(self):
        house = House()
        async with opened(house) as asterisk:
            mona, anna, bert = await three(asterisk)
            await asterisk.redeploy()
            await mona.waits(1)
            members = list(house.room().members.values())
            house.room().members = {m.id: m for m in members[::-1]}
            house.room().let_in(members[0])
            await mona.dials("*3")
            await bert.hears("sound:conf-kicked")

    @virtual_time
    async def test_who_is_on_the_way_in_comes_in(self):
        house = House()
        async with opened(house) as asterisk:
            anna = await asterisk.call("conference", "1000", number="100")
            await anna.hears("sound:conf-onlyperson")
            await asterisk.redeploy()
            await inside(anna)
            assert len(house.history[0].memberships) == 1

    @virtual_time
    async def test_who_is_asked_for_a_pin_is_asked_again(self):
        house = House()
        house.add("1000", pin="1234")
        async with opened(house) as asterisk:
            anna = await asterisk.call("conference", "1000", number="100")
            await anna.hears("sound:conf-getpin")
            await asterisk.redeploy()
            await anna.hears("sound:conf-getpin")
            await anna.dials("1234#")
            await inside(anna)

    @virtual_time
    async def test_who_waits_for_a_moderator_goes_on_waiting(self):
        house = House(RoomProfile(wait_for_moderator=True))
        async with opened(house) as asterisk:
            anna = await asterisk.call("conference", "1000", number="100")
            await anna.hears("music:default")
            await asterisk.redeploy()
            await anna.waits(5)
            assert list(house.room().waiting) and not anna.over
            mona = await member(asterisk, "900", "1000", "moderator")
            await inside(anna)
            await anna.talks_with(mona)


class TestRoom:
    @virtual_time
    async def test_a_locked_room_stays_locked(self):
        house = House()
        async with opened(house) as asterisk:
            await three(asterisk)
            await do(house, "lock")
            await asterisk.redeploy()
            late = await asterisk.call("conference", "1000", number="300")
            await late.hears("sound:conf-locked")
            await late.is_hung_up()

    @virtual_time
    async def test_somebody_who_comes_first_after_it_finds_the_same_room(self):
        house = House()
        async with opened(house) as asterisk:
            mona, anna, _ = await three(asterisk)
            await asterisk.redeploy()
            carl = await member(asterisk, "300")
            await carl.talks_with(anna)
            assert len(house.history) == 1

    @virtual_time
    async def test_the_recording_goes_on(self):
        house = House(RoomProfile(record="auto"))
        async with opened(house) as asterisk:
            anna = await member(asterisk, "100")
            await anna.waits(20)
            await asterisk.redeploy()
            await anna.waits(20)
            assert running(asterisk) == ["recording"]
            await anna.hangs_up()
            await anna.waits(1)
            (row,) = house.history[0].recordings
            assert seconds_of(asterisk, house) == [pytest.approx(row.seconds, abs=1)]
            assert row.seconds > 40

    @virtual_time
    async def test_a_paused_one_stays_paused(self):
        house = House(RoomProfile(record="auto"))
        async with opened(house) as asterisk:
            anna = await member(asterisk, "100")
            await do(house, "pause_record")
            await asterisk.redeploy()
            await anna.waits(5)
            assert running(asterisk) == ["paused"]
            await do(house, "resume_record")
            assert running(asterisk) == ["recording"]

    @virtual_time
    async def test_the_limit_is_the_same(self):
        house = House(RoomProfile(limit=100, warnings=[50]))
        async with opened(house) as asterisk:
            anna = await member(asterisk, "100")
            await anna.waits(70)
            await asterisk.redeploy()
            await anna.waits(20)
            assert not anna.over
            await anna.hears("sound:confbridge-conf-end", within=15)
            await anna.is_hung_up()
            assert house.told("warned") == ["warned"]

    @virtual_time
    async def test_the_grace_is_the_same(self):
        house = House(RoomProfile(ends_with_moderator=True, grace=60))
        async with opened(house) as asterisk:
            mona = await member(asterisk, "900", "1000", "moderator")
            anna = await member(asterisk, "100")
            await mona.hangs_up()
            await anna.waits(40)
            await asterisk.redeploy()
            await anna.hears("sound:confbridge-conf-end", within=25)
            await anna.is_hung_up()

    @virtual_time
    async def test_one_that_all_have_left_meanwhile_is_over(self):
        house = House(RoomProfile(record="auto"))
        async with opened(house) as asterisk:
            anna = await member(asterisk, "100")
            await do(house, "lock")
            asterisk.link.let_go("killed")
            await anna.hangs_up()
            await asterisk.redeploy()
            await anna.waits(60)
            (session,) = house.history
            assert session.why == "lost" and house.memory.kept == {}

    @virtual_time
    async def test_and_who_comes_into_it_begins_a_new_conference(self):
        house = House()
        async with opened(house) as asterisk:
            anna = await member(asterisk, "100")
            await do(house, "lock")
            asterisk.link.let_go("killed")
            await anna.hangs_up()
            await asterisk.redeploy()
            await member(asterisk, "200")
            assert [each.why for each in house.history] == ["lost", ""]


class TestDatabase:
    @virtual_time
    async def test_when_it_is_gone_the_conference_goes_on(self):
        house = House()
        async with opened(house) as asterisk:
            mona, anna, bert = await three(asterisk)
            house.memory.down = True
            with capture_logs() as logs:
                await mona.dials("*#")
                await mona.hears("sound:conf-lockednow")
                await bert.hangs_up()
                await anna.hears("sound:confbridge-leave")
            assert anna.can_hear(mona)
            told = [each["log_level"] for each in logs if "database" in each["event"]]
            assert told == ["error", "debug"]
            house.memory.down = False
            await perform(Order("unlock", house.rooms, house.room()))
            assert not house.memory.kept["1000"].locked

    @virtual_time
    async def test_after_a_restart_without_it_nobody_drops(self):
        house = House()
        async with opened(house) as asterisk:
            people = await three(asterisk)

            async def live(room: str) -> LiveRow:
                raise StoreError("gone")

            house.memory.live = live  # type: ignore[method-assign]
            await asterisk.redeploy()
            await people[0].waits(10)
            assert house.numbers() == ["900", "100", "200"]
            assert people[0].can_hear(people[1])


class TestGap:
    @virtual_time
    async def test_a_lost_socket_is_noticed_by_nobody(self):
        house = House()
        async with opened(house) as asterisk:
            people = await three(asterisk)
            await asterisk.cut(20)
            await people[1].waits(5)
            await people[2].hangs_up()
            await people[0].waits(60)
            assert house.numbers() == ["900", "100"]
            assert people[0].can_hear(people[1])

    @virtual_time
    async def test_when_asterisk_restarts_the_rooms_are_over(self):
        house = House()
        async with opened(house) as asterisk:
            await three(asterisk)
            await asterisk.restart()
            await asterisk.callers[0].waits(10)
            assert house.rooms.live == {}
            await member(asterisk, "500")
