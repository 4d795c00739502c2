"""Past conferences over HTTP."""

from __future__ import annotations

import pytest

from stasis.testing.clock import virtual_time
from tests.apps.stasis_conference.desk import served
from tests.apps.stasis_conference.house import House, member


@virtual_time
async def test_a_conference_with_members_times_and_reasons():
    house = House()
    async with served(house) as (asterisk, desk):
        mona = await member(asterisk, "900", "1000", "moderator")
        anna = await member(asterisk)
        await desk.act("start_record")
        await anna.waits(10)
        await desk.act("kick_last")
        await anna.is_hung_up()
        await mona.hangs_up()
        await mona.waits(2)
        (found,) = await desk.get("/history")
        assert (found["room"], found["why"]) == ("1000", "empty")
        assert (found["members"], found["recordings"]) == (2, 1)
        one = await desk.get(f"/history/{found['id']}")
        assert one["members"] == 2
        assert [(each["number"], each["why"]) for each in one["stays"]] == [
            ("900", "hung_up"),
            ("100", "kicked"),
        ]
        assert all(each["left"] > each["joined"] for each in one["stays"])
        assert [each["room"] for each in one["recordings"]] == ["1000"]


@virtual_time
async def test_by_room_by_time_and_page_by_page():
    house = House()
    async with served(house) as (asterisk, desk):
        for room in ("1000", "2000", "1000"):
            caller = await member(asterisk, room=room)
            await caller.hangs_up()
            await caller.waits(100)
        found = await desk.get("/history")
        assert [each["room"] for each in found] == ["1000", "2000", "1000"]
        assert len(await desk.get("/history?room=2000")) == 1
        assert len(await desk.get("/history?limit=2")) == 2
        rest = await desk.get(f"/history?before={found[1]['id']}")
        assert [each["id"] for each in rest] == [found[2]["id"]]
        since = found[0]["began"].replace("+00:00", "Z")
        assert [each["id"] for each in await desk.get(f"/history?since={since}")] == [
            found[0]["id"]
        ]
        assert len(await desk.get(f"/history?until={since}")) == 2


@pytest.mark.parametrize(
    "query", ["since=yesterday", "since=2026-01-01T00:00:00", "room=a%20b", "before=0", "limit=0"]
)
@virtual_time
async def test_what_cannot_be_asked(query: str):
    async with served(House()) as (_, desk):
        answer = await desk.ask("GET", f"/history?{query}")
        assert (answer.status, answer.code) == (422, "wrong_query")


@virtual_time
async def test_another_rooms_history_cannot_be_told_from_none():
    house = House()
    async with served(house) as (asterisk, desk):
        caller = await member(asterisk, room="2000")
        await caller.hangs_up()
        await caller.waits(2)
        (found,) = await desk.get("/history")
        desk.token = await desk.granted(["history:read"], ["1000"])
        assert await desk.get("/history") == []
        assert (await desk.ask("GET", "/history?room=2000")).code == "other_room"
        there = await desk.ask("GET", f"/history/{found['id']}")
        nowhere = await desk.ask("GET", "/history/99999")
        assert there.status == 404 and there.body == nowhere.body
