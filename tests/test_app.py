"""`run`: plugins start and stop in order, calls run, and each signal is one step further."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import aiohttp
import attrs
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from stasis import app
from stasis.app import in_the_open, run
from stasis.ari.events import Event
from stasis.channel import Channel
from stasis.config import AsteriskConfig, Config, EngineConfig, HttpConfig, PluginsConfig
from stasis.errors import ConfigError, PluginError, Unreachable
from stasis.flow import Flow, Leave
from stasis.link import Link
from stasis.plugin import NoConfig, Plugin
from stasis.program import Program
from stasis.section import Secret
from tests.real_server import RealServer
from tests.until import until

STEPS: list[str] = []


class Stays(Flow):
    """A call that stays."""

    on_error = Leave("continue", context="closed")

    async def menu(self, event: Event) -> None:
        STEPS.append(f"{self.channel.id} begins")
        await asyncio.get_running_loop().create_future()

    async def ended(self, event: Event | None) -> None:
        STEPS.append(f"{self.channel.id} ended")

    start = menu


class Noting(Plugin):
    """A plugin that notes its steps."""

    def flows(self) -> dict[str, Any]:
        return {"ivr": Stays} if self.name == "first" else {}

    async def start(self) -> None:
        STEPS.append(f"{self.name} starts")

    async def run(self) -> None:
        STEPS.append(f"{self.name} runs")
        try:
            await asyncio.sleep(3600)
        finally:
            STEPS.append(f"{self.name} is cancelled")

    async def stop(self) -> None:
        STEPS.append(f"{self.name} stops")


def noting(name: str, **methods: Any) -> Plugin:
    """A plugin of that name, with some methods of its own."""
    kind = type(name, (Noting,), {"name": name, **methods})
    plugin: Plugin = kind(NoConfig())
    return plugin


@pytest.fixture(autouse=True)
def fresh() -> None:
    STEPS.clear()


@pytest.fixture
def config(real_server: RealServer) -> Config:
    return attrs.evolve(
        Config(),
        asterisk=AsteriskConfig(
            url=f"http://127.0.0.1:{real_server.port}/ari",
            password=Secret("geheim"),
            backoff_min=0.01,
            backoff_max=0.01,
        ),
        http=HttpConfig(port=0),
    )


@asynccontextmanager
async def running(*arguments: Any, **options: Any) -> AsyncIterator[Link]:
    """The program, running until the test stops it, and ready."""
    ready: asyncio.Future[Link] = asyncio.get_running_loop().create_future()

    async def is_ready(link: Link) -> None:
        ready.set_result(link)

    program = asyncio.ensure_future(run(*arguments, ready=is_ready, **options))
    try:
        await asyncio.wait({program, ready}, return_when=asyncio.FIRST_COMPLETED, timeout=5)
        if program.done():
            ready.cancel()
            program.result()
        assert ready.done(), "not ready in 5 s"
        yield ready.result()
        async with asyncio.timeout(5):
            await program
    finally:
        program.cancel()
        await asyncio.wait({program})


async def call(server: RealServer, link: Link, channel_id: str = "c1") -> None:
    """Somebody calls, and their flow has begun."""
    channel = {"id": channel_id, "name": "PJSIP/x-1", "state": "Up"}
    await server.tell("StasisStart", application="ivr", channel=channel, args=[])
    await until(lambda: f"{channel_id} begins" in STEPS)


async def hang_up(server: RealServer, channel_id: str = "c1") -> None:
    """The caller hangs up."""
    channel = {"id": channel_id, "name": "PJSIP/x-1", "state": "Up"}
    await server.tell("StasisEnd", application="ivr", channel=channel)


def kill(number: int = signal.SIGTERM) -> None:
    """A signal to ourselves."""
    os.kill(os.getpid(), number)


class TestPlugins:
    async def test_they_start_in_order_and_stop_in_reverse(self, config: Config):
        async with running(config, [noting("first"), noting("second")]) as link:
            kill()
            await link.state.reached("stopped", timeout=5)
        assert STEPS == [
            "first starts",
            "second starts",
            "first runs",
            "second runs",
            "first is cancelled",
            "second is cancelled",
            "second stops",
            "first stops",
        ]

    async def test_each_knows_the_link_from_its_start(self, config: Config):
        seen: list[Any] = []

        async def start(self: Plugin) -> None:
            seen.append(self.asterisk)

        async with running(config, [noting("first", start=start)]) as link:
            kill()
        assert seen == [link]

    async def test_each_knows_the_others_that_run(self, config: Config):
        seen: list[tuple[str, str, list[str]]] = []

        def look(when: str) -> Any:
            async def method(self: Plugin) -> None:
                seen.append((self.name, when, list(self.others)))

            return method

        methods = {when: look(when) for when in ("start", "run", "stop")}
        async with running(config, [noting(name, **methods) for name in ("first", "second")]):
            kill()
        assert seen == [
            ("first", "start", []),
            ("second", "start", ["first"]),
            ("first", "run", ["second"]),
            ("second", "run", ["first"]),
            ("second", "stop", ["first"]),
            ("first", "stop", []),
        ]

    async def test_one_that_does_not_start_is_left_out(self, config: Config):
        async def start(self: Plugin) -> None:
            raise OSError("no database")

        with capture_logs() as logs:
            async with running(config, [noting("broken", start=start), noting("first")]):
                kill()
        assert "broken runs" not in STEPS and "broken stops" not in STEPS
        assert any("'broken' did not start: OSError: no database" in log["event"] for log in logs)

    @pytest.mark.parametrize("how", ["enabled", "required"])
    async def test_unless_it_was_asked_for(self, how: str, config: Config):
        async def start(self: Plugin) -> None:
            raise OSError("no database")

        asked = attrs.evolve(config, plugins=PluginsConfig(**{how: ["broken"]}))
        with pytest.raises(PluginError, match="'broken' did not start: OSError: no database"):
            await run(asked, [noting("first"), noting("broken", start=start)])
        assert STEPS == ["first starts", "first stops"]

    async def test_ones_failing_background_work_stops_no_other(self, config: Config):
        async def work(self: Plugin) -> None:
            raise RuntimeError("odd")

        with capture_logs() as logs:
            async with running(config, [noting("broken", run=work), noting("first")]):
                kill()
        assert "first stops" in STEPS and "broken stops" in STEPS
        failed = [log for log in logs if log["event"] == "background work failed"]
        assert [log["plugin"] for log in failed] == ["broken"]

    async def test_ones_failing_stop_keeps_no_other_from_stopping(self, config: Config):
        async def stop(self: Plugin) -> None:
            raise RuntimeError("odd")

        with capture_logs() as logs:
            async with running(config, [noting("first"), noting("broken", stop=stop)]):
                kill()
        assert "first stops" in STEPS
        assert any(log["event"] == "a plugin did not stop well" for log in logs)

    async def test_their_routes_are_served_while_it_runs(self, config: Config):
        async def state(request: web.Request) -> web.Response:
            return web.Response(text="open")

        plugin = noting("first", routes=lambda self: [web.get("/state", state)])
        with capture_logs() as logs:
            async with running(config, [plugin]):
                (port,) = (log["port"] for log in logs if log["event"] == "serving")
                url = f"http://127.0.0.1:{port}/first/state"
                async with aiohttp.ClientSession() as session, session.get(url) as reply:
                    assert await reply.text() == "open"
                kill()

    @pytest.mark.parametrize("how", ["enabled", "required"])
    async def test_one_that_was_asked_for_must_have_sound_routes(self, how: str, config: Config):
        def routes(self: Plugin) -> Any:
            raise OSError("no database")

        asked = attrs.evolve(config, plugins=PluginsConfig(**{how: ["broken"]}))
        with pytest.raises(PluginError, match="routes of plugin 'broken' failed"):
            await run(asked, [noting("broken", routes=routes)], {"ivr": Program.of(Stays)})
        assert STEPS == ["broken starts", "broken stops"]


class TestPrograms:
    async def test_a_program_needs_no_plugin(self, config: Config, real_server: RealServer):
        async with running(config, programs={"ivr": Program.of(Stays)}) as link:
            await call(real_server, link)
            await hang_up(real_server)
            kill()
        assert STEPS == ["c1 begins", "c1 ended"]

    async def test_plugins_and_programs_run_side_by_side(self, config: Config):
        async def hello(channel: Channel) -> None: ...

        programs = {"hello": Program.of(hello)}
        async with running(config, [noting("first")], programs) as link:
            assert link.programs.keys() == {"ivr", "hello"}
            kill()

    async def test_nothing_to_run_is_an_error_that_says_what_to_do(self, config: Config):
        with pytest.raises(ConfigError, match=r"nothing to run: .*stasis run my_module:MyFlow"):
            await run(config, [noting("second")])
        assert STEPS == ["second starts", "second stops"]

    async def test_an_odd_application_name_is_an_error(self, config: Config):
        with pytest.raises(ConfigError, match="application name 'a,b'"):
            await run(config, programs={"a,b": Program.of(Stays)})

    async def test_a_server_that_cannot_be_reached_is_told_and_plugins_stop(self):
        nowhere = attrs.evolve(
            Config(), asterisk=AsteriskConfig(url="http://127.0.0.1:1/ari", password=Secret("x"))
        )
        with pytest.raises(Unreachable, match="is Asterisk running"):
            await run(nowhere, [noting("first")])
        assert STEPS[-1] == "first stops"


class TestSignals:
    async def test_the_first_lets_live_calls_finish_and_takes_no_new_ones(
        self, config: Config, real_server: RealServer
    ):
        async with running(config, [noting("first")]) as link:
            await call(real_server, link)
            kill()
            await until(lambda: link.draining)
            assert link.state.value == "ready"
            channel = {"id": "c2", "name": "PJSIP/x-2", "state": "Up"}
            await real_server.tell("StasisStart", application="ivr", channel=channel, args=[])
            await until(lambda: "POST /ari/channels/c2/continue" in real_server.lines)
            assert "c1 ended" not in STEPS
            await hang_up(real_server)
        assert "c1 ended" in STEPS and "c2 begins" not in STEPS

    async def test_without_calls_the_first_is_enough(self, config: Config):
        async with running(config, [noting("first")]):
            kill(signal.SIGINT)

    async def test_the_second_leaves_them_by_their_flows_policy(
        self, config: Config, real_server: RealServer
    ):
        async with running(config, [noting("first")]) as link:
            await call(real_server, link)
            kill()
            await until(lambda: link.draining)
            kill()
            await until(lambda: "POST /ari/channels/c1/continue" in real_server.lines)
            await hang_up(real_server)
        assert "c1 ended" in STEPS

    async def test_the_third_stops_now(self, config: Config, real_server: RealServer):
        async with running(config, [noting("first")]) as link:
            await call(real_server, link)
            kill()
            await until(lambda: link.draining)
            kill()
            await until(lambda: "POST /ari/channels/c1/continue" in real_server.lines)
            kill()
        assert "c1 ended" in STEPS and STEPS[-1] == "first stops"

    async def test_afterwards_they_mean_what_they_meant_before(self, config: Config):
        before = signal.getsignal(signal.SIGTERM)
        async with running(config, [noting("first")]):
            kill()
        assert signal.getsignal(signal.SIGTERM) is before

    async def test_it_can_be_stopped_while_asterisk_is_not_there_yet(self):
        waiting = attrs.evolve(
            Config(),
            asterisk=AsteriskConfig(
                url="http://127.0.0.1:1/ari", password=Secret("x"), start_timeout=3600.0
            ),
        )
        program = asyncio.ensure_future(run(waiting, [noting("first")]))
        await until(lambda: "first runs" in STEPS)
        kill()
        async with asyncio.timeout(5):
            await program
        assert STEPS[-1] == "first stops"


class TestReady:
    async def test_who_never_becomes_ready_calls_nobody(self):
        async def ready(link: Link) -> None:
            raise AssertionError("called")

        nowhere = attrs.evolve(
            Config(), asterisk=AsteriskConfig(url="http://127.0.0.1:1/ari", password=Secret("x"))
        )
        with pytest.raises(Unreachable):
            await run(nowhere, [noting("first")], ready=ready)

    async def test_its_failure_is_told_and_calls_go_on(
        self, config: Config, real_server: RealServer
    ):
        async def ready(link: Link) -> None:
            STEPS.append("ready")
            raise RuntimeError("odd")

        with capture_logs() as logs:
            program = asyncio.ensure_future(run(config, [noting("first")], ready=ready))
            await until(lambda: any("RuntimeError" in str(log) for log in logs))
            assert not program.done()
            kill()
            async with asyncio.timeout(5):
                await program
        assert STEPS[-1] == "first stops"

    async def test_what_it_prepares_is_not_told_as_a_blocked_event_loop(
        self, config: Config, monkeypatch: pytest.MonkeyPatch
    ):
        @contextmanager
        def slow() -> Iterator[None]:
            """A full collection of all that has been loaded, on a slow machine."""
            time.sleep(0.6)  # no call is there yet that would wait
            yield

        monkeypatch.setattr(app, "rare_collections", slow)
        config = attrs.evolve(config, engine=EngineConfig(stall_seconds=0.3))
        with capture_logs() as logs:
            async with running(config, [noting("first")]):
                kill()
        told = [log for log in logs if "blocked" in log["event"]]
        # A machine that has no time for us may have another line told.
        assert not [log for log in told if "time.sleep(0.6)" in log["line"]]


@pytest.mark.parametrize(
    ("url", "open"),
    [
        ("http://127.0.0.1:8088/ari", False),
        ("http://[::1]:8088/ari", False),
        ("http://localhost:8088/ari", False),
        ("https://pbx.example.com/ari", False),
        ("http://pbx.example.com/ari", True),
        ("http://192.0.2.1:8088/ari", True),
    ],
)
def test_an_address_beyond_this_machine_without_tls_is_warned_of(url: str, open: bool):
    assert in_the_open(url) is open
