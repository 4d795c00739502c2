"""One event WebSocket over a real socket: handshake, frames out, requests in, pings.

Rules, as Asterisk has them: its applications are registered before the handshake is answered; it
never pings, and answers a ping once the requests before it are done; a frame of more than 65,535
bytes ends it with 1009; who does not read what it is sent is dropped.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from aiohttp import WSMsgType, web

from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.socket import Session

__all__ = ["EventsSocket", "refused_upgrade"]

PROTOCOL = "ari"
VERSIONS = ("7", "8", "13")
# aiohttp takes what is shorter than this.
LIMIT = 65_536


def refused_upgrade(request: web.BaseRequest) -> dict[str, str] | None:
    """The headers of the refusal when a handshake is none that the server takes; else None."""
    headers = request.headers
    asked = headers.get("Sec-WebSocket-Protocol", "")
    offered = [each.strip() for each in asked.split(",") if each.strip()]
    fits = (
        headers.get("Sec-WebSocket-Version") in VERSIONS
        and bool(headers.get("Sec-WebSocket-Key"))
        and (not offered or PROTOCOL in offered)
    )
    return None if fits else {"Sec-WebSocket-Version": ", ".join(VERSIONS)}


class EventsSocket:
    """The WebSocket, from the moment when its handshake has come."""

    def __init__(
        self,
        machine: Machine,
        apps: Sequence[str],
        *,
        everything: bool,
        read_only: bool,
        write_timeout: float,
    ) -> None:
        self._frames: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._write_timeout = write_timeout
        self._transport: asyncio.Transport | None = None
        self._socket = web.WebSocketResponse(
            protocols=(PROTOCOL,),
            autoping=False,
            compress=False,
            max_msg_size=LIMIT,
            timeout=1.0,
        )
        self._socket.headers["Server"] = f"Asterisk/{machine.version}"
        self.session = Session(
            machine, apps, self._frames.put_nowait, everything=everything, read_only=read_only
        )

    async def run(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer the handshake, and carry frames until the WebSocket is closed."""
        writer = None
        try:
            await self._socket.prepare(request)
            transport = request.transport
            assert isinstance(transport, asyncio.Transport)
            self._transport = transport
            writer = asyncio.create_task(self._write())
            async for message in self._socket:
                if message.type is WSMsgType.TEXT:
                    self.session.receive(message.data)
                elif message.type is WSMsgType.PING:
                    self.session.queue(partial(self._pong, message.data))
        finally:
            self.session.close()
            if writer is not None:
                writer.cancel()
        return self._socket

    async def flush(self) -> None:
        """Send what waits, then end the connection without a closing frame."""
        self.session.close()
        self._frames.put_nowait(None)
        await asyncio.sleep(0)

    async def _write(self) -> None:
        with suppress(ConnectionError):
            while (frame := await self._frames.get()) is not None:
                text = json.dumps(frame, separators=(",", ":"))
                try:
                    async with asyncio.timeout(self._write_timeout):
                        await self._socket.send_str(text)
                except TimeoutError:
                    assert self._transport is not None
                    self._transport.abort()
                    return
        if self._transport is not None:
            self._transport.close()

    async def _pong(self, data: bytes) -> None:
        with suppress(ConnectionError):
            await self._socket.pong(data)
