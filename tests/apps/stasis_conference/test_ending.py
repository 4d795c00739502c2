"""How conferences end: by their limit, without a moderator, or empty; and where members go then."""

from __future__ import annotations

from datetime import timedelta

import pytest
from stasis_conference.ending import Due, limit_of, next_due
from stasis_conference.profile import MemberProfile, RoomProfile
from stasis_conference.rows import LiveRow

from stasis import ChannelDtmfReceived, Event, Flow
from stasis.program import Program
from stasis.testing.asterisk import Asterisk
from stasis.testing.clock import virtual_time
from tests.apps.stasis_conference.house import BEGINNING, House, member, opened


def after(seconds: float):
    return BEGINNING + timedelta(seconds=seconds)


class TestNextDue:
    def test_without_a_limit_nothing_comes(self):
        assert limit_of(RoomProfile(), BEGINNING) is None
        assert next_due(RoomProfile(), LiveRow(), BEGINNING) is None

    def test_warnings_come_before_the_limit(self):
        profile = RoomProfile(limit=600, warnings=[60, 300])
        live = LiveRow(ends_at=limit_of(profile, BEGINNING))
        assert next_due(profile, live, BEGINNING) == Due(after(300), "warning")
        assert next_due(profile, live, after(300)) == Due(after(540), "warning")
        assert next_due(profile, live, after(540)) == Due(after(600), "limit")

    def test_one_that_is_longer_than_the_limit_never_comes(self):
        profile = RoomProfile(limit=100, warnings=[300])
        live = LiveRow(ends_at=limit_of(profile, BEGINNING))
        assert next_due(profile, live, BEGINNING) == Due(after(100), "limit")

    def test_a_grace_that_is_over_first_comes_first(self):
        profile = RoomProfile(limit=600, warnings=[])
        live = LiveRow(ends_at=after(600), grace_until=after(30))
        assert next_due(profile, live, BEGINNING) == Due(after(30), "grace")


class TestLimit:
    @virtual_time
    async def test_it_is_announced_and_then_the_conference_is_over(self):
        house = House(RoomProfile(limit=600, warnings=[300, 60]))
        async with opened(house) as asterisk:
            anna = await member(asterisk, "100")
            bert = await member(asterisk, "200")
            await bert.waits(295)
            await bert.hears("sound:beep", within=10)
            await bert.waits(235)
            await anna.hears("sound:beep")
            await bert.hears("sound:beep", within=10)
            await bert.waits(55)
            await bert.hears("sound:confbridge-conf-end", within=10)
            await bert.is_hung_up()
            await anna.is_hung_up()
            warned = [e.details["seconds"] for e in house.events if e.kind == "warned"]
            assert warned == [300, 60]
            (session,) = house.history
            assert session.why == "limit"
            assert session.ended is not None
            assert (session.ended - session.began).total_seconds() == pytest.approx(602, abs=3)

    @virtual_time
    async def test_the_next_conference_has_all_its_time(self):
        house = House(RoomProfile(limit=100, warnings=[]))
        async with opened(house) as asterisk:
            anna = await member(asterisk, "100")
            await anna.waits(80)
            await anna.hangs_up()
            bert = await member(asterisk, "200")
            await bert.waits(80)
            assert not bert.over


class TestModerator:
    @virtual_time
    async def test_without_grace_it_is_over_when_the_last_one_leaves(self):
        house = House(RoomProfile(ends_with_moderator=True))
        async with opened(house) as asterisk:
            mona = await member(asterisk, "900", "1000", "moderator")
            max_ = await member(asterisk, "901", "1000", "moderator")
            anna = await member(asterisk, "100")
            await mona.hangs_up()
            await anna.waits(30)
            assert not anna.over
            await max_.hangs_up()
            await anna.hears("sound:confbridge-conf-end")
            await anna.is_hung_up()
            assert house.history[0].why == "no_moderator"

    @virtual_time
    async def test_with_grace_one_can_come_back(self):
        house = House(RoomProfile(ends_with_moderator=True, grace=60))
        async with opened(house) as asterisk:
            mona = await member(asterisk, "900", "1000", "moderator")
            anna = await member(asterisk, "100")
            await mona.hangs_up()
            await anna.hears("sound:conf-leaderhasleft")
            assert house.memory.kept["1000"].grace_until is not None
            await anna.waits(50)
            mona = await member(asterisk, "900", "1000", "moderator")
            assert house.memory.kept["1000"].grace_until is None
            await anna.waits(100)
            assert not anna.over and anna.can_hear(mona)

    @virtual_time
    async def test_and_else_it_is_over_when_the_grace_is(self):
        house = House(RoomProfile(ends_with_moderator=True, grace=60))
        async with opened(house) as asterisk:
            mona = await member(asterisk, "900", "1000", "moderator")
            anna = await member(asterisk, "100")
            await mona.hangs_up()
            await anna.waits(58)
            assert not anna.over
            await anna.hears("sound:confbridge-conf-end", within=4)
            await anna.is_hung_up()
            assert house.history[0].why == "no_moderator"

    @virtual_time
    async def test_members_without_any_moderator_just_talk(self):
        house = House(RoomProfile(ends_with_moderator=True))
        async with opened(house) as asterisk:
            anna = await member(asterisk, "100")
            bert = await member(asterisk, "200")
            carl = await member(asterisk, "300")
            await carl.hangs_up()
            await anna.waits(60)
            assert anna.can_hear(bert)

    @virtual_time
    async def test_while_the_grace_lasts_who_comes_does_not_wait(self):
        profile = RoomProfile(ends_with_moderator=True, grace=60, wait_for_moderator=True)
        house = House(profile)
        async with opened(house) as asterisk:
            mona = await member(asterisk, "900", "1000", "moderator")
            anna = await member(asterisk, "100")
            await mona.hangs_up()
            bert = await member(asterisk, "200")
            assert bert.can_hear(anna)


class Survey(Flow):
    """Where members may go on: another application."""

    async def asking(self, event: Event) -> None:
        await self.channel.play(f"sound:survey-{self.channel.args[0]}")

    start = asking
    table = {asking: {ChannelDtmfReceived: asking}}


DIALPLAN = """
[default]
exten => conference,1,Stasis(conference${ARGS})
 same => n,Playback(after-the-conference)
 same => n,Hangup()
"""


class TestOnward:
    @virtual_time
    async def test_on_in_the_dialplan_as_they_came(self):
        house = House(RoomProfile(after="continue"))
        async with Asterisk(house, dialplan=DIALPLAN, sounds={}) as asterisk:
            anna = await member(asterisk, "100")
            bert = await member(asterisk, "200")
            await anna.dials("*1,*8")
            await anna.hears("sound:after-the-conference")
            assert asterisk.machine.channels[anna.id].muted == set()
            await bert.waits(1)
            assert not bert.over

    @virtual_time
    async def test_into_another_application(self):
        house = House(members={"guest": MemberProfile(after="survey")})
        programs = {**house.programs(), "survey": Program.of(Survey)}
        async with Asterisk(programs, sounds={}) as asterisk:
            anna = await member(asterisk, "100", "1000", "guest")
            await anna.dials("*8")
            await anna.hears("sound:survey-1000")

    @virtual_time
    async def test_into_one_that_is_not_there_is_to_hang_up(self):
        house = House(RoomProfile(after="nowhere"))
        async with opened(house) as asterisk:
            anna = await member(asterisk, "100")
            await anna.dials("*8")
            assert await anna.is_hung_up() == 16
