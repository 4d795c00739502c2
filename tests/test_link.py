"""The link: one reader for all calls, taken through losses, and polite to its end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import unquote

import pytest
from structlog.testing import capture_logs

from stasis.ari.events import ChannelVarset, Event
from stasis.ari.resource import Request, Response, Send
from stasis.channel import Channel
from stasis.config import AsteriskConfig, Config, KeepConfig
from stasis.errors import (
    ApplicationTaken,
    ChannelGone,
    FlowError,
    Forbidden,
    NotBooted,
    NotSupported,
    OutcomeUnknown,
    Unauthorized,
    Unreachable,
)
from stasis.flow import Flow, Leave
from stasis.identity import Identity
from stasis.link import Link
from stasis.program import Program
from stasis.register import NOISY
from stasis.section import Secret
from stasis.testing.clock import virtual_time
from stasis.transport.frames import Frames, Lost, Opened, Take
from stasis.transport.tap import Tap
from stasis.trigger import Gap
from tests.fake import FakeAsterisk
from tests.real_server import RealServer


async def stays(channel: Channel) -> None:
    """A call that stays until it ends."""
    await asyncio.get_running_loop().create_future()


# Nothing is kept, so that the requests of a flow's own stay readable.
QUIET = Config(keep=KeepConfig(store="off"))


def asterisk_of(**values: Any) -> Config:
    """A configuration with other values for Asterisk."""
    return Config(asterisk=AsteriskConfig(**values), keep=KeepConfig(store="off"))


def channel_of(channel_id: str, name: str = "PJSIP/x-1") -> dict[str, Any]:
    """A channel as Asterisk tells of it."""
    return {"id": channel_id, "name": name, "state": "Up"}


def refusal(status: int, message: str = "no") -> Response:
    """An answer as ARI refuses."""
    return Response(status, "", json.dumps({"message": message}).encode())


def made_id(kind: str, token: str = "0123456789abcdef") -> str:
    """The id of what a flow has made."""
    return str(Identity(kind, "test", token, 1, "0"))


class Server:
    """The two seams, by hand: frames that a test puts, and answers that it gives.

    answers: by the beginning of a request; what is not there is answered as Asterisk would.
    channels: those that it has told of and that are in an application, by id. entered: which one.
    closed: how often we asked to close the socket. pushes: gives frames at once. take: to whom.
    """

    def __init__(self, pushes: bool = False) -> None:
        self.pushes = pushes
        self.take: Take | None = None
        self.queue: asyncio.Queue[Opened | Lost | bytes] = asyncio.Queue()
        self.lines: list[str] = []
        self.answers: dict[str, Response | Exception] = {
            "GET /asterisk/info": Response(200, "OK", b'{"system":{"version":"22.10.1"}}'),
            "PUT /applications": Response(200, "OK", b'{"name":"x"}'),
            "GET /bridges": Response(200, "OK", b"[]"),
        }
        self.channels: dict[str, dict[str, Any]] = {}
        self.entered: dict[str, str] = {}
        self.closed = 0

    async def frames(self) -> AsyncIterator[Opened | Lost | bytes]:
        while True:
            yield await self.queue.get()

    async def send(self, request: Request) -> Response:
        line = f"{request.method} {request.path}"
        self.lines.append(line)
        await asyncio.sleep(0)
        if line.startswith("POST /events/user/"):
            # Every application's events come back, unless the test says otherwise.
            if "POST /events/user" not in self.answers:
                name = request.path.rpartition("/")[2]
                self.tell("ChannelUserevent", dict(request.query)["application"], eventname=name)
                return Response(204)
        for beginning, answer in self.answers.items():
            if line.startswith(beginning):
                if isinstance(answer, Exception):
                    raise answer
                return answer
        if line == "GET /channels":
            return Response(200, "OK", json.dumps(list(self.channels.values())).encode())
        if line.startswith("GET /applications/"):
            app = unquote(request.path.rpartition("/")[2])
            return Response(
                200, "OK", json.dumps({"name": app, "channel_ids": self.within(app)}).encode()
            )
        return Response(204)

    def within(self, app: str) -> list[str]:
        """The ids of the channels in an application."""
        return [id for id, each in self.entered.items() if each == app]

    async def write(self, text: str) -> None:
        raise AssertionError("nothing is written here")

    async def close(self) -> None:
        self.closed += 1

    def open(self) -> None:
        """The socket is open."""
        self.queue.put_nowait(Opened(self.write, self.close, self.push if self.pushes else None))

    def push(self, take: Take) -> bool:
        self.take = take
        return True

    def tell(self, kind: str, application: str = "ivr", **fields: Any) -> None:
        """An event. A channel that enters or leaves is in the lists from now on, or no more."""
        channel = fields.get("channel", {})
        if kind == "StasisStart":
            # An application of one call is called `app:channel`; the dialplan says `app`.
            dialplan = {"app_name": "Stasis", "app_data": application.partition(":")[0]}
            self.channels[channel["id"]] = {**channel, "dialplan": dialplan}
            self.entered[channel["id"]] = application
        elif kind == "StasisEnd" and channel["id"] in self.within(application):
            del self.channels[channel["id"]], self.entered[channel["id"]]
        event = {"type": kind, "application": application, **fields}
        frame = json.dumps(event).encode()
        if self.take is None or not self.take(frame):
            self.queue.put_nowait(frame)

    def link(self, config: Config | None = None, tap: Tap | None = None, **programs: Any) -> Link:
        """A link on these seams."""
        return Link(
            config or QUIET,
            {name: Program.of(flow) for name, flow in (programs or {"ivr": stays}).items()},
            frames=self.frames(),
            send=self.send,
            tap=tap,
        )


async def turn() -> None:
    """Let everything run that can run without time passing."""
    for _ in range(60):
        await asyncio.sleep(0)


class TestGreeting:
    @virtual_time
    async def test_it_learns_the_version_and_is_ready(self):
        async with FakeAsterisk(stays) as asterisk:
            link = asterisk.link
            assert str(link.version) == "22.10.1" and link.ari.version == link.version
            assert link.state.value == "ready"

    @virtual_time
    async def test_its_state_can_be_watched(self):
        server = Server()
        link = server.link()
        assert link.state.value == "connecting"
        running = asyncio.ensure_future(link.run())
        await turn()
        assert link.state.value == "connecting"
        server.open()
        await link.state.reached("ready", timeout=1)
        server.queue.put_nowait(Lost("cut", 1.0))
        await link.state.reached("gap", timeout=1)
        link.stop()
        await running
        assert link.state.value == "stopped"

    @pytest.mark.parametrize(
        "error",
        [Unreachable("GET", "/asterisk/info", "refused"), refusal(503, "starting")],
        ids=["unreachable", "not booted"],
    )
    def test_a_server_that_is_not_there_is_an_error_at_once(self, error: Any):
        @virtual_time
        async def test() -> None:
            server = Server()
            server.answers["GET /asterisk/info"] = error
            with pytest.raises((Unreachable, NotBooted)):
                await server.link().run()
            assert len(server.lines) == 1

        test()

    @virtual_time
    async def test_unless_it_may_take_its_time(self):
        server = Server()
        server.answers["GET /asterisk/info"] = Unreachable("GET", "/asterisk/info", "refused")
        running = asyncio.ensure_future(server.link(asterisk_of(start_timeout=60.0)).run())
        await asyncio.sleep(20)
        server.answers["GET /asterisk/info"] = Response(
            200, "OK", b'{"system":{"version":"16.28.0"}}'
        )
        await asyncio.sleep(40)
        assert not running.done() and len(server.lines) > 4
        running.cancel()
        await asyncio.wait({running})

    @virtual_time
    async def test_and_no_longer(self):
        server = Server()
        server.answers["GET /asterisk/info"] = Unreachable("GET", "/asterisk/info", "refused")
        with pytest.raises(Unreachable):
            await server.link(asterisk_of(start_timeout=10.0)).run()
        assert asyncio.get_running_loop().time() <= 10 and len(server.lines) > 3

    @virtual_time
    async def test_stopping_ends_the_waiting(self):
        server = Server()
        server.answers["GET /asterisk/info"] = Unreachable("GET", "/asterisk/info", "refused")
        link = server.link(asterisk_of(start_timeout=3600.0))
        running = asyncio.ensure_future(link.run())
        await asyncio.sleep(10)
        link.stop()
        await running
        assert asyncio.get_running_loop().time() < 11

    @virtual_time
    async def test_wrong_credentials_are_not_tried_again(self):
        server = Server()
        server.answers["GET /asterisk/info"] = refusal(401, "Authentication required")
        with pytest.raises(Unauthorized, match=r"asterisk\.password against ari\.conf"):
            await server.link(asterisk_of(start_timeout=60.0)).run()
        assert len(server.lines) == 1

    @virtual_time
    async def test_a_server_that_tells_no_version_is_taken_as_it_is(self):
        server = Server()
        server.answers["GET /asterisk/info"] = Response(200, "OK", b"{}")
        link = server.link()
        running = asyncio.ensure_future(link.run())
        server.open()
        await link.state.reached("ready", timeout=1)
        assert link.version is None
        link.stop()
        await running

    @virtual_time
    async def test_a_transport_that_the_server_lacks_is_told_at_once(self):
        server = Server()
        server.answers["GET /asterisk/info"] = Response(
            200, "OK", b'{"system":{"version":"16.28.0"}}'
        )
        with pytest.raises(NotSupported, match=r'needs Asterisk 20\.14.*16\.28\.0: use "http"'):
            await server.link(asterisk_of(transport="socket")).run()
        assert server.lines == ["GET /asterisk/info"]

    @pytest.mark.parametrize("version", ["20.14.0", "21.9.0", "22.4.0", "23.0.0"])
    def test_and_one_that_it_has_is_used(self, version: str):
        @virtual_time
        async def test() -> None:
            server = Server()
            server.answers["GET /asterisk/info"] = Response(
                200, "OK", json.dumps({"system": {"version": version}}).encode()
            )
            link = server.link(asterisk_of(transport="socket"))
            running = asyncio.ensure_future(link.run())
            server.open()
            await link.state.reached("ready", timeout=1)
            link.stop()
            await running

        test()


class TestSettingUp:
    @staticmethod
    async def quiet_kinds(flow: Any, version: str = "22.10.1") -> tuple[list[str], Link]:
        """The kinds of events that Asterisk is asked not to send."""
        bodies: list[Any] = []
        server = Server()
        server.answers["GET /asterisk/info"] = Response(
            200, "OK", json.dumps({"system": {"version": version}}).encode()
        )
        send = server.send

        async def noting(request: Request) -> Response:
            if request.path.endswith("/eventFilter"):
                bodies.append(json.loads(request.body or b"{}"))
            return await send(request)

        link = Link(Config(), {"ivr": Program.of(flow)}, frames=server.frames(), send=noting)
        running = asyncio.ensure_future(link.run())
        server.open()
        await link.state.reached("ready", timeout=1)
        link.stop()
        await running
        return [each["type"] for body in bodies for each in body["disallowed"]], link

    @virtual_time
    async def test_what_comes_in_numbers_and_nobody_wants_is_not_sent(self):
        kinds, link = await self.quiet_kinds(stays)
        assert set(kinds) == {kind.__name__ for kind in NOISY}
        assert link.router.filtered == set(NOISY)

    @virtual_time
    async def test_what_a_flow_hears_is_sent(self):
        class Hearing(Flow):
            hears = (ChannelVarset,)

            async def menu(self, event: Event) -> None: ...

            start = menu

        kinds, link = await self.quiet_kinds(Hearing)
        assert "ChannelVarset" not in kinds and "ChannelDialplan" in kinds
        assert ChannelVarset not in link.router.filtered

    @virtual_time
    async def test_what_a_table_names_too(self):
        class Hearing(Flow):
            async def menu(self, event: Event) -> None: ...

            start = menu
            table = {menu: {ChannelVarset: menu}}

        assert "ChannelVarset" not in (await self.quiet_kinds(Hearing))[0]

    @virtual_time
    async def test_waiting_for_what_is_not_sent_is_a_clear_error(self):
        errors: list[str] = []

        async def flow(channel: Channel) -> None:
            try:
                channel.expect(ChannelVarset)
            except FlowError as error:
                errors.append(str(error))

        async with FakeAsterisk(flow) as asterisk:
            await asterisk.call()
        assert errors and "ChannelVarset" in errors[0]

    @virtual_time
    async def test_a_server_without_filters_sends_all(self):
        kinds, link = await self.quiet_kinds(stays, version="16.1.0")
        assert kinds == [] and link.router.filtered == frozenset()

    @virtual_time
    async def test_what_cannot_be_set_up_is_tried_again_on_a_fresh_socket(self):
        server = Server()
        server.answers["GET /applications"] = refusal(404, "Application not found")
        link = server.link()
        running = asyncio.ensure_future(link.run())
        server.open()
        with capture_logs() as logs:
            await turn()
        assert server.closed == 1 and link.state.value == "connecting"
        assert any("could not be set up" in log["event"] for log in logs)
        server.queue.put_nowait(Lost("we closed", 0.5))
        del server.answers["GET /applications"]
        server.open()
        await link.state.reached("ready", timeout=1)
        link.stop()
        await running

    @pytest.mark.parametrize(("status", "kind"), [(403, Forbidden), (401, Unauthorized)])
    def test_what_trying_again_will_not_mend_ends_the_start(
        self, status: int, kind: type[Exception]
    ):
        @virtual_time
        async def test() -> None:
            server = Server()
            server.answers["PUT /applications"] = refusal(status, "Write access denied")
            link = server.link()
            running = asyncio.ensure_future(link.run())
            server.open()
            await turn()
            assert server.closed == 1
            server.queue.put_nowait(Lost("we closed", 0.5))
            with pytest.raises(kind, match=r"ari\.conf"):
                await running
            assert link.state.value == "stopped"

        test()

    @virtual_time
    async def test_but_not_a_program_that_runs_already(self):
        server = Server()
        link = server.link()
        running = asyncio.ensure_future(link.run())
        server.open()
        await link.state.reached("ready", timeout=1)
        server.queue.put_nowait(Lost("cut", 0.5))
        answer = server.answers.pop("PUT /applications")
        server.answers = {"PUT /applications": refusal(403), **server.answers}
        server.open()
        await turn()
        assert server.closed == 1 and not running.done()
        server.queue.put_nowait(Lost("we closed", 0.5))
        server.answers["PUT /applications"] = answer
        server.open()
        await link.state.reached("ready", timeout=1)
        link.stop()
        await running

    @virtual_time
    async def test_a_socket_lost_meanwhile_is_not_ready(self):
        server = Server()
        link = server.link()
        running = asyncio.ensure_future(link.run())
        server.answers = {
            **server.answers,
            "PUT /applications": Unreachable("PUT", "/applications", "the socket is down"),
        }
        server.open()
        server.queue.put_nowait(Lost("cut", 0.5))
        await turn()
        assert link.state.value == "gap" and server.closed == 0
        link.stop()
        await running

    @pytest.mark.parametrize(
        "line",
        [
            "PUT /applications/ivr/eventFilter",
            "GET /applications/ivr",
            "GET /channels",
            "POST /events/user/",
        ],
    )
    def test_an_answer_after_the_loss_does_not_make_it_ready(self, line: str):
        @virtual_time
        async def test() -> None:
            server = Server()
            link = server.link()
            running = asyncio.ensure_future(link.run())
            server.open()
            while not any(each.startswith(line) for each in server.lines):
                await asyncio.sleep(0)
            server.queue.put_nowait(Lost("cut", 0.5))
            await turn()
            assert link.state.value == "gap" and link.counts["gaps"] == 0
            server.open()
            await link.state.reached("ready", timeout=1)
            link.stop()
            await running

        test()

    @virtual_time
    async def test_an_asterisk_whose_events_do_not_come_is_not_ready_and_tried_again(self):
        server = Server()
        server.answers["POST /events/user"] = Response(204)
        link = server.link(asterisk_of(ping_timeout=5.0))
        running = asyncio.ensure_future(link.run())
        server.open()
        with capture_logs() as logs:
            await asyncio.sleep(6)
        assert server.closed == 1 and link.state.value == "connecting"
        assert any("did not come back in 5 s" in log.get("error", "") for log in logs)
        server.queue.put_nowait(Lost("we closed", 0.5))
        del server.answers["POST /events/user"]
        server.open()
        await link.state.reached("ready", timeout=1)
        link.stop()
        await running


class TestNewCalls:
    @virtual_time
    async def test_each_channel_that_enters_has_its_own_flow(self):
        async with FakeAsterisk(stays) as asterisk:
            first, second = await asterisk.call(), await asterisk.call()
            assert first.flow is not second.flow and asterisk.link.counts["calls"] == 2
            assert len(asterisk.link.runners) == 2

    @virtual_time
    async def test_it_is_idle_when_the_last_has_ended(self):
        async with FakeAsterisk(stays) as asterisk:
            await asterisk.link.idle()
            call = await asterisk.call()
            idle = asyncio.ensure_future(asterisk.link.idle())
            await asterisk.turn()
            assert not idle.done()
            await call.hangs_up()
            await idle

    @virtual_time
    async def test_a_dialled_channel_is_its_flows_and_no_new_call(self):
        async def dialling(channel: Channel) -> None:
            await channel.originate("PJSIP/bob")
            await asyncio.sleep(3600)

        async with FakeAsterisk(dialling) as asterisk:
            await asterisk.call()
            await asterisk.dialled()[0].answers()
            assert asterisk.link.counts["calls"] == 1

    @pytest.mark.parametrize("kind", ["channel", "snoop", "media"])
    def test_a_stray_that_enters_unclaimed_is_hung_up(self, kind: str):
        @virtual_time
        async def test() -> None:
            async with FakeAsterisk(stays) as asterisk:
                stray = made_id(kind)
                asterisk._new_channel(stray, "~PJSIP/bob", "Up", "", "")
                await asterisk.event("StasisStart", stray, args=[])
                assert asterisk.requests[-1] == f"DELETE /channels/{stray}"
                assert asterisk.link.counts["calls"] == 0

        test()

    @pytest.mark.parametrize(
        "channel_id",
        [
            f"{made_id('channel')};2",  # the other half of a Local channel of ours
            "media-01-1764095505.5",  # of an Asterisk whose systemname is media-01
            "channel-1764095505.5",
            "snoop-1764095505.5",
        ],
    )
    def test_one_whose_id_only_begins_like_ours_is_a_call(self, channel_id: str):
        @virtual_time
        async def test() -> None:
            async with FakeAsterisk(stays) as asterisk:
                asterisk._new_channel(channel_id, "Local/1@d-1;2", "Ring", "100", "")
                await asterisk.event("StasisStart", channel_id, args=[])
                assert [runner.channel.id for runner in asterisk.link.runners] == [channel_id]
                assert not any(line.startswith("DELETE") for line in asterisk.requests)

        test()

    @virtual_time
    async def test_one_for_an_application_that_is_not_ours_is_counted_and_left_alone(self):
        async with FakeAsterisk(stays) as asterisk:
            asterisk._new_channel("x", "PJSIP/bob-1", "Up", "", "")
            asterisk.app = "other"
            asterisk.requests.clear()
            await asterisk.event("StasisStart", "x", args=[])
            assert asterisk.requests == [] and asterisk.link.runners == set()
            assert asterisk.link.counts["odd"] == 1 and asterisk.link.counts["calls"] == 0

    @virtual_time
    async def test_but_sent_on_in_the_dialplan_where_asterisk_has_opened_the_socket(self):
        server = Server()
        programs = {"ivr": Program.of(stays)}
        link = Link(QUIET, programs, frames=server.frames(), send=server.send, over_socket=True)
        running = asyncio.ensure_future(link.run())
        server.open()
        server.tell("StasisStart", "ivr", channel=channel_of("c1"), args=[])
        await link.state.reached("ready", timeout=1)
        server.tell("StasisStart", "other", channel=channel_of("x"), args=[])
        await turn()
        assert "POST /channels/x/continue" in server.lines
        assert [runner.channel.id for runner in link.runners] == ["c1"]
        link.stop()
        await running

    @virtual_time
    async def test_that_it_has_gone_already_is_no_trouble(self):
        async with FakeAsterisk(stays) as asterisk:
            with capture_logs() as logs:
                gone = made_id("channel")
                await asterisk.event("StasisStart", channel=channel_of(gone), args=[])
            assert asterisk.requests[-1] == f"DELETE /channels/{gone}"
            assert [log["event"] for log in logs if log["log_level"] != "debug"] == [
                "nobody runs this channel; hanging up"
            ]

    @virtual_time
    async def test_an_application_of_one_call_is_ours_too(self):
        # With outbound WebSockets for each call Asterisk names it `app:channel`.
        server = Server()
        programs = {"ivr": Program.of(stays)}
        link = Link(QUIET, programs, frames=server.frames(), send=server.send, over_socket=True)
        running = asyncio.ensure_future(link.run())
        server.open()
        server.tell("StasisStart", "ivr:PJSIP/x-1", channel=channel_of("c1"), args=[])
        await turn()
        assert link.state.value == "ready" and list(link.apps) == ["ivr:PJSIP/x-1"]
        (runner,) = link.runners
        assert runner.app == "ivr:PJSIP/x-1"
        server.tell("StasisEnd", "ivr:PJSIP/x-1", channel=channel_of("c1"))
        await link.idle()
        link.stop()
        await running

    @virtual_time
    async def test_a_call_that_we_place_enters_as_a_new_one(self):
        async with FakeAsterisk(stays) as asterisk:
            channel_id = await asterisk.link.originate(
                "PJSIP/bob", "test", app_args="x", caller_id="100"
            )
            assert channel_id.startswith("call-")
            assert asterisk.requests[-1] == f"POST /channels/{channel_id}"
            assert dict(asterisk.sent[-1].query)["appArgs"] == "x"
            await asterisk.answered(channel_id)
            assert asterisk.link.counts["calls"] == 1
            await asterisk.end(channel_id)

    @virtual_time
    async def test_a_flow_that_cannot_be_made_ends_its_own_call_only(self):
        class Broken(Flow):
            def __init__(self) -> None:
                raise ValueError("no database")

            async def menu(self, event: Event) -> None: ...

            start = menu

        server = Server()
        link = server.link(broken=Broken, ivr=stays)
        running = asyncio.ensure_future(link.run())
        server.open()
        with capture_logs() as logs:
            server.tell("StasisStart", "broken", channel=channel_of("c1"), args=[])
            server.tell("StasisStart", "ivr", channel=channel_of("c2"), args=[])
            await turn()
        assert "DELETE /channels/c1" in server.lines
        assert [runner.channel.id for runner in link.runners] == ["c2"]
        assert link.router.claimed(("channel", "c1")) is None
        assert any("could not be made" in log["event"] for log in logs)
        link.stop()
        await running


class TestTwoApplications:
    @virtual_time
    async def test_each_runs_its_own_flow(self):
        ran: list[str] = []

        async def one(channel: Channel) -> None:
            ran.append(f"one {channel.id}")
            await stays(channel)

        async def two(channel: Channel) -> None:
            ran.append(f"two {channel.id}")
            await stays(channel)

        server = Server()
        link = server.link(one=one, two=two)
        running = asyncio.ensure_future(link.run())
        server.open()
        server.tell("StasisStart", "two", channel=channel_of("c2"), args=[])
        server.tell("StasisStart", "one", channel=channel_of("c1"), args=[])
        await turn()
        assert ran == ["two c2", "one c1"]
        assert {"PUT /applications/one/eventFilter", "PUT /applications/two/eventFilter"} <= set(
            server.lines
        )
        link.stop()
        await running

    @virtual_time
    async def test_that_hear_one_channel_do_not_double_its_events(self):
        pressed: list[str] = []

        async def one(channel: Channel) -> None:
            while True:
                pressed.append(str(await channel.digits.next()))

        server = Server()
        link = server.link(one=one, two=stays)
        running = asyncio.ensure_future(link.run())
        server.open()
        server.tell("StasisStart", "one", channel=channel_of("c1"), args=[])
        for app in ("one", "two"):
            server.tell("ChannelDtmfReceived", app, channel=channel_of("c1"), digit="5")
        await turn()
        assert pressed == ["5"] and link.counts["unclaimed"] == 0
        link.stop()
        await running

    @virtual_time
    async def test_a_call_moves_from_one_to_the_other(self):
        ran: list[str] = []

        async def one(channel: Channel) -> None:
            await channel.move("two")
            await stays(channel)

        async def two(channel: Channel) -> None:
            ran.append(channel.id)
            await stays(channel)

        server = Server()
        link = server.link(one=one, two=two)
        running = asyncio.ensure_future(link.run())
        server.open()
        server.tell("StasisStart", "one", channel=channel_of("c1"), args=[])
        await turn()
        assert "POST /channels/c1/move" in server.lines
        server.tell("StasisEnd", "one", channel=channel_of("c1"))
        server.tell("StasisStart", "two", channel=channel_of("c1"), args=[])
        await turn()
        assert ran == ["c1"] and [runner.app for runner in link.runners] == ["two"]
        link.stop()
        await running

    @virtual_time
    async def test_also_when_it_begins_there_before_it_has_ended_here(self):
        # Asterisk keeps no order between two applications.
        steps: list[str] = []

        class Here(Flow):
            async def talk(self, event: Event) -> None:
                await asyncio.sleep(3600)

            async def ended(self, event: Event | None) -> None:
                steps.append(f"ended by {type(event).__name__}")

            start = talk

        async def there(channel: Channel) -> None:
            steps.append(f"{channel.id} is there")
            await stays(channel)

        server = Server()
        link = server.link(one=Here, two=there)
        running = asyncio.ensure_future(link.run())
        server.open()
        server.tell("StasisStart", "one", channel=channel_of("c1"), args=[])
        await turn()
        server.tell("StasisStart", "two", channel=channel_of("c1"), args=[])
        server.tell("StasisEnd", "one", channel=channel_of("c1"))
        await turn()
        assert sorted(steps) == ["c1 is there", "ended by StasisEnd"]
        assert [runner.app for runner in link.runners] == ["two"]
        server.tell("ChannelDtmfReceived", "two", channel=channel_of("c1"), digit="1")
        await turn()
        (runner,) = link.runners
        assert len(runner.channel.digits) == 1
        link.stop()
        await running

    @virtual_time
    async def test_one_that_a_flow_has_made_may_move_too(self):
        ran: list[str] = []

        async def one(channel: Channel) -> None:
            bob = await channel.originate("PJSIP/bob")
            await bob.entered()
            await bob.move("two")
            await stays(channel)

        async def two(channel: Channel) -> None:
            ran.append(channel.id)
            await stays(channel)

        server = Server()
        server.answers["POST /channels/channel-"] = Response(200, "OK", b'{"id":"x"}')
        link = server.link(one=one, two=two)
        running = asyncio.ensure_future(link.run())
        server.open()
        server.tell("StasisStart", "one", channel=channel_of("c1"), args=[])
        await turn()
        (line,) = (line for line in server.lines if line.startswith("POST /channels/"))
        made = line.rpartition("/")[2]
        server.tell("StasisStart", "one", channel=channel_of(made), args=[])
        await turn()
        assert server.lines[-1] == f"POST /channels/{made}/move"
        server.tell("StasisStart", "two", channel=channel_of(made), args=[])
        server.tell("StasisEnd", "one", channel=channel_of(made))
        await turn()
        assert ran == [made] and f"DELETE /channels/{made}" not in server.lines
        link.stop()
        await running


class TestWhatArrives:
    @pytest.mark.parametrize("pushes", [False, True], ids=["yielded", "pushed"])
    def test_somebody_elses_connection_for_our_application_ends_it(self, pushes: bool):
        @virtual_time
        async def test() -> None:
            server = Server(pushes)
            link = server.link()
            running = asyncio.ensure_future(link.run())
            server.open()
            await turn()
            server.tell("ApplicationReplaced")
            assert server.queue.qsize() == 1  # one that is pushed is left to the reader
            with pytest.raises(ApplicationTaken, match="'ivr'"):
                await running
            assert link.state.value == "stopped"

        test()

    @virtual_time
    async def test_what_is_pushed_is_taken_before_the_loop_turns(self):
        server = Server(pushes=True)
        link = server.link()
        running = asyncio.ensure_future(link.run())
        server.open()
        await turn()
        server.tell("StasisStart", channel=channel_of("c"), args=[])
        assert (link.counts["events"], len(link.runners)) == (2, 1)  # the first ended the set-up
        assert server.take is not None and server.take(b"no event")
        assert link.counts["refused"] == 1
        await turn()
        (runner,) = link.runners
        assert runner.state == "running"
        runner.cut()
        link.stop()
        await running

    async def test_a_fault_of_ours_in_what_is_pushed_ends_it_and_is_told(
        self, real_server: RealServer, monkeypatch: pytest.MonkeyPatch
    ):
        config = asterisk_of(
            url=f"http://127.0.0.1:{real_server.port}/ari", password=Secret("geheim")
        )
        link = Link(config, {"ivr": Program.of(stays)})
        running = asyncio.ensure_future(link.run())
        await link.state.reached("ready", timeout=5)

        def fails(frame: bytes) -> Event:
            raise ZeroDivisionError("odd")

        monkeypatch.setattr(link._intake._decoder, "decode", fails)
        await real_server.tell("ChannelDestroyed", application="ivr")
        with pytest.raises(ZeroDivisionError, match="odd"):
            async with asyncio.timeout(5):
                await running

    @virtual_time
    async def test_who_looks_on_sees_what_would_be_pushed(self):
        seen: list[Any] = []

        class Looks:
            def attach(self, link: Any) -> None: ...

            def stopping(self, step: Any) -> None: ...

            def send(self, send: Send) -> Send:
                return send

            async def frames(self, frames: Frames) -> Frames:
                async for item in frames:
                    seen.append(item)
                    yield item

        server = Server(pushes=True)
        link = server.link(tap=Looks())
        running = asyncio.ensure_future(link.run())
        server.open()
        await turn()
        server.tell("ChannelDestroyed", channel=channel_of("c"), cause=16, cause_txt="")
        await turn()
        assert server.take is None and b"ChannelDestroyed" in seen[-1]
        link.stop()
        await running


class TestGap:
    @virtual_time
    async def test_calls_live_on_while_we_are_deaf(self):
        async with FakeAsterisk(stays) as asterisk:
            call = await asterisk.call()
            asterisk._queue.put_nowait(Lost("cut", 1.0))
            await asterisk.turn()
            assert asterisk.link.state.value == "gap" and asterisk.link.counts["gaps"] == 1
            assert not call.over
            await call.flow.channel.answer()  # HTTP goes on

    @virtual_time
    async def test_a_second_attempt_that_fails_is_the_same_gap(self):
        async with FakeAsterisk(stays) as asterisk:
            for _ in range(3):
                asterisk._queue.put_nowait(Lost("refused", 1.0))
            await asterisk.turn()
            assert asterisk.link.counts["gaps"] == 1

    @virtual_time
    async def test_on_return_it_sets_up_again_and_ends_the_calls_that_are_gone(self):
        ended: list[str] = []

        async def flow(channel: Channel) -> None:
            try:
                await asyncio.sleep(3600)
            except ChannelGone as gone:
                ended.append(gone.channel_id)
                raise

        async with FakeAsterisk(flow) as asterisk:
            gone, alive = await asterisk.call(), await asterisk.call()
            asterisk._queue.put_nowait(Lost("cut", 1.0))
            await asterisk.turn()
            asterisk._channels.pop(gone.id)
            asterisk.requests.clear()
            asterisk._queue.put_nowait(Opened(asterisk._write, asterisk._close))
            await asterisk.turn()
            info, quiet, known, *lists = asterisk.requests
            assert (info, quiet, known) == (
                "GET /asterisk/info",
                "PUT /applications/test/eventFilter",
                "GET /applications/test",
            )
            assert {"GET /channels", "GET /bridges", "GET /applications/test"} <= set(lists)
            assert gone.over and not alive.over and ended == [gone.id]
            assert asterisk.link.state.value == "ready"

    @virtual_time
    async def test_a_call_that_enters_while_asterisk_answers_is_not_in_the_answer_and_lives(self):
        async with FakeAsterisk(stays) as asterisk:
            old = await asterisk.call()
            gate = asyncio.Event()
            channels = asterisk.link._direct.channels
            send = channels._send

            async def slow(request: Request) -> Response:
                answer = await send(request)
                if (request.method, request.path) == ("GET", "/channels"):
                    await gate.wait()
                return answer

            channels._send = slow
            asterisk._queue.put_nowait(Lost("cut", 1.0))
            asterisk._queue.put_nowait(Opened(asterisk._write, asterisk._close))
            await asterisk.turn()
            new = await asterisk.call()
            assert asterisk.link.state.value == "gap"
            gate.set()
            await asterisk.turn()
            assert asterisk.link.state.value == "ready" and not old.over and not new.over
            await new.digit("1")
            assert len(new.flow.channel.digits) == 1

    @virtual_time
    async def test_a_plugin_that_fails_at_it_is_told_and_disturbs_nobody(self):
        async def fails(gap: Gap) -> None:
            raise RuntimeError("what gap?")

        async with FakeAsterisk(stays) as asterisk:
            call = await asterisk.call()
            asterisk.link.on_gap.append(fails)
            with capture_logs() as logs:
                asterisk._queue.put_nowait(Lost("cut", 1.0))
                asterisk._queue.put_nowait(Opened(asterisk._write, asterisk._close))
                await asterisk.turn()
            assert "a plugin's `gap` has failed" in [each["event"] for each in logs]
            assert asterisk.link.state.value == "ready" and not call.over

    @virtual_time
    async def test_it_may_be_another_version_then(self):
        server = Server()
        link = server.link()
        running = asyncio.ensure_future(link.run())
        server.open()
        await link.state.reached("ready", timeout=1)
        assert str(link.version) == "22.10.1"
        server.queue.put_nowait(Lost("restarted", 1.0))
        server.answers["GET /asterisk/info"] = Response(
            200, "OK", b'{"system":{"version":"16.28.0"}}'
        )
        server.open()
        await turn()
        assert link.state.value == "ready"
        assert str(link.version) == str(link.ari.channels.version) == "16.28.0"
        link.stop()
        await running

    @virtual_time
    async def test_at_the_first_opening_it_looks_too_and_there_was_no_gap(self):
        async with FakeAsterisk(stays) as asterisk:
            assert {"GET /channels", "GET /bridges", "GET /applications/test"} <= set(
                asterisk.requests
            )
            assert asterisk.link.counts["gaps"] == 0


class Failing:
    """Has every hang-up fail in a way, until it is mended."""

    def __init__(self, asterisk: FakeAsterisk, failure: Response | Exception) -> None:
        self.failure: Response | Exception | None = failure
        self.send = asterisk.link.ari.channels._send
        self.tries = 0
        asterisk.link.ari.channels._send = self

    async def __call__(self, request: Request) -> Response:
        if request.method == "DELETE" and self.failure is not None:
            self.tries += 1
            if isinstance(self.failure, Exception):
                raise self.failure
            return self.failure
        return await self.send(request)


async def returns(channel: Channel) -> None:
    """A call that is over at once."""


class TestRescue:
    """A call whose flow is over is hung up as soon as Asterisk can be reached."""

    @pytest.mark.parametrize(
        "failure",
        [
            Unreachable("DELETE", "/channels/c1", "the event socket is down"),
            OutcomeUnknown("DELETE", "/channels/c1", "socket lost"),
            refusal(503, "starting"),
        ],
        ids=lambda failure: type(failure).__name__,
    )
    def test_one_that_could_not_be_hung_up_is_after_the_gap(self, failure: Response | Exception):
        @virtual_time
        async def test() -> None:
            async with FakeAsterisk(returns) as asterisk:
                failing = Failing(asterisk, failure)
                asterisk._queue.put_nowait(Lost("cut", 1.0))
                call = await asterisk.call()
                await asyncio.sleep(5)
                assert call.over and call.id in asterisk._channels and failing.tries > 2
                failing.failure = None
                asterisk._queue.put_nowait(Opened(asterisk._write, asterisk._close))
                await asyncio.sleep(60)
                assert call.id not in asterisk._channels

        test()

    @virtual_time
    async def test_a_refusal_is_not_asked_for_again(self):
        async with FakeAsterisk(returns) as asterisk:
            failing = Failing(asterisk, refusal(500))
            call = await asterisk.call()
            tries = failing.tries
            await asyncio.sleep(600)
            assert call.over and failing.tries == tries
            failing.failure = None

    @virtual_time
    async def test_a_stray_is_hung_up_then_too(self):
        async with FakeAsterisk(stays) as asterisk:
            failing = Failing(asterisk, Unreachable("DELETE", "/x", "down"))
            stray = made_id("channel")
            asterisk._new_channel(stray, "~PJSIP/bob", "Up", "", "")
            await asterisk.event("StasisStart", stray, args=[])
            assert failing.tries == 1
            failing.failure = None
            await asyncio.sleep(60)
            assert stray not in asterisk._channels

    @virtual_time
    async def test_a_call_that_has_gone_needs_none(self):
        async with FakeAsterisk(stays) as asterisk:
            call = await asterisk.call()
            await call.hangs_up()
            assert call.over and "DELETE /channels/c1" not in asterisk.requests

    @virtual_time
    async def test_stopping_does_not_wait_for_it(self):
        server = Server()
        server.answers["DELETE /channels"] = Unreachable("DELETE", "/x", "down")
        link = server.link(ivr=returns)
        running = asyncio.ensure_future(link.run())
        server.open()
        server.tell("StasisStart", channel=channel_of("c1"), args=[])
        await link.idle()
        await asyncio.sleep(10)
        began = asyncio.get_running_loop().time()
        link.stop()
        await running
        assert asyncio.get_running_loop().time() - began < 2
        assert len(asyncio.all_tasks()) == 1

    @virtual_time
    async def test_calls_that_are_cut_are_hung_up(self):
        server = Server()
        link = server.link()
        running = asyncio.ensure_future(link.run())
        server.open()
        for number in (1, 2):
            server.tell("StasisStart", channel=channel_of(f"c{number}"), args=[])
        await turn()
        link.stop()
        await running
        assert {"DELETE /channels/c1", "DELETE /channels/c2"} <= set(server.lines)

    @virtual_time
    async def test_or_left_when_that_is_not_possible(self):
        server = Server()
        server.answers["DELETE /channels"] = Unreachable("DELETE", "/x", "down")
        link = server.link()
        running = asyncio.ensure_future(link.run())
        server.open()
        server.tell("StasisStart", channel=channel_of("c1"), args=[])
        await turn()
        link.stop()
        await running
        assert len(asyncio.all_tasks()) == 1


class TestStopping:
    @virtual_time
    async def test_a_call_that_cannot_go_on_in_the_dialplan_is_hung_up(self):
        async with FakeAsterisk(stays) as asterisk:
            asterisk.link.drain()
            asterisk.refuse["POST /channels/c1/continue"] = refusal(500)
            with capture_logs() as logs:
                await asterisk.call()
            assert asterisk.requests[-1] == "DELETE /channels/c1"
            assert asterisk._channels == {} and asterisk.link.counts["calls"] == 0
        assert "could not go on in the dialplan" in [log["event"] for log in logs]

    @virtual_time
    async def test_while_it_drains_new_calls_go_on_in_the_dialplan(self):
        async with FakeAsterisk(stays) as asterisk:
            old = await asterisk.call()
            asterisk.link.drain()
            await asterisk.call()
            assert asterisk.requests[-1] == "POST /channels/c2/continue"
            assert len(asterisk.link.runners) == 1 and not old.over

    @virtual_time
    async def test_live_calls_finish(self):
        async with FakeAsterisk(stays) as asterisk:
            call = await asterisk.call()
            asterisk.link.drain()
            await call.digit("1")
            assert not call.over
            await call.hangs_up()
            await asterisk.link.idle()

    @virtual_time
    async def test_ending_them_follows_each_flows_policy(self):
        class Polite(Flow):
            on_error = Leave("continue", context="closed")

            async def menu(self, event: Event) -> None:
                await asyncio.sleep(3600)

            start = menu

        async with FakeAsterisk(Polite) as asterisk:
            first, second = await asterisk.call(), await asterisk.call()
            asterisk.link.end_calls()
            await asterisk.turn()
            assert first.over and second.over
            assert {"POST /channels/c1/continue", "POST /channels/c2/continue"} <= set(
                asterisk.requests
            )

    @virtual_time
    async def test_or_the_way_it_is_told(self):
        async with FakeAsterisk(stays) as asterisk:
            call = await asterisk.call()
            asterisk.link.end_calls(Leave("hangup", reason="congestion"))
            await asterisk.turn()
            assert call.over and dict(asterisk.sent[-1].query) == {"reason": "congestion"}

    @virtual_time
    async def test_stopping_now_runs_each_calls_ended_and_leaves_no_task(self):
        ended: list[str] = []

        class Last(Flow):
            async def menu(self, event: Event) -> None:
                await asyncio.sleep(3600)

            async def ended(self, event: Event | None) -> None:
                ended.append(self.channel.id)

            start = menu

        server = Server()
        link = server.link(ivr=Last)
        running = asyncio.ensure_future(link.run())
        server.open()
        for number in (1, 2):
            server.tell("StasisStart", channel=channel_of(f"c{number}"), args=[])
        await turn()
        link.stop()
        await running
        assert sorted(ended) == ["c1", "c2"] and link.runners == set()
        assert len(asyncio.all_tasks()) == 1

    @virtual_time
    async def test_a_frame_source_that_ends_with_an_error_is_told(self):
        async def broken() -> AsyncIterator[Opened | Lost | bytes]:
            raise Unreachable("GET", "/events", "no connection")
            yield b""

        server = Server()
        link = Link(Config(), {"ivr": Program.of(stays)}, frames=broken(), send=server.send)
        with pytest.raises(Unreachable):
            await link.run()
        assert link.state.value == "stopped"


@pytest.mark.parametrize("transport", ["http", "socket"])
async def test_without_seams_it_dials_the_configured_asterisk(
    transport: str, real_server: RealServer
):
    came: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def flow(channel: Channel) -> None:
        await channel.answer()
        while transport == "socket" and "POST channels/c1/answer" not in real_server.over_socket:
            await channel.answer()  # over HTTP, until the socket that it has missed is there
        came.set_result(channel.id)
        await stays(channel)

    config = asterisk_of(
        url=f"http://127.0.0.1:{real_server.port}/ari",
        password=Secret("geheim"),
        transport=transport,
        backoff_min=0.01,
        backoff_max=0.01,
    )
    link = Link(config, {"ivr": Program.of(flow)})
    running = asyncio.ensure_future(link.run())
    await link.state.reached("ready", timeout=5)
    await real_server.sockets[0].send_json(
        {"type": "StasisStart", "application": "ivr", "channel": channel_of("c1"), "args": []}
    )
    async with asyncio.timeout(5):
        assert await came == "c1"
    # The socket breaks and comes back; the channel is not there any more.
    await real_server.sockets[0].close()
    async with asyncio.timeout(5):
        await link.idle()
    await link.state.reached("ready", timeout=5)
    link.stop()
    await running
    asked = real_server.over_socket if transport == "socket" else real_server.lines
    prefix = "" if transport == "socket" else "/ari/"
    assert f"POST {prefix}channels/c1/answer" in asked
    assert "GET /ari/channels" in real_server.lines  # what is asked after a gap, goes over HTTP
    assert len(real_server.sockets) == 2 and link.counts["gaps"] == 1
    assert link.counts["answers"] == 0 and all(each.closed for each in real_server.rest)
