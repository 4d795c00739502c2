"""The simulator in-process: requests and frames are calls, and time is virtual."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from stasis.testing.asterisk import Asterisk
from stasis.testing.simulator.rest.serve import serve
from stasis.testing.simulator.socket import Session
from tests.conformance.configuration import CHANNELVARS, ENDPOINTS, dialplan
from tests.conformance.server import Ask, Auth, Closed, Refused, Reply

__all__ = ["OFFERS", "Inside"]

# See `Server`.
OFFERS: frozenset[str] = frozenset()


class Inside:
    """A simulated server of its own; use it in `async with`. version: "22" or "16"."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.offers = OFFERS
        self._asterisk = Asterisk(version=version, dialplan=dialplan())

    async def __aenter__(self) -> Inside:
        await self._asterisk.__aenter__()
        self.machine = self._asterisk.machine
        self.machine.channelvars = CHANNELVARS
        for each in ENDPOINTS:
            self._asterisk.phone(each, "unreachable")
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self._asterisk.__aexit__(*error)

    async def send(self, ask: Ask) -> Reply:
        """Carry one request."""
        body = b"".join(ask.body) if isinstance(ask.body, list) else ask.body
        kind = ask.headers.get("Content-Type", "application/json")
        response, location = await serve(self.machine, ask.method, ask.path, ask.query, body, kind)
        headers = {"content-type": response.content_type}
        if location:
            headers["location"] = f"/ari/{location}"
        return Reply(response.status, headers, response.body)

    async def open(
        self, query: tuple[tuple[str, str], ...], auth: Auth, headers: Mapping[str, str]
    ) -> Socket:
        """Open an event WebSocket."""
        told = dict(query)
        apps = [each for each in told.get("app", "").split(",") if each]
        if not apps:
            raise Refused(Reply(400, {}, b""))
        return Socket(self, apps, everything=told.get("subscribeAll") == "true")

    async def restart(self) -> None:
        """Not offered."""
        raise NotImplementedError

    async def redirect(self, channel: str, context: str, exten: str, priority: int) -> None:
        """Not offered."""
        raise NotImplementedError

    async def cli(self, line: str) -> str:
        """Not offered."""
        raise NotImplementedError


class Socket:
    """One WebSocket of the simulator."""

    def __init__(self, server: Inside, apps: list[str], *, everything: bool) -> None:
        self._arrived: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._open = True
        self._session = Session(
            server.machine, apps, self._arrived.put_nowait, everything=everything
        )

    async def receive(self) -> str:
        """The next text frame."""
        frame = await self._arrived.get() if self._open else None
        if frame is None:
            raise Closed(1000)
        return json.dumps(frame)

    async def send(self, text: str | bytes) -> None:
        """Send a text frame."""
        if not self._open:
            raise Closed(1000)
        self._session.receive(text if isinstance(text, str) else text.decode())

    async def close(self) -> None:
        """Close it."""
        if self._open:
            self._open = False
            self._session.close()
            self._arrived.put_nowait(None)
