"""The HTTP server: plugins' routes below their names, bounded, and only when needed."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from stasis import http
from stasis.config import HttpConfig
from stasis.errors import ConfigError, PluginError
from stasis.http import CLOSERS, serve
from stasis.plugin import NoConfig, Plugin

FREE = HttpConfig(port=0)


class Door(Plugin):
    """A plugin with routes."""

    name = "door"

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/state", self.state), web.post("/open", self.open)]

    async def state(self, request: web.Request) -> web.Response:
        return web.json_response({"state": "closed"})

    async def open(self, request: web.Request) -> web.Response:
        return web.json_response({"bytes": len(await request.read())})


class Bell(Door):
    """Another plugin with the same routes."""

    name = "bell"


class Silent(Plugin):
    """A plugin without."""

    name = "silent"


async def healthz(request: web.Request) -> web.Response:
    """A page for monitors."""
    return web.json_response({"page": "healthz"})


PAGES = [web.get("/healthz", healthz)]


def plugins(*kinds: type[Plugin]) -> list[Plugin]:
    """Plugins, made."""
    return [kind(NoConfig()) for kind in kinds]


async def get(port: int | None, path: str) -> tuple[int, Any]:
    """Status and JSON of a page."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}{path}") as reply,
    ):
        return reply.status, await reply.json() if reply.status == 200 else None


async def test_each_plugin_is_served_below_its_name():
    async with serve(FREE, plugins(Door, Silent, Bell)) as port:
        assert await get(port, "/door/state") == (200, {"state": "closed"})
        assert (await get(port, "/bell/state"))[0] == 200
        assert (await get(port, "/silent/state"))[0] == 404
        assert (await get(port, "/state"))[0] == 404


async def test_without_routes_nothing_listens():
    async with serve(FREE, plugins(Silent)) as port:
        assert port is None


async def test_afterwards_nobody_listens_any_more():
    async with serve(FREE, plugins(Door)) as port:
        pass
    with pytest.raises(aiohttp.ClientConnectionError):
        await get(port, "/door/state")


async def test_a_body_beyond_its_bound_is_refused():
    async with serve(HttpConfig(port=0, max_body=1024), plugins(Door)) as port:
        async with aiohttp.ClientSession() as session:
            url = f"http://127.0.0.1:{port}/door/open"
            async with session.post(url, data=b"x" * 1000) as reply:
                assert await reply.json() == {"bytes": 1000}
            async with session.post(url, data=b"x" * 2000) as reply:
                assert reply.status == 413


async def test_a_port_that_is_taken_is_told_with_its_keys():
    async with serve(FREE, plugins(Door)) as port:
        assert port is not None
        with pytest.raises(ConfigError, match=f"http.host, http.port: .*127.0.0.1:{port}"):
            async with serve(HttpConfig(port=port), plugins(Bell)):
                raise AssertionError("never")


async def test_it_listens_on_loopback_by_default():
    assert HttpConfig().host == "127.0.0.1"


class TestHealth:
    """The pages for monitors stand beside the plugins, and never keep the program from starting."""

    async def test_they_are_at_the_root_and_plugins_below_their_names(self):
        async with serve(FREE, plugins(Door), health=PAGES) as port:
            assert await get(port, "/healthz") == (200, {"page": "healthz"})
            assert (await get(port, "/door/state"))[0] == 200

    async def test_they_are_there_without_any_plugin(self):
        async with serve(FREE, plugins(Silent), health=PAGES) as port:
            assert (await get(port, "/healthz"))[0] == 200

    async def test_a_plugin_with_the_name_of_a_page_does_not_hide_it(self):
        class Healthz(Door):
            name = "healthz"

        async with serve(FREE, plugins(Healthz), health=PAGES) as port:
            assert await get(port, "/healthz") == (200, {"page": "healthz"})
            assert await get(port, "/healthz/state") == (200, {"state": "closed"})

    async def test_off_leaves_them_out(self):
        off = HttpConfig(port=0, health="off")
        async with serve(off, plugins(Door), health=PAGES) as port:
            assert (await get(port, "/healthz"))[0] == 404
            assert (await get(port, "/door/state"))[0] == 200
        async with serve(off, plugins(Silent), health=PAGES) as port:
            assert port is None

    async def test_by_default_a_taken_port_is_a_warning_and_the_program_runs_without(self):
        async with serve(FREE, plugins(Door)) as taken:
            assert taken is not None
            with capture_logs() as logs:
                async with serve(HttpConfig(port=taken), plugins(Silent), health=PAGES) as port:
                    assert port is None
        (warning,) = logs
        assert warning["log_level"] == "warning"
        assert warning["event"].startswith("no /metrics, /healthz and /readyz: http.host, http.por")

    @pytest.mark.parametrize(("health", "kind"), [("on", Silent), ("auto", Door), ("on", Door)])
    async def test_it_is_an_error_when_they_were_asked_for_or_a_plugin_has_routes(
        self, health: Literal["on", "auto"], kind: type[Plugin]
    ):
        async with serve(FREE, plugins(Door)) as taken:
            assert taken is not None
            config = HttpConfig(port=taken, health=health)
            with pytest.raises(ConfigError, match="http.host, http.port"):
                async with serve(config, plugins(kind), health=PAGES):
                    raise AssertionError("never")


class Broken(Plugin):
    """A plugin that cannot say its routes."""

    name = "broken"

    def routes(self) -> list[web.RouteDef]:
        raise RuntimeError("no database")


class Wrong(Door):
    """A plugin with a route that is none: it lacks its slash."""

    name = "wrong"

    def routes(self) -> list[web.RouteDef]:
        return [web.get("state", self.state)]


