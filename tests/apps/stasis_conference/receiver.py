"""Somebody who takes webhooks, over HTTP on loopback, and can be made to fail."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from attrs import define
from stasis_conference.hook import Hook, WebhookConfig, hooks_of

from stasis import Secret
from stasis.web import signature

SECRET = "whsec_" + base64.b64encode(b"of the tests, 32 bytes in all...").decode()


@define
class Taken:
    """A message that came. at: by the loop's clock."""

    id: str
    body: dict[str, Any]
    signed: bool
    at: float

    @property
    def what(self) -> str:
        return f"{self.body['data']['room']} {self.body['type']}"


class Receiver:
    """Takes messages. status: what it answers, or asks for each message. slow: seconds it takes."""

    def __init__(self) -> None:
        self.taken: list[Taken] = []
        self.seen: list[Taken] = []
        self.status: Callable[[Taken], int] = lambda taken: 204
        self.slow = 0.0
        self.at_once = 0
        self.most = 0
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def hook(self, **keys: Any) -> Hook:
        """The webhook that leads here."""
        return hooks_of([WebhookConfig(self.url, Secret(SECRET), **keys)])[0]

    @property
    def what(self) -> list[str]:
        """What it has taken, in order."""
        return [each.what for each in self.taken]

    async def _take(self, request: web.Request) -> web.Response:
        text = await request.text()
        head = request.headers
        expected = signature(SECRET, head["webhook-id"], head["webhook-timestamp"], text)
        loop = asyncio.get_running_loop()
        taken = Taken(
            head["webhook-id"],
            json.loads(text),
            head["webhook-signature"] == expected,
            loop.time(),
        )
        self.seen.append(taken)
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            await asyncio.sleep(self.slow)
        finally:
            self.at_once -= 1
        status = self.status(taken)
        if 200 <= status < 300:
            self.taken.append(taken)
        headers = {"Location": "/elsewhere"} if 300 <= status < 400 else {}
        return web.Response(status=status, headers=headers)

    @asynccontextmanager
    async def up(self) -> AsyncIterator[Receiver]:
        """It is there, at the same address each time, while the context lasts."""
        app = web.Application()
        app.router.add_post("/hook", self._take)
        app.router.add_route("*", "/elsewhere", self._elsewhere)
        async with TestServer(app, port=self.port or None) as server:
            assert server.port is not None
            self.port = server.port
            yield self

    async def _elsewhere(self, request: web.Request) -> web.Response:
        raise AssertionError("a redirect was followed")
