"""An example of an API: rooms, of which `broken` and some others do what must not happen."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from attrs import frozen
from msgspec import Meta

from stasis.errors import ChannelGone, Unreachable
from stasis.web import ANY, Api, Asked, Operation, Problem

Name = Annotated[str, Meta(pattern="^[a-z][a-z0-9-]{0,30}$", description="of a room")]
Count = Annotated[int, Meta(ge=1, le=500)]


class Tone(msgspec.Struct, forbid_unknown_fields=True, tag="tone"):
    """A tone of so many hertz."""

    hertz: Annotated[int, Meta(ge=20, le=4000)]


class File(msgspec.Struct, forbid_unknown_fields=True, tag="file"):
    """A sound file."""

    name: Annotated[str, Meta(min_length=1, max_length=80)]


class RoomBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a room is."""

    title: Annotated[str, Meta(max_length=100)] = ""
    kind: Literal["open", "locked"] = "open"
    most: Count | None = None
    until: Annotated[datetime, Meta(tz=True)] | None = None
    greeting: Tone | File | None = None


class Room(msgspec.Struct, kw_only=True):
    """A room."""

    name: str
    title: str
    kind: Literal["open", "locked"]
    most: int | None
    until: Annotated[datetime, Meta(tz=True)] | None
    greeting: Tone | File | None


class Page(msgspec.Struct, kw_only=True):
    """Which rooms."""

    limit: Annotated[int, Meta(ge=1, le=100, description="how many at most")] = 50
    kind: Literal["open", "locked"] | None = None
    full: bool = False


@frozen
class Bearer:
    """Who asks."""

    name: str
    scopes: frozenset[str]


class Down(Exception):
    """The database is not there."""


TOKENS = {
    "read": Bearer("reader", frozenset({"rooms:read"})),
    "write": Bearer("writer", frozenset({"rooms:read", "rooms:write"})),
    "guest": Bearer("guest", frozenset()),
}


async def authenticate(token: str) -> Bearer | None:
    """Whose token it is."""
    if token == "down":
        raise Down("the database is not there")
    return TOKENS.get(token)


async def allowed(who: Bearer, operation: Operation, path: Mapping[str, Any]) -> bool:
    """Nobody may into the attic."""
    if path.get("room") == "cellar":
        raise Problem(403, "cellar", "nobody may into the cellar")
    return path.get("room") != "attic"


