"""The simulated server on a port: connections, their limits, and faults."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from websockets.exceptions import ConnectionClosed

from stasis.testing.simulator.server import Server, serving
from tests.testing.simulator.machines import new_machine
from tests.testing.simulator.ports import USERS, listening, request

PING = b"GET /ari/asterisk/ping?api_key=stasis:secret HTTP/1.1\r\nHost: x\r\n"


@asynccontextmanager
async def opened(**more: Any) -> AsyncIterator[Server]:
    """A server that listens."""
    machine = new_machine()
    async with serving(machine, USERS, **more) as server:
        yield server
    await machine.stop()


async def said(server: Server, text: bytes) -> bytes:
    """What comes back on a connection of its own, until the server closes it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(text)
    try:
        async with asyncio.timeout(5):
            return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


async def answered(server: Server) -> int:
    """The status of a request, once the server takes one."""
    while True:
        try:
            return (await request(server, "GET", "asterisk/ping")).status
        except aiohttp.ClientConnectorError:
            await asyncio.sleep(0.01)


class TestListening:
    async def test_it_listens_on_loopback_at_its_address(self):
        async with opened() as server:
            assert server.url == f"http://127.0.0.1:{server.port}/ari"
            assert (await request(server, "GET", "asterisk/ping")).status == 200

    async def test_when_it_is_closed_nobody_comes_in(self):
        async with opened() as server:
            pass
        with pytest.raises(aiohttp.ClientConnectorError):
            await request(server, "GET", "asterisk/ping")

    async def test_a_port_that_is_taken_is_an_error(self):
        async with opened() as server:
            with pytest.raises(OSError, match="address already in use"):
                async with serving(server.front.machine, USERS, port=server.port):
                    raise AssertionError("it listens twice")


class TestWhatIsNoRequest:
    async def test_a_request_line_is_shorter_than_4_kib(self):
        async with opened() as server:
            answer = await said(server, b"GET /ari/" + b"x" * 5000 + b" HTTP/1.1\r\n\r\n")
        assert b" 400 " in answer.splitlines()[0]
        assert b"text/html" in answer and b"Request line too long" in answer

    async def test_there_are_at_most_100_headers(self):
        many = b"".join(b"X-%d: 1\r\n" % number for number in range(100))
        async with opened() as server:
            answer = await said(server, PING + many + b"\r\n")
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b"Too many headers" in answer

    async def test_nonsense_is_a_bad_request(self):
        async with opened() as server:
            answer = await said(server, b"NONSENSE\r\n\r\n")
        assert b" 400 " in answer.splitlines()[0]


class TestSessions:
    async def test_a_connection_too_many_is_closed_without_a_word_until_there_is_room(self):
        async with opened(sessions=1) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(PING + b"\r\n")
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
            assert await said(server, PING + b"\r\n") == b""
            writer.close()
            async with asyncio.timeout(5):
                while server.connections:
                    await asyncio.sleep(0)
            assert (await said(server, PING + b"Connection: close\r\n\r\n")).startswith(
                b"HTTP/1.1 200"
            )


class TestFaults:
    async def test_a_drop_cuts_what_is_open_and_no_more(self):
        async with opened() as server, listening(server, "a") as socket:
            server.drop()
            with pytest.raises(ConnectionClosed):
                await socket.recv()
            assert socket.close_code == 1006
            assert (await request(server, "GET", "asterisk/ping")).status == 200

    async def test_it_can_take_nobody_for_a_while_and_then_not_be_ready(self):
        async with opened() as server:
            server.refuse(60, booting=60)
            with pytest.raises(aiohttp.ClientConnectorError):
                await request(server, "GET", "asterisk/ping")
            async with asyncio.timeout(10):
                server.refuse(0.1, booting=60)
                assert await answered(server) == 503
                server.refuse(0.1, booting=0.1)
                while (status := await answered(server)) != 200:
                    assert status == 503

    async def test_a_stop_lets_clients_hear_what_was_told_before_it(self):
        async with opened() as server, listening(server, "a") as socket:
            bus = server.front.machine.bus
            for _ in range(3):
                bus.send(bus.applications["a"], "ChannelUserevent", {})
            await server.stop()
            assert [b"ChannelUserevent" in await socket.recv(decode=False) for _ in range(3)]
            with pytest.raises(ConnectionClosed):
                await socket.recv()
            assert socket.close_code == 1006
