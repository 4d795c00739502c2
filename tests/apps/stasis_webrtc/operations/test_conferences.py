"""Conference rooms over HTTP, with the real stasis_conference beside the plugin."""

from __future__ import annotations

import pytest

from stasis.testing.clock import virtual_time
from tests.apps.stasis_webrtc.switch import Switch, served
from tests.apps.stasis_webrtc.test_rooms import PATTERN, rooms


@virtual_time
async def test_without_the_plugin_there_are_none():
    async with served(Switch(rooms=PATTERN)) as site:
        page = await site.page("anna")
        for path in ("/rooms", "/rooms/800"):
            answer = await page.ask("GET", path)
            assert (answer.status, answer.code) == (404, "no_conference")


@virtual_time
async def test_rooms_are_listed_with_how_many_are_in_them():
    switch, house = rooms()
    async with served(switch, house) as site:
        anna = await site.phone("anna")
        caller = await anna.dials("800")
        await caller.waits(2)
        house.room("800").keep(locked=True)
        assert await anna.get("/rooms") == [
            {"room": "800", "title": "", "members": 1, "locked": True},
            {"room": "sales", "title": "", "members": 0, "locked": False},
        ]
        await caller.hangs_up()


@virtual_time
async def test_who_is_in_one_sees_who_else_is_and_who_they_are_themselves():
    switch, house = rooms()
    async with served(switch, house) as site:
        anna, bert = await site.phone("anna"), await site.phone("bert")
        one, other = await anna.dials("800"), await bert.dials("800")
        await other.waits(2)
        await one.talks_with(other)
        room = await anna.get("/rooms/800")
        assert (room["room"], room["locked"], room["recording"]) == ("800", False, False)
        assert [each["me"] for each in room["members"]] == [True, False]
        # Who is registered no more for a moment is in it all the same.
        await anna.registers(gone=True)
        assert (await anna.get("/rooms/800"))["members"][0]["me"] is True
        assert [m["me"] for m in (await bert.get("/rooms/800"))["members"]] == [False, True]
        await one.hangs_up()
        await other.hangs_up()


@pytest.mark.parametrize("name", ["800", "sales", "899", "nonsense", "..", "8%2F00"])
@virtual_time
async def test_who_is_not_in_it_sees_nothing_of_it(name: str):
    switch, house = rooms()
    async with served(switch, house) as site:
        anna = await site.phone("anna")
        caller = await anna.dials("800")
        await caller.waits(2)
        answer = await (await site.page("bert")).ask("GET", f"/rooms/{name}")
        assert answer.code in ("not_in", "not_found")
        await caller.hangs_up()
        await caller.waits(2)
        assert (await anna.ask("GET", "/rooms/800")).code == "not_in"


@virtual_time
async def test_who_may_call_none_sees_none():
    switch, house = rooms()
    async with served(switch, house) as site:
        root = await site.page("root")
        assert (await root.ask("GET", "/rooms")).code == "no_conference"
