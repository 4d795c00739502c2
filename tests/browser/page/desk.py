"""Somebody at the page, in a real Chromium: what they do, see, and hear from a screen reader."""

from __future__ import annotations

import asyncio
import json
import os
import re
from pathlib import Path
from typing import Any

from attrs import define, field
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.page.bundle import axe
from tests.browser.page.server import PASSWORD, Office, peer

__all__ = ["EXECUTABLE", "RUNNING", "Desk"]

EXECUTABLE = Path("/usr/bin/chromium")
"""Debian's package `chromium`; Playwright's own browsers are never fetched."""

WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.violatedDirective}: ${event.blockedURI}`));
"""
WIDE = {"width": 1280, "height": 860}
BOB = peer("Bob Berger", "102", "bob")
CAROL = peer("Carol Chen", "103", "carol")
# How long a call lasts, once that is not nothing: it is not looked at at each of its seconds.
RUNNING = re.compile(r"^0:(?!00)\d\d$")


@define
class Desk:
    """One person at one tab. errors: what went wrong in the page's scripts."""

    office: Office
    context: BrowserContext
    page: Page
    errors: list[str] = field(factory=list, init=False)

    @classmethod
    async def at(cls, office: Office, browser: Browser, **options: Any) -> Desk:
        """Somebody who has opened the page. options: of the window, as Playwright has them."""
        context = await browser.new_context(**{"viewport": WIDE, **options})
        await context.grant_permissions(["microphone"])
        return await cls.tab(office, context)

    @classmethod
    async def tab(cls, office: Office, context: BrowserContext) -> Desk:
        """Another tab of the same browser."""
        page = await context.new_page()
        await page.add_init_script(WATCH)
        page.set_default_timeout(8000)
        desk = cls(office, context, page)
        page.on("pageerror", lambda error: desk.errors.append(str(error)))
        await page.goto(office.url)
        return desk

    async def leaves(self) -> None:
        """Close the browser's window. Raises AssertionError when scripts failed, or were refused."""
        violations = await self.page.evaluate("window.violations")
        await self.context.close()
        assert (self.errors, violations) == ([], [])

    # Log-in

    async def signs_in(self, password: str = PASSWORD) -> None:
        await self.enters("alice", password)
        await self.ready()

    async def enters(self, user: str, password: str) -> None:
        await self.page.get_by_label("User name").fill(user)
        await self.page.get_by_label("Password", exact=True).fill(password)
        await self.button("Sign in").click()

    async def ready(self) -> None:
        await expect(self.page.locator(".standing")).to_contain_text("Ready")
        await expect(self.page.locator(".frame")).to_be_visible()

    # Finding

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def text(self, words: str) -> Locator:
        return self.page.get_by_text(words)

    def control(self, kind: str) -> Locator:
        """A round button of the call: mute, hold, keypad, transfer, record, conference."""
        return self.page.locator(f".control.{kind}")

    @property
    def call(self) -> Locator:
        """The call whose controls are shown."""
        return self.page.locator("section.call")

    @property
    def peer(self) -> Locator:
        """With whom that call is. Other names are in it too: who else can be connected."""
        return self.call.locator(".peer-name")

    @property
    def incoming(self) -> Locator:
        return self.page.locator("section.incoming")

    @property
    def polite(self) -> Locator:
        return self.page.locator("#polite")

    @property
    def urgent(self) -> Locator:
        return self.page.locator("#urgent")

    async def goes(self, view: str) -> None:
        await self.page.get_by_role("navigation").get_by_role("button", name=view).click()

    async def chooses(self, name: str) -> None:
        await self.page.get_by_role("radio", name=name, exact=True).check()

    # Calls

    async def rung(self, id: str = "in-1", **fields: Any) -> None:
        """Somebody calls: the server tells, and the INVITE comes."""
        call = await self.office.call(id, **fields)
        # What is told and what is played come to the page by different ways.
        await self.until(f"window.store.state.calls[{json.dumps(id)}]")
        who = call["peer"]
        await self.phone("rings", id, who["name"], who["number"])
        if not call["rejoin"]:
            await expect(self.incoming).to_be_visible()

    async def talks(self, id: str = "in-1", **fields: Any) -> None:
        """In a call that came in."""
        await self.rung(id, **fields)
        await self.button("Answer").click()
        await expect(self.peer).to_have_text(self.office.calls[id]["peer"]["name"])
        await expect(self.control("mute")).to_be_visible()
        # The page has answered at once; the server hears of it, and tells, a moment later.
        await self.until(f"window.store.state.calls[{json.dumps(id)}]?.state === 'connected'")

    async def dials(self, number: str) -> str:
        """Dial by the number field. Returns the call's id."""
        known = set(self.office.calls)
        await self.page.get_by_label("Name or number").fill(number)
        await self.page.get_by_label("Name or number").press("Enter")
        return await self.made(known)

    async def made(self, known: set[str]) -> str:
        """The call that the page has made meanwhile."""
        async with asyncio.timeout(8):
            while not (new := set(self.office.calls) - known):
                await asyncio.sleep(0.02)
        return new.pop()

    async def picked_up(self, id: str) -> None:
        """The other side answers."""
        await self.office.call(id, state="connected")
        await self.phone("answered", id)
        await expect(self.control("mute")).to_be_visible()

    async def phone(self, deed: str, *arguments: Any) -> Any:
        """Have the fake phone do something."""
        return await self.page.evaluate(
            "([deed, given]) => window.phone[deed](...given)", [deed, list(arguments)]
        )

    async def phone_log(self) -> list[str]:
        log: list[str] = await self.page.evaluate("window.phone.log")
        return log

    async def state(self, name: str) -> Any:
        """A field of the page's state."""
        return await self.page.evaluate("name => window.store.state[name]", name)

    async def until(self, holds: str) -> None:
        """Wait until an expression is true (Playwright's own wait needs `eval`, which is refused)."""
        async with asyncio.timeout(9):
            while not await self.page.evaluate(f"() => Boolean({holds})"):
                await asyncio.sleep(0.03)

    async def asked(self, method: str, path: str) -> Any:
        """Wait until the page has asked the server for it. Returns the last body."""
        async with asyncio.timeout(8):
            while not (found := self.said(method, path)):
                await asyncio.sleep(0.02)
        return found[-1]

    def said(self, method: str, path: str) -> list[Any]:
        return [body for m, p, body in self.office.asked if (m, p) == (method, path)]

    # Looking

    async def barriers(self) -> list[str]:
        """What axe-core finds to keep people out."""
        await self.page.evaluate(axe())
        found = await self.page.evaluate("axe.run()")
        return [
            f"{one['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:300]}"
            for one in found["violations"]
            for node in one["nodes"]
        ]

    async def pictured(self, name: str) -> None:
        """A screenshot, where STASIS_SCREENSHOTS names a folder."""
        folder = os.environ.get("STASIS_SCREENSHOTS")
        if folder:
            await self.page.screenshot(path=Path(folder) / f"softphone-{name}.png")

    async def focus(self) -> str:
        """The name of what has the focus."""
        name: str = await self.page.evaluate(
            """() => { const one = document.activeElement;
            return one.getAttribute("aria-label") || one.labels?.[0]?.textContent
                || one.textContent.trim().slice(0, 60) || one.id; }"""
        )
        return name
