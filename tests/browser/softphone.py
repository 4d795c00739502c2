"""The least of a phone in a page: JsSIP and a few lines, served on loopback.

`Softphone.start` opens it in a browser and registers it; what it does is told in `events`. It knows
nothing but SIP: it proves the way between browsers and Asterisk without the page of the softphone.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web
from attrs import frozen
from playwright.async_api import Page

from stasis.lab.place import cache, locked
from tests.browser.chromium import Chromium

__all__ = ["Softphone", "bundle", "page_server"]

PACKAGES = ("jssip@3.13.8", "esbuild@0.28.2")
SOURCE = Path(__file__).parent / "softphone.js"
PAGE = '<!doctype html><title>phone</title><script src="/softphone.js"></script>'


def bundle() -> bytes:
    """softphone.js with JsSIP in it. The packages come from npm once, into the lab's cache."""
    folder = cache() / ("browser-" + "-".join(PACKAGES).replace("@", "-"))
    with locked(folder.name):
        if not (folder / "node_modules" / "jssip").exists():
            folder.mkdir(parents=True, exist_ok=True)
            install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts"]
            npm = [*install, "--prefix", str(folder), *PACKAGES]
            subprocess.run(npm, check=True, capture_output=True)
    made = subprocess.run(
        [
            str(folder / "node_modules" / ".bin" / "esbuild"),
            *("--bundle", "--format=iife", "--global-name=phone", "--define:global=window"),
            "--sourcefile=softphone.js",
        ],
        input=SOURCE.read_bytes(),
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return made.stdout


@asynccontextmanager
async def page_server() -> AsyncIterator[str]:
    """Serves the page. Yields its address."""
    script = await asyncio.to_thread(bundle)

    async def page(request: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    async def code(request: web.Request) -> web.Response:
        return web.Response(body=script, content_type="text/javascript")

    app = web.Application()
    app.add_routes([web.get("/", page), web.get("/softphone.js", code)])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


@frozen
class Softphone:
    """A page with a phone in it."""

    page: Page

    @classmethod
    async def start(
        cls,
        browser: Chromium,
        url: str,
        websocket: str,
        user: str,
        password: str,
        timeout: float = 10.0,
    ) -> Softphone:
        """Open the page and register.

        url: of `page_server`. websocket: Asterisk's, ws://… or wss://… timeout: seconds.

        Raises playwright's TimeoutError when it is not registered in time.
        """
        phone = cls(await browser.open(url))
        await phone.page.evaluate("(way) => phone.start(...way)", [websocket, user, password])
        await phone.told("registered", timeout)
        return phone

    async def told(self, event: str, timeout: float = 10.0) -> None:
        """Wait until it has told of an event: registered incoming accepted ended failed: CAUSE."""
        await self.page.wait_for_function(
            "event => phone.events.includes(event)", arg=event, timeout=timeout * 1000
        )

    async def events(self) -> list[str]:
        """What it has told of so far."""
        found: list[str] = await self.page.evaluate("phone.events")
        return found

    async def act(self, name: str, *words: Any) -> None:
        """Have it do something: call EXTENSION, answer, hangup, dtmf DIGITS, stop."""
        await self.page.evaluate("([name, words]) => phone[name](...words)", [name, list(words)])
