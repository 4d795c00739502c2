"""The connection: it is seen how it is, comes back by itself, and nothing that was missed is missed."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from playwright.async_api import Browser, WebSocketRoute, expect

from tests.browser.conference.moderator import Moderator
from tests.browser.conference.stage import Stage

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]


# After four tries it waits for four seconds at least: from then on, for the button alone.
NEVER = """() => {
  const later = window.setTimeout;
  window.setTimeout = (work, wait) => (wait < 4000 ? later(work, wait) : 0);
}"""


class Wire:
    """The event socket of a page, to be cut and changed. count: of connections so far."""

    def __init__(self) -> None:
        self.count = 0
        self.refuse = False
        self.swallow = 0
        self.now: WebSocketRoute | None = None
        self.sent: list[Any] = []

    async def route(self, page: WebSocketRoute) -> None:
        """Let through what goes by, but for what is swallowed."""
        self.count += 1
        if self.refuse:
            await page.close(code=1013)
            return
        self.now = page
        server = page.connect_to_server()

        def up(message: str | bytes) -> None:
            self.sent.append(json.loads(message))
            server.send(message)

        def down(message: str | bytes) -> None:
            if self.swallow:
                self.swallow -= 1
            else:
                page.send(message)

        page.on_message(up)
        server.on_message(down)

    async def cut(self, code: int = 1011) -> None:
        """Close it."""
        assert self.now is not None
        await self.now.close(code=code)


async def wired(stage: Stage, browser: Browser) -> tuple[Moderator, Wire]:
    """A moderator in the room `board`, and their wire."""
    moderator, wire = await Moderator.at(stage, browser), Wire()
    await moderator.page.route_web_socket("**/events", wire.route)
    await stage.comes("Anna Berg", "100")
    await moderator.logs_in()
    await expect(moderator.row("Anna Berg")).to_be_visible()
    return moderator, wire


class TestTheSocket:
    async def test_the_token_is_its_first_message_and_not_in_its_address(
        self, stage: Stage, browser: Browser
    ):
        moderator, wire = await wired(stage, browser)
        kept = await moderator.page.evaluate("JSON.parse(sessionStorage['conference.session'])")
        assert wire.sent == [{"token": kept["token"]}]
        assert wire.now is not None and kept["token"] not in wire.now.url
        await moderator.leaves()

    async def test_one_that_is_cut_is_made_again_with_what_has_changed(
        self, stage: Stage, browser: Browser
    ):
        moderator, wire = await wired(stage, browser)
        wire.refuse = True
        await wire.cut()
        await expect(moderator.page.locator(".connection.waiting")).to_be_attached()
        await stage.comes("Bert Cole", "200")
        await stage.people["100"].hangs_up()
        banner = moderator.page.get_by_role("region", name="Connection")
        await expect(banner).to_contain_text("The connection is lost")
        await expect(banner).to_contain_text("Trying again in")
        wire.refuse = False
        await expect(moderator.row("Bert Cole")).to_be_visible(timeout=20_000)
        await expect(moderator.row("Anna Berg")).to_have_count(0)
        await expect(banner).to_have_count(0)
        await moderator.leaves()

    async def test_it_is_tried_less_often_the_longer_it_lasts_and_at_once_by_the_button(
        self, stage: Stage, browser: Browser
    ):
        moderator, wire = await wired(stage, browser)
        await moderator.page.evaluate(NEVER)
        wire.refuse = True
        begun = time.monotonic()
        await wire.cut()
        await stage.until(lambda: wire.count == 5, "it has tried four times")
        assert time.monotonic() - begun > 0.25 + 0.5 + 1 + 2
        wire.refuse = False
        await moderator.clicks("Try now")
        await expect(moderator.page.locator(".connection.online")).to_be_attached()
        await moderator.leaves()

    async def test_a_message_that_is_missing_makes_it_begin_anew(
        self, stage: Stage, browser: Browser
    ):
        moderator, wire = await wired(stage, browser)
        wire.swallow = 1
        await stage.comes("Bert Cole", "200")
        await stage.until(lambda: not wire.swallow, "a message is missing")
        await moderator.clicks("Lock")
        await expect(moderator.row("Bert Cole")).to_be_visible()
        assert wire.count == 2
        await moderator.leaves()

    async def test_the_log_says_that_something_may_be_missing(self, stage: Stage, browser: Browser):
        moderator, wire = await wired(stage, browser)
        await moderator.clicks("Lock")
        await expect(moderator.page.locator(".log li")).to_have_count(1)
        await wire.cut()
        await expect(moderator.page.locator(".log li").first).to_contain_text(
            "what happened meanwhile is not listed"
        )
        await moderator.leaves()

    @pytest.mark.alone
    async def test_a_short_gap_is_not_worth_a_word(self, stage: Stage, browser: Browser):
        moderator, wire = await wired(stage, browser)
        await moderator.listens()
        await wire.cut()
        await stage.until(lambda: wire.count == 2)
        await expect(moderator.page.locator(".connection.online")).to_be_attached()
        await moderator.page.wait_for_timeout(2000)
        assert await moderator.told() == []
        await expect(moderator.page.get_by_role("region", name="Connection")).to_have_count(0)
        await moderator.leaves()

    async def test_a_long_one_is_told_and_so_is_its_end(self, stage: Stage, browser: Browser):
        moderator, wire = await wired(stage, browser)
        await moderator.listens()
        wire.refuse = True
        await wire.cut()
        lost = "The connection is lost. What is shown may be old."
        assert await moderator.hears(1) == [lost]
        await moderator.page.wait_for_timeout(1500)
        wire.refuse = False
        await moderator.clicks("Try now")
        await expect(moderator.page.locator(".connection.online")).to_be_attached()
        assert (await moderator.told())[:2] == [lost, "Connected again."]
        await moderator.leaves()

    async def test_a_token_that_is_refused_ends_it(self, stage: Stage, browser: Browser):
        moderator, wire = await wired(stage, browser)
        await wire.cut(4401)
        await expect(moderator.page.get_by_text("Log in again")).to_be_visible()
        await moderator.page.wait_for_timeout(1500)
        assert wire.count == 1
        await moderator.leaves()


class TestTheNetwork:
    async def test_it_goes_and_comes_back(self, stage: Stage, moderator: Moderator):
        await stage.comes("Anna Berg", "100")
        await moderator.logs_in()
        await moderator.context.set_offline(True)
        await expect(moderator.page.locator(".connection.waiting")).to_be_attached()
        await moderator.clicks("Mute Anna Berg")
        await expect(moderator.page.locator(".toast")).to_contain_text("cannot be reached")
        await moderator.context.set_offline(False)
        await expect(moderator.page.locator(".connection.online")).to_be_attached()
        await moderator.clicks("Mute Anna Berg")
        await stage.until(lambda: stage.member("100").data.muted)

    async def test_a_clock_that_is_wrong_does_no_harm(self, stage: Stage, browser: Browser):
        moderator = await Moderator.at(stage, browser)
        await moderator.page.clock.install(time="2031-01-01T00:00:00Z")
        await moderator.page.reload()
        await stage.comes("Maria Lind", "300", "closed", "moderator")
        await moderator.logs_in_by(
            (await stage.plugin.grants.make("for ever", {"rooms:read", "events"}))[0]
        )
        await moderator.opens("#/rooms/closed")
        await expect(moderator.page.locator(".banner.warning")).to_contain_text("in 3:5")
        await moderator.leaves()