class Rooms:
    """The rooms, and their API."""

    def __init__(self) -> None:
        self.rooms: dict[str, Room] = {}
        self.done: list[str] = []
        self.error: BaseException = RuntimeError("never")
        self.hang = asyncio.Event()
        self.waiting = asyncio.Event()
        self.cancelled = False

    async def list_rooms(self, asked: Asked[Bearer, None]) -> list[Room]:
        """All rooms.

        Those of one kind, where it is given.
        """
        page: Page = asked.query
        found = [room for room in self.rooms.values() if page.kind in (None, room.kind)]
        return found[: page.limit]

    async def get_room(self, asked: Asked[Bearer, None]) -> Room:
        """One room."""
        try:
            return self.rooms[asked.path["room"]]
        except KeyError:
            raise Problem(404, "no_room", f"there is no room {asked.path['room']!r}") from None

    async def put_room(self, asked: Asked[Bearer, RoomBody]) -> Room:
        """Make a room, or change it."""
        self.done.append(asked.who.name)
        name = asked.path["room"]
        self.rooms[name] = Room(name=name, **msgspec.structs.asdict(asked.body))
        return self.rooms[name]

    async def delete_room(self, asked: Asked[Bearer, None]) -> None:
        """Take a room away."""
        self.rooms.pop(asked.path["room"], None)

    async def lock(self, asked: Asked[Bearer, None]) -> None:
        """Lock a room."""
        room = await self.get_room(asked)
        if room.kind == "locked":
            raise Problem(409, "locked", "it is locked already")
        room.kind = "locked"

    async def sound(self, asked: Asked[Bearer, None]) -> web.StreamResponse:
        """What was recorded in a room."""
        await self.get_room(asked)
        return web.Response(body=b"RIFF", content_type="audio/wav")

    async def log_in(self, asked: Asked[Bearer, None]) -> None:
        """Get a cookie."""
        asked.answering(lambda answer: answer.set_cookie("session", "1", httponly=True))

    async def wait(self, asked: Asked[Bearer, None]) -> None:
        """Take long."""
        self.waiting.set()
        try:
            await self.hang.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise

    async def broken(self, asked: Asked[Bearer, None]) -> int:
        """Do what must not happen."""
        raise self.error

    async def lie(self, asked: Asked[Bearer, None]) -> Any:
        """Answer what cannot be written."""
        return object()

    async def lie_raw(self, asked: Asked[Bearer, None]) -> Any:
        """Answer no response."""
        return None

    def operations(self) -> tuple[Operation, ...]:
        """The table."""
        return (
            Operation("GET", "/rooms", self.list_rooms, "rooms:read", query=Page, answers=list[Room], tag="rooms"),
            Operation("GET", "/rooms/{room}", self.get_room, "rooms:read", answers=Room, problems={404: ["no_room"]}),
            Operation("PUT", "/rooms/{room}", self.put_room, "rooms:write", body=RoomBody, answers=Room),
            Operation("DELETE", "/rooms/{room}", self.delete_room, "rooms:write"),
            Operation("POST", "/rooms/{room}/actions/lock", self.lock, "rooms:write", problems={404: ["no_room"], 409: ["locked"]}),
            Operation("GET", "/rooms/{room}/sound", self.sound, "rooms:read", answers="audio/wav", problems={404: ["no_room"]}),
            Operation("POST", "/session", self.log_in, ""),
            Operation("POST", "/waits", self.wait, ANY),
        )  # fmt: skip

    def wrong(self) -> tuple[Operation, ...]:
        """Those that must not be."""
        return (
            Operation("GET", "/broken", self.broken, "", answers=int),
            Operation("GET", "/lies", self.lie, "", answers=int),
            Operation("GET", "/raw-lies", self.lie_raw, "", answers="audio/wav"),
        )

    def api(self, *, wrong: bool = True) -> Api[Bearer]:
        """The API."""
        return Api(
            "Rooms",
            version="1",
            operations=self.operations() + (self.wrong() if wrong else ()),
            authenticate=authenticate,
            base="/rooms/api/v1",
            paths={"room": Name},
            allowed=allowed,
            failures={Down: (503, "database")},
            about="Rooms, for *tests*.",
        )


GONE = ChannelGone("c1")
AWAY = Unreachable("POST", "/channels", "refused")
THEN = datetime(2030, 1, 1, tzinfo=UTC)


@asynccontextmanager
async def served(*routes: web.RouteDef, **server: Any) -> AsyncIterator[TestClient[Any, Any]]:
    """Routes, served on loopback below `/rooms`, as a plugin's are."""
    root, part = web.Application(client_max_size=2000), web.Application()
    part.add_routes(routes)
    root.add_subapp("/rooms", part)
    async with TestClient(TestServer(root, **server)) as client:
        yield client


async def raw(client: TestClient[Any, Any], *lines: bytes, body: bytes = b"") -> bytes:
    """What the server answers to a request's bytes."""
    assert isinstance(client.server, TestServer) and client.server.port is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", client.server.port)
    writer.write(b"\r\n".join([*lines, b"Host: x", b"", b""]) + body)
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
    length = int(re.findall(rb"Content-Length: (\d+)", head)[0])
    answer = head + await asyncio.wait_for(reader.readexactly(length), 5)
    writer.close()
    await writer.wait_closed()
    return answer


class Reply:
    """An answer that has been read."""

    def __init__(self, status: int, headers: Any, body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def told(self) -> tuple[int, str]:
        """Status and code of a problem, which must be one in every respect."""
        assert self.headers["Content-Type"] == "application/problem+json"
        assert self.headers["Cache-Control"] == "no-store"
        assert self.headers["X-Content-Type-Options"] == "nosniff"
        assert self.json.keys() == {"type", "title", "status", "code", "detail"}
        assert self.json["type"] == "about:blank" and self.json["status"] == self.status
        return self.status, self.json["code"]
