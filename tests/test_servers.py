"""Several Asterisks in one program, and those that dial us: each has a link, and none hurts another."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import attrs
import pytest
from structlog.testing import capture_logs
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from stasis.ari.events import ChannelDtmfReceived, Event
from stasis.config import AsteriskConfig, Config, EngineConfig
from stasis.errors import ConfigError, Unreachable
from stasis.flow import Flow
from stasis.health import readiness
from stasis.link import Link
from stasis.metrics import Metrics
from stasis.program import Program
from stasis.section import Secret
from stasis.servers import Servers, Shown
from stasis.table import Do
from stasis.transport.listen import Listener, listening
from tests.real_server import RealServer
from tests.transport.dialling import config as listen_config
from tests.transport.dialling import dial
from tests.until import until

CALL = "ivr:PJSIP/alice-00000001"
ID = "02:fc:00:00:00:01"


class Menu(Flow):
    """Notes what comes."""

    noted: list[str]

    async def menu(self, event: Event) -> None:
        self.noted.append(type(event).__name__)
        await asyncio.get_running_loop().create_future()

    async def heard(self, event: ChannelDtmfReceived) -> None:
        self.noted.append(event.digit)

    async def ended(self, event: Event | None) -> None:
        self.noted.append("ended")

    start = menu
    table = {menu: {ChannelDtmfReceived: Do(heard)}}


def program() -> tuple[Program, list[str]]:
    """The flow, and its notes."""
    noted: list[str] = []
    return Program.of(type("Menu", (Menu,), {"noted": noted})), noted


# Several that we dial


def asterisk(port: int, **values: Any) -> AsteriskConfig:
    """An Asterisk on this port."""
    return AsteriskConfig(
        url=f"http://127.0.0.1:{port}/ari",
        password=Secret("geheim"),
        backoff_min=0.01,
        backoff_max=0.01,
        **values,
    )


def several(**servers: AsteriskConfig) -> Servers:
    """The links to them."""
    return Servers.of(attrs.evolve(Config(), servers=servers), {"ivr": program()[0]})


@asynccontextmanager
async def run(servers: Servers, **options: Any) -> AsyncIterator[asyncio.Task[None]]:
    """They run while the context lasts, and no task is left."""
    before = asyncio.all_tasks()
    task = asyncio.create_task(servers.run(**options))
    try:
        yield task
    finally:
        servers.stop()
        async with asyncio.timeout(5):
            await asyncio.gather(task, return_exceptions=True)
            await until(lambda: asyncio.all_tasks() <= before)


class TestSeveral:
    async def test_one_that_is_not_there_is_waited_for_and_the_others_run(
        self, real_server: RealServer, unused_tcp_port: int
    ):
        servers = several(east=asterisk(unused_tcp_port), west=asterisk(real_server.port))
        async with run(servers) as task:
            await servers["west"].state.reached("ready", timeout=5)
            assert servers["east"].state.value == "connecting"
            assert await servers.ready() is servers["west"]
            assert not task.done()

    async def test_a_single_one_that_is_not_there_is_an_error(self, unused_tcp_port: int):
        servers = several(only=asterisk(unused_tcp_port))
        with pytest.raises(Unreachable):
            await servers.run()

    async def test_one_that_refuses_us_is_left_out_and_told(
        self, real_server: RealServer, unused_tcp_port: int
    ):
        wrong = asterisk(real_server.port, transport="socket")
        servers = several(east=wrong, west=asterisk(real_server.port))

        def refused(path: str) -> Any:
            info = {"system": {"version": "16.28.0"}}  # takes no requests over the socket
            return info if path == "asterisk/info" else usual(path)

        usual, real_server.answer = real_server.answer, refused  # type: ignore[method-assign]
        with capture_logs() as logs:
            async with run(servers):
                await servers["west"].state.reached("ready", timeout=5)
                await servers["east"].state.reached("stopped", timeout=5)
        (line,) = (each for each in logs if each["event"] == "a server is left out")
        assert line["server"] == "east" and "16.28.0" in line["error"]

    async def test_when_all_have_failed_the_first_error_is_raised(self, real_server: RealServer):
        usual = real_server.answer
        old = {"system": {"version": "16.28.0"}}
        real_server.answer = lambda path: old if path == "asterisk/info" else usual(path)  # type: ignore[method-assign]
        wrong = asterisk(real_server.port, transport="socket")
        with pytest.raises(Exception, match="transport"):
            await several(east=wrong, west=wrong).run()

    async def test_the_first_is_the_only_one_for_most_programs(self):
        servers = several(east=asterisk(1), west=asterisk(2))
        assert servers.first is servers["east"]
        assert list(servers) == ["east", "west"] and len(servers) == 2
        with pytest.raises(ConfigError, match="no Asterisk has connected"):
            _ = Servers({}).first


# Those that dial us


class Dialler:
    """An Asterisk that dials us: it answers what it is asked, and tells what happens.

    channels: that are in Stasis, by id. asked: the requests, as `METHOD uri`.
    """

    def __init__(self, port: int, *apps: str, path: str = "/ari?pbx") -> None:
        self.apps = apps
        self.channels: dict[str, dict[str, Any]] = {}
        self.variables: dict[str, str] = {}
        self.asked: list[str] = []
        self._port = port
        self._path = path
        self._socket: ClientConnection
        self._reading: asyncio.Task[None] | None = None

    async def dial(self, *kept: tuple[str, dict[str, Any]]) -> None:
        """Open a socket. kept: what has happened while there was none; sent first."""
        self._socket = await dial(self._port, path=self._path)
        for kind, fields in kept:
            await self.tell(kind, **fields)
        self._reading = asyncio.create_task(self._read(self._socket))
        for app in self.apps:
            await self.tell("ApplicationRegistered", app)

    async def tell(self, kind: str, app: str = "", **fields: Any) -> None:
        """An event."""
        facts = {"application": app or self.apps[0], "asterisk_id": ID}
        with suppress(ConnectionClosed):
            await self._socket.send(json.dumps({"type": kind, **facts, **fields}))

    async def calls(self, id: str, app: str = "") -> None:
        """A call enters."""
        app = app or self.apps[0]
        self.channels[id] = channel(id, app)
        await self.tell("StasisStart", app, channel=self.channels[id], args=[])

    async def close(self) -> None:
        """Close the socket, for good."""
        await self._socket.close(1000)
        assert self._reading is not None
        await self._reading

    async def closed(self) -> None:
        """Wait until the program has closed it."""
        async with asyncio.timeout(5):
            await self._socket.wait_closed()

    async def _read(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            while True:
                asked = json.loads(await socket.recv())
                self.asked.append(f"{asked['method']} {asked['uri']}")
                given = {each["name"]: each["value"] for each in asked["query_strings"]}
                given |= dict(parse_qsl(urlsplit(asked["uri"]).query))
                if asked.get("message_body"):
                    given |= json.loads(asked["message_body"])
                status, body = self._answer(asked["method"], asked["uri"].split("/"), given)
                answer = {"status_code": status, "reason_phrase": "", "message_body": ""}
                answer |= {"request_id": asked["request_id"]}
                if body is not None:
                    answer["message_body"] = json.dumps(body)
                await socket.send(json.dumps({"type": "RESTResponse", **answer}))
                if asked["uri"].startswith("events/user/"):
                    name = unquote(asked["uri"].split("/")[2])
                    await self.tell("ChannelUserevent", given["application"], eventname=name)

    def _answer(self, method: str, parts: list[str], given: dict[str, Any]) -> tuple[int, Any]:
        match (method, *map(unquote, parts)):
            case ("GET", "asterisk", "info"):
                return 200, {"system": {"version": "22.10.1"}}
            case ("GET", "channels"):
                return 200, list(self.channels.values())
            case ("GET", "bridges"):
                return 200, []
            case (_, "applications", app, *_):
                if app not in self.apps:
                    return 404, {"message": "not found"}
                return 200, {"name": app, "channel_ids": list(self.channels)}
            case ("POST", "channels", id, "variable"):
                self.variables[id] = given["value"]
            case ("GET", "channels", id, "variable"):
                return 200, {"value": self.variables.get(id, "")}
            case ("POST", "channels", id, "continue") | ("DELETE", "channels", id):
                self.channels.pop(id, None)
            case ("GET", "asterisk", "variable"):
                return 200, {"value": ""}
        return 204, None


def channel(id: str, app: str) -> dict[str, Any]:
    """A channel in Stasis."""
    name = app.partition(":")[2] or f"PJSIP/{id}"
    plan = {"app_name": "Stasis", "app_data": app.partition(":")[0]}
    return {"id": id, "name": name, "state": "Up", "dialplan": plan}


class Process:
    """A program that listens."""

    def __init__(self, listener: Listener, noted: list[str]) -> None:
        self.servers = Servers({})
        self.metrics = Metrics()
        self.listener = listener
        self.noted = noted

    @property
    def ready(self) -> dict[str, object]:
        """What a monitor is told."""
        return readiness(Shown(self.servers, listening=True))[1]


@asynccontextmanager
async def process(port: int = 0) -> AsyncIterator[Process]:
    """It runs while the context lasts; then it stops, and leaves live calls as they are."""
    flow, noted = program()
    config = attrs.evolve(Config(), engine=attrs.evolve(EngineConfig(), close_timeout=1.0))
    async with listening(listen_config(port=port)) as listener:
        ours = Process(listener, noted)
        async with run(ours.servers, listening=True):
            work = ours.servers.listen(listener, config, {"ivr": flow, "queue": flow}, ours.metrics)
            task = asyncio.create_task(work)
            try:
                yield ours
            finally:
                ours.servers.let_go("the program stops")
                ours.servers.stop()
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)


class TestListening:
    async def test_each_application_that_a_connection_brings_is_set_up_however_late_it_is_named(
        self,
    ):
        async with process() as ours:
            asterisk = Dialler(ours.listener.port, "ivr")
            await asterisk.dial()
            link = await ours.servers.ready()
            assert list(ours.servers) == ["pbx"] and list(link.apps) == ["ivr"]
            asterisk.apps = ("ivr", "queue")
            await asterisk.tell("ApplicationRegistered", "queue")
            await until(lambda: "GET applications/queue" in asterisk.asked)
            await asterisk.calls("c1", "queue")
            await until(lambda: ours.noted == ["StasisStart"])

    async def test_what_asterisk_has_kept_for_a_call_reaches_it_when_it_is_resumed(self):
        """A digit that was pressed while no program ran, and a caller who came then."""
        async with process() as ours:
            asterisk = Dialler(ours.listener.port, "ivr", "queue")
            await asterisk.dial()
            await asterisk.calls("c1")
            await until(lambda: ours.noted == ["StasisStart"] and asterisk.variables)
            await ours.servers.ready()
        await asterisk.closed()
        digit = {"channel": asterisk.channels["c1"], "digit": "5"}
        asterisk.channels["c2"] = channel("c2", "ivr")
        start = {"channel": asterisk.channels["c2"], "args": []}
        asterisk.asked.clear()
        async with process(ours.listener.port) as ours:
            await asterisk.dial(("ChannelDtmfReceived", digit), ("StasisStart", start))
            link = await ours.servers.ready()
            await until(lambda: len(ours.noted) == 3)
            assert sorted(ours.noted) == ["5", "Resumed", "StasisStart"]
            assert ours.noted.index("Resumed") < ours.noted.index("5")
            assert {each.channel.id for each in link.runners} == {"c1", "c2"}
        assert not any(line.startswith("DELETE channels") for line in asterisk.asked)

    async def test_who_calls_an_application_that_nobody_runs_goes_on_in_the_dialplan(self):
        async with process() as ours:
            asterisk = Dialler(ours.listener.port, "ivr", "sales")
            await asterisk.dial()
            await asterisk.calls("c1", "sales")
            await until(lambda: "POST channels/c1/continue" in asterisk.asked)
            assert ours.noted == []

    async def test_a_connection_whose_applications_are_all_gone_is_forgotten(self):
        """Its section was deleted in Asterisk's configuration."""
        async with process() as ours:
            asterisk = Dialler(ours.listener.port, "ivr")
            await asterisk.dial()
            await ours.servers.ready()
            await asterisk.tell("ApplicationUnregistered")
            await asterisk.close()
            await until(lambda: not ours.servers)

    async def test_one_that_is_lost_is_kept_and_its_calls_live(self):
        async with process() as ours:
            asterisk = Dialler(ours.listener.port, "ivr")
            await asterisk.dial()
            await asterisk.calls("c1")
            link = await ours.servers.ready()
            await asterisk.close()
            await link.state.reached("gap", timeout=5)
            await asterisk.dial()
            await link.state.reached("ready", timeout=5)
            assert list(ours.servers.values()) == [link]
            assert ours.noted == ["StasisStart"]

    async def test_two_of_one_name_are_told_apart(self):
        async with process() as ours:
            await Dialler(ours.listener.port, "ivr").dial()
            await until(lambda: len(ours.servers) == 1)
            await Dialler(ours.listener.port, "queue", path="/ari?pbx").dial()
            await until(lambda: len(ours.servers) == 2)
            assert {link.name for link in ours.servers.values()} == {"pbx"}

    async def test_who_drains_lets_new_calls_go_on_in_the_dialplan(self):
        async with process() as ours:
            asterisk = Dialler(ours.listener.port, "ivr")
            await asterisk.dial()
            await ours.servers.ready()
            ours.servers.drain()
            await asterisk.calls("c1")
            await until(lambda: "POST channels/c1/continue" in asterisk.asked)
            single = Dialler(ours.listener.port, CALL)
            await single.dial()
            await single.calls("c2")
            await until(lambda: "POST channels/c2/continue" in single.asked)
            assert ours.noted == []

    async def test_who_stops_lets_nobody_in_before_it_closes_anything(self):
        """Asterisk dials again at once, and would send what it has kept to nobody."""
        async with process() as ours:
            asterisk = Dialler(ours.listener.port, "ivr")
            await asterisk.dial()
            await ours.servers.ready()
            ours.servers.stop()
            await asterisk.closed()
            with pytest.raises(InvalidStatus) as refused:
                await asterisk.dial()
            assert refused.value.response.status_code == 503


