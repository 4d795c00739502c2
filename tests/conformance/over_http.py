"""A server over real HTTP and WebSocket: Asterisk in the lab, or the simulator."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlencode

import aiohttp
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as dial
from websockets.exceptions import ConnectionClosed, InvalidStatus
from yarl import URL

from tests.conformance.outside import Outside
from tests.conformance.server import Ask, Auth, Closed, Refused, Reply

__all__ = ["OFFERS", "OverHttp"]

# What there is over HTTP alone, see `Scenario`.
OFFERS = frozenset({"http"})

# A request may wait behind media on its channel.
SECONDS = 20.0


class OverHttp:
    """A server by its address.

    url: ARI's, as asterisk.url in stasis.toml. version: "16" or "22". outside: the ways to it
    beside ARI.
    """

    def __init__(self, url: str, version: str, outside: Outside) -> None:
        self.url = url
        self.version = version
        self.outside = outside
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=40, keepalive_timeout=5),
            timeout=aiohttp.ClientTimeout(total=SECONDS),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._session is not None
        await self._session.close()

    async def send(self, ask: Ask) -> Reply:
        """Carry one request; see `Server`."""
        assert self._session is not None
        line = f"{self.url}/{ask.path}"
        if ask.query:
            line += f"?{urlencode(ask.query, quote_via=quote, safe='')}"
        data = pieces(ask.body) if isinstance(ask.body, list) else ask.body
        headers = {**basic(ask.auth), **ask.headers}
        request = self._session.request(
            ask.method,
            URL(line, encoded=True),
            data=data,
            headers=headers,
            allow_redirects=False,
            skip_auto_headers=("Content-Type",),
        )
        try:
            async with request as response:
                body = await response.read()
        except aiohttp.ClientError as error:
            raise ConnectionError(f"{ask.method} {line}: {error!r}") from None
        heads = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status, heads, body)

    async def open(
        self, query: tuple[tuple[str, str], ...], auth: Auth, headers: Mapping[str, str]
    ) -> Socket:
        """Open an event WebSocket; see `Server`."""
        address = f"{self.url.replace('http', 'ws', 1)}/events"
        address += f"?{urlencode(query, quote_via=quote, safe='')}"
        try:
            return Socket(
                await dial(
                    address,
                    additional_headers={**basic(auth), **headers},
                    compression=None,
                    ping_interval=None,
                    close_timeout=0.25,
                    max_size=None,
                    max_queue=64,
                    proxy=None,
                )
            )
        except InvalidStatus as error:
            answer = error.response
            heads = {name.lower(): value for name, value in answer.headers.raw_items()}
            raise Refused(Reply(answer.status_code, heads, bytes(answer.body or b""))) from None


class Socket:
    """One WebSocket of a server."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def receive(self) -> str:
        """The next text frame."""
        try:
            return await self._connection.recv(decode=True)
        except ConnectionClosed:
            raise Closed(self._connection.close_code or 1006) from None

    async def send(self, text: str | bytes) -> None:
        """Send a text frame, or bytes as a binary one."""
        try:
            await self._connection.send(text)
        except ConnectionClosed:
            raise Closed(self._connection.close_code or 1006) from None

    async def close(self) -> None:
        """Close it."""
        await self._connection.close()


def basic(auth: Auth) -> dict[str, str]:
    """The header of HTTP Basic credentials; none for none."""
    if auth is None:
        return {}
    return {"Authorization": "Basic " + b64encode(":".join(auth).encode()).decode()}


async def pieces(body: list[bytes]) -> AsyncIterator[bytes]:
    """A body in pieces, which goes out chunked."""
    for each in body:
        yield each
