"""A moderator at the page, in a real Chromium: what they do, see, and hear from a screen reader."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

from attrs import define, field
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.conference.stage import PIN, Stage
from tests.browser.conference.tools import axe

__all__ = ["EXECUTABLE", "Moderator"]

EXECUTABLE = Path("/usr/bin/chromium")
"""Debian's package `chromium`; Playwright's own browsers are never fetched."""

PATIENCE = 20_000
"""Milliseconds that anything may take on a machine that is busy."""

expect.set_options(timeout=PATIENCE)

WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.violatedDirective}: ${event.blockedURI}`));
window.pwned = false;
"""

# What a screen reader is told by itself from now on.
LISTEN = """
() => {
  window.told = [];
  for (const region of document.querySelectorAll("[data-announcer]")) {
    new MutationObserver(() => {
      if (region.textContent) window.told.push(region.textContent);
    }).observe(region, {childList: true, subtree: true, characterData: true});
  }
}
"""


@define
class Moderator:
    """One person. errors: what went wrong in the page's scripts."""

    stage: Stage
    context: BrowserContext
    page: Page
    errors: list[str] = field(factory=list, init=False)

    @classmethod
    async def at(cls, stage: Stage, browser: Browser, **options: Any) -> Moderator:
        """Somebody who has opened the page. options: of the window, as Playwright has them."""
        context = await browser.new_context(
            **{"viewport": {"width": 1280, "height": 900}, **options}
        )
        await context.add_init_script(WATCH)
        page = await context.new_page()
        page.set_default_timeout(PATIENCE)
        moderator = cls(stage, context, page)
        page.on("pageerror", lambda error: moderator.errors.append(str(error)))
        await page.goto(stage.url)
        return moderator

    async def leaves(self) -> None:
        """Close the window. Raises AssertionError when its scripts have failed on the way."""
        violations = [] if self.page.is_closed() else await self.page.evaluate("window.violations")
        await self.context.close()
        assert violations == []
        assert self.errors == []

    # What they do

    async def logs_in(self, room: str = "board", pin: str = PIN) -> None:
        """By a room and its PIN. Returns when the room is shown."""
        await self.enters(room, pin)
        await expect(self.page.locator(".connection.online")).to_be_attached()

    async def enters(self, room: str, pin: str) -> None:
        """A room and a PIN, whatever comes of it."""
        await self.page.get_by_label("Room", exact=True).fill(room)
        await self.page.get_by_label("Moderator PIN").fill(pin)
        await self.page.get_by_role("button", name="Log in", exact=True).click()

    async def logs_in_by(self, token: str) -> None:
        """By a token. Returns when something is shown."""
        await self.enters_token(token)
        await expect(self.page.locator(".connection.online")).to_be_attached()

    async def enters_token(self, token: str) -> None:
        """A token, whatever comes of it."""
        await self.page.get_by_role("button", name="Use an access token instead").click()
        await self.page.get_by_label("Access token").fill(token)
        await self.page.get_by_role("button", name="Log in with the token").click()

    async def opens(self, where: str) -> None:
        """Another view: what stands behind the `#`."""
        await self.page.evaluate("where => { location.hash = where }", where)

    async def presses(self, *keys: str) -> None:
        """Keys, one after the other."""
        for each in keys:
            await self.page.keyboard.press(each)

    async def clicks(self, name: str) -> None:
        """A button of that name."""
        await self.button(name).click()

    async def answers(self, name: str) -> None:
        """A button of the dialog that is open."""
        await self.dialog.get_by_role("button", name=name, exact=True).click()

    # What they see

    @property
    def dialog(self) -> Locator:
        """What is open above everything."""
        return self.page.locator("dialog[open]")

    def button(self, name: str) -> Locator:
        """A button of exactly that name."""
        return self.page.get_by_role("button", name=name, exact=True)

    def row(self, name: str) -> Locator:
        """The row of a member."""
        return self.page.locator("[data-member]").filter(has_text=name)

    async def focused(self) -> str:
        """What has the focus: its name, or its text."""
        found: str = await self.page.evaluate(
            "(document.activeElement.ariaLabel ?? document.activeElement.textContent ?? '').trim()"
        )
        return found

    async def picture(self, name: str, folder: Path) -> Path:
        """A picture of the page, of what is seen of it when a dialog covers it.

        folder: unless STASIS_SCREENSHOTS names another.
        """
        where = Path(os.environ.get("STASIS_SCREENSHOTS") or folder) / f"{name}.png"
        where.parent.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=where, full_page=not await self.dialog.count())
        return where

    # What they hear from a screen reader

    async def listens(self) -> None:
        """Note from now on what is told by itself."""
        await self.page.evaluate(LISTEN)

    async def told(self) -> list[str]:
        """What was told since."""
        found: list[str] = await self.page.evaluate("window.told")
        return found

    async def hears(self, count: int) -> list[str]:
        """Wait until so many things were told. Returns all of them."""
        async with asyncio.timeout(PATIENCE / 1000):
            while len(told := await self.told()) < count:
                await asyncio.sleep(0.02)
        return told

    async def barriers(self, *rules: str) -> list[str]:
        """What axe-core finds in the view as it is. rules: only those; without, all."""
        options: dict[str, Any] = {"resultTypes": ["violations"]}
        if rules:
            options["runOnly"] = {"type": "rule", "values": list(rules)}
        if not await self.page.evaluate("'axe' in window"):
            await self.page.evaluate(axe())
        result = await self.page.evaluate("options => axe.run(document, options)", options)
        return [
            f"{each['id']}: {each['help']}: {[node['html'][:160] for node in each['nodes'][:4]]}"
            for each in result["violations"]
        ]

    async def width(self) -> tuple[int, int]:
        """How wide the page is, and how wide the window."""
        sizes = await self.page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        return sizes[0], sizes[1]
