"""A feed: what happens, told to many WebSockets as it happens.

Rules: telling never waits. Who is too slow for its queue is cut off, and begins anew with a
snapshot. A token comes as the first message or as a header, never in the address; it is looked at
again as long as the socket is open. What is told is a whole state, so hearing it twice is fine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import msgspec
import structlog
from aiohttp import WSMessage, WSMsgType, web

from stasis.web.operation import Who
from stasis.web.origin import same_origin

__all__ = ["Feed"]

log = structlog.get_logger("stasis.web")

W = TypeVar("W", bound=Who)

# Close codes of our own, beside those of RFC 6455.
NO_TOKEN = 4401
TRY_LATER = 1013
GOING_AWAY = 1001
# How long who connects may take to say who it is, and how large what it says may be.
GREETING_SECONDS = 5.0
MESSAGE_LIMIT = 16_384
PING_SECONDS = 20.0


class Client(Generic[W]):
    """Somebody who listens. who: found by its token."""

    def __init__(self, socket: web.WebSocketResponse, who: W, token: str, limit: int) -> None:
        self.socket = socket
        self.who = who
        self.token = token
        self.waiting: asyncio.Queue[bytes] = asyncio.Queue(limit)
        self.ending: tuple[int, str] | None = None
        self.told = 0

    def tell(self, rest: bytes) -> None:
        """Queue a message, without its number and its opening brace."""
        if self.ending is not None:
            return
        try:
            self.waiting.put_nowait(rest)
        except asyncio.QueueFull:
            self.end(TRY_LATER, "too slow: connect again")

    def end(self, code: int, why: str) -> None:
        """Cut it off; what is still waiting is told before, unless it is too slow."""
        if self.ending is None:
            self.ending = code, why
            if self.waiting.full():
                while not self.waiting.empty():
                    self.waiting.get_nowait()
            self.waiting.put_nowait(b"")


class Feed(Generic[W]):
    """Events for many.

    authenticate: who a token is of; None when of nobody. snapshot: how everything is now, for one
    of them; it is told first. said: called with what one says beside its token. origins: of
    other hosts whose pages may listen. limit: how many at once. queue: messages that may wait for
    one. again: seconds after which a token is looked at again.
    """

    def __init__(
        self,
        authenticate: Callable[[str], Awaitable[W | None]],
        *,
        snapshot: Callable[[W], Awaitable[Mapping[str, Any]]],
        said: Callable[[W, Mapping[str, Any]], Awaitable[None]] | None = None,
        origins: Collection[str] = (),
        limit: int = 1000,
        queue: int = 1000,
        again: float = 30.0,
    ) -> None:
        self._authenticate = authenticate
        self._snapshot = snapshot
        self._said = said
        self._origins = origins
        self._limit = limit
        self._queue = queue
        self._again = again
        self._clients: set[Client[W]] = set()
        self._greeting = 0

    def __len__(self) -> int:
        """How many listen."""
        return len(self._clients)

    @property
    def listening(self) -> list[W]:
        """Who listens; one with several sockets is there several times."""
        return [client.who for client in self._clients]

    def tell(
        self, kind: str, data: Mapping[str, Any], to: Callable[[W], bool] | None = None
    ) -> None:
        """Tell something to all, or to those of whom `to` is true. It does not wait.

        kind: becomes `type`. data: plain values, Structs and attrs classes.
        """
        hearers = [c for c in self._clients if to is None or to(c.who)]
        if hearers:
            rest = message(kind, data)
            for client in hearers:
                client.tell(rest)

    def end(self, of: Callable[[W], bool], why: str, code: int = NO_TOKEN) -> None:
        """Cut off those of whom `of` is true. why: is told them."""
        for client in list(self._clients):
            if of(client.who):
                client.end(code, why)

    async def join(self, request: web.Request) -> web.StreamResponse:
        """The handler of its route, such as `web.get("/api/v1/events", feed.join)`."""
        if not same_origin(request, self._origins):
            log.warning("refused", origin=request.headers.get("Origin"), path=request.path)
            raise web.HTTPForbidden(text="pages of this origin may not listen")
        if len(self._clients) + self._greeting >= self._limit:
            raise web.HTTPServiceUnavailable(
                text="too many listen already", headers={"Retry-After": "5"}
            )
        socket = web.WebSocketResponse(heartbeat=PING_SECONDS, max_msg_size=MESSAGE_LIMIT)
        self._greeting += 1
        try:
            await socket.prepare(request)
            client = await self._greeted(socket, request)
        finally:
            self._greeting -= 1
        if client is not None:
            await self._serve(client)
        return socket

    async def close(self) -> None:
        """Cut everybody off: the program stops."""
        for client in list(self._clients):
            client.end(GOING_AWAY, "the program stops")
        await asyncio.sleep(0)

    async def _greeted(
        self, socket: web.WebSocketResponse, request: web.Request
    ) -> Client[W] | None:
        """Find out who it is; None when it is nobody."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            token = ""
            with suppress(TimeoutError):
                first = await socket.receive(GREETING_SECONDS)
                token = token_in(content_of(first)) or ""
        try:
            who = await self._authenticate(token) if token else None
        except Exception as error:
            log.warning("a token could not be looked at", error=str(error))
            await socket.close(code=TRY_LATER, message=b"try again later")
            return None
        if who is None:
            await socket.close(code=NO_TOKEN, message=b'send {"token": "..."} first')
            return None
        return Client(socket, who, token, self._queue)

    async def _serve(self, client: Client[W]) -> None:
        """Tell it everything, from the snapshot on, until one of us has had enough."""
        self._clients.add(client)
        writer = asyncio.create_task(self._write(client))
        looker = asyncio.create_task(self._look_again(client))
        try:
            async for got in client.socket:
                await self._hear(client, got)
        finally:
            self._clients.discard(client)
            looker.cancel()
            if client.ending is None:
                writer.cancel()
            await asyncio.gather(writer, looker, return_exceptions=True)

    async def _write(self, client: Client[W]) -> None:
        socket = client.socket
        try:
            snapshot = await self._snapshot(client.who)
            await self._send(client, message("snapshot", snapshot))
            while rest := await client.waiting.get():
                await self._send(client, rest)
        except ConnectionError:
            return
        except Exception as error:
            log.error("the feed failed", who=client.who.name, exc_info=error)
            client.ending = client.ending or (1011, "failed")
        code, why = client.ending or (GOING_AWAY, "")
        await socket.close(code=code, message=why.encode())

    @staticmethod
    async def _send(client: Client[W], rest: bytes) -> None:
        text = b'{"seq":%d,' % client.told + rest
        client.told += 1
        await client.socket.send_str(text.decode())

    async def _look_again(self, client: Client[W]) -> None:
        while True:
            await asyncio.sleep(self._again)
            try:
                who = await self._authenticate(client.token)
            except Exception as error:
                log.warning("a token could not be looked at", error=str(error))
                continue
            if who is None:
                client.end(NO_TOKEN, "the token is no longer valid")
                return

    async def _hear(self, client: Client[W], got: WSMessage) -> None:
        said = content_of(got)
        if token := token_in(said):
            who = await self._authenticate(token)
            if who is not None and who.name == client.who.name:
                client.token, client.who = token, who
        elif said is not None and self._said is not None:
            await self._said(client.who, said)


def message(kind: str, data: Mapping[str, Any]) -> bytes:
    """A message without its opening brace and number."""
    at = datetime.now(UTC)
    return msgspec.json.encode({"type": kind, "at": at, **data})[1:]


def content_of(got: WSMessage) -> Mapping[str, Any] | None:
    """What somebody has said; None when it is no JSON object."""
    if got.type is not WSMsgType.TEXT:
        return None
    try:
        said = msgspec.json.decode(got.data)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None
    return said if isinstance(said, dict) else None


def token_in(said: Mapping[str, Any] | None) -> str | None:
    """The token in what somebody has said."""
    token = None if said is None else said.get("token")
    return token if isinstance(token, str) and len(token) <= MESSAGE_LIMIT else None
