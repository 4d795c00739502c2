"""WebSockets that Asterisk opens itself: a server of ours that it dials, for one scenario."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from attrs import define, field
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from stasis.lab.outbound import Outbound
from tests.conformance.events import SECONDS, Events
from tests.conformance.outside import OfLab
from tests.conformance.place import Place
from tests.conformance.server import Closed

__all__ = ["Dialled", "dialled"]


@define
class Dialled:
    """One connection that Asterisk has opened.

    events: what comes over it; requests go the same way. credentials: name and password it sent.
    path: where to.
    """

    events: Events
    credentials: tuple[str, str]
    path: str


@define
class Listening:
    """A server of ours. url: its address. arrived: the connections, as they come."""

    a: Place
    url: str = ""
    count: int = 0
    arrived: asyncio.Queue[Dialled] = field(factory=asyncio.Queue)

    async def next(self, seconds: float = SECONDS) -> Dialled:
        """The next connection that Asterisk opens."""
        async with asyncio.timeout(seconds):
            return await self.arrived.get()

    async def serve(self, connection: ServerConnection) -> None:
        """Take one connection, and keep it until it is closed."""
        assert connection.request is not None
        headers = connection.request.headers
        wire = Accepted(connection)
        self.count += 1
        events = Events(wire, (), self.a.tape, no_probe, no_parting, 100 + self.count)
        self.arrived.put_nowait(Dialled(events, basic(headers), connection.request.path))
        await connection.wait_closed()


class Accepted:
    """The wire of a connection that Asterisk opened."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection

    async def receive(self) -> str:
        """The next text frame."""
        try:
            return await self._connection.recv(decode=True)
        except ConnectionClosed:
            raise Closed(self._connection.close_code or 1006) from None

    async def send(self, text: str | bytes) -> None:
        """Send a frame."""
        try:
            await self._connection.send(text)
        except ConnectionClosed:
            raise Closed(self._connection.close_code or 1006) from None

    async def close(self) -> None:
        """Close it."""
        await self._connection.close()


@asynccontextmanager
async def dialled(
    a: Place, *apps: str, per_call: bool = False, user: str = "stasis", attempts: int = 4
) -> AsyncIterator[Listening]:
    """Have the lab's Asterisk dial a server of ours for these applications. Runs alone."""
    assert isinstance(a.server.outside, OfLab)
    lab = a.server.outside.lab
    listening = Listening(a)
    async with serve(
        listening.serve, "127.0.0.1", 0, subprotocols=[Subprotocol("ari")], close_timeout=0.25
    ) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        listening.url = f"ws://127.0.0.1:{port}/ari/{a.token}"
        connection = Outbound(
            a.name("out"),
            listening.url,
            apps,
            "asterisk",
            "dials-us",
            per_call=per_call,
            user=user,
            attempts=attempts,
            interval=100,
        )
        await asyncio.to_thread(lab.dial_out, connection)
        try:
            yield listening
        finally:
            await asyncio.to_thread(lab.dial_out)


def basic(headers: Mapping[str, str]) -> tuple[str, str]:
    """Name and password of HTTP Basic; empty where none were sent."""
    name, _, password = b64decode(headers.get("Authorization", "")[6:]).decode().partition(":")
    return name, password


async def no_probe(app: str, mark: str) -> None:
    """A probe goes to applications that we have named ourselves."""


async def no_parting() -> None:
    """Nothing is to be given up before such a connection is closed."""
