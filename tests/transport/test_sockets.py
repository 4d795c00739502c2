"""REST over sockets of its own: none waits for another, and what finds no socket goes over HTTP."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

import attrs
import pytest
from structlog.testing import capture_logs

from stasis.ari.resource import BLOCKING_SECONDS, Request, Response
from stasis.config import AsteriskConfig
from stasis.errors import OutcomeUnknown, Unauthorized, Unreachable
from stasis.section import Secret
from stasis.testing.clock import virtual_time
from stasis.transport.asked import MESSAGE_LIMIT
from stasis.transport.line import LATE_SECONDS, MOST
from stasis.transport.sockets import (
    DOUBT_SECONDS,
    GONE_SECONDS,
    IDLE_SECONDS,
    PATIENT,
    PROBE_SECONDS,
    QUICK,
    SHORT,
    Sockets,
)
from tests.transport.servers import PASSWORD, secret_free
from tests.transport.wires import CLOSED, Dialled, Wire

CONFIG = AsteriskConfig(password=Secret(PASSWORD), backoff_min=1.0, backoff_max=1.0)
GET = Request("GET", "/channels/c", repeatable=True)
POST = Request("POST", "/channels/c/hold")
CALL = ContextVar("CALL", default="none")
ANSWER = Request("POST", "/channels/c/answer", seconds=BLOCKING_SECONDS)


@attrs.define
class Asterisk:
    """What the test looks at. sockets: what is tested. over_http: the requests that went there."""

    dialled: Dialled = attrs.Factory(Dialled)
    over_http: list[Request] = attrs.Factory(list)
    sockets: Sockets = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.sockets = Sockets(CONFIG, self.http, self.dialled)

    @property
    def wires(self) -> list[Wire]:
        """The sockets that were opened."""
        return self.dialled.wires

    async def http(self, request: Request) -> Response:
        self.over_http.append(request)
        return Response(200, "OK", b"over HTTP")

    async def warm(self, request: Request = GET, count: int = 1) -> None:
        """Have so many sockets for requests of this kind open, and nothing under way."""
        while len(self.wires) < count:
            await asyncio.gather(*(self.sockets(request) for _ in range(count + 1)))
            await asyncio.sleep(0.01)
        for wire in self.wires:
            wire.sent.clear()
        self.over_http.clear()

    def ask(self, request: Request) -> asyncio.Task[Response]:
        """One more request, under way."""
        return asyncio.ensure_future(self.sockets(request))


def asterisk(test: Callable[[Asterisk], Awaitable[None]]) -> Callable[[], None]:
    """Run a test in virtual time; whatever it leaves under way is told to be lost."""

    @virtual_time
    async def run() -> None:
        asterisk = Asterisk()
        await test(asterisk)
        await asterisk.sockets.close()
        assert asterisk.sockets.open == 0 and all(wire.ended for wire in asterisk.wires)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        assert not [task for task in others if task.get_name().startswith("stasis")]

    run.__name__ = test.__name__
    run.__doc__ = test.__doc__
    return run


class TestTheirOpening:
    """A socket is opened when it is missed."""

    @staticmethod
    @asterisk
    async def test_nobody_waits_for_it(asterisk: Asterisk):
        assert asterisk.dialled.tries == 0
        assert (await asterisk.sockets(GET)).body == b"over HTTP"
        await asyncio.sleep(0.01)
        assert (await asterisk.sockets(GET)).body == b"{}"
        assert asterisk.wires[0].uris == ["channels/c"] and len(asterisk.over_http) == 1

    @staticmethod
    @asterisk
    async def test_each_has_an_application_of_its_own_and_no_secret_in_its_address(
        asterisk: Asterisk,
    ):
        await asterisk.warm(count=QUICK)
        addresses = [wire.address for wire in asterisk.wires]
        assert len(set(addresses)) == QUICK
        for address in addresses:
            assert "/events?app=stasis-rest-" in address and secret_free(address)
            assert "subscribeAll" not in address

    @staticmethod
    @asterisk
    async def test_another_process_has_other_names(asterisk: Asterisk):
        other = Asterisk()
        await asterisk.warm()
        await other.warm()
        assert asterisk.wires[0].address != other.wires[0].address
        await other.sockets.close()

    @staticmethod
    @asterisk
    async def test_one_at_a_time_needs_no_second(asterisk: Asterisk):
        for _ in range(20):
            await asterisk.sockets(GET)
            await asyncio.sleep(0.01)
        assert len(asterisk.wires) == 1

    @staticmethod
    @asterisk
    async def test_many_at_once_have_no_more_than_some(asterisk: Asterisk):
        for _ in range(10):
            await asyncio.gather(*(asterisk.sockets(GET) for _ in range(50)))
            await asterisk.sockets(ANSWER)
            await asyncio.gather(*(asterisk.sockets(ANSWER) for _ in range(50)))
            await asyncio.sleep(0.01)
        assert asterisk.sockets.open == len(asterisk.wires) == QUICK + PATIENT

    @staticmethod
    @virtual_time
    async def test_connections_bounds_them():
        dialled, asterisk = Dialled(), Asterisk()
        sockets = Sockets(attrs.evolve(CONFIG, connections=1), asterisk.http, dialled)
        for _ in range(10):
            await asyncio.gather(*(sockets(r) for r in (GET, ANSWER) for _ in range(9)))
            await asyncio.sleep(0.01)
        assert sockets.open == 2
        await sockets.close()

    @staticmethod
    @asterisk
    async def test_when_none_can_be_opened_all_go_over_http(asterisk: Asterisk):
        asterisk.dialled.refuse = Unreachable("GET", "/events", "raise sessionlimit")
        with capture_logs() as logs:
            for _ in range(200):
                assert (await asterisk.sockets(GET)).body == b"over HTTP"
                await asyncio.sleep(0.01)
        assert 2 <= asterisk.dialled.tries <= 5  # with a pause of 0.5 to 1 s between
        assert [(each["log_level"], each["error"]) for each in logs] == [
            ("warning", "raise sessionlimit")
        ]
        asterisk.dialled.refuse = None
        await asyncio.sleep(1.0)
        await asterisk.warm()
        assert (await asterisk.sockets(GET)).body == b"{}"

    @staticmethod
    @asterisk
    async def test_a_refusal_is_not_hammered(asterisk: Asterisk):
        asterisk.dialled.refuse = Unauthorized("GET", "/events", 401, "Unauthorized")
        with capture_logs():
            for _ in range(100):
                await asterisk.sockets(GET)
                await asyncio.sleep(0.25)
        assert asterisk.dialled.tries == 1

    @staticmethod
    @asterisk
    async def test_nor_is_a_server_that_takes_each_and_closes_it(asterisk: Asterisk):
        asterisk.dialled.prepare = lambda wire: wire.lose()
        for _ in range(200):
            assert (await asterisk.sockets(GET)).body == b"over HTTP"
            await asyncio.sleep(0.01)
        assert 2 <= asterisk.dialled.tries <= 5  # with a pause of 0.5 to 1 s between

    @staticmethod
    @asterisk
    async def test_it_keeps_nothing_of_the_call_that_missed_it(asterisk: Asterisk):
        seen: list[str] = []
        asterisk.dialled.prepare = lambda wire: seen.append(CALL.get())

        async def call() -> None:
            CALL.set("the call's own")
            await asterisk.sockets(GET)

        await asyncio.create_task(call())
        await asyncio.sleep(0.01)
        assert seen == ["none"]

    @staticmethod
    @asterisk
    async def test_a_pong_that_waits_behind_media_does_not_cost_the_socket(asterisk: Asterisk):
        await asterisk.warm()
        assert asterisk.dialled.config is not None
        assert asterisk.dialled.config.ping_timeout >= 300
        assert CONFIG.ping_timeout < 300


class TestWhatWaits:
    """Asterisk answers one socket's requests in turn: what may wait is alone on its own."""

    @staticmethod
    @asterisk
    async def test_it_delays_no_quick_request(asterisk: Asterisk):
        await asterisk.warm(ANSWER)
        await asterisk.sockets(GET)
        await asyncio.sleep(0.01)
        asterisk.wires[0].answers = False
        waiting = asterisk.ask(ANSWER)
        for _ in range(100):
            assert (await asterisk.sockets(GET)).status == 200
        assert asterisk.wires[0].uris == ["channels/c/answer"]
        assert not waiting.done()
        asterisk.wires[0].answer()
        assert (await waiting).status == 200

    @staticmethod
    @asterisk
    async def test_nor_another_that_may_wait(asterisk: Asterisk):
        await asterisk.warm(ANSWER, PATIENT)
        for wire in asterisk.wires:
            wire.answers = False
        waiting = [asterisk.ask(ANSWER) for _ in range(PATIENT)]
        await asyncio.sleep(0)
        assert [len(wire.sent) for wire in asterisk.wires] == [1] * PATIENT
        assert (await asterisk.sockets(ANSWER)).body == b"over HTTP"
        for wire in asterisk.wires:
            wire.answer()
        await asyncio.gather(*waiting)

    @staticmethod
    @asterisk
    async def test_a_quick_one_that_waits_after_all_gets_no_more_company(asterisk: Asterisk):
        await asterisk.warm(count=QUICK)
        for wire in asterisk.wires:
            wire.answers = False
        first = asterisk.ask(GET)
        await asyncio.sleep(LATE_SECONDS)
        others = [asterisk.ask(GET) for _ in range(3 * (QUICK - 1))]
        await asyncio.sleep(LATE_SECONDS)
        assert [len(wire.sent) for wire in asterisk.wires] == [1] + [3] * (QUICK - 1)
        assert (await asterisk.sockets(GET)).body == b"over HTTP"
        for wire in asterisk.wires:
            for number in range(len(wire.sent)):
                wire.answer(number)
            wire.answers = True
        await asyncio.gather(first, *others)
        assert (await asterisk.sockets(GET)).body == b"{}"

    @staticmethod
    @asterisk
    async def test_many_at_once_are_shared_out_and_the_rest_goes_over_http(asterisk: Asterisk):
        await asterisk.warm(count=QUICK)
        for wire in asterisk.wires:
            wire.answers = False
        asking = [asterisk.ask(GET) for _ in range(QUICK * MOST + 7)]
        await asyncio.sleep(0)
        assert [len(wire.sent) for wire in asterisk.wires] == [MOST] * QUICK
        assert len(asterisk.over_http) == 7
        for wire in asterisk.wires:
            for number in range(MOST):
                wire.answer(number)
        assert {each.status for each in await asyncio.gather(*asking)} == {200}

    @staticmethod
    @asterisk
    async def test_a_long_message_shares_no_socket(asterisk: Asterisk):
        await asterisk.warm()
        await asterisk.warm(ANSWER, 2)
        await asterisk.sockets(attrs.evolve(POST, body=b'"' + b"x" * SHORT + b'"'))
        assert [len(wire.sent) for wire in asterisk.wires] == [0, 1]

    @staticmethod
    @asterisk
    async def test_no_answer_in_time_is_an_unknown_outcome(asterisk: Asterisk):
        await asterisk.warm()
        asterisk.wires[0].answers = False
        with pytest.raises(OutcomeUnknown, match="no answer on a socket in 5 s"):
            await asterisk.sockets(POST)
        # Asterisk may still be busy with it: nothing follows it on its socket.
        await asterisk.sockets(GET)
        assert asterisk.wires[0].uris == ["channels/c/hold"]
        asterisk.wires[0].answer()
        await asyncio.sleep(0)
        asterisk.wires[0].answers = True
        await asterisk.sockets(GET)
        assert asterisk.wires[0].uris == ["channels/c/hold", "channels/c"]

    @staticmethod
    @asterisk
    async def test_an_answer_that_never_comes_costs_no_socket_for_ever(asterisk: Asterisk):
        await asterisk.warm(ANSWER, PATIENT)
        for wire in asterisk.wires:
            wire.answers = False
        given_up = [asterisk.ask(ANSWER) for _ in range(PATIENT)]
        await asyncio.wait(given_up)
        assert all(isinstance(each.exception(), OutcomeUnknown) for each in given_up)
        await asyncio.sleep(GONE_SECONDS)
        for _ in range(3 * PATIENT):
            await asterisk.sockets(ANSWER)
            await asyncio.sleep(0.01)
        assert all(wire.ended for wire in asterisk.wires[:PATIENT])
        assert len(asterisk.wires) > PATIENT
        asterisk.over_http.clear()
        await asterisk.sockets(ANSWER)
        assert asterisk.over_http == []


