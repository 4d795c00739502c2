"""A switch: the whole plugin on the simulator, and the browsers of its users, over HTTP on
loopback, in virtual time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from http.cookies import Morsel, SimpleCookie
from typing import Any

from aiohttp import ClientSession, DummyCookieJar, web
from aiohttp.test_utils import TestServer
from attrs import define, field
from stasis_webrtc.plugin import WebrtcConfig, WebrtcPlugin

from stasis import Plugin
from stasis.testing.asterisk import Asterisk
from stasis.testing.party import Callee, Caller
from tests.apps.stasis_conference.desk import Answer, Ear
from tests.apps.stasis_webrtc.accounts import NOON
from tests.apps.stasis_webrtc.kept import PASSWORD, InstantStore

ROOT = "/webrtc"
BASE = f"{ROOT}/api/v1"


class Switch(WebrtcPlugin):
    """The plugin with a store in memory that outlives a redeploy, in virtual time.

    kept: the store.
    """

    def __init__(self, **config: Any) -> None:
        super().__init__(WebrtcConfig(**config))
        self.kept = InstantStore()

    def open_store(self) -> InstantStore:
        return self.kept

    def now(self) -> datetime:
        return NOON + timedelta(seconds=asyncio.get_running_loop().time())

    async def kinds(self) -> list[str]:
        """What the audit log has noted, the oldest first."""
        return [row.kind for row in (await self.kept.audit())[::-1]]


@define
class Page:
    """A browser with the page. cookies: by name and path. token: for the API. endpoint: of its
    device. host, origin: what the browser says of the page's address.
    """

    asterisk: Asterisk
    session: ClientSession
    root: str
    user: str = ""
    cookies: dict[tuple[str, str], Morsel[str]] = field(factory=dict)
    token: str = ""
    id: str = ""
    endpoint: str = ""
    origin: str = ""

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask for something below the API's base, with the cookies that a browser would send."""
        used = self.token if token is None else token
        sent = {"Authorization": f"Bearer {used}"} if used else {}
        if cookies := "; ".join(self._sent(BASE + path)):
            sent["Cookie"] = cookies
        if method != "GET":
            sent["Origin"] = self.origin or self.root
        async with self.session.request(
            method, self.root + BASE + path, json=body, headers={**sent, **(headers or {})}
        ) as response:
            for line in response.headers.getall("Set-Cookie", []):
                self._keep(SimpleCookie(line))
            json = "json" in response.content_type
            found = await response.json(content_type=None) if json else await response.read()
            return Answer(response.status, found, response.headers)

    def _sent(self, path: str) -> Iterator[str]:
        for (name, at), cookie in self.cookies.items():
            if path == at or path.startswith(f"{at.rstrip('/')}/"):
                yield f"{name}={cookie.value}"

    def _keep(self, found: SimpleCookie) -> None:
        for name, cookie in found.items():
            if cookie["max-age"] == "0":
                self.cookies.pop((name, cookie["path"]), None)
            else:
                self.cookies[name, cookie["path"]] = cookie

    @property
    def cookie(self) -> Morsel[str]:
        """The one cookie that it has."""
        (found,) = self.cookies.values()
        return found

    async def get(self, path: str) -> Any:
        """What is there; it must be."""
        answer = await self.ask("GET", path)
        assert answer.status == 200, answer
        return answer.body

    async def done(self, method: str, path: str, body: Any = None) -> Any:
        """Ask for something that must be done."""
        answer = await self.ask(method, path, body)
        assert answer.status in (200, 202, 204), answer
        await self.asterisk.turn()
        return answer.body

    # What people do

    async def log_in(self, user: str, password: str = PASSWORD) -> Answer:
        """Log in, on a form."""
        body = {"user": user, "password": password, "device": "Chrome"}
        return self._signed(user, await self.ask("POST", "/login", body, token=""))

    async def refresh(self) -> Answer:
        """Get another token."""
        return self._signed(self.user, await self.ask("POST", "/session/refresh", token=""))

    def _signed(self, user: str, answer: Answer) -> Answer:
        if answer.status == 200:
            self.user, self.token = user, answer.body["access_token"]
            self.id = answer.body["session"]
        return answer

    async def log_out(self) -> Answer:
        """Log out."""
        return await self.ask("POST", "/session/logout", token="")

    async def open(self, tab: str = "tab one") -> dict[str, Any]:
        """Be a telephone."""
        device: dict[str, Any] = await self.done("POST", "/device", {"tab": tab})
        self.endpoint = device["endpoint"]
        return device

    async def registers(self, *, gone: bool = False) -> None:
        """The telephone is registered with Asterisk, or is no more."""
        await registers(self.asterisk, self.endpoint, gone=gone)

    async def listen(self) -> Ear:
        """Connect to the feed."""
        socket = await self.session.ws_connect(self.root + BASE + "/events")
        await socket.send_json({"token": self.token})
        return Ear(socket)

    async def dials(self, number: str) -> Caller:
        """The telephone dials."""
        return await self.asterisk.call("webrtc", "dial", number, number=self.endpoint)

    async def rings(self) -> Callee:
        """Wait until it rings."""
        return await self.asterisk.rings(f"PJSIP/{self.endpoint}")

    async def call(self) -> dict[str, Any]:
        """The one call that it has."""
        (found,) = await self.get("/calls")
        return dict(found)

    async def act(self, action: str, call: str = "", **body: Any) -> Answer:
        """Do something in a call, the only one or that of an id."""
        id = call or (await self.call())["id"]
        answer = await self.ask("POST", f"/calls/{id}/{action}", body or None)
        await self.asterisk.turn()
        return answer


