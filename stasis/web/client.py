"""Somebody who listens to a feed: their socket, and what waits to be told them.

Rules: queueing never waits, and the queue is bounded. Who is cut off gets a few seconds to hear the
end; then the connection is gone, whether they have read it or not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import msgspec
import structlog
from aiohttp import web

from stasis.web.operation import Who

__all__ = ["CLOSING_SECONDS", "FAILED", "GOING_AWAY", "NO_TOKEN", "TRY_LATER", "Client", "message"]

log = structlog.get_logger("stasis.web")

W = TypeVar("W", bound=Who)

# Close codes: of RFC 6455 and its registry, and one of our own.
GOING_AWAY = 1001
FAILED = 1011
TRY_LATER = 1013
NO_TOKEN = 4401

CLOSING_SECONDS = 5.0
"""How long who is cut off may take to read why."""
REASON_LIMIT = 123
"""Bytes of a close frame's reason at most (RFC 6455)."""
OWN = frozenset({"seq", "type"})
"""Names in a message that are the feed's own."""


class Client(Generic[W]):
    """One socket of somebody who listens. who: found by its token. limit: of its queue.

    only: what it is told, by the data of a message.
    """

    def __init__(
        self,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport | None,
        who: W,
        token: str,
        limit: int,
        only: Callable[[Mapping[str, Any]], bool] = lambda data: True,
    ) -> None:
        self.socket = socket
        self.who = who
        self.token = token
        self.only = only
        self.waiting: asyncio.Queue[bytes] = asyncio.Queue(limit)
        self.ending: tuple[int, str] | None = None
        self.told = 0
        self.over = asyncio.Event()
        self._transport = transport

    def tell(self, rest: bytes) -> None:
        """Queue what `message` gives."""
        if self.ending is not None:
            return
        try:
            self.waiting.put_nowait(rest)
        except asyncio.QueueFull:
            self.end(TRY_LATER, "too slow: connect again")

    def end(self, code: int, why: str) -> None:
        """Cut it off; what is still waiting is told before, unless it is too slow."""
        if self.ending is not None:
            return
        self.ending = code, why
        if self.waiting.full():
            while not self.waiting.empty():
                self.waiting.get_nowait()
        self.waiting.put_nowait(b"")
        self.give_up_later()

    def give_up_later(self) -> None:
        """Drop the connection in a while, with what it has not read."""
        if self._transport is not None:
            asyncio.get_running_loop().call_later(CLOSING_SECONDS, self._transport.abort)

    async def write(self, snapshot: Callable[[W], Awaitable[Mapping[str, Any]]]) -> None:
        """Tell it everything, from the snapshot on, until its end; then say why."""
        try:
            first = await snapshot(self.who)
            if self.ending is None:
                await self._send(message("snapshot", first))
            while rest := await self.waiting.get():
                await self._send(rest)
        except ConnectionError:
            return
        except Exception as error:
            log.error("the feed failed", who=self.who.name, exc_info=error)
            self.end(FAILED, "failed")
        code, why = self.ending or (GOING_AWAY, "")
        reason = why.encode("utf-8", "replace")[:REASON_LIMIT].decode("utf-8", "ignore")
        await self.socket.close(code=code, message=reason.encode())

    async def _send(self, rest: bytes) -> None:
        text = b'{"seq":%d,' % self.told + rest
        self.told += 1
        await self.socket.send_str(text.decode())


def message(kind: str, data: Mapping[str, Any]) -> bytes:
    """A message without its opening brace and number, so that all may share it.

    Raises ValueError for a name in `data` that is the feed's own, TypeError for what is no data.
    """
    if taken := OWN & data.keys():
        raise ValueError(f"{kind}: {sorted(taken)[0]!r} is the feed's own; call it otherwise")
    at = datetime.now(UTC)
    return msgspec.json.encode({"type": kind, "at": at, **data})[1:]
