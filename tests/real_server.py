"""ARI as far as a link needs it, over real HTTP and WebSocket on loopback."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import web

INFO = {"system": {"version": "22.10.1"}}
LISTS = ("channels", "bridges")


class RealServer:
    """The server.

    lines: the requests over HTTP. over_socket: those over a WebSocket. sockets: those for events
    that were opened, the latest last; rest: those that carry requests alone.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.over_socket: list[str] = []
        self.sockets: list[web.WebSocketResponse] = []
        self.rest: list[web.WebSocketResponse] = []
        self.opened = asyncio.Event()
        self.port = 0

    async def over_http(self, request: web.Request) -> web.Response:
        self.lines.append(f"{request.method} {request.path}")
        path = request.path.removeprefix("/ari/")
        if path.startswith("events/user/"):
            # It comes back, as to whoever is subscribed to the application.
            await self.tell(
                "ChannelUserevent",
                application=request.query["application"],
                eventname=path.rpartition("/")[2],
            )
            return web.Response(status=204)
        return web.json_response(self.answer(path))

    def answer(self, path: str) -> Any:
        """What is there: nothing but an application, and a version."""
        if path == "asterisk/info":
            return INFO
        return [] if path in LISTS else {"name": "ivr"}

    async def events(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if request.query.get("app", "").startswith("stasis-rest-"):
            self.rest.append(socket)
        else:
            self.sockets.append(socket)
            self.opened.set()
        async for message in socket:
            asked = json.loads(message.data)
            line = f"{asked['method']} {asked['uri']}"
            self.over_socket.append(line)
            await socket.send_json(
                {
                    "type": "RESTResponse",
                    "request_id": asked["request_id"],
                    "status_code": 200,
                    "reason_phrase": "OK",
                    "message_body": json.dumps(self.answer(asked["uri"])),
                }
            )
        assert request.transport is not None
        request.transport.close()  # at once, as Asterisk does
        return socket

    async def tell(self, kind: str, **fields: Any) -> None:
        """Send an event over the latest socket."""
        await self.sockets[-1].send_json({"type": kind, **fields})