class TestOverHttp:
    """What does not go over a socket."""

    @staticmethod
    @asterisk
    async def test_files(asterisk: Asterisk):
        await asterisk.warm(ANSWER)
        request = Request("GET", "/recordings/stored/x/file", binary=True)
        assert (await asterisk.sockets(request)).body == b"over HTTP"

    @staticmethod
    @asterisk
    async def test_what_is_longer_than_asterisk_reads(asterisk: Asterisk):
        await asterisk.warm(ANSWER)
        request = attrs.evolve(POST, body=b'"' + b"x" * MESSAGE_LIMIT + b'"')
        assert (await asterisk.sockets(request)).body == b"over HTTP"
        assert asterisk.wires[0].sent == []

    @staticmethod
    @asterisk
    async def test_everything_once_it_is_closed(asterisk: Asterisk):
        await asterisk.warm()
        await asterisk.sockets.close()
        assert (await asterisk.sockets(GET)).body == b"over HTTP"
        await asyncio.sleep(0.01)
        assert asterisk.dialled.tries == 1


@asterisk
async def test_what_is_under_way_when_all_are_closed_is_not_sent_again(asterisk: Asterisk):
    await asterisk.warm()
    asterisk.wires[0].answers = False
    asking = asterisk.ask(GET)
    await asyncio.sleep(0)
    await asterisk.sockets.close()
    with pytest.raises(OutcomeUnknown, match="socket lost: we closed it"):
        await asking
    assert asterisk.over_http == []


