"""Every action over HTTP: what it does, whom it needs, and what it may not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from attrs import define
from stasis_conference.action import ACTIONS
from stasis_conference.profile import MemberProfile, RoomProfile

from stasis.testing.asterisk import Asterisk
from stasis.testing.clock import virtual_time
from stasis.testing.party import Caller
from tests.apps.stasis_conference.desk import Answer, Desk, served
from tests.apps.stasis_conference.house import House, inside, member
from tests.apps.stasis_conference.test_action import of, three

ROOM = "1000"


@define
class Scene:
    """A moderator and two members who hear each other, and a desk."""

    asterisk: Asterisk
    house: House
    desk: Desk
    mona: Caller
    anna: Caller
    bert: Caller

    def id(self, caller: Caller) -> str:
        return of(self.house, caller).id

    async def do(self, action: str, on: Caller | None = None, **body: Any) -> list[str]:
        """It must be done. on: to whom. Returns to whom it was."""
        answer = await self.desk.act(action, "" if on is None else self.id(on), **body)
        assert answer.status == 200, answer
        await self.mona.waits(0.2)
        found: list[str] = answer.body["members"]
        return found

    async def refused(self, action: str, on: Caller | None = None, **body: Any) -> Answer:
        return await self.desk.act(action, "" if on is None else self.id(on), **body)


async def mute(s: Scene) -> None:
    assert await s.do("mute", s.anna) == [s.id(s.anna)]
    assert not s.bert.can_hear(s.anna) and s.anna.can_hear(s.bert)


async def mute_all(s: Scene) -> None:
    assert len(await s.do("mute_all")) == 3
    assert not s.anna.can_hear(s.mona)


async def mute_others(s: Scene) -> None:
    assert set(await s.do("mute_others")) == {s.id(s.anna), s.id(s.bert)}
    assert not s.mona.can_hear(s.anna) and of(s.house, s.mona).data.muted is False


async def unmute(s: Scene) -> None:
    await s.do("mute_all")
    await s.do("unmute", s.anna)
    assert not of(s.house, s.anna).data.muted and of(s.house, s.bert).data.muted


async def unmute_all(s: Scene) -> None:
    await s.do("mute_all")
    await s.do("unmute_all")
    await s.anna.talks_with(s.bert)
    await s.mona.talks_with(s.anna)


async def unmute_others(s: Scene) -> None:
    await s.do("mute_all")
    await s.do("unmute_others")
    await s.anna.talks_with(s.bert)
    assert of(s.house, s.mona).data.muted


async def toggle_mute(s: Scene) -> None:
    await s.do("toggle_mute", s.anna)
    assert not s.bert.can_hear(s.anna)
    await s.do("toggle_mute", s.anna)
    await s.bert.talks_with(s.anna)


async def deafen(s: Scene) -> None:
    await s.do("deafen", s.anna)
    assert s.bert.can_hear(s.anna) and not s.anna.can_hear(s.bert)


async def deafen_all(s: Scene) -> None:
    await s.do("deafen_all")
    assert not s.mona.can_hear(s.anna) and not s.anna.can_hear(s.mona)


async def deafen_others(s: Scene) -> None:
    await s.do("deafen_others")
    assert s.mona.can_hear(s.anna) and not s.anna.can_hear(s.mona)


async def undeafen(s: Scene) -> None:
    await s.do("deafen_all")
    await s.do("undeafen", s.anna)
    assert s.anna.can_hear(s.bert) and not s.bert.can_hear(s.anna)


async def undeafen_all(s: Scene) -> None:
    await s.do("deafen_all")
    await s.do("undeafen_all")
    await s.anna.talks_with(s.mona)


async def undeafen_others(s: Scene) -> None:
    await s.do("deafen_all")
    await s.do("undeafen_others")
    assert s.anna.can_hear(s.mona) and not s.mona.can_hear(s.anna)


async def toggle_deaf(s: Scene) -> None:
    await s.do("toggle_deaf", s.anna)
    assert not s.anna.can_hear(s.bert)
    await s.do("toggle_deaf", s.anna)
    await s.anna.talks_with(s.bert)


async def hold(s: Scene) -> None:
    await s.do("hold", s.anna)
    await s.anna.hears("music:default")
    assert not s.anna.can_hear(s.bert) and s.bert.can_hear(s.mona)


async def hold_all(s: Scene) -> None:
    await s.do("hold_all")
    assert not s.bert.can_hear(s.mona)


async def hold_others(s: Scene) -> None:
    await s.do("hold_others")
    assert of(s.house, s.bert).data.held and not of(s.house, s.mona).data.held


async def unhold(s: Scene) -> None:
    await s.do("hold_all")
    await s.do("unhold", s.anna)
    assert [of(s.house, each).data.held for each in (s.anna, s.bert)] == [False, True]


async def unhold_all(s: Scene) -> None:
    await s.do("hold_all")
    await s.do("unhold_all")
    await s.anna.talks_with(s.mona)


async def unhold_others(s: Scene) -> None:
    await s.do("hold_all")
    await s.do("unhold_others")
    await s.anna.talks_with(s.bert)
    assert of(s.house, s.mona).data.held


async def toggle_hold(s: Scene) -> None:
    await s.do("toggle_hold", s.anna)
    assert not s.anna.can_hear(s.bert)
    await s.do("toggle_hold", s.anna)
    await s.anna.talks_with(s.bert)


async def talk_up(s: Scene) -> None:
    await s.do("talk_up", s.anna)
    assert s.anna.variable("VOLUME(RX)") == "2"


async def talk_down(s: Scene) -> None:
    await s.do("talk_down", s.anna)
    assert s.anna.variable("VOLUME(RX)") == "-2"


async def listen_up(s: Scene) -> None:
    await s.do("listen_up", s.anna)
    assert s.anna.variable("VOLUME(TX)") == "2"


async def listen_down(s: Scene) -> None:
    await s.do("listen_down", s.anna)
    assert s.anna.variable("VOLUME(TX)") == "-2"


async def kick(s: Scene) -> None:
    await s.do("kick", s.anna)
    await s.anna.hears("sound:conf-kicked")
    assert await s.anna.is_hung_up() == 16
    assert s.house.numbers() == ["900", "200"]


async def kick_all(s: Scene) -> None:
    await s.do("kick_all")
    for each in (s.mona, s.anna, s.bert):
        await each.is_hung_up()


async def kick_others(s: Scene) -> None:
    await s.do("kick_others")
    await s.anna.is_hung_up()
    await s.bert.is_hung_up()
    assert s.house.numbers() == ["900"]


async def kick_last(s: Scene) -> None:
    bert = s.id(s.bert)
    assert await s.do("kick_last") == [bert]
    await s.bert.is_hung_up()
    assert s.house.numbers() == ["900", "100"]


async def leave(s: Scene) -> None:
    await s.do("leave", s.anna)
    await s.anna.is_hung_up()
    assert [m.why for m in s.house.history[0].memberships] == ["", "left", ""]


async def move(s: Scene) -> None:
    await s.do("move", s.anna, to="2000")
    await inside(s.anna, "2000")
    assert not s.anna.can_hear(s.bert)


async def move_all(s: Scene) -> None:
    await s.do("move_all", to="2000")
    await inside(s.mona, "2000")
    await s.mona.talks_with(s.bert)
    assert list(s.house.rooms.live) == ["2000"]


async def move_others(s: Scene) -> None:
    await s.do("move_others", to="2000")
    await inside(s.anna, "2000")
    await inside(s.bert, "2000")
    assert s.house.numbers() == ["900"]


async def announce(s: Scene) -> None:
    await s.do("announce", s.anna, media=["sound:one", "number:7"])
    await s.anna.hears("sound:one")
    await s.anna.hears("number:7")
    assert "sound:one" not in s.bert.heard


async def announce_all(s: Scene) -> None:
    await s.do("announce_all", media=["sound:custom/all"])
    await s.anna.hears("sound:custom/all")
    await s.bert.hears("sound:custom/all")


async def lock(s: Scene) -> None:
    await s.do("lock")
    late = await s.asterisk.call("conference", ROOM, number="300")
    await late.hears("sound:conf-locked")


async def unlock(s: Scene) -> None:
    await s.do("lock")
    await s.do("unlock")
    await member(s.asterisk, "300")


async def toggle_lock(s: Scene) -> None:
    await s.do("toggle_lock")
    assert s.house.room().live.locked
    await s.do("toggle_lock")
    assert not s.house.room().live.locked


async def start_record(s: Scene) -> None:
    await s.do("start_record")
    await s.anna.hears("sound:conf-now-recording")
    assert s.house.room().recorder.state == "running"


async def stop_record(s: Scene) -> None:
    await s.do("start_record")
    await s.do("stop_record")
    assert s.house.room().recorder.state == "off"
    assert s.house.told("recorded") == ["recorded"]


async def toggle_record(s: Scene) -> None:
    await s.do("toggle_record")
    assert s.house.room().recorder.state == "running"
    await s.do("toggle_record")
    assert s.house.room().recorder.state == "off"


async def pause_record(s: Scene) -> None:
    await s.do("start_record")
    await s.do("pause_record")
    assert s.house.room().recorder.state == "paused"


async def resume_record(s: Scene) -> None:
    await s.do("start_record")
    await s.do("pause_record")
    await s.do("resume_record")
    assert s.house.room().recorder.state == "running"


async def toggle_pause(s: Scene) -> None:
    await s.do("start_record")
    await s.do("toggle_pause")
    assert s.house.room().recorder.state == "paused"
    await s.do("toggle_pause")
    assert s.house.room().recorder.state == "running"


async def count(s: Scene) -> None:
    await s.do("count", s.anna)
    await s.anna.hears("number:2")
    assert "number:2" not in s.bert.heard[-2:]


async def help_(s: Scene) -> None:
    await s.do("help", s.mona)
    await s.mona.hears("sound:conf-adminmenu-162")


async def dial_out(s: Scene) -> None:
    await s.do("dial_out", number="0301234")
    far = await s.asterisk.rings("PJSIP/0301234@trunk")
    await far.answers()
    await s.anna.talks_with(far)


async def end(s: Scene) -> None:
    await s.do("end")
    for each in (s.mona, s.anna, s.bert):
        await each.hears("sound:confbridge-conf-end")
    await s.mona.is_hung_up()
    assert s.house.history[0].why == "ended"


EFFECTS: dict[str, Callable[[Scene], Awaitable[None]]] = {
    each.__name__.rstrip("_"): each
    for each in (
        *(mute, mute_all, mute_others, unmute, unmute_all, unmute_others, toggle_mute),
        *(deafen, deafen_all, deafen_others, undeafen, undeafen_all, undeafen_others, toggle_deaf),
        *(hold, hold_all, hold_others, unhold, unhold_all, unhold_others, toggle_hold),
        *(talk_up, talk_down, listen_up, listen_down, kick, kick_all, kick_others, kick_last),
        *(leave, move, move_all, move_others, announce, announce_all, lock, unlock, toggle_lock),
        *(start_record, stop_record, toggle_record, pause_record, resume_record, toggle_pause),
        *(count, help_, dial_out, end),
    )
}


async def scene(asterisk: Asterisk, house: House, desk: Desk) -> Scene:
    return Scene(asterisk, house, desk, *await three(asterisk))


@pytest.mark.parametrize("action", ACTIONS)
@virtual_time
async def test_every_action_does_what_its_table_says(action: str):
    house = House(dial_out="PJSIP/{number}@trunk")
    async with served(house) as (asterisk, desk):
        await EFFECTS[action](await scene(asterisk, house, desk))


@pytest.mark.parametrize("action", ACTIONS)
@virtual_time
async def test_every_action_needs_its_scope(action: str):
    house = House()
    async with served(house) as (asterisk, desk):
        s = await scene(asterisk, house, desk)
        wanted = {
            "dial_out": "invite",
            "count": "members:act",
            "help": "members:act",
        }.get(action) or ("rooms:act" if ACTIONS[action].scope == "room" else "members:act")
        before = house.told()
        desk.token = await desk.granted(set(ACTIONS_SCOPES) - {wanted})
        one = ACTIONS[action].scope == "one" or action in ("count", "help")
        answer = await s.refused(action, s.anna if one else None)
        assert (answer.status, answer.code) == (403, "no_scope")
        assert house.told() == before


ACTIONS_SCOPES = ("rooms:read", "rooms:act", "members:act", "invite", "events", "tokens")


class TestWhatIsNotPossible:
    @virtual_time
    async def test_each_reason_has_its_status_and_code(self):
        house = House(RoomProfile(capacity=3, record="off"))
        async with served(house) as (asterisk, desk):
            s = await scene(asterisk, house, desk)
            await member(asterisk, "400", "2000")
            assert (await desk.act("lock", room="2000")).status == 200
            for action, on, body, status, code in (
                ("start_record", None, {}, 409, "no_recording"),
                ("stop_record", None, {}, 409, "no_recording"),
                ("pause_record", None, {}, 409, "no_recording"),
                ("move", s.anna, {"to": "2000"}, 409, "locked"),
                ("move", s.anna, {"to": ROOM}, 409, "no_room"),
                ("move", s.anna, {"to": "../x"}, 422, "wrong_body"),
                ("announce_all", None, {"media": []}, 422, "wrong_body"),
                ("announce_all", None, {"media": ["sound:/etc/passwd"]}, 422, "wrong_body"),
                ("announce_all", None, {"media": ["sound:a/../../b"]}, 422, "wrong_body"),
                ("announce_all", None, {"media": ["sound:http://h/x"]}, 422, "wrong_body"),
                ("announce_all", None, {"media": ["sound:x"] * 11}, 422, "wrong_body"),
                ("dial_out", None, {"number": "12"}, 409, "no_dialling"),
                ("dial_out", None, {"number": "1;2"}, 422, "wrong_body"),
                ("dial_out", None, {"profile": "default"}, 422, "no_number"),
                ("dial_out", None, {"number": "1", "endpoint": "PJSIP/a"}, 422, "no_number"),
                ("dial_out", None, {"number": "1", "profile": "king"}, 422, "no_profile"),
                ("dance", None, {}, 404, "not_found"),
            ):
                answer = await s.refused(action, on, **body)
                assert (answer.status, answer.code) == (status, code), (action, answer)
                assert answer.headers["Content-Type"].startswith("application/problem+json")

    @virtual_time
    async def test_a_room_in_which_nobody_is_and_a_member_who_is_not_there(self):
        house = House()
        async with served(house) as (asterisk, desk):
            assert (await desk.act("lock")).code == "not_live"
            anna = await member(asterisk)
            gone = of(house, anna).id
            assert (await desk.act("mute", "0123456789ab")).code == "no_member"
            assert (await desk.act("mute", "anna")).code == "not_found"
            assert (await desk.act("kick_last", room="2000")).code == "not_live"
            await member(asterisk, "900", ROOM, "moderator")
            await anna.hangs_up()
            await anna.waits(1)
            assert (await desk.act("mute", gone)).code == "no_member"
            assert (await desk.act("kick_last")).code == "nobody"

    @virtual_time
    async def test_who_waits_in_the_lobby_can_be_muted_and_kicked_but_not_moved(self):
        house = House(RoomProfile(wait_for_moderator=True))
        async with served(house) as (asterisk, desk):
            anna = await asterisk.call("conference", ROOM, number="100")
            await anna.hears("music:default")
            (waiting,) = await desk.get(f"/rooms/{ROOM}/members")
            assert waiting["waiting"]
            answer = await desk.act("move", waiting["id"], to="2000")
            assert (answer.status, answer.code) == (409, "waits")
            assert (await desk.act("mute", waiting["id"])).status == 200
            assert (await desk.act("kick", waiting["id"])).status == 200
            await anna.is_hung_up()

    @virtual_time
    async def test_an_asterisk_that_fails_is_no_fault_of_ours(self):
        house = House()
        async with served(house) as (asterisk, desk):
            anna = await member(asterisk)
            asterisk.refuse("POST /channels/.*/mute.*", 500)
            answer = await desk.act("mute", of(house, anna).id)
            assert (answer.status, answer.code) == (503, "asterisk")
            assert answer.headers["Retry-After"] == "5"

    @virtual_time
    async def test_a_call_that_goes_meanwhile_is_no_error(self):
        house = House()
        async with served(house) as (asterisk, desk):
            anna = await member(asterisk)
            asterisk.refuse("POST /channels/.*/mute.*", 404, "Channel not found")
            answer = await desk.act("mute", of(house, anna).id)
            assert answer.status == 200


class TestARoomsToken:
    """One that is for some rooms only reaches into no other."""

    @virtual_time
    async def test_it_acts_in_its_own_room_alone_and_a_room_that_is_not_there_looks_the_same(self):
        house = House()
        async with served(house) as (asterisk, desk):
            anna = await member(asterisk)
            dora = await member(asterisk, "400", "2000")
            desk.token = await desk.granted(rooms=["1000"])
            assert (await desk.act("mute", of(house, anna).id)).status == 200
            there = await desk.act("lock", room="2000")
            nowhere = await desk.act("lock", room="3000")
            assert there.status == 403 and there.code == "other_room"
            assert there.body == nowhere.body
            theirs = next(iter(house.room("2000").members))
            assert (await desk.act("kick", theirs, room="2000")).code == "other_room"
            assert (await desk.act("kick", theirs)).code == "no_member"
            await dora.waits(1)
            assert not dora.over and not house.room("2000").live.locked

    @virtual_time
    async def test_it_moves_nobody_into_another_room(self):
        house = House()
        async with served(house) as (asterisk, desk):
            anna = await member(asterisk)
            desk.token = await desk.granted(rooms=["1000", "2*"])
            id = of(house, anna).id
            assert (await desk.act("move", id, to="3000")).code == "other_room"
            assert (await desk.act("move_all", to="3000")).code == "other_room"
            assert (await desk.act("move", id, to="2000")).status == 200
            await inside(anna, "2000")

    @virtual_time
    async def test_it_plays_no_other_rooms_recording(self):
        house = House()
        async with served(house) as (asterisk, desk):
            await member(asterisk)
            all_rooms, desk.token = desk.token, await desk.granted(rooms=["1000"])
            for name, code in (
                ("conference/2000/a", "other_room"),
                ("conference/1000x/a", "other_room"),
                ("conference/names/a", "other_room"),
                ("conference/1000/a", ""),
            ):
                media = [f"recording:{name}"]
                assert (await desk.act("announce_all", media=media)).code == code, name
            desk.token = all_rooms
            media = ["recording:conference/2000/a"]
            assert (await desk.act("announce_all", media=media)).status == 200

    @virtual_time
    async def test_it_calls_numbers_and_by_leave_endpoints(self):
        house = House(dial_out="PJSIP/{number}@trunk", members={"guest": MemberProfile(muted=True)})
        async with served(house) as (asterisk, desk):
            anna = await member(asterisk)
            everything, desk.token = desk.token, await desk.granted(["invite"])
            answer = await desk.act("dial_out", endpoint="Local/1@internal")
            assert (answer.status, answer.code) == (403, "no_endpoint")
            assert asterisk.callees == []
            desk.token = everything
            answer = await desk.act("dial_out", endpoint="PJSIP/alice", profile="guest")
            assert answer.status == 200
            alice = await asterisk.rings("PJSIP/alice")
            await alice.answers()
            await inside(alice)
            assert alice.can_hear(anna) and not anna.can_hear(alice)
