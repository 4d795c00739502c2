"""The feed: how everything is, then all that happens, to whoever may hear of it."""

from __future__ import annotations

import asyncio

from stasis_conference.profile import RoomProfile

from stasis.testing.clock import virtual_time
from tests.apps.stasis_conference.desk import reached, served
from tests.apps.stasis_conference.house import House, member
from tests.apps.stasis_conference.test_action import of


@virtual_time
async def test_first_comes_how_all_rooms_are_and_then_what_happens():
    house = House()
    async with served(house) as (asterisk, desk):
        anna = await member(asterisk)
        await desk.act("lock")
        socket = await desk.listen()
        first = await socket.told()
        assert (first["seq"], first["type"]) == (0, "snapshot")
        assert first["rooms"] == await desk.get("/live")
        assert first["rooms"][0]["members"][0]["number"] == "100"
        await desk.act("mute", of(house, anna).id)
        muted = await socket.told()
        assert (muted["seq"], muted["type"], muted["room"]) == (1, "muted", "1000")
        assert muted["member"]["muted"] and muted["member"]["id"] == of(house, anna).id
        assert muted["live"]["locked"] and "members" not in muted["live"]
        assert muted["at"].startswith("2026-11-23T10:00")
        await anna.hangs_up()
        over = await socket.until("ended")
        assert [each["type"] for each in over] == ["left", "ended"]
        assert over[0]["details"] == {"why": "hung_up"} and over[1]["live"] is None
        await socket.leave()


@virtual_time
async def test_who_joins_talks_and_is_recorded_is_told():
    async with served(House(RoomProfile(wait_for_moderator=True))) as (asterisk, desk):
        socket = await desk.listen()
        assert (await socket.told())["rooms"] == []
        anna = await asterisk.call("conference", "1000", number="100")
        (waiting,) = await socket.until("waiting")
        assert waiting["member"]["waiting"] is True
        mona = await member(asterisk, "900", "1000", "moderator")
        kinds = [each["type"] for each in await socket.until("joined")]
        assert kinds[:1] == ["began"]
        joined = (await socket.until("joined"))[-1]
        assert joined["member"]["waiting"] is False
        await anna.talks_with(mona)
        await anna.speaks(2)
        speaker = (await socket.until("speaker"))[-1]
        assert speaker["live"]["speaker"] == speaker["member"]["id"]
        silent = (await socket.until("silent"))[-1]
        assert silent["member"]["speaking"] >= 1
        await desk.act("start_record")
        recording = (await socket.until("recording"))[-1]
        assert recording["live"]["recording"] == "running"
        assert recording["details"]["name"] == recording["live"]["recording_name"]
        await socket.leave()


@virtual_time
async def test_a_token_hears_of_its_rooms_only():
    async with served(House()) as (asterisk, desk):
        await member(asterisk, "400", "2000")
        socket = await desk.listen(await desk.granted(["events"], ["1*"]))
        assert (await socket.told())["rooms"] == []
        await desk.act("lock", room="2000")
        await member(asterisk)
        assert {each["room"] for each in await socket.until("joined")} == {"1000"}
        await socket.leave()


@virtual_time
async def test_without_the_scope_or_a_token_nothing_is_told():
    async with served(House()) as (_, desk):
        for token in (await desk.granted(["rooms:read"]), "nonsense"):
            assert await (await desk.listen(token)).closed() == 4401
        assert len(desk.house.feed) == 0


@virtual_time
async def test_who_is_revoked_hears_nothing_more_from_that_moment_on():
    house = House()
    async with served(house) as (asterisk, desk):
        await member(asterisk)
        made = await desk.ask("POST", "/tokens", {"name": "x", "scopes": ["events"]})
        socket = await desk.listen(made.body["token"])
        other = await desk.listen()
        await socket.told()
        await other.told()
        await desk.ask("DELETE", f"/tokens/{made.body['id']}")
        await desk.act("lock")
        assert await socket.closed() == 4401
        assert (await other.told())["type"] == "locked"
        await other.leave()


@virtual_time
async def test_who_has_logged_in_by_a_pin_that_is_changed_is_cut_off():
    house = House()
    house.add("1000", moderator_pin="91735")
    async with served(house) as (_, desk):
        body = {"room": "1000", "pin": "91735"}
        token = (await desk.ask("POST", "/session", body)).body["token"]
        socket = await desk.listen(token)
        await socket.told()
        await desk.ask("PATCH", "/rooms/1000", {"member_pin": "1111"})
        await asyncio.sleep(0.1)
        assert len(house.feed) == 1
        await desk.ask("PATCH", "/rooms/1000", {"moderator_pin": "2222"})
        assert await socket.closed() == 4401


@virtual_time
async def test_one_that_is_over_is_cut_off_soon():
    async with served(House()) as (_, desk):
        socket = await desk.listen(await desk.granted(["events"], seconds=10))
        await socket.told()
        await asyncio.sleep(40)
        assert await socket.closed() == 4401


@virtual_time
async def test_after_a_restart_the_snapshot_has_everything_again():
    house = House()
    async with served(house) as (asterisk, desk):
        anna = await member(asterisk)
        await desk.act("mute", of(house, anna).id)
        before = await desk.get("/live")
        await asterisk.redeploy()
        await anna.waits(2)
        async with reached(house) as again:
            again.token = desk.token
            ear = await again.listen()
            (room,) = (await ear.told())["rooms"]
            assert room["members"][0]["muted"] and room["began"] == before[0]["began"]
            await ear.leave()


@virtual_time
async def test_when_the_program_stops_nobody_keeps_it_waiting():
    async with served(House()) as (asterisk, desk):
        ear = await desk.listen()
        await ear.told()
        before = asyncio.get_running_loop().time()
        await asterisk.redeploy()
        assert await ear.closed() == 1001
        assert asyncio.get_running_loop().time() - before < 5
