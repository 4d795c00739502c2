"""A feed: what happens, told to many WebSockets as it happens.

Rules: telling never waits. Who is too slow for its queue is cut off, and begins anew with a
snapshot. A token comes as the first message or as a header, never in the address; it is looked at
again as long as the socket is open. What is told is a whole state, so hearing it twice is fine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, Generic, TypeVar

import msgspec
import structlog
from aiohttp import WSMessage, WSMsgType, web

from stasis.http import CLOSERS
from stasis.web.client import (
    CLOSING_SECONDS,
    FAILED,
    GOING_AWAY,
    NO_TOKEN,
    TRY_LATER,
    Client,
    message,
)
from stasis.web.operation import Who
from stasis.web.origin import same_origin
from stasis.web.problem import Problem
from stasis.web.token import bearer, token_of

__all__ = ["Feed"]

log = structlog.get_logger("stasis.web")

W = TypeVar("W", bound=Who)

# How long who connects may take to say who it is, how many may be about to, and how large what
# somebody says may be.
GREETING_SECONDS = 5.0
GREETING_LIMIT = 200
MESSAGE_LIMIT = 16_384
PING_SECONDS = 20.0
# How long who is refused may take to answer the close.
REPLY_SECONDS = 1.0


def everything(data: Mapping[str, Any]) -> bool:
    """What one is told who has not chosen."""
    return True


class Feed(Generic[W]):
    """Events for many.

    authenticate: who a token is of; None when of nobody. snapshot: how everything is now, for one
    of them; it is told first. said: called with what one says beside its token, one after the
    other; a Problem it raises is told as a message of type `problem`. origins: of other hosts
    whose pages may listen. limit: how many at once. each: how many of one name at once. queue:
    messages that may wait for one. again: seconds after which a token is looked at again.
    """

    def __init__(
        self,
        authenticate: Callable[[str], Awaitable[W | None]],
        *,
        snapshot: Callable[[W], Awaitable[Mapping[str, Any]]],
        said: Callable[[W, Mapping[str, Any]], Awaitable[None]] | None = None,
        origins: Collection[str] = (),
        limit: int = 1000,
        each: int = 100,
        queue: int = 1000,
        again: float = 30.0,
    ) -> None:
        self._authenticate = authenticate
        self._snapshot = snapshot
        self._said = said
        self._origins = origins
        self._limit = limit
        self._each = each
        self._queue = queue
        self._again = again
        self._clients: set[Client[W]] = set()
        # The patience with each that has not said who it is, the oldest first.
        self._greeting: dict[asyncio.Timeout, None] = {}

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

        kind: becomes `type`. data: plain values, Structs and attrs classes; with its own `at` when
        it happened at another time than now. Raises ValueError for `seq` and `type` in it.
        """
        rest = message(kind, data)
        for client in self._clients:
            if (to is None or to(client.who)) and client.only(data):
                client.tell(rest)

    def end(self, of: Callable[[W], bool], why: str, code: int = NO_TOKEN) -> None:
        """Cut off those of whom `of` is true. why: is told them."""
        for client in self._clients:
            if of(client.who):
                client.end(code, why)

    async def join(
        self, request: web.Request, only: Callable[[Mapping[str, Any]], bool] = everything
    ) -> web.StreamResponse:
        """The handler of its route, such as `web.get("/api/v1/events", feed.join)`.

        only: what this one is told, by the `data` of `tell`; must be quick.
        """
        if not same_origin(request, self._origins):
            log.warning("refused", origin=request.headers.get("Origin"), path=request.path)
            return Problem(403, "origin", "pages of this origin may not listen").response()
        if len(self._clients) >= self._limit:
            return Problem(503, "full", "too many listen already", retry_after=5).response()
        request.config_dict.get(CLOSERS, set()).add(self.close)
        # Not compressed: it costs a quarter of a megabyte for each, and what is compressed with a
        # secret tells of it by its length.
        socket = web.WebSocketResponse(
            timeout=REPLY_SECONDS,
            heartbeat=PING_SECONDS,
            max_msg_size=MESSAGE_LIMIT,
            compress=False,
        )
        await socket.prepare(request)
        client = await self._greeted(socket, request, only)
        if client is not None:
            await self._serve(client)
        return socket

    async def close(self) -> None:
        """Cut everybody off: the program stops. Returns when they are gone."""
        now = asyncio.get_running_loop().time()
        for patience in self._greeting:
            patience.reschedule(now)
        clients = list(self._clients)
        for client in clients:
            client.end(GOING_AWAY, "the program stops")
        await asyncio.gather(*(client.over.wait() for client in clients))

    async def _greeted(
        self,
        socket: web.WebSocketResponse,
        request: web.Request,
        only: Callable[[Mapping[str, Any]], bool],
    ) -> Client[W] | None:
        """Find out who it is; None when it is nobody."""
        transport = request.transport
        token = bearer(request)
        if token is None:
            token = token_of((await self._first(socket) or {}).get("token"))
        try:
            who = await self._authenticate(token) if token else None
        except Exception as error:
            log.warning("a token could not be looked at", error=str(error))
            await socket.close(code=TRY_LATER, message=b"try again later")
            return None
        if who is None:
            await socket.close(code=NO_TOKEN, message=b'send {"token": "..."} first')
            return None
        same = sum(client.who.name == who.name for client in self._clients)
        if len(self._clients) >= self._limit or same >= self._each:
            log.warning("too many listen", who=who.name, same=same, all=len(self._clients))
            await socket.close(code=TRY_LATER, message=b"too many listen already")
            return None
        return Client(socket, transport, who, token, self._queue, only)

    async def _first(self, socket: web.WebSocketResponse) -> Mapping[str, Any] | None:
        """What somebody says first; None when it is nothing, or takes too long.

        Where too many have said nothing yet, who has waited longest is cut off: it has had the
        time, and those who come cannot be kept out by those who are silent.
        """
        if len(self._greeting) >= GREETING_LIMIT:
            oldest = next(iter(self._greeting))
            del self._greeting[oldest]
            oldest.reschedule(asyncio.get_running_loop().time())
        try:
            async with asyncio.timeout(GREETING_SECONDS) as patience:
                self._greeting[patience] = None
                try:
                    return content_of(await socket.receive())
                finally:
                    self._greeting.pop(patience, None)
        except TimeoutError:
            return None

    async def _serve(self, client: Client[W]) -> None:
        """Tell it everything, until one of us has had enough."""
        self._clients.add(client)
        writer = asyncio.create_task(client.write(self._snapshot))
        looker = asyncio.create_task(self._look_again(client))
        try:
            async for got in client.socket:
                await self._hear(client, got)
        finally:
            self._clients.discard(client)
            client.give_up_later()
            looker.cancel()
            try:
                if client.ending is not None:
                    await asyncio.wait([writer], timeout=CLOSING_SECONDS)
            finally:
                writer.cancel()
                await asyncio.gather(writer, looker, return_exceptions=True)
                client.over.set()

    async def _look_again(self, client: Client[W]) -> None:
        """Cut it off when its token is no longer valid; learn what it may do by now."""
        while True:
            await asyncio.sleep(self._again)
            token = client.token
            try:
                who = await self._authenticate(token)
            except Exception as error:
                log.warning("a token could not be looked at", error=str(error))
                continue
            if client.token != token:
                continue  # it has sent another meanwhile
            if who is None or who.name != client.who.name:
                client.end(NO_TOKEN, "the token is no longer valid")
                return
            client.who = who

    async def _hear(self, client: Client[W], got: WSMessage) -> None:
        """Somebody who listens says something."""
        said = content_of(got)
        if said is None:
            return
        try:
            if token := token_of(said.get("token")):
                who = await self._authenticate(token)
                if who is not None and who.name == client.who.name:
                    client.token, client.who = token, who
            elif self._said is not None:
                await self._said(client.who, said)
        except Problem as problem:
            client.tell(message("problem", {"code": problem.code, "detail": str(problem)}))
        except Exception as error:
            log.error("what was said failed", who=client.who.name, exc_info=error)
            client.end(FAILED, "failed")


def content_of(got: WSMessage) -> Mapping[str, Any] | None:
    """What somebody has said; None when it is no JSON object."""
    if got.type is not WSMsgType.TEXT:
        return None
    try:
        said = msgspec.json.decode(got.data)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None
    return said if isinstance(said, dict) else None