class TestACallOfItsOwn:
    async def test_it_has_a_link_and_leaves_nothing_when_it_is_over(self):
        async with process() as ours:
            single = Dialler(ours.listener.port, CALL)
            await single.dial()
            await single.calls("c1")
            link = await ours.servers.ready()
            await until(lambda: ours.noted == ["StasisStart"])
            assert [each.app for each in link.runners] == [CALL]
            left = single.channels.pop("c1")
            await single.tell("StasisEnd", channel=left)
            await until(lambda: ours.noted == ["StasisStart", "ended"])
            await single.close()
            await until(lambda: not ours.servers)
            text = ours.metrics.text().decode()
            assert 'stasis_losses_total{server="pbx"} 0.0' in text
            assert 'stasis_connected{server="pbx"} 0.0' in text
            assert 'how="new",server="pbx"} 1.0' in text

    async def test_monitors_see_one_way_in_and_no_name_of_a_caller(self):
        async with process() as ours:
            for number in range(2):
                app = f"ivr:PJSIP/alice-{number}"
                single = Dialler(ours.listener.port, app)
                await single.dial()
                await single.calls(f"c{number}")
            await until(lambda: ours.noted == ["StasisStart"] * 2)
            row = {"ready": True, "state": "ready", "calls": 2}
            assert ours.ready == {"ready": True, "servers": {"listen": row}}
            assert b"alice" not in ours.metrics.text()

    async def test_it_closes_nothing_of_the_others(self):
        """What a flow of another call has made is on the same Asterisk, and has its own link."""
        async with process() as ours:
            single = Dialler(ours.listener.port, CALL)
            desk = "channel-ivr-0123456789abcdef-1-0"
            single.channels[desk] = channel(desk, "ivr:PJSIP/bob-00000002")
            await single.dial()
            await single.calls("c1")
            link = await ours.servers.ready()
            await until(lambda: ours.noted == ["StasisStart"])
            await link.calls.strays.count(link.apps)
            assert not any(line.startswith("DELETE") for line in single.asked)
            assert link.counts["strays"] == 0

    async def test_the_socket_of_one_is_lost_for_good_and_its_flow_ends(self):
        async with process() as ours:
            single = Dialler(ours.listener.port, CALL)
            await single.dial()
            await single.calls("c1")
            await ours.servers.ready()
            single._socket.transport.abort()
            await until(lambda: not ours.servers)
            assert ours.noted == ["StasisStart", "ended"]

    async def test_two_of_one_asterisk_end_apart(self):
        async with process() as ours:
            singles = [Dialler(ours.listener.port, f"ivr:PJSIP/alice-{n}") for n in range(2)]
            for number, single in enumerate(singles):
                await single.dial()
                await single.calls(f"c{number}")
            await until(lambda: ours.noted == ["StasisStart"] * 2)
            links: list[Link] = list(ours.servers.values())
            for link in links:
                await link.state.reached("ready", timeout=5)
            await singles[0].close()
            await until(lambda: len(ours.servers) == 1)
            assert list(ours.servers.values()) == [links[1]]
            assert 'stasis_connected{server="pbx"} 1.0' in ours.metrics.text().decode()


class OneCall:
    """What `Servers.idle` asks of a link."""

    def __init__(self, *runners: object) -> None:
        self.runners = set(runners)
        self.over = asyncio.Event()

    async def idle(self) -> None:
        if self.runners:
            await self.over.wait()

    def end(self) -> None:
        self.runners.clear()
        self.over.set()


async def test_idle_are_all_at_once_and_not_one_after_the_other():
    """One that had no call may have taken one over while another's was waited for."""
    first, second = OneCall(), OneCall("call")
    servers = Servers({"first": first, "second": second})  # type: ignore[dict-item]
    idle = asyncio.create_task(servers.idle())
    await asyncio.sleep(0)
    first.runners.add("found after a gap")
    second.end()
    for _ in range(10):
        await asyncio.sleep(0)
    assert not idle.done()
    first.end()
    await asyncio.wait_for(idle, 1)
