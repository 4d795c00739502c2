"""The user itself: settings and password."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from stasis.testing.clock import virtual_time
from tests.apps.stasis_webrtc.kept import PASSWORD
from tests.apps.stasis_webrtc.switch import Switch, served

NEW = "another long one"
NOTHING = {
    "dnd": False,
    "forward_always": None,
    "forward_busy": None,
    "forward_no_answer": None,
}


@virtual_time
async def test_who_one_is_and_what_one_may():
    async with served() as site:
        me = await (await site.page("anna")).get("/me")
        assert (me["user"], me["name"], me["extension"]) == ("anna", "Anna", "201")
        assert me["admin"] is False and me["settings"] == NOTHING
        assert me["grants"]["may_call"] == ["internal", "rooms", "+49*"]
        assert (await (await site.page("root")).get("/me"))["admin"] is True


class TestSettings:
    @virtual_time
    async def test_they_count_for_the_next_call(self):
        async with served() as site:
            anna, bert = await site.phone("anna"), await site.phone("bert")
            carl = await site.phone("carl")
            wanted = {**NOTHING, "forward_always": " 203 "}
            told = await bert.done("PUT", "/me/settings", wanted)
            assert told == {**NOTHING, "forward_always": "203"}
            caller = await anna.dials("bert")
            third = await carl.rings()
            await third.answers()
            await caller.talks_with(third)
            await caller.hangs_up()
            assert await bert.done("PUT", "/me/settings", NOTHING) == NOTHING

    @virtual_time
    async def test_what_is_not_given_is_nothing(self):
        async with served() as site:
            page = await site.page("anna")
            await page.done("PUT", "/me/settings", {"dnd": True, "forward_busy": "*97"})
            assert await page.done("PUT", "/me/settings", {}) == NOTHING

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({"forward_busy": "a,b"}, "bad_number"),
            ({"forward_busy": "x\r\nTo: y"}, "bad_number"),
            ({"forward_always": "2" * 65}, "wrong_body"),
            ({"dnd": "yes"}, "wrong_body"),
            ({"admin": True}, "wrong_body"),
        ],
    )
    @virtual_time
    async def test_what_cannot_be_dialled_is_refused(self, body: dict[str, Any], code: str):
        async with served() as site:
            page = await site.page("anna")
            answer = await page.ask("PUT", "/me/settings", body)
            assert (answer.status, answer.code) == (422, code)
            assert (await page.get("/me"))["settings"] == NOTHING


class TestPassword:
    @virtual_time
    async def test_it_is_changed_and_all_other_sessions_end(self):
        async with served() as site:
            page, other = await site.page("anna"), await site.page("anna")
            await page.done("PUT", "/me/password", {"old": PASSWORD, "new": NEW})
            assert (await other.ask("GET", "/me")).status == 401
            assert (await other.refresh()).code == "revoked"
            assert (await page.refresh()).status == 200
            assert (await site.browser().log_in("anna")).status == 401
            assert (await site.browser().log_in("anna", NEW)).status == 200

    @pytest.mark.parametrize(
        ("old", "new", "status", "code"),
        [
            ("wrong", NEW, 403, "wrong_password"),
            (PASSWORD, "short", 422, "weak_password"),
            (PASSWORD, "anna201anna", 422, "weak_password"),
            (PASSWORD, "", 422, "wrong_body"),
            (PASSWORD, "x" * 257, 422, "wrong_body"),
        ],
    )
    @virtual_time
    async def test_otherwise_it_stays(self, old: str, new: str, status: int, code: str):
        async with served() as site:
            page = await site.page("anna")
            answer = await page.ask("PUT", "/me/password", {"old": old, "new": new})
            assert (answer.status, answer.code) == (status, code)
            assert new == "" or new not in str(answer.body)
            assert (await site.browser().log_in("anna")).status == 200

    @virtual_time
    async def test_a_stolen_token_is_no_way_to_guess_it(self):
        async with served(Switch(log_in_user=3)) as site:
            page = await site.page("anna")
            for number in range(3):
                body = {"old": f"guess {number}", "new": NEW}
                assert (await page.ask("PUT", "/me/password", body)).code == "wrong_password"
            answer = await page.ask("PUT", "/me/password", {"old": PASSWORD, "new": NEW})
            assert (answer.status, answer.code) == (429, "too_many_attempts")
            assert int(answer.headers["Retry-After"]) > 590
            await asyncio.sleep(601)
            await page.done("PUT", "/me/password", {"old": PASSWORD, "new": NEW})
