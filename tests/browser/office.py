"""An office: the program with softphone, conference and IVR on a real Asterisk, and people in it.

The program is a process of its own, as in real life, so that it can be killed. A person is a
browser with a voice of its own, who logs in at the page and does with it what people do.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Self

import aiohttp
from attrs import Factory, define, field
from playwright.async_api import Locator, Page, expect

from stasis.lab.lab import Lab
from tests.browser.chromium import Chromium, heard_hz, tones_heard, until_heard, until_silent

__all__ = ["PASSWORD", "Office", "Person"]

PASSWORD = "correct horse battery"
SECONDS = 15.0
READY = "ready on"
# In a lab's block of ports, from its first.
PORT = 50

CONFIG = """
[asterisk]
url = "{url}"
username = "{username}"
password = "{password}"

[http]
port = {port}

[plugin.ivr]

[plugin.conference]
database = "sqlite:///{folder}/conference.db"

[plugin.webrtc]
database = "sqlite:///{folder}/webrtc.db"
websocket = "{websocket}"
rooms = "8[0-9]{{2}}"
services = {{ "600" = "ivr" }}
country = "DE"
silence = 8
{more}

[plugin.webrtc.demo]
"""


@define
class Person:
    """Somebody at a browser. name: to log in; the others see it with a capital."""

    name: str
    tone: float
    browser: Chromium
    page: Page

    # What one does

    async def log_in(self, password: str = PASSWORD, *, ready: bool = True) -> None:
        """Log in; ready: wait until the phone can be called."""
        await self.page.get_by_label("User name").fill(self.name)
        await self.page.get_by_label("Password", exact=True).fill(password)
        await self.page.get_by_role("button", name="Sign in").click()
        if ready:
            await self.is_ready()

    async def is_ready(self) -> None:
        """Wait until the phone is registered."""
        await expect(self.page.locator(".standing.ready")).to_be_visible(timeout=SECONDS * 1000)

    async def dials(self, what: str) -> None:
        """Call something."""
        new = self.page.get_by_role("button", name="New call")
        if await new.is_visible():
            await new.click()
        await self.page.get_by_label("Name or number").last.fill(what)
        await self.page.keyboard.press("Enter")

    async def answers(self) -> None:
        """Take a call that rings."""
        await self.button("Answer").click(timeout=SECONDS * 1000)

    async def declines(self) -> None:
        """Do not take it."""
        await self.button("Decline").click(timeout=SECONDS * 1000)

    async def hangs_up(self) -> None:
        """End the call."""
        await self.button("End call").click()

    async def does(self, what: str) -> None:
        """Press a button of the call: Hold, Resume, Mute, Unmute, Record, …"""
        await self.button(what).click()

    async def presses(self, keys: str) -> None:
        """Press keys of the call's keypad."""
        await self.does("Keypad")
        await self.page.keyboard.type(keys)

    async def transfers(self, to: str, how: str = "Transfer now") -> None:
        """Send the other side elsewhere: at once, or by `Ask first`."""
        await self.does("Transfer")
        await self.page.get_by_label("Transfer to").fill(to)
        await self.page.get_by_role("button", name=how).click()

    async def reloads(self) -> None:
        """Load the page again, as somebody does who is impatient."""
        await self.page.reload()

    def button(self, name: str) -> Locator:
        """A button by its whole name."""
        return self.page.get_by_role("button", name=name, exact=True).first

    # What one notices

    async def sees(self, text: str) -> None:
        """Wait until a text stands there."""
        await expect(self.page.get_by_text(text).first).to_be_visible(timeout=SECONDS * 1000)

    async def hears(self, other: Person | float) -> None:
        """Wait until somebody's voice is heard."""
        await until_heard(self.page, other if isinstance(other, float) else other.tone, SECONDS)

    async def hears_nobody(self) -> None:
        """Wait until it is silent."""
        await until_silent(self.page)

    async def hears_something(self) -> None:
        """Wait until anything is heard, such as a prompt."""
        for _ in range(15):
            if await self.hearing() is not None:
                return
        raise AssertionError(f"{self.name} hears nothing")

    async def hearing(self) -> float | None:
        """What is heard now, in Hz."""
        return await heard_hz(self.page)

    async def hears_all(self, *others: Person) -> None:
        """Wait until each of the others is heard, also at the same time."""
        wanted = {other.tone for other in others}
        heard: set[float] = set()
        for _ in range(8):
            heard |= await tones_heard(self.page, wanted)
            if heard == wanted:
                return
        raise AssertionError(f"{self.name} hears {heard}, not {wanted}")


