"""The simulator in-process: requests and frames are calls, and time is virtual."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.rest.serve import serve
from stasis.testing.simulator.socket import Session
from tests.conformance.outside import OfMachine
from tests.conformance.server import Ask, Auth, Closed, Refused, Reply, Users

__all__ = ["Inside"]


class Inside:
    """A simulated server in this process. machine: it. version: "22" or "16"."""

    def __init__(self, machine: Machine, version: str) -> None:
        self.machine = machine
        self.version = version
        self.outside = OfMachine(machine, self._stop)
        self.sockets: set[Socket] = set()

    async def _stop(self) -> None:
        """Cut all sockets."""
        for each in list(self.sockets):
            each.cut()

    async def send(self, ask: Ask) -> Reply:
        """Carry one request."""
        body = b"".join(ask.body) if isinstance(ask.body, list) else ask.body
        kind = ask.headers.get("Content-Type", "application/json")
        response, location = await serve(self.machine, ask.method, ask.path, ask.query, body, kind)
        headers = {"content-type": response.content_type, "content-length": str(len(response.body))}
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
        return Socket(
            self,
            apps,
            everything=told.get("subscribeAll") == "true",
            read_only=auth == Users().reader,
        )


class Socket:
    """One WebSocket of the simulator."""

    def __init__(
        self, server: Inside, apps: list[str], *, everything: bool, read_only: bool
    ) -> None:
        self._arrived: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._server = server
        self._code = 0
        server.sockets.add(self)
        self._session = Session(
            server.machine,
            apps,
            self._arrived.put_nowait,
            everything=everything,
            read_only=read_only,
        )

    async def receive(self) -> str:
        """The next text frame."""
        frame = await self._arrived.get()
        if frame is None:
            raise Closed(self._code)
        return json.dumps(frame)

    async def send(self, text: str | bytes) -> None:
        """Send a text frame. A binary one is sent for nothing."""
        if self._code:
            raise Closed(self._code)
        if isinstance(text, str):
            self._session.receive(text)

    async def close(self) -> None:
        """Close it."""
        self.cut(1000)

    def cut(self, code: int = 1006) -> None:
        """It is closed, with that code."""
        if not self._code:
            self._code = code
            self._session.close()
            self._server.sockets.discard(self)
            self._arrived.put_nowait(None)