class TestALostSocket:
    @staticmethod
    @asterisk
    async def test_what_may_be_sent_twice_goes_again(asterisk: Asterisk):
        await asterisk.warm()
        asterisk.wires[0].answers = False
        asking = asterisk.ask(GET)
        await asyncio.sleep(0)
        asterisk.wires[0].lose()
        assert (await asking).body == b"over HTTP"

    @staticmethod
    @asterisk
    async def test_the_outcome_of_anything_else_is_unknown(asterisk: Asterisk):
        await asterisk.warm()
        asterisk.wires[0].answers = False
        asking = asterisk.ask(POST)
        await asyncio.sleep(0)
        asterisk.wires[0].lose()
        with pytest.raises(OutcomeUnknown, match=f"socket lost: {CLOSED}"):
            await asking
        assert asterisk.over_http == []

    @staticmethod
    @asterisk
    async def test_so_it_is_when_it_cannot_be_written(asterisk: Asterisk):
        await asterisk.warm()
        asterisk.wires[0].broken = ConnectionResetError("broken pipe")
        with pytest.raises(OutcomeUnknown, match="socket lost: broken pipe"):
            await asterisk.sockets(POST)

    @staticmethod
    @asterisk
    async def test_another_takes_its_place(asterisk: Asterisk):
        await asterisk.warm()
        assert (await asterisk.sockets(GET)).body == b"{}"
        asterisk.wires[0].lose()
        await asyncio.sleep(0)
        assert (await asterisk.sockets(GET)).body == b"over HTTP"
        await asyncio.sleep(0.01)
        assert (await asterisk.sockets(GET)).body == b"{}"
        assert len(asterisk.wires) == 2 and asterisk.sockets.open == 1


