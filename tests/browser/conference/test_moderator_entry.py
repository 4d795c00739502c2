"""Logging in and out: who gets in, what is kept of it, and how it ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.async_api import Browser, expect
from stasis_conference.grant import MODERATOR_SCOPES

from tests.browser.conference.moderator import Moderator
from tests.browser.conference.stage import PIN, Stage

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]

WRONG = "That room and PIN do not go together."


class TestByPin:
    async def test_it_opens_the_room(self, stage: Stage, moderator: Moderator):
        await stage.comes("Anna Berg", "100")
        await moderator.logs_in()
        await expect(moderator.page.get_by_role("heading", name="Board meeting")).to_be_visible()
        await expect(moderator.row("Anna Berg")).to_be_visible()
        assert moderator.page.url.endswith("#/rooms/board")

    @pytest.mark.parametrize(
        ("room", "pin"),
        [("board", "11111"), ("nowhere", PIN), ("sales", PIN), ("board", "abc"), ("no/where", PIN)],
    )
    async def test_a_wrong_one_says_the_same_whatever_is_wrong(
        self, moderator: Moderator, room: str, pin: str
    ):
        await moderator.enters(room, pin)
        await expect(moderator.page.get_by_role("alert")).to_have_text(WRONG)
        await expect(moderator.page.get_by_label("Moderator PIN")).to_be_focused()

    async def test_who_tries_too_often_has_to_wait(self, moderator: Moderator):
        for _ in range(10):
            await moderator.enters("board", "11111")
            await expect(moderator.button("Log in")).to_be_enabled()
        await moderator.enters("board", PIN)
        await expect(moderator.page.get_by_role("alert")).to_contain_text("Too many wrong PINs")
        await expect(moderator.page.get_by_role("alert")).to_contain_text("minutes")

    async def test_an_empty_field_is_pointed_out(self, moderator: Moderator):
        await moderator.page.get_by_label("Room", exact=True).fill("board")
        await moderator.presses("Enter")
        await expect(moderator.page.get_by_role("alert")).to_have_text(
            "Moderator PIN: fill this in."
        )
        await expect(moderator.page.get_by_label("Moderator PIN")).to_be_focused()

    async def test_it_opens_that_room_only(self, stage: Stage, moderator: Moderator):
        await stage.comes("Anna Berg", "100", "sales")
        await moderator.logs_in()
        await moderator.opens("#/rooms/sales")
        await expect(moderator.page.get_by_text("There is no room sales")).to_be_visible()


class TestByToken:
    async def test_it_opens_the_list_of_rooms(self, stage: Stage, moderator: Moderator):
        await stage.comes("Anna Berg", "100")
        await stage.comes("Bert", "200", "spontaneous")
        await moderator.logs_in_by(await stage.token(*MODERATOR_SCOPES))
        cards = moderator.page.locator(".room-card")
        await expect(cards).to_have_count(5)
        await expect(cards.first).to_contain_text("Board meeting")
        await expect(cards.first).to_contain_text("1 in")
        await expect(cards.nth(1)).to_contain_text("Room spontaneous")
        await cards.nth(1).click()
        await expect(moderator.row("Bert")).to_be_visible()

    async def test_a_room_that_is_over_stays_only_when_it_is_planned(
        self, stage: Stage, moderator: Moderator
    ):
        await stage.comes("Anna Berg", "100")
        await stage.comes("Bert", "200", "spontaneous")
        await moderator.logs_in_by(await stage.token(*MODERATOR_SCOPES))
        cards = moderator.page.locator(".room-card")
        await expect(cards).to_have_count(5)
        await stage.people["200"].hangs_up()
        await expect(cards).to_have_count(4)
        await stage.people["100"].hangs_up()
        await expect(cards.filter(has_text="Board meeting")).to_contain_text("Nobody is in")

    async def test_one_that_is_no_good_is_refused(self, moderator: Moderator):
        await moderator.enters_token("stconf_nothing")
        await expect(moderator.page.get_by_role("alert")).to_have_text(
            "That token is not valid, or not any more."
        )

    async def test_one_that_shows_nothing_says_what_it_lacks(
        self, stage: Stage, moderator: Moderator
    ):
        await moderator.enters_token(await stage.token("rooms:read"))
        await expect(moderator.page.get_by_role("alert")).to_have_text("That token lacks events.")

    async def test_without_leave_to_act_there_is_nothing_to_act_with(
        self, stage: Stage, moderator: Moderator
    ):
        await stage.comes("Anna Berg", "100")
        await moderator.logs_in_by(await stage.token("rooms:read", "events", rooms=("board",)))
        row = moderator.row("Anna Berg")
        await expect(row.get_by_role("button")).to_have_count(1)
        for name in ("Lock", "Record", "Invite…", "End for all…"):
            await expect(moderator.button(name)).to_have_count(0)
        await expect(moderator.page.get_by_role("link", name="History")).to_have_count(0)
        await row.get_by_role("button", name="Details of Anna Berg").click()
        await expect(moderator.dialog).to_contain_text("100")
        await expect(moderator.dialog.get_by_role("button")).to_have_count(1)


class TestWhatIsKept:
    async def test_a_reload_asks_for_nothing(self, stage: Stage, moderator: Moderator):
        await stage.comes("Anna Berg", "100")
        await moderator.logs_in()
        await moderator.page.reload()
        await expect(moderator.row("Anna Berg")).to_be_visible()

    async def test_the_token_is_in_this_tab_only(self, moderator: Moderator):
        await moderator.logs_in()
        kept = await moderator.page.evaluate("JSON.parse(sessionStorage['conference.session'])")
        token = kept["token"]
        assert token not in moderator.page.url
        assert (
            await moderator.page.evaluate("JSON.stringify(localStorage) + document.cookie") == "{}"
        )
        assert await moderator.context.cookies() == []
        other = await moderator.context.new_page()
        await other.goto(moderator.stage.url)
        await expect(other.get_by_label("Moderator PIN")).to_be_visible()

    async def test_the_room_one_came_for_is_filled_in(self, stage: Stage, browser: Browser):
        moderator = await Moderator.at(stage, browser)
        await moderator.page.goto(f"{stage.url}#/rooms/board/history")
        await moderator.page.reload()
        await expect(moderator.page.get_by_label("Room", exact=True)).to_have_value("board")
        await expect(moderator.page.get_by_label("Moderator PIN")).to_be_focused()
        await moderator.logs_in()
        await expect(moderator.page.get_by_role("link", name="History")).to_have_attribute(
            "aria-current", "page"
        )
        await moderator.leaves()


class TestHowItEnds:
    async def test_who_logs_out_has_no_token_any_more(self, stage: Stage, moderator: Moderator):
        await moderator.logs_in()
        kept = await moderator.page.evaluate("JSON.parse(sessionStorage['conference.session'])")
        await moderator.clicks("Log out")
        await expect(moderator.page.get_by_label("Moderator PIN")).to_be_visible()
        assert await moderator.page.evaluate("sessionStorage.length") == 0
        assert not moderator.page.url.endswith("board")

        async def good() -> bool:
            return await stage.plugin.grants.found(kept["token"]) is not None

        for _ in range(1000):
            if not await good():
                break
            await moderator.page.wait_for_timeout(20)
        assert not await good()

    async def test_a_revoked_token_leads_back_to_the_log_in(
        self, stage: Stage, moderator: Moderator
    ):
        await moderator.logs_in()
        kept = await moderator.page.evaluate("JSON.parse(sessionStorage['conference.session'])")
        grant = await stage.plugin.grants.found(kept["token"])
        assert grant is not None
        await stage.plugin.conferences().revoke(grant)
        await expect(moderator.page.get_by_text("Log in again")).to_be_visible()
        await expect(moderator.page.get_by_label("Room", exact=True)).to_have_value("board")

    async def test_so_does_one_that_has_expired(self, stage: Stage, moderator: Moderator):
        await moderator.page.clock.install()
        await moderator.page.reload()
        token, _ = await stage.plugin.grants.make(
            "short", MODERATOR_SCOPES, ("board",), timedelta(minutes=5)
        )
        await moderator.logs_in_by(token)
        await moderator.page.clock.fast_forward("05:00")
        await expect(moderator.page.get_by_text("Log in again")).to_be_visible()
        assert await moderator.page.evaluate("sessionStorage.length") == 0
