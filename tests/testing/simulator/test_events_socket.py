"""The event WebSocket as a client sees it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from stasis.testing.simulator.server import Server, serving
from tests.testing.simulator.machines import new_machine
from tests.testing.simulator.ports import USERS, listening
from tests.until import until


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """A server that listens."""
    machine = new_machine()
    async with serving(machine, USERS) as opened:
        yield opened
    await machine.stop()


def say(server: Server, app: str, name: str, **more: Any) -> None:
    """Have an event of that name sent to an application."""
    bus = server.front.machine.bus
    bus.send(bus.applications[app], "ChannelUserevent", {"eventname": name, **more})


async def frame(socket: ClientConnection) -> dict[str, Any]:
    """The next frame."""
    async with asyncio.timeout(5):
        found: dict[str, Any] = json.loads(await socket.recv())
    return found


class TestOpening:
    async def test_its_applications_are_registered_with_the_handshake(self, server: Server):
        async with listening(server, "a,b"):
            assert set(server.front.machine.bus.applications) == {"a", "b"}
        await until(lambda: not server.front.machine.bus.applications)

    async def test_it_may_hear_of_everything(self, server: Server):
        async with listening(server, "a", "&subscribeAll=true"):
            assert server.front.machine.bus.applications["a"].everything

    async def test_it_may_name_the_protocol(self, server: Server):
        async with listening(server, "a", subprotocols=[Subprotocol("ari")]) as socket:
            assert socket.subprotocol == "ari"

    async def test_nothing_is_compressed(self, server: Server):
        async with listening(server, "a", compression="deflate") as socket:
            response = socket.response
            assert response is not None
            assert "Sec-WebSocket-Extensions" not in response.headers


class TestFrames:
    async def test_events_come_in_their_order(self, server: Server):
        async with listening(server, "a") as socket:
            for name in ("one", "two", "three"):
                say(server, "a", name)
            assert [(await frame(socket))["eventname"] for _ in range(3)] == ["one", "two", "three"]

    async def test_who_is_replaced_is_told_and_not_closed(self, server: Server):
        async with listening(server, "a") as first, listening(server, "a") as second:
            assert (await frame(first))["type"] == "ApplicationReplaced"
            say(server, "a", "one")
            assert (await frame(second))["eventname"] == "one"
            await (await first.ping())

    async def test_a_request_is_answered_on_it(self, server: Server):
        async with listening(server, "a") as socket:
            request = {"type": "RESTRequest", "method": "GET", "uri": "asterisk/ping"}
            await socket.send(json.dumps(request))
            assert (await frame(socket))["status_code"] == 200

    async def test_bytes_are_passed_over(self, server: Server):
        async with listening(server, "a") as socket:
            await socket.send(b"{}")
            say(server, "a", "one")
            assert (await frame(socket))["eventname"] == "one"

    @pytest.mark.parametrize(("size", "fits"), [(65_535, True), (65_536, False)])
    async def test_one_of_64_kib_is_too_long(self, server: Server, size: int, fits: bool):
        async with listening(server, "a") as socket:
            await socket.send("x" * size)
            if fits:
                assert (await frame(socket))["status_code"] == 400
                return
            with pytest.raises(ConnectionClosed):
                await frame(socket)
            assert socket.close_code == 1009


class TestPings:
    async def test_they_are_answered(self, server: Server):
        async with listening(server, "a") as socket, asyncio.timeout(5):
            await (await socket.ping())

    async def test_not_before_the_requests_that_came_first(self, server: Server):
        async with listening(server, "a") as socket:
            (opened,) = server.front.sockets
            done = asyncio.Event()

            async def long() -> None:
                await done.wait()

            opened.session.queue(long)
            pong = asyncio.ensure_future(await socket.ping())
            say(server, "a", "one")
            assert (await frame(socket))["eventname"] == "one"
            assert not pong.done()
            done.set()
            async with asyncio.timeout(5):
                await pong


class TestAClientThatDoesNotRead:
    async def test_it_is_dropped_and_its_application_goes(self, server: Server):
        async with listening(server, "a", max_queue=1) as socket:
            machine = server.front.machine
            socket.transport.pause_reading()
            for _ in range(60):
                if "a" not in machine.bus.applications:
                    break
                say(server, "a", "load", load="x" * 1_000_000)
                await asyncio.sleep(0.01)
            await until(lambda: "a" not in machine.bus.applications)
            socket.transport.abort()
