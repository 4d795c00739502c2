"""What can be done in a room: by keys, and as the API orders it; who may, and to whom."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from stasis_conference.action import ACTIONS, perform
from stasis_conference.member import Member
from stasis_conference.order import NotPossible, Order
from stasis_conference.profile import MemberProfile, Menu, RoomProfile

from stasis.testing.asterisk import Asterisk
from stasis.testing.clock import virtual_time
from stasis.testing.party import Caller
from tests.apps.stasis_conference.house import House, inside, member, opened

ROOM = "1000"


def of(house: House, caller: Caller) -> Member:
    """The member that a caller is."""
    room = house.room(ROOM)
    return next(m for m in room.everybody() if m.channel.id == caller.id)


async def do(house: House, action: str, on: Caller | None = None, **more: Any) -> list[Member]:
    """Have something done as the API does. on: to whom."""
    whom = None if on is None else of(house, on)
    return await perform(Order(action, house.rooms, house.room(ROOM), member=whom, **more))


async def three(asterisk: Asterisk) -> tuple[Caller, Caller, Caller]:
    """A moderator and two members, who all hear each other."""
    mona = await member(asterisk, "900", ROOM, "moderator")
    anna = await member(asterisk, "100", ROOM)
    bert = await member(asterisk, "200", ROOM)
    await anna.talks_with(bert)
    await mona.talks_with(anna)
    await mona.waits(5)
    return mona, anna, bert


class TestMute:
    @virtual_time
    async def test_star_one_mutes_and_unmutes_oneself(self):
        house = House()
        async with opened(house) as asterisk:
            mona, anna, _ = await three(asterisk)
            await anna.dials("*1")
            await anna.hears("sound:conf-muted")
            assert mona.can_hear(anna) is False and anna.can_hear(mona)
            assert of(house, anna).data.muted
            await anna.waits(3)
            await anna.dials("*1")
            await anna.hears("sound:conf-unmuted")
            await anna.talks_with(mona)
            assert house.told("muted", "unmuted") == ["muted", "unmuted"]

    @virtual_time
    async def test_a_moderator_mutes_all_others_but_moderators_by_keys(self):
        house = House()
        async with opened(house) as asterisk:
            mona, anna, bert = await three(asterisk)
            max_ = await member(asterisk, "901", ROOM, "moderator")
            await mona.dials("**1")
            await anna.hears("sound:conf-muted")
            await bert.hears("sound:conf-muted")
            assert not mona.can_hear(anna) and not mona.can_hear(bert)
            await mona.talks_with(max_)
            await mona.dials("**2")
            await bert.hears("sound:conf-unmuted")
            await mona.talks_with(anna)
            await mona.talks_with(bert)

    @virtual_time
    async def test_one_and_all_by_order(self):
        house = House()
        async with opened(house) as asterisk:
            mona, anna, bert = await three(asterisk)
            assert await do(house, "mute", anna) == [of(house, anna)]
            await mona.waits(0.1)
            assert not bert.can_hear(anna) and anna.can_hear(bert)
            assert len(await do(house, "mute_all")) == 3
            await mona.waits(0.1)
            assert not anna.can_hear(mona)
            await do(house, "unmute", anna)
            await do(house, "unmute_all")
            await anna.talks_with(bert)
            await anna.talks_with(mona)
            await do(house, "toggle_mute", anna)
            assert of(house, anna).data.muted

    @virtual_time
    async def test_it_waits_for_nothing_that_plays_to_the_member(self):
        house = House()
        async with opened(house) as asterisk:
            mona, anna, _ = await three(asterisk)
            await anna.dials("*0")
            await anna.hears("sound:conf-usermenu-162")
            await do(house, "mute", anna)
            await anna.waits(0.1)
            assert not mona.can_hear(anna)


class TestDeafen:
    @virtual_time
    async def test_who_is_deaf_is_heard_and_hears_nobody(self):
        house = House()
        async with opened(house) as asterisk:
            mona, anna, bert = await three(asterisk)
            await do(house, "deafen", anna)
            await anna.waits(0.1)
            assert bert.can_hear(anna) and not anna.can_hear(bert)
            await do(house, "undeafen", anna)
            await anna.talks_with(bert)
            await do(house, "deafen_others")
            await anna.waits(0.1)
            assert mona.can_hear(anna) and not anna.can_hear(mona) and not bert.can_hear(mona)
            await do(house, "deafen_all")
            await anna.waits(0.1)
            assert not mona.can_hear(anna)
            await do(house, "undeafen_others")
            await do(house, "undeafen_all")
            await anna.talks_with(mona)

    @virtual_time
    async def test_by_a_key_of_ones_own_menu(self):
        menus = {"default": Menu(keys={"7": "toggle_deaf"})}
        async with opened(House(menus=menus)) as asterisk:
            _, anna, bert = await three(asterisk)
            await anna.dials("7")
            await anna.waits(0.1)
            assert not anna.can_hear(bert)
            await anna.dials("7")
            await anna.talks_with(bert)


class TestHold:
    @virtual_time
    async def test_star_two_goes_to_the_music_and_back(self):
        house = House()
        async with opened(house) as asterisk:
            _, anna, bert = await three(asterisk)
            await anna.dials("*2")
            await anna.hears("music:default")
            assert not anna.can_hear(bert) and not bert.can_hear(anna)
            assert house.told("held", "resumed") == ["held"]
            await anna.dials("*2")
            await anna.talks_with(bert)
            assert house.told("held", "resumed") == ["held", "resumed"]

    @virtual_time
    async def test_a_second_time_there_is_music_again(self):
        house = House()
        async with opened(house) as asterisk:
            _, anna, bert = await three(asterisk)
            for _ in range(2):
                await anna.dials("*2")
                await anna.hears("music:default")
                await anna.dials("*2")
                await anna.talks_with(bert)

    @virtual_time
    async def test_two_who_are_held_hear_the_music_and_not_each_other(self):
        house = House(RoomProfile(music="jazz"))
        async with opened(house) as asterisk:
            _, anna, bert = await three(asterisk)
            await do(house, "hold_others")
            await anna.hears("music:jazz")
            await anna.waits(1)
            assert not anna.can_hear(bert) and not bert.can_hear(anna)
            await do(house, "unhold", anna)
            await do(house, "unhold_others")
            await anna.talks_with(bert)

    @virtual_time
    async def test_everybody_and_one_by_order(self):
        house = House()
        async with opened(house) as asterisk:
            mona, anna, bert = await three(asterisk)
            await do(house, "hold", anna)
            await do(house, "hold", anna)
            await anna.waits(0.1)
            assert house.told("held") == ["held"] and bert.can_hear(mona)
            await do(house, "hold_all")
            await anna.waits(0.1)
            assert not bert.can_hear(mona)
            await do(house, "unhold_all")
            await do(house, "unhold_all")
            await anna.talks_with(mona)

    @virtual_time
    async def test_who_is_held_can_hang_up(self):
        house = House()
        async with opened(house) as asterisk:
            _, anna, bert = await three(asterisk)
            await do(house, "hold", anna)
            await anna.hangs_up()
            await bert.hears("sound:confbridge-leave")


class TestVolume:
    @pytest.mark.parametrize(
        ("keys", "function", "gains"),
        [
            ("*9", "VOLUME(RX)", ["2", "3"]),
            ("*7", "VOLUME(RX)", ["-2", "-3"]),
            ("*6", "VOLUME(TX)", ["2", "3"]),
            ("*4", "VOLUME(TX)", ["-2", "-3"]),
        ],
    )
    @virtual_time
    async def test_each_key_is_one_step(self, keys: str, function: str, gains: list[str]):
        house = House()
        async with opened(house) as asterisk:
            anna = await member(asterisk)
            for gain in gains:
                await anna.dials(keys)
                await anna.waits(0.5)
                assert anna.variable(function) == gain
            assert house.told("volume") == ["volume", "volume"]

    @virtual_time
    async def test_it_ends_somewhere(self):
        house = House()
        async with opened(house) as asterisk:
            anna = await member(asterisk)
            for _ in range(15):
                await do(house, "talk_up", anna)
            assert of(house, anna).data.talk_volume == 10
            for _ in range(10):
                await do(house, "talk_down", anna)
            assert anna.variable("VOLUME(RX)") == "0"
            await do(house, "listen_up", anna)
            await do(house, "listen_down", anna)
            assert anna.variable("VOLUME(TX)") == "0"


class TestKick:
    @virtual_time
    async def test_star_three_removes_who_came_last_and_is_no_moderator(self):
        house = House()
        async with opened(house) as asterisk:
            mona, anna, bert = await three(asterisk)
            await member(asterisk, "901", ROOM, "moderator")
            await mona.dials("*3")
            await bert.hears("sound:conf-kicked")
            assert await bert.is_hung_up() == 16
            assert house.numbers() == ["900", "100", "901"]
            assert [m.why for m in house.history[0].memberships] == ["", "", "kicked", ""]

    @virtual_time
    async def test_with_nobody_to_kick_the_key_is_wrong(self):
        async with opened(House()) as asterisk:
            mona = await member(asterisk, "900", ROOM, "moderator")
            await mona.dials("*3")
            await mona.hears("sound:conf-errormenu")

    @virtual_time
    async def test_one_all_but_moderators_and_all_by_order(self):
        house = House()
        async with opened(house) as asterisk:
            mona, anna, bert = await three(asterisk)
            carl = await member(asterisk, "300")
            await do(house, "kick", anna)
            assert await anna.is_hung_up() == 16
            assert not bert.over
            await do(house, "kick_others")
            await bert.is_hung_up()
            await carl.is_hung_up()
            assert not mona.over
            await do(house, "kick_all")
            await mona.hears("sound:conf-kicked")
            await mona.is_hung_up()

    @virtual_time
    async def test_who_is_kicked_is_not_heard_while_it_is_told(self):
        house = House()
        async with opened(house) as asterisk:
            _, anna, bert = await three(asterisk)
            await do(house, "kick", anna)
            await anna.hears("sound:conf-kicked")
            assert not bert.can_hear(anna)


class TestLock:
    @virtual_time
    async def test_star_hash_locks_and_only_moderators_come_in(self):
        house = House()
        async with opened(house) as asterisk:
            mona = await member(asterisk, "900", ROOM, "moderator")
            await mona.dials("*#")
            await mona.hears("sound:conf-lockednow")
            late = await asterisk.call("conference", ROOM, number="300")
            await late.hears("sound:conf-locked")
            assert await late.is_hung_up() == 16
            await member(asterisk, "901", ROOM, "moderator")
            await mona.dials("*#")
            await mona.hears("sound:conf-unlockednow")
            await member(asterisk, "300")
            assert house.told("locked", "unlocked", "refused") == ["locked", "refused", "unlocked"]

    @virtual_time
    async def test_by_order(self):
        house = House()
        async with opened(house) as asterisk:
            await member(asterisk)
            await do(house, "lock")
            await do(house, "lock")
            assert house.memory.kept[ROOM].locked
            await do(house, "unlock")
            assert not house.memory.kept[ROOM].locked
            assert house.told("locked", "unlocked") == ["locked", "unlocked"]

    @virtual_time
    async def test_the_next_conference_is_open_again(self):
        house = House()
        async with opened(house) as asterisk:
            anna = await member(asterisk)
            await do(house, "lock")
            await anna.hangs_up()
            await anna.waits(1)
            await member(asterisk, "200")


class TestMove:
    @virtual_time
    async def test_a_member_goes_on_in_another_room_with_what_it_was(self):
        house = House()
        async with opened(house) as asterisk:
            _, anna, bert = await three(asterisk)
            dora = await member(asterisk, "400", "2000")
            await do(house, "mute", anna)
            await do(house, "move", anna, to="2000")
            await inside(anna, "2000")
            assert anna.can_hear(dora) and not dora.can_hear(anna)
            assert not bert.can_hear(anna)
            assert house.numbers("2000") == ["400", "100"]
            assert house.numbers() == ["900", "200"]
            assert [m.why for m in house.history[0].memberships] == ["", "moved", ""]

    @virtual_time
    async def test_all_but_moderators_and_all(self):
        house = House()
        async with opened(house) as asterisk:
            mona, anna, bert = await three(asterisk)
            await do(house, "move_others", to="2000")
            await inside(anna, "2000")
            await inside(bert, "2000")
            assert anna.can_hear(bert) and not anna.can_hear(mona)
            await do(house, "move_all", to="2000")
            await mona.talks_with(bert)
            assert ROOM not in house.rooms.live

    @virtual_time
    async def test_not_into_a_room_that_is_full_locked_or_not_there(self):
        house = House(RoomProfile(capacity=2))
        async with opened(house) as asterisk:
            anna = await member(asterisk)
            await member(asterisk, "400", "2000")
            await member(asterisk, "500", "2000")
            for to, why in (
                ("2000", "full"),
                ("a b", "no_room"),
                ("", "no_room"),
                (ROOM, "no_room"),
            ):
                with pytest.raises(NotPossible) as error:
                    await do(house, "move", anna, to=to)
                assert error.value.why == why
            await anna.waits(1)
            assert house.numbers() == ["100"]


class TestAnnounce:
    @virtual_time
    async def test_to_one_alone_and_to_all(self):
        house = House()
        async with opened(house) as asterisk:
            _, anna, bert = await three(asterisk)
            await do(house, "announce", anna, media=["sound:one"])
            await anna.hears("sound:one")
            await do(house, "announce_all", media=["sound:all"])
            await anna.hears("sound:all")
            await bert.hears("sound:all")
            assert "sound:one" not in bert.heard

    @pytest.mark.parametrize("action", ["announce", "announce_all"])
    @virtual_time
    async def test_nothing_cannot_be_announced(self, action: str):
        house = House()
        async with opened(house) as asterisk:
            anna = await member(asterisk)
            with pytest.raises(NotPossible, match="say what is to be played"):
                await do(house, action, anna)


class TestKeysThatTell:
    @virtual_time
    async def test_star_five_counts_the_others(self):
        async with opened(House()) as asterisk:
            _, anna, _ = await three(asterisk)
            await anna.dials("*5")
            await anna.hears("sound:conf-thereare")
            await anna.hears("number:2")

    @virtual_time
    async def test_star_five_tells_who_is_alone(self):
        async with opened(House()) as asterisk:
            anna = await member(asterisk)
            await anna.dials("*5")
            await anna.hears("sound:conf-onlyperson")

    @virtual_time
    async def test_star_zero_says_what_the_keys_do(self):
        async with opened(House()) as asterisk:
            mona, anna, _ = await three(asterisk)
            await anna.dials("*0")
            await anna.hears("sound:conf-usermenu-162")
            await mona.dials("*0")
            await mona.hears("sound:conf-adminmenu-162")

    @virtual_time
    async def test_another_key_is_told_to_be_wrong(self):
        async with opened(House()) as asterisk:
            anna = await member(asterisk)
            await anna.dials("5")
            await anna.hears("sound:conf-errormenu")

    @virtual_time
    async def test_half_a_key_is_wrong_after_a_pause(self):
        async with opened(House()) as asterisk:
            anna = await member(asterisk)
            await anna.dials("*")
            await anna.hears_nothing(1.8)
            await anna.hears("sound:conf-errormenu", within=1)

    @virtual_time
    async def test_by_order_they_tell_nobody(self):
        house = House()
        async with opened(house) as asterisk:
            anna = await member(asterisk)
            heard = anna.heard
            await do(house, "count")
            await do(house, "help")
            await anna.waits(3)
            assert anna.heard == heard


class TestEnd:
    @virtual_time
    async def test_star_star_eight_ends_it_for_everybody(self):
        house = House()
        async with opened(house) as asterisk:
            mona, anna, bert = await three(asterisk)
            await mona.dials("**8")
            for each in (mona, anna, bert):
                await each.hears("sound:confbridge-conf-end")
                assert await each.is_hung_up() == 16
            assert house.history[0].why == "ended"
            assert {m.why for m in house.history[0].memberships} == {"ended"}
            assert house.told("left", "ended") == ["left", "left", "left", "ended"]

    @virtual_time
    async def test_leave_by_order(self):
        house = House()
        async with opened(house) as asterisk:
            _, anna, _ = await three(asterisk)
            await do(house, "leave", anna)
            assert await anna.is_hung_up() == 16


class TestDialOut:
    @virtual_time
    async def test_by_order_somebody_is_called_and_joins(self):
        house = House()
        async with opened(house) as asterisk:
            _, anna, _ = await three(asterisk)
            await do(house, "dial_out", endpoint="PJSIP/alice")
            alice = await asterisk.rings("PJSIP/alice")
            await alice.waits(3)
            await alice.answers()
            await anna.hears("sound:confbridge-join")
            await anna.talks_with(alice)
            assert house.told("inviting", "not_invited") == ["inviting"]

    @virtual_time
    async def test_by_keys_the_number_is_asked_for(self):
        menus = {"moderator": Menu(keys={"1": "dial_out"})}
        house = House(menus=menus, dial_out="PJSIP/{number}@trunk")
        async with opened(house) as asterisk:
            mona, anna, _ = await three(asterisk)
            await mona.dials("1")
            await mona.hears("sound:vm-enter-num-to-call")
            await mona.dials("0301234#")
            far = await asterisk.rings("PJSIP/0301234@trunk")
            await far.answers()
            await anna.talks_with(far)

    @virtual_time
    async def test_without_a_number_or_a_way_to_dial_the_key_is_wrong(self):
        menus = {"moderator": Menu(keys={"1": "dial_out"})}
        async with opened(House(menus=menus)) as asterisk:
            mona, _, _ = await three(asterisk)
            await mona.dials("1,,#")
            await mona.hears("sound:conf-errormenu")
            await mona.dials("1,,5#")
            await mona.hears("sound:conf-errormenu")

    @virtual_time
    async def test_who_does_not_come_is_told(self):
        house = House()
        async with opened(house) as asterisk:
            anna = await member(asterisk)
            asterisk.phone("PJSIP/alice", "busy")
            await do(house, "dial_out", endpoint="PJSIP/alice")
            await anna.waits(3)
            assert house.told("inviting", "not_invited") == ["inviting", "not_invited"]
            (event,) = (each for each in house.events if each.kind == "not_invited")
            assert (event.details["status"], event.details["cause"]) == ("BUSY", 17)

    @virtual_time
    async def test_who_still_rings_when_the_room_ends_is_called_no_more(self):
        house = House()
        async with opened(house) as asterisk:
            anna = await member(asterisk)
            await do(house, "dial_out", endpoint="PJSIP/alice")
            alice = await asterisk.rings("PJSIP/alice")
            await anna.hangs_up()
            await alice.is_hung_up()

    @virtual_time
    async def test_who_answers_needs_no_pin_and_has_the_profile_of_the_order(self):
        house = House(members={"guest": MemberProfile(muted=True)})
        async with opened(house) as asterisk:
            anna = await member(asterisk)
            await do(house, "dial_out", endpoint="PJSIP/alice", profile="guest")
            alice = await asterisk.rings("PJSIP/alice")
            await alice.answers()
            await inside(alice)
            assert alice.can_hear(anna) and not anna.can_hear(alice)


class TestWhoMay:
    @pytest.mark.parametrize(
        "action",
        sorted(name for name, each in ACTIONS.items() if each.scope != "one" and each.moderator),
    )
    @virtual_time
    async def test_what_is_for_moderators_no_member_does(self, action: str):
        house = House()
        async with opened(house) as asterisk:
            _, anna, _ = await three(asterisk)
            before = house.told()
            by = of(house, anna)
            with pytest.raises(NotPossible) as error:
                await perform(Order(action, house.rooms, house.room(), by=by, media=["sound:x"]))
            assert error.value.why == "not_allowed"
            await asyncio.sleep(1)
            assert house.told() == before

    @pytest.mark.parametrize(
        "action", sorted(name for name, each in ACTIONS.items() if each.scope == "one")
    )
    @virtual_time
    async def test_on_another_no_member_does_anything(self, action: str):
        house = House()
        async with opened(house) as asterisk:
            _, anna, bert = await three(asterisk)
            by, whom = of(house, anna), of(house, bert)
            with pytest.raises(NotPossible) as error:
                await perform(Order(action, house.rooms, house.room(), by=by, member=whom))
            assert error.value.why == "not_allowed"

    @pytest.mark.parametrize("action", ["kick", "move", "announce"])
    @virtual_time
    async def test_some_things_no_member_does_to_itself(self, action: str):
        house = House()
        async with opened(house) as asterisk:
            anna = await member(asterisk)
            order = Order(action, house.rooms, house.room(), by=of(house, anna))
            with pytest.raises(NotPossible, match="only a moderator"):
                await perform(order)

    @virtual_time
    async def test_a_member_who_is_gone_is_nobody(self):
        house = House()
        async with opened(house) as asterisk:
            _, anna, _ = await three(asterisk)
            gone = of(house, anna)
            await anna.hangs_up()
            await anna.waits(1)
            with pytest.raises(NotPossible) as error:
                await perform(Order("mute", house.rooms, house.room(), member=gone))
            assert error.value.why == "nobody"

    @virtual_time
    async def test_an_action_that_there_is_not(self):
        house = House()
        async with opened(house) as asterisk:
            await member(asterisk)
            with pytest.raises(NotPossible, match="'dance' is no action"):
                await do(house, "dance")
