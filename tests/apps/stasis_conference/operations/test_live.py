"""Live rooms over HTTP: who is in them, and what each is and does now."""

from __future__ import annotations

from stasis_conference.profile import RoomProfile

from stasis.testing.clock import virtual_time
from tests.apps.stasis_conference.desk import reached, served
from tests.apps.stasis_conference.house import House, member


@virtual_time
async def test_a_live_room_with_its_members():
    house = House(RoomProfile(limit=3600, capacity=5))
    async with served(house) as (asterisk, desk):
        assert await desk.get("/live") == []
        mona = await asterisk.call(
            "conference", "1000", "moderator", number="900", name="Mona \x1b[31m"
        )
        anna = await member(asterisk)
        await anna.talks_with(mona)
        await anna.speaks(3)
        await desk.act("start_record")
        await desk.act("lock")
        (room,) = await desk.get("/live")
        assert (room["room"], room["locked"], room["recording"]) == ("1000", True, "running")
        assert room["recording_name"].startswith("conference/1000/")
        assert (room["capacity"], room["grace_until"]) == (5, None)
        assert room["began"].startswith("2026-11-23T10:00")
        assert room["ends_at"].startswith("2026-11-23T11:00")
        first, second = room["members"]
        assert (first["number"], first["moderator"]) == ("900", True)
        assert (second["number"], second["moderator"], second["waiting"]) == ("100", False, False)
        assert second["speaking"] >= 2 and room["speaker"] == second["id"]
        assert second["joined"].startswith("2026-11-23T10:00")
        assert await desk.get("/rooms/1000/live") == room
        assert await desk.get("/rooms/1000/members") == room["members"]
        assert await desk.get(f"/rooms/1000/members/{first['id']}") == first


@virtual_time
async def test_who_waits_in_the_lobby_is_told_apart():
    house = House(RoomProfile(wait_for_moderator=True))
    async with served(house) as (asterisk, desk):
        anna = await asterisk.call("conference", "1000", number="100")
        await anna.hears("music:default")
        room = await desk.get("/rooms/1000/live")
        assert [each["waiting"] for each in room["members"]] == [True]
        assert room["began"] is None
        assert room["members"][0]["joined"] is None


@virtual_time
async def test_when_it_began_is_known_to_the_next_process_as_well():
    house = House()
    async with served(house) as (asterisk, desk):
        anna = await member(asterisk)
        began = (await desk.get("/rooms/1000/live"))["began"]
        await asterisk.redeploy()
        await anna.waits(2)
        async with reached(house) as again:
            assert (await again.get("/rooms/1000/live"))["began"] == began is not None


@virtual_time
async def test_a_room_in_which_nobody_is():
    async with served(House()) as (_, desk):
        for path in ("live", "members", "members/0123456789ab"):
            answer = await desk.ask("GET", f"/rooms/1000/{path}")
            assert (answer.status, answer.code) == (404, "not_live")


@virtual_time
async def test_a_token_sees_the_rooms_that_it_opens():
    async with served(House()) as (asterisk, desk):
        await member(asterisk)
        await member(asterisk, "400", "2000")
        desk.token = await desk.granted(["rooms:read"], ["2*"])
        assert [each["room"] for each in await desk.get("/live")] == ["2000"]
        assert (await desk.ask("GET", "/rooms/1000/live")).code == "other_room"