class TestWhenTheEventSocketIsLost:
    """The others have probably gone the same way, and none of them would say so for long."""

    @staticmethod
    @asterisk
    async def test_an_idle_one_gets_no_more_requests(asterisk: Asterisk):
        await asterisk.warm()
        asterisk.wires[0].answers = False  # it is dead, and nobody knows
        asterisk.sockets.doubt()
        assert (await asterisk.sockets(POST)).body == b"over HTTP"
        await asyncio.sleep(0.01)
        assert (await asterisk.sockets(POST)).body == b"{}"
        assert asterisk.wires[0].ended and asterisk.wires[0].sent == []

    @staticmethod
    @asterisk
    async def test_what_has_waited_long_on_one_is_given_up(asterisk: Asterisk):
        await asterisk.warm()
        asterisk.wires[0].answers = False
        once, again = asterisk.ask(POST), asterisk.ask(GET)
        await asyncio.sleep(DOUBT_SECONDS)
        asterisk.sockets.doubt()
        with pytest.raises(OutcomeUnknown, match="socket lost"):
            await once
        assert (await again).body == b"over HTTP"

    @staticmethod
    @asterisk
    async def test_one_that_has_just_answered_goes_on(asterisk: Asterisk):
        await asterisk.warm()
        asterisk.wires[0].answers = False
        waiting = asterisk.ask(POST)
        await asyncio.sleep(DOUBT_SECONDS / 2)
        asterisk.sockets.doubt()
        asterisk.wires[0].answer()
        assert (await waiting).body == b"{}" and not asterisk.wires[0].ended