@define
class Site:
    """A switch with all that is around it."""

    asterisk: Asterisk
    switch: Switch
    session: ClientSession
    root: str

    def browser(self, origin: str = "") -> Page:
        """A browser in which nobody is logged in."""
        return Page(self.asterisk, self.session, self.root, origin=origin)

    async def page(self, user: str) -> Page:
        """The page of who is logged in, without a device."""
        page = self.browser()
        answer = await page.log_in(user)
        assert answer.status == 200, answer
        return page

    async def phone(self, user: str) -> Page:
        """The page of who is logged in, with a telephone that is registered."""
        page = await self.page(user)
        await page.open()
        await page.registers()
        return page

    async def talk(self, one: str = "anna", other: str = "bert") -> Talk:
        """One user has called another, and they talk."""
        pages = [await self.phone(one), await self.phone(other)]
        caller = await pages[0].dials(other)
        callee = await pages[1].rings()
        await callee.answers()
        await caller.talks_with(callee)
        return Talk(*pages, caller, callee)


@define
class Talk:
    """Two who talk: their pages, and their telephones' ends of the call."""

    one: Page
    other: Page
    caller: Caller
    callee: Caller

    async def over(self) -> None:
        """Both hang up."""
        await self.caller.hangs_up()
        await self.callee.is_hung_up()


async def registers(asterisk: Asterisk, endpoint: str, *, gone: bool = False) -> None:
    """Somebody is registered at an endpoint, or is no more; and Asterisk tells it."""
    name = f"PJSIP/{endpoint}"
    asterisk.phone(name, "unreachable" if gone else "rings")
    told = {"endpoint": asterisk.machine.endpoint(name)}
    asterisk.machine.bus.publish("EndpointStateChange", told, f"endpoint:{name}", "endpoint:PJSIP")
    await asterisk.turn()


@asynccontextmanager
async def reached(switch: Switch, asterisk: Asterisk) -> AsyncIterator[Site]:
    """What the switch serves now."""
    part = web.Application(client_max_size=2**20)
    part.add_routes(list(switch.routes()))
    app = web.Application()
    app.add_subapp(ROOT, part)
    jar = DummyCookieJar()
    async with TestServer(app) as server, ClientSession(cookie_jar=jar) as session:
        yield Site(asterisk, switch, session, str(server.make_url("")).rstrip("/"))
        await switch.feed.close()


@asynccontextmanager
async def served(
    switch: Switch | None = None, *beside: Plugin, version: str = "22"
) -> AsyncIterator[Site]:
    """The simulator that runs the plugin, with others beside it; nothing may be left in the end."""
    switch = switch or Switch()
    await switch.kept.fill()
    programs = switch.programs()
    for each in beside:
        programs |= each.programs()
    async with Asterisk(programs, version=version, sounds={}) as asterisk:
        async with reached(switch, asterisk) as site:
            yield site
        for each in asterisk.callers:
            if not each.over:
                await each.hangs_up()
        await asyncio.sleep(switch.config.rejoin + 10)
        assert switch.calls.live == {}
        assert list(asterisk.machine.bridges) == []