class TestWrongRoutes:
    @pytest.mark.parametrize("kind", [Broken, Wrong])
    async def test_a_plugin_that_may_be_left_out_is(self, kind: type[Plugin]):
        with capture_logs() as logs:
            async with serve(FREE, plugins(kind, Door), must={"door"}) as port:
                assert (await get(port, "/door/state"))[0] == 200
                assert (await get(port, f"/{kind.name}/state"))[0] == 404
        (error,) = (log for log in logs if log["log_level"] == "error")
        assert error["event"].startswith(f"the routes of plugin '{kind.name}' failed: ")

    @pytest.mark.parametrize(
        ("kind", "words"), [(Broken, "RuntimeError: no database"), (Wrong, "ValueError: ")]
    )
    async def test_one_that_must_run_is_an_error(self, kind: type[Plugin], words: str):
        with pytest.raises(PluginError, match=f"routes of plugin '{kind.name}' failed: {words}"):
            async with serve(FREE, plugins(Door, kind), must={kind.name}):
                raise AssertionError("never")

    async def test_when_no_others_are_left_nothing_listens(self):
        async with serve(FREE, plugins(Broken)) as port:
            assert port is None


async def test_every_answer_is_what_its_type_says_and_names_no_version():
    async with serve(FREE, plugins(Door)) as port, aiohttp.ClientSession() as session:
        for path in ("/door/state", "/nothing"):
            async with session.get(f"http://127.0.0.1:{port}{path}") as reply:
                assert reply.headers["X-Content-Type-Options"] == "nosniff"
                assert reply.headers["Server"] == "stasis"


class TestConnections:
    """Who only connects takes nothing from calls: connections are bounded, and their time is."""

    async def test_one_too_many_is_dropped_and_the_log_says_it_once(self):
        bounded = HttpConfig(port=0, connections=2)
        with capture_logs() as logs:
            async with serve(bounded, plugins(Door)) as port, connected(port) as one:
                async with connected(port):
                    await asyncio.sleep(0.02)
                    for _ in range(3):
                        async with connected(port) as (reader, _):
                            assert await dropped(reader)
                await asyncio.sleep(0.02)
                assert (await get(port, "/door/state"))[0] == 200, "there is room again"
                one[1].close()
        (warning,) = (line for line in logs if line["log_level"] == "warning")
        assert warning["event"] == "connections are refused: too many; see http.connections"
        assert warning["limit"] == 2

    @pytest.mark.parametrize(
        "part", [b"", b"GET /door/st", b"GET /door/state HTTP/1.1\r\nHost: x\r\n"]
    )
    async def test_who_does_not_finish_its_request_is_dropped(self, part, monkeypatch):
        monkeypatch.setattr(http, "IDLE_SECONDS", 0.1)
        async with serve(FREE, plugins(Door)) as port, connected(port) as (reader, writer):
            writer.write(part)
            assert await dropped(reader)

    @pytest.mark.parametrize(
        "request_",
        [b"\x16\x03\x01\x02", b"HELO x\r\n\r\n", b"GET / HTTP/1.1\r\nA: " + b"x" * 20_000],
    )
    async def test_what_is_no_http_is_refused_and_not_in_the_log(self, request_, caplog):
        async with serve(FREE, plugins(Door)) as port, connected(port) as (reader, writer):
            writer.write(request_ + b"\r\n\r\n")
            assert b" 400 " in await asyncio.wait_for(reader.readline(), 5)
        assert not [each for each in caplog.records if each.levelno >= logging.WARNING]

    async def test_a_route_that_fails_is_in_the_log(self, caplog):
        class Bad(Door):
            name = "bad"

            async def state(self, request: web.Request) -> web.Response:
                raise RuntimeError("broken door")

        async with serve(FREE, plugins(Bad)) as port:
            assert (await get(port, "/bad/state"))[0] == 500
        assert "broken door" in caplog.text


@asynccontextmanager
async def connected(
    port: int | None,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection that asks nothing by itself."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def dropped(reader: asyncio.StreamReader) -> bool:
    """Whether the server ends a connection without a word."""
    try:
        return await asyncio.wait_for(reader.read(), 5) == b""
    except ConnectionResetError:
        return True


class TestStop:
    async def test_what_never_ends_is_closed_before_requests_are_waited_for(self):
        asking, over = asyncio.Event(), asyncio.Event()

        class Endless(Door):
            async def state(self, request: web.Request) -> web.Response:
                async def close() -> None:
                    over.set()

                async def broken() -> None:
                    raise RuntimeError("broken")

                request.config_dict[CLOSERS].update((broken, close))
                asking.set()
                await over.wait()
                return web.Response(text="over")

        async with aiohttp.ClientSession() as session:
            async with serve(FREE, plugins(Endless)) as port:
                asked = asyncio.create_task(session.get(f"http://127.0.0.1:{port}/door/state"))
                await asyncio.wait_for(asking.wait(), 10)
                began = time.monotonic()
            assert time.monotonic() - began < 2
            async with await asked as reply:
                assert await reply.text() == "over"

    async def test_a_request_that_does_not_end_is_cancelled(self, monkeypatch):
        monkeypatch.setattr(http, "STOPPING_SECONDS", 0.05)
        asking, cancelled = asyncio.Event(), asyncio.Event()

        class Endless(Door):
            async def state(self, request: web.Request) -> web.Response:
                asking.set()
                try:
                    await asyncio.Event().wait()
                finally:
                    cancelled.set()
                raise AssertionError("never")

        async with aiohttp.ClientSession() as session:
            async with serve(FREE, plugins(Endless)) as port:
                asked = asyncio.create_task(session.get(f"http://127.0.0.1:{port}/door/state"))
                await asyncio.wait_for(asking.wait(), 10)
            assert cancelled.is_set()
            with pytest.raises(aiohttp.ClientError):
                await asked
