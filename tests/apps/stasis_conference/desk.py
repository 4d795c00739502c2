"""A desk: somebody who works with the API of a house, over HTTP on loopback, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, web
from aiohttp.test_utils import TestServer
from attrs import define
from stasis_conference.api import BASE
from stasis_conference.grant import SCOPES

from stasis.testing.asterisk import Asterisk
from tests.apps.stasis_conference.house import House, opened


@define
class Answer:
    """What came back. body: of JSON, or the bytes."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def code(self) -> str:
        """Of a problem; empty for none."""
        return self.body.get("code", "") if isinstance(self.body, dict) else ""


class Ear:
    """Listens to a feed, whatever else the test does meanwhile."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket = socket
        self._heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> int | None:
        async for message in self._socket:
            self._heard.put_nowait(message.json())
        return self._socket.close_code

    async def told(self, within: float = 5) -> dict[str, Any]:
        """The next message."""
        async with asyncio.timeout(within):
            return await self._heard.get()

    def all(self) -> list[dict[str, Any]]:
        """All messages that have come and were not asked for."""
        return [self._heard.get_nowait() for _ in range(self._heard.qsize())]

    async def until(self, kind: str) -> list[dict[str, Any]]:
        """All messages up to the next one of a kind."""
        found = [await self.told()]
        while found[-1]["type"] != kind:
            found.append(await self.told())
        return found

    async def closed(self) -> int | None:
        """Wait until it is cut off. Returns the code."""
        async with asyncio.timeout(60):
            return await self._task

    async def leave(self) -> None:
        """Hear no more."""
        await self._socket.close()
        await self._task


class Desk:
    """Asks. token: of whom; it may be changed."""

    def __init__(self, house: House, session: ClientSession, root: str) -> None:
        self.house = house
        self.session = session
        self.root = root
        self.token = ""

    async def ask(
        self, method: str, path: str, body: Any = None, token: str | None = None
    ) -> Answer:
        """Ask for something below the API's base. token: instead of the desk's own."""
        used = self.token if token is None else token
        headers = {"Authorization": f"Bearer {used}"} if used else {}
        async with self.session.request(
            method, self.root + BASE + path, json=body, headers=headers
        ) as response:
            json = "json" in response.content_type
            found = await response.json(content_type=None) if json else await response.read()
            return Answer(response.status, found, response.headers)

    async def get(self, path: str, token: str | None = None) -> Any:
        """What is there; it must be."""
        answer = await self.ask("GET", path, token=token)
        assert answer.status == 200, answer
        return answer.body

    async def act(self, action: str, member: str = "", room: str = "1000", **body: Any) -> Answer:
        """Do an action, on a room or on one member."""
        at = f"/rooms/{room}/members/{member}" if member else f"/rooms/{room}"
        return await self.ask("POST", f"{at}/actions/{action}", body or None)

    async def granted(
        self,
        scopes: Iterable[str] = SCOPES,
        rooms: Iterable[str] = ("*",),
        seconds: float | None = None,
    ) -> str:
        """A token, made behind the API's back."""
        lasts = None if seconds is None else timedelta(seconds=seconds)
        token, _ = await self.house.grants.make("of the test", list(scopes), list(rooms), lasts)
        return token

    async def listen(self, token: str | None = None) -> Ear:
        """Listen to the feed."""
        socket = await self.session.ws_connect(self.root + BASE + "/events")
        await socket.send_json({"token": self.token if token is None else token})
        return Ear(socket)


@asynccontextmanager
async def reached(house: House) -> AsyncIterator[Desk]:
    """What the house serves now, with a desk that may do everything in it."""
    part = web.Application(client_max_size=2**20)
    part.add_routes(list(house.routes()))
    app = web.Application()
    app.add_subapp("/conference", part)
    async with TestServer(app) as server, ClientSession() as session:
        desk = Desk(house, session, str(server.make_url("")).rstrip("/"))
        desk.token = await desk.granted()
        yield desk
        await house.feed.close()


@asynccontextmanager
async def served(house: House, version: str = "22") -> AsyncIterator[tuple[Asterisk, Desk]]:
    """The simulator that runs the plugin, and a desk."""
    async with opened(house, version) as asterisk, reached(house) as desk:
        yield asterisk, desk
