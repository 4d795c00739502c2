"""An office: the plugin over HTTP on loopback, with a PBX that notes what it is asked for.

Every thing of it checks its arguments as the real one does, and returns an example of its type.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Literal, get_args, get_origin
from urllib.parse import quote

import msgspec
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from attrs import define
from hypothesis import find
from hypothesis.strategies import from_regex
from msgspec import Meta
from stasis_pbx.api import BASE
from stasis_pbx.plugin import PbxConfig, PbxPlugin
from yarl import URL

from stasis import Secret
from stasis.config import Config
from stasis.pbx import GROUPS, Download, Thing, things_of
from stasis.web import Grant

THINGS = {
    f"{group.name}.{method}": thing
    for group in GROUPS
    for method, thing in things_of(group).items()
}


# Of which one fits each part of a path that there is.
PARTS = ("alice", "1", "2001@default", "PJSIP/alice-00000001", "extensions.conf", "a.wav")


def path_of(thing: Thing) -> str:
    """A path that leads to a thing."""
    return thing.path.format(**parts_of(thing))


def parts_of(thing: Thing) -> dict[str, str]:
    """Its parts, as they stand in an address."""
    return {
        each.name: quote(part_of(each.kind), safe="")
        for each in thing.parameters
        if f"{{{each.name}}}" in thing.path
    }


def part_of(kind: Any) -> str:
    """A text that fits a type: one of PARTS, else any that its pattern allows."""
    for text in PARTS:
        if fits(text, kind):
            return text
    if get_origin(kind) is Literal:
        return str(get_args(kind)[0])
    (meta,) = [each for each in get_args(kind) if isinstance(each, Meta)]
    assert meta.pattern, f"none of PARTS is a {kind}"
    found: str = find(from_regex(meta.pattern), lambda text: fits(text, kind))
    return found


def fits(text: str, kind: Any) -> bool:
    """Whether a part of a path can be that."""
    try:
        msgspec.convert(text, kind, strict=False)
    except msgspec.ValidationError:
        return False
    return text.isprintable()


@define
class Answer:
    """What came back. body: of JSON, or the bytes."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def code(self) -> str:
        """Of a problem; empty for none."""
        return self.body.get("code", "") if isinstance(self.body, dict) else ""


class NotedPbx:
    """Notes what is done. done: things with their arguments. fails: what is raised instead."""

    def __init__(self) -> None:
        self.done: list[tuple[str, dict[str, Any]]] = []
        self.fails: Exception | None = None

    def __getattr__(self, group: str) -> Any:
        return NotedGroup(self, group)


class NotedGroup:
    """A group of it."""

    def __init__(self, pbx: NotedPbx, name: str) -> None:
        self._pbx = pbx
        self._name = name

    def __getattr__(self, method: str) -> Any:
        thing = THINGS[f"{self._name}.{method}"]

        async def call(**given: Any) -> Any:
            values = thing.checked(f"{self._name}.{thing.name}", given, strict=True)
            self._pbx.done.append((f"{self._name}.{thing.name}", values))
            if self._pbx.fails is not None:
                raise self._pbx.fails
            return returned(thing)

        return call


def returned(thing: Thing) -> Any:
    """An example of what a thing returns."""
    if thing.answers is Download:

        async def chunks() -> AsyncIterator[bytes]:
            yield b"RIFF"
            yield b"data"

        return Download('a "b".wav', "audio/wav", chunks(), 8)
    return None if thing.answers is None else example(msgspec.inspect.type_info(thing.answers))


def example(kind: Any) -> Any:
    """A value of a type."""
    found = type(kind).__name__
    if isinstance(kind, msgspec.inspect.StructType):
        return kind.cls(**{each.name: example(each.type) for each in kind.fields})
    if isinstance(kind, msgspec.inspect.UnionType):
        return example(kind.types[0])
    if isinstance(kind, msgspec.inspect.LiteralType):
        return kind.values[0]
    simple = {
        "IntType": 1,
        "FloatType": 1.5,
        "StrType": "x",
        "BoolType": True,
        "NoneType": None,
        "DictType": {},
        "MappingType": {},
        "DateTimeType": datetime(2026, 11, 23, tzinfo=UTC),
        "TimeDeltaType": timedelta(seconds=1),
        "AnyType": "x",
    }
    if found in simple:
        return simple[found]
    if hasattr(kind, "item_type"):
        return [example(kind.item_type)]
    raise AssertionError(f"no example of {kind}")


class Office:
    """The plugin with its PBX, and somebody who asks. token: of whom; it may be changed."""

    def __init__(self, config: PbxConfig) -> None:
        self.plugin = PbxPlugin(config)
        names = {name: SimpleNamespace(name=name, config=Config(), ari=None) for name in ("a", "b")}
        self.plugin.servers = names  # type: ignore[assignment]
        self.pbxes = {name: NotedPbx() for name in names}
        self.plugin._open.update(self.pbxes)  # type: ignore[arg-type]
        self.session: ClientSession
        self.root = ""
        self.token = ""

    @property
    def pbx(self) -> NotedPbx:
        """The first."""
        return self.pbxes["a"]

    async def granted(self, *scopes: str, seconds: float | None = None, name: str = "ann") -> str:
        """A token, made behind the API's back."""
        now = datetime.now(UTC)
        expires = None if seconds is None else now + timedelta(seconds=seconds)
        grant = Grant(name=name, scopes=scopes, created=now, expires=expires)
        token, _ = await self.plugin.grants.give(grant)
        return token

    async def ask(
        self, method: str, path: str, body: Any = None, token: str | None = None
    ) -> Answer:
        """Ask for something below the API's base. token: instead of the office's own."""
        used = self.token if token is None else token
        headers = {"Authorization": f"Bearer {used}"} if used else {}
        async with self.session.request(
            method, URL(self.root + BASE + path, encoded=True), json=body, headers=headers
        ) as response:
            json = "json" in response.content_type
            found = await response.json(content_type=None) if json else await response.read()
            return Answer(response.status, found, response.headers)


@asynccontextmanager
async def opened(**keys: Any) -> AsyncIterator[Office]:
    """It, with a token that may do everything. keys: of the plugin's configuration."""
    office = Office(PbxConfig(database=Secret("sqlite://"), **keys))
    await office.plugin.start()
    part = web.Application(client_max_size=2**20)
    part.add_routes(list(office.plugin.routes()))
    app = web.Application()
    app.add_subapp("/pbx", part)
    try:
        async with TestServer(app) as server, ClientSession() as session:
            office.session = session
            office.root = str(server.make_url("")).rstrip("/")
            office.token = await office.granted("*")
            yield office
    finally:
        office.plugin._open.clear()
        await office.plugin.stop()
