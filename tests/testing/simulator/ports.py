"""Ways to ask a simulated server that listens on a port."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from attrs import frozen
from websockets.asyncio.client import ClientConnection, connect
from yarl import URL

from stasis.testing.simulator.server import Server
from stasis.testing.simulator.users import User

__all__ = ["USERS", "Got", "listening", "request"]

USERS = (
    User("stasis", "secret"),
    User("reader", "secret", read_only=True),
    User("far", "secret", deny=("0.0.0.0/0",), permit=("192.0.2.0/24",)),
)


@frozen
class Got:
    """An answer. headers: as they came; their names are found in any case."""

    status: int
    headers: Mapping[str, str]
    text: str


async def request(
    server: Server, method: str, target: str, user: str | None = "stasis", **more: Any
) -> Got:
    """Ask for a path below `/ari/`, or a whole path, with its query, just as it is written."""
    known = b64encode(f"{user}:secret".encode()).decode()
    auth = {} if user is None else {"Authorization": f"Basic {known}"}
    headers = {**auth, **more.pop("headers", {})}
    path = target if target.startswith("/") else f"/ari/{target}"
    address = URL(f"{server.url.removesuffix('/ari')}{path}", encoded=True)
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, address, headers=headers, **more) as answer,
    ):
        return Got(answer.status, answer.headers, await answer.text())


@asynccontextmanager
async def listening(
    server: Server, apps: str, query: str = "", **more: Any
) -> AsyncIterator[ClientConnection]:
    """An event WebSocket."""
    address = f"{server.url.replace('http', 'ws', 1)}/events?app={apps}&api_key=stasis:secret"
    more = {"compression": None, "proxy": None, "close_timeout": 0.2, "ping_interval": None, **more}
    async with connect(address + query, **more) as socket:
        yield socket