class TestAnIdleSocket:
    """It may have died unheard, so it is asked before it is trusted again."""

    @staticmethod
    @asterisk
    async def test_one_that_answers_is_used_again(asterisk: Asterisk):
        await asterisk.warm()
        await asyncio.sleep(IDLE_SECONDS)
        assert (await asterisk.sockets(GET)).body == b"over HTTP"
        await asyncio.sleep(0.01)
        assert asterisk.wires[0].uris == ["asterisk/ping"]
        assert (await asterisk.sockets(GET)).body == b"{}"
        assert len(asterisk.wires) == 1

    @staticmethod
    @asterisk
    async def test_one_that_does_not_is_closed_and_nobody_has_waited_for_it(asterisk: Asterisk):
        await asterisk.warm()
        assert (await asterisk.sockets(GET)).body == b"{}"
        await asyncio.sleep(IDLE_SECONDS)
        asterisk.wires[0].answers = False
        begun = asyncio.get_running_loop().time()
        for _ in range(3):
            assert (await asterisk.sockets(GET)).body == b"over HTTP"
            await asyncio.sleep(0)
        assert asyncio.get_running_loop().time() == begun
        await asyncio.sleep(PROBE_SECONDS)
        assert asterisk.wires[0].uris == ["channels/c", "asterisk/ping"]
        await asyncio.sleep(0.01)
        assert asterisk.wires[0].ended and asterisk.sockets.open == 0
        await asterisk.sockets(GET)
        await asyncio.sleep(0.01)
        assert (await asterisk.sockets(GET)).body == b"{}"

    @staticmethod
    @asterisk
    async def test_one_that_is_asked_when_all_end_is_closed_too(asterisk: Asterisk):
        await asterisk.warm()
        await asyncio.sleep(IDLE_SECONDS)
        asterisk.wires[0].answers = False
        await asterisk.sockets(GET)
        await asyncio.sleep(0)


async def test_over_a_real_socket(caplog: pytest.LogCaptureFixture):
    """The handshake as it is: our user in a header, and frames both ways."""
    from aiohttp import web

    caplog.set_level(logging.DEBUG)
    seen: list[Any] = []

    async def events(request: web.Request) -> web.WebSocketResponse:
        seen.append((request.query["app"], "Authorization" in request.headers))
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            asked = message.json()
            await socket.send_json(
                {
                    "type": "RESTResponse",
                    "request_id": asked["request_id"],
                    "status_code": 200,
                    "reason_phrase": "OK",
                    "message_body": asked["uri"],
                }
            )
        return socket

    async def http(request: Request) -> Response:
        return Response(200)

    app = web.Application()
    app.router.add_get("/ari/events", events)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/ari"
    sockets = Sockets(attrs.evolve(CONFIG, url=url), http)
    async with asyncio.timeout(5):
        while not sockets.open:
            await sockets(GET)
            await asyncio.sleep(0)
    answers = await asyncio.gather(*(sockets(Request("GET", f"/channels/{n}")) for n in range(50)))
    assert [each.body for each in answers] == [f"channels/{n}".encode() for n in range(50)]
    await sockets.close()
    await runner.cleanup()
    assert seen[0][0].startswith("stasis-rest-") and seen[0][1]
    assert caplog.text and secret_free(caplog.text)
