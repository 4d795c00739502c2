"""Who may come into a room, who has to wait, and what its listeners are told."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from stasis_conference.live import LiveRoom, RoomEvent
from stasis_conference.member import Member, MemberData
from stasis_conference.profile import MemberProfile, RoomProfile
from structlog.testing import capture_logs

from stasis.testing.clock import virtual_time
from stasis.testing.party import Caller
from tests.apps.stasis_conference.house import House, inside, member, opened

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def live_room(profile: RoomProfile, *listeners: Any) -> LiveRoom:
    """A room on no Asterisk."""
    nowhere: Any = None
    return LiveRoom("1000", profile, nowhere, "conference", now=lambda: NOW, listeners=listeners)


def person(id: str, *, moderator: bool = False) -> Member:
    """A member on no channel."""

    async def keep() -> None: ...

    channel: Any = SimpleNamespace(id=f"channel of {id}", caller_name="", caller_number=id)
    return Member(channel, MemberData(id=id, room="1000", moderator=moderator), keep)


class TestRefusal:
    @virtual_time
    async def test_a_room_without_a_capacity_is_never_full(self):
        room = live_room(RoomProfile())
        for number in range(100):
            room.come(person(str(number)))
        assert room.refusal(moderator=False) is None

    @virtual_time
    async def test_who_waits_has_a_place_as_well(self):
        room = live_room(RoomProfile(capacity=2))
        room.come(person("a"))
        assert room.refusal(moderator=False) is None
        room.let_in(room.waiting["a"])
        room.come(person("b"))
        assert room.refusal(moderator=False) == "full"

    @virtual_time
    async def test_moderators_come_in_all_the_same_and_take_no_place(self):
        room = live_room(RoomProfile(capacity=1))
        room.come(person("m", moderator=True))
        assert room.refusal(moderator=False) is None
        room.come(person("a"))
        assert room.refusal(moderator=False) == "full"
        assert room.refusal(moderator=True) is None

    @virtual_time
    async def test_unless_the_profile_counts_them(self):
        room = live_room(RoomProfile(capacity=1, capacity_counts_moderators=True))
        room.come(person("m", moderator=True))
        assert room.refusal(moderator=True) == room.refusal(moderator=False) == "full"

    @virtual_time
    async def test_a_locked_room_is_locked_before_it_is_full(self):
        room = live_room(RoomProfile(capacity=1))
        room.come(person("a"))
        room.keep(locked=True)
        assert room.refusal(moderator=False) == "locked"
        assert room.refusal(moderator=True) is None


class TestRoster:
    @virtual_time
    async def test_the_last_is_who_came_last_and_is_no_moderator(self):
        room = live_room(RoomProfile())
        a, b, m = person("a"), person("b"), person("m", moderator=True)
        for each in (a, b, m):
            room.come(each)
            room.let_in(each)
        assert room.last() is b and room.last(by=b) is a
        assert room.moderators == [m] and room.others(a) == [b, m]
        assert room.drop(b) and room.last() is a
        assert not room.drop(b)

    @virtual_time
    async def test_a_room_with_somebody_in_the_lobby_is_not_empty(self):
        room = live_room(RoomProfile())
        a = person("a")
        assert room.empty
        room.come(a)
        assert not room.empty
        assert not room.drop(a) and room.empty


class TestSpeaker:
    @virtual_time
    async def test_it_is_who_began_to_talk_last_and_still_does(self):
        heard: list[RoomEvent] = []
        room = live_room(RoomProfile(), heard.append)
        a, b = person("a"), person("b")
        for each in (a, b):
            room.come(each)
            room.let_in(each)
        room.talks(a)
        room.talks(b)
        assert room.speaker is b
        room.falls_silent(b, 2.0)
        assert room.speaker is a
        room.falls_silent(a, 1.0)
        assert room.speaker is a, "the last to talk, as long as nobody else does"
        assert (a.speaking, b.speaking) == (1.0, 2.0)
        told = [(e.kind, e.member["id"]) for e in heard if e.member]
        assert told == [
            ("talking", "a"),
            ("speaker", "a"),
            ("talking", "b"),
            ("speaker", "b"),
            ("silent", "b"),
            ("speaker", "a"),
            ("silent", "a"),
        ]

    @virtual_time
    async def test_who_is_muted_is_told_to_talk_and_is_no_speaker(self):
        heard: list[RoomEvent] = []
        room = live_room(RoomProfile(), heard.append)
        a = person("a")
        a.data.muted = True
        room.come(a)
        room.talks(a)
        assert [e.kind for e in heard] == ["talking"] and room.speaker is None

    @virtual_time
    async def test_who_did_not_talk_does_not_fall_silent(self):
        heard: list[RoomEvent] = []
        room = live_room(RoomProfile(), heard.append)
        room.falls_silent(person("a"), 5.0)
        assert heard == []


class TestListeners:
    @virtual_time
    async def test_one_that_raises_keeps_it_from_no_other(self):
        heard: list[RoomEvent] = []

        def broken(event: RoomEvent) -> None:
            raise ValueError

        room = live_room(RoomProfile(), broken, heard.append)
        with capture_logs() as logs:
            room.tell("locked", why="x")
        assert heard == [RoomEvent("locked", "1000", NOW, None, {"why": "x"})]
        assert logs[0]["event"] == "a listener has failed"


class TestCapacity:
    @virtual_time
    async def test_who_comes_into_a_full_room_is_told_so(self):
        house = House(RoomProfile(capacity=2))
        async with opened(house) as asterisk:
            await member(asterisk, "100")
            bert = await member(asterisk, "200")
            carl = await asterisk.call("conference", "1000", number="300")
            await carl.hears("sound:conf-full")
            assert await carl.is_hung_up() == 16
            await bert.hangs_up()
            await bert.waits(1)
            await member(asterisk, "300")

    @virtual_time
    async def test_of_two_who_come_at_once_one_has_the_last_place(self):
        house = House(RoomProfile(capacity=1))
        async with opened(house) as asterisk:
            one = await asterisk.call("conference", "1000", number="100")
            two = await asterisk.call("conference", "1000", number="200")
            await one.waits(10)
            assert [one.over, two.over] == [False, True]
            assert house.numbers() == ["100"]


class TestLobby:
    ROOM = RoomProfile(wait_for_moderator=True)

    @virtual_time
    async def test_members_wait_with_music_until_a_moderator_comes(self):
        house = House(self.ROOM)
        async with opened(house) as asterisk:
            anna = await self.waiting(asterisk, "100")
            bert = await self.waiting(asterisk, "200")
            assert not anna.can_hear(bert)
            assert anna.state == "lobby" and house.told("began") == []
            mona = await member(asterisk, "900", "1000", "moderator")
            await anna.hears("sound:conf-placeintoconf")
            await inside(anna)
            await inside(bert)
            assert anna.can_hear(bert) and mona.can_hear(anna)
            late = await member(asterisk, "300")
            assert late.can_hear(mona) and "sound:conf-waitforleader" not in late.heard

    async def waiting(self, asterisk: Any, number: str) -> Caller:
        caller: Caller = await asterisk.call("conference", "1000", number=number)
        await caller.hears("sound:conf-waitforleader")
        await caller.hears("music:default")
        return caller

    @virtual_time
    async def test_who_hangs_up_in_the_lobby_is_forgotten(self):
        house = House(self.ROOM)
        async with opened(house) as asterisk:
            anna = await self.waiting(asterisk, "100")
            await anna.hangs_up()
            await anna.waits(1)
            assert house.rooms.live == {} and house.history == []
            assert house.told() == ["waiting", "left", "ended"]

    @virtual_time
    async def test_when_the_last_moderator_leaves_they_wait_again(self):
        house = House(self.ROOM)
        async with opened(house) as asterisk:
            mona = await member(asterisk, "900", "1000", "moderator")
            anna = await member(asterisk, "100")
            bert = await member(asterisk, "200")
            await mona.hangs_up()
            await anna.hears("sound:conf-leaderhasleft")
            await anna.hears("music:default")
            await bert.hears("music:default")
            assert not anna.can_hear(bert)
            assert house.told("waiting") == ["waiting", "waiting"]
            await member(asterisk, "900", "1000", "moderator")
            await inside(anna)
            await inside(bert)
            assert anna.can_hear(bert)
            assert len(house.history) == 1

    @virtual_time
    async def test_who_waits_longer_than_a_conference_may_last_is_sent_away(self):
        house = House(RoomProfile(wait_for_moderator=True, limit=120))
        async with opened(house) as asterisk:
            anna = await self.waiting(asterisk, "100")
            await anna.waits(121)
            await anna.hears("sound:confbridge-conf-end")
            await anna.is_hung_up()

    @virtual_time
    async def test_who_waits_can_be_removed(self):
        house = House(self.ROOM)
        async with opened(house) as asterisk:
            anna = await self.waiting(asterisk, "100")
            (waits,) = house.room().waiting.values()
            from stasis_conference.action import perform
            from stasis_conference.order import Order

            await perform(Order("kick", house.rooms, house.room(), member=waits))
            await anna.hears("sound:conf-kicked")
            await anna.is_hung_up()


class TestMemberProfile:
    @virtual_time
    async def test_who_comes_in_is_as_the_profile_says(self):
        guest = MemberProfile(muted=True, talk_volume=2, listen_volume=-1)
        deaf = MemberProfile(deaf=True)
        house = House(members={"guest": guest, "deaf": deaf})
        async with opened(house) as asterisk:
            anna = await member(asterisk, "100", "1000", "guest")
            bert = await member(asterisk, "200", "1000", "deaf")
            assert anna.can_hear(bert) is not True or anna.can_hear(bert)
            assert anna.can_hear(bert) and not bert.can_hear(anna)
            assert anna.variable("VOLUME(RX)") == "3"
            assert anna.variable("VOLUME(TX)") == "-2"

    @virtual_time
    async def test_a_quiet_one_is_not_announced(self):
        house = House(members={"quiet": MemberProfile(quiet=True)})
        async with opened(house) as asterisk:
            anna = await member(asterisk, "100")
            bert = await member(asterisk, "200", "1000", "quiet")
            await bert.hangs_up()
            await anna.waits(3)
            assert anna.heard == ["sound:conf-onlyperson"]

    @virtual_time
    async def test_a_menu_that_is_not_there_has_no_keys(self):
        house = House(members={"mute": MemberProfile(menu="")})
        async with opened(house) as asterisk:
            anna = await member(asterisk, "100", "1000", "mute")
            await anna.dials("*8*1#5")
            await anna.hears_nothing(5)
            assert not anna.over

    @pytest.mark.parametrize("version", ["22", "16"])
    @virtual_time
    async def test_the_others_do_not_hear_the_keys(self, version: str):
        async with opened(House(), version) as asterisk:
            anna = await member(asterisk, "100")
            bert = await member(asterisk, "200")
            await bert.dials("*5")
            await bert.waits(5)
            assert not any(each.startswith("digit:") for each in anna.heard)


class TestMusic:
    @virtual_time
    async def test_who_is_alone_hears_music_where_the_profile_says_so(self):
        house = House(RoomProfile(music_alone=True, music="jazz"))
        async with opened(house) as asterisk:
            anna = await member(asterisk, "100")
            assert anna.heard[-1] == "music:jazz"
            bert = await member(asterisk, "200")
            assert "music:jazz" not in bert.heard
            assert asterisk.machine.bridges[house.room().bridge.id].music == ""
            await bert.hangs_up()
            await bert.waits(1)
            assert asterisk.machine.bridges[house.room().bridge.id].music == "jazz"
            await anna.dials("*2")
            await anna.waits(1)
            await anna.dials("*2")
            await anna.waits(1)
            assert asterisk.machine.bridges[house.room().bridge.id].music == "jazz"
