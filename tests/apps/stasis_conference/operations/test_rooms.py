"""Planned rooms over HTTP: made, changed, deleted, and their PINs while somebody is inside."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from stasis_conference.profile import RoomProfile

from stasis.testing.clock import virtual_time
from tests.apps.stasis_conference.desk import served
from tests.apps.stasis_conference.house import House, inside, member


@virtual_time
async def test_a_room_is_made_read_changed_and_deleted():
    house = House(rooms={"closed": RoomProfile(capacity=2)})
    async with served(house) as (_, desk):
        body = {"title": "Board", "profile": "closed", "moderator_pin": "91735"}
        answer = await desk.ask("PUT", "/rooms/board", body)
        assert answer.status == 200
        room = answer.body
        assert (room["title"], room["profile"], room["live"]) == ("Board", "closed", False)
        assert (room["member_pin"], room["moderator_pin"]) == (False, True)
        assert "91735" not in str(room)
        assert await desk.get("/rooms/board") == room
        answer = await desk.ask("PATCH", "/rooms/board", {"title": ""})
        assert (answer.body["title"], answer.body["profile"]) == ("", "closed")
        answer = await desk.ask("PUT", "/rooms/board", {"title": "B"})
        assert (answer.body["profile"], answer.body["moderator_pin"]) == ("default", True)
        assert (await desk.ask("DELETE", "/rooms/board")).status == 204
        assert (await desk.ask("GET", "/rooms/board")).code == "no_room"
        assert (await desk.ask("PATCH", "/rooms/board", {})).code == "no_room"
        assert (await desk.ask("DELETE", "/rooms/board")).code == "no_room"


@virtual_time
async def test_pins_count_at_once_and_who_is_inside_stays():
    house = House()
    async with served(house) as (asterisk, desk):
        await desk.ask("PUT", "/rooms/board", {"member_pin": "1111", "moderator_pin": "2222"})
        anna = await asterisk.call("conference", "board", number="100")
        await anna.dials("1111#")
        await inside(anna, "board")
        changed = await desk.ask("PATCH", "/rooms/board", {"member_pin": "3333"})
        assert changed.body["live"] is True
        bert = await asterisk.call("conference", "board", number="200")
        await bert.dials("1111#")
        await bert.hears("sound:conf-invalidpin")
        await bert.dials("3333#")
        await inside(bert, "board")
        await anna.talks_with(bert)
        await desk.ask("PATCH", "/rooms/board", {"member_pin": "", "moderator_pin": ""})
        await member(asterisk, "300", "board")


class TestWhatIsWrong:
    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({"profile": "none"}, "no_profile"),
            ({"member_pin": "123"}, "wrong_body"),
            ({"member_pin": "1234\n"}, "bad_pin"),
            ({"member_pin": "1234", "moderator_pin": "1234"}, "bad_pin"),
            ({"title": "x" * 201}, "wrong_body"),
            ({"name": "other"}, "wrong_body"),
            ({"title": None}, "wrong_body"),
            ([], "wrong_body"),
        ],
    )
    @pytest.mark.parametrize("there", [False, True])
    @virtual_time
    async def test_changes_nothing(self, body: Any, code: str, there: bool):
        house = House()
        async with served(house) as (_, desk):
            if there:
                house.add("board", pin="8888")
            before = dict(house.memory.rows)
            answer = await desk.ask("PUT", "/rooms/board", body)
            assert (answer.status, answer.code) == (422, code)
            assert "1234" not in answer.body["detail"]
            assert house.memory.rows == before

    @virtual_time
    async def test_a_pin_like_the_other_one_that_is_kept(self):
        house = House()
        house.add("board", pin="8888", moderator_pin="9999")
        async with served(house) as (_, desk):
            answer = await desk.ask("PATCH", "/rooms/board", {"moderator_pin": "8888"})
            assert (answer.status, answer.code) == (422, "bad_pin")

    @pytest.mark.parametrize("name", ["..", ".x", "a b", "a%2Fb", "x" * 65, "a%0A", "%00", "ä"])
    @virtual_time
    async def test_a_name_that_no_room_can_have_is_not_found(self, name: str):
        async with served(House()) as (_, desk):
            assert (await desk.ask("PUT", f"/rooms/{name}", {})).status == 404

    @virtual_time
    async def test_a_room_of_the_file_is_deleted_there(self):
        house = House()
        async with served(house) as (_, desk):
            house.add("board")
            house.memory.rows["board"] = evolve(house.memory.rows["board"], static=True)
            answer = await desk.ask("DELETE", "/rooms/board")
            assert (answer.status, answer.code) == (409, "static")
            assert (await desk.ask("PATCH", "/rooms/board", {"title": "B"})).status == 200
            assert (await desk.get("/rooms/board"))["static"] is True


class TestListing:
    @virtual_time
    async def test_by_name_and_page_by_page(self):
        house = House()
        for name in ("c", "a", "b"):
            house.add(name)
        async with served(house) as (_, desk):
            assert [each["name"] for each in await desk.get("/rooms?limit=2")] == ["a", "b"]
            assert [each["name"] for each in await desk.get("/rooms?limit=2&after=b")] == ["c"]
            for query in ("limit=0", "limit=501", "limit=x", "limit=1&limit=2", "page=2"):
                answer = await desk.ask("GET", f"/rooms?{query}")
                assert (answer.status, answer.code) == (422, "wrong_query"), query

    @virtual_time
    async def test_only_those_that_the_token_opens(self):
        house = House()
        for name in ("sales-1", "sales-2", "board", "sales_1"):
            house.add(name)
        async with served(house) as (_, desk):
            desk.token = await desk.granted(["rooms:read"], ["sales-*"])
            assert [each["name"] for each in await desk.get("/rooms")] == ["sales-1", "sales-2"]

    @virtual_time
    async def test_the_profiles_by_name(self):
        house = House(rooms={"closed": RoomProfile()})
        async with served(house) as (_, desk):
            assert await desk.get("/profiles") == {
                "rooms": ["closed", "default"],
                "members": ["default", "moderator"],
            }