@define
class Office:
    """The program, on a lab. more: further lines of `[plugin.webrtc]`."""

    lab: Lab
    folder: Path
    people: tuple[str, ...] = ("alice", "bob", "carol")
    websocket: str = ""
    more: str = ""
    # Of the lab's own block: nobody else takes it before the program does, or while it is down.
    port: int = field(default=Factory(lambda self: self.lab.http_port + PORT, takes_self=True))
    process: asyncio.subprocess.Process | None = None
    _stack: AsyncExitStack = field(factory=AsyncExitStack)

    async def __aenter__(self) -> Self:
        websocket = self.websocket or self.lab.url.replace("http", "ws").replace("/ari", "/ws")
        text = CONFIG.format(
            url=self.lab.url,
            username=self.lab.username,
            password=self.lab.password,
            port=self.port,
            folder=self.folder,
            websocket=websocket,
            more=self.more,
        )
        text += "".join(f'{name} = "{PASSWORD}"\n' for name in self.people)
        (self.folder / "stasis.toml").write_text(text)
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()
        await self.stop()

    @property
    def log(self) -> Path:
        """What the program says."""
        return self.folder / "program.log"

    async def start(self) -> None:
        """Start the program, and wait until it takes calls."""
        before = self.log.read_text().count(READY) if self.log.exists() else 0
        with self.log.open("a") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "stasis", "run"),
                cwd=self.folder,
                env={**os.environ, "PYTHONDEVMODE": ""},
                stdout=log,
                stderr=log,
            )
        for _ in range(900):
            if self.log.read_text().count(READY) > before:
                return
            if self.process.returncode is not None:
                break
            await asyncio.sleep(0.1)
        raise AssertionError(f"the program does not start:\n{self.log.read_text()[-3000:]}")

    async def kill(self) -> None:
        """Kill the program as a power cut would."""
        assert self.process is not None
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> None:
        """End it; whoever still calls is hung up."""
        if self.process is not None and self.process.returncode is None:
            for _ in range(3):
                with suppress(ProcessLookupError):
                    self.process.send_signal(signal.SIGTERM)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.process.wait(), 2)
                    return
            await asyncio.wait_for(self.process.wait(), 20)

    async def person(self, name: str, tone: float, *, authority: Path | None = None) -> Person:
        """Somebody comes, logs in, and can be called."""
        browser = await self._stack.enter_async_context(Chromium(tone, authority))
        page = await browser.open(self.address)
        person = Person(name, tone, browser, page)
        await person.log_in()
        return person

    @property
    def address(self) -> str:
        """Of the page."""
        return f"http://127.0.0.1:{self.port}/webrtc/"

    @asynccontextmanager
    async def api(self, name: str, password: str = PASSWORD) -> AsyncIterator[Api]:
        """The API, for somebody without a browser."""
        address = f"http://127.0.0.1:{self.port}/webrtc/api/v1/"
        # Cookies of a host without a name, too.
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(address, cookie_jar=jar) as session:
            body = {"user": name, "password": password}
            async with session.post("login", json=body) as reply:
                assert reply.status == 200, await reply.text()
                token = (await reply.json())["access_token"]
            yield Api(session, token)

    def channels(self) -> list[str]:
        """The channels on Asterisk."""
        lines = self.lab.cli("core show channels concise").splitlines()
        return [line.partition("!")[0] for line in lines if "!" in line]


@define
class Api:
    """The API with a token."""

    session: aiohttp.ClientSession
    token: str

    async def __call__(
        self, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> tuple[int, object]:
        """Status and answer of a request."""
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self.session.request(method, path, json=body, headers=headers) as reply:
            kind = reply.content_type
            return reply.status, await (reply.json() if "json" in kind else reply.read())
