"""The fault proxy as a program sees it: through `Http` and a WebSocket client, on real sockets."""

from __future__ import annotations

import asyncio
import errno
import gc
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from stasis.ari import Request
from stasis.errors import OutcomeUnknown, Unreachable
from stasis.testing import Fault, FaultProxy
from stasis.transport.http import Http
from tests.real_server import RealServer
from tests.transport.servers import config
from tests.until import until

POST = Request("POST", "/channels/a/answer")


@pytest.fixture
async def proxy(real_server: RealServer) -> AsyncIterator[FaultProxy]:
    """A proxy before the server."""
    async with FaultProxy("127.0.0.1", real_server.port, seed=1) as opened:
        yield opened


@pytest.fixture
async def http(proxy: FaultProxy) -> AsyncIterator[Http]:
    """Requests through the proxy."""
    async with Http(config(proxy.port)) as client:
        yield client


@asynccontextmanager
async def listening(proxy: FaultProxy, **more: Any) -> AsyncIterator[ClientConnection]:
    """An event WebSocket through the proxy."""
    address = proxy.url.replace("http", "ws") + "/events"
    async with connect(address, compression=None, proxy=None, close_timeout=0.2, **more) as socket:
        yield socket


async def ended(socket: ClientConnection) -> ConnectionClosed:
    """How it ends, once it does."""
    with pytest.raises(ConnectionClosed) as caught:
        async with asyncio.timeout(5):
            while True:
                await socket.recv()
    return caught.value


class TestPassing:
    async def test_requests_pass(self, proxy: FaultProxy, http: Http, real_server: RealServer):
        assert (await http(POST)).status == 200
        assert real_server.lines == ["POST /ari/channels/a/answer"]
        assert proxy.counts == {"connections": 1, "requests": 1}
        assert not proxy.log

    async def test_events_pass(self, proxy: FaultProxy, real_server: RealServer):
        async with listening(proxy) as socket:
            await real_server.tell("Dial")
            assert await socket.recv() == '{"type": "Dial"}'
            assert proxy.sockets == 1
            assert proxy.counts["frames"] == 1
        await until(lambda: proxy.sockets == 0)

    async def test_it_listens_on_loopback(self, proxy: FaultProxy):
        assert proxy.url == f"http://127.0.0.1:{proxy.port}/ari"

    async def test_it_listens_on_ipv6(self, real_server: RealServer):
        async with FaultProxy("127.0.0.1", real_server.port, listen="::1") as six:
            assert six.url == f"http://[::1]:{six.port}/ari"
            _, writer = await asyncio.open_connection("::1", six.port)
            writer.close()
            await writer.wait_closed()

    async def test_closing_ends_every_connection(self, real_server: RealServer):
        """Live ones, frozen ones and hanging ones; no task is left, as for every test."""
        async with FaultProxy("127.0.0.1", real_server.port) as proxy:
            async with listening(proxy) as frozen:
                await proxy.cut("silent")
                async with listening(proxy) as live:
                    proxy.refuse(hang=True)
                    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
                    await proxy.reached("hang", timeout=5)
                    await proxy.__aexit__(None, None, None)
                    await ended(live)
                    await ended(frozen)
                    assert await reader.read() == b""
                    writer.close()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", proxy.port)

    async def test_closing_in_the_middle_of_everything_leaves_nothing(
        self, real_server: RealServer
    ):
        """Whatever a connection is doing: opening, ending, frozen, being cut."""
        chance = random.Random(1)
        for _ in range(30):
            async with FaultProxy("127.0.0.1", real_server.port, seed=1) as proxy:
                proxy.arm(Fault("between", probability=0.2, how="fin"))
                writers = []
                for _ in range(8):
                    _, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
                    writer.write(b"GET /ari/channels HTTP/1.1\r\nHost: x\r\n\r\n")
                    writers.append(writer)
                for _ in range(chance.randrange(12)):
                    await asyncio.sleep(0)
                how = chance.choice(("rst", "fin", "silent"))
                cutting = asyncio.create_task(proxy.cut(how, requests=True))
                for _ in range(chance.randrange(6)):
                    await asyncio.sleep(0)
            await cutting
            for writer in writers:
                writer.transport.abort()
            await asyncio.gather(*(each.wait_closed() for each in writers), return_exceptions=True)
            assert proxy.sockets == proxy.frozen == 0
        gc.collect()  # an unclosed socket would warn, and a warning is an error

    async def test_an_address_that_is_not_ours_is_told(self):
        with pytest.raises(OSError, match="assign"):
            async with FaultProxy("127.0.0.1", 1, listen="203.0.113.1"):
                pass


class TestCut:
    @pytest.mark.parametrize("how", ["rst", "fin"])
    async def test_every_socket_is_cut_and_no_request(
        self, how: Any, proxy: FaultProxy, http: Http, real_server: RealServer
    ):
        await http(POST)
        async with listening(proxy) as one, listening(proxy) as two:
            assert await proxy.cut(how) == 2
            assert [(await ended(each)).rcvd for each in (one, two)] == [None, None]
            assert proxy.sockets == 0
        await http(POST)
        assert proxy.counts["connections"] == 3, "the kept-alive one was spared"
        assert [entry.detail for entry in proxy.log] == [how, how]

    async def test_requests_alone(self, proxy: FaultProxy, http: Http, real_server: RealServer):
        await http(POST)
        async with listening(proxy) as socket:
            assert await proxy.cut(sockets=False, requests=True) == 1
            await real_server.tell("Dial")
            assert await socket.recv() == '{"type": "Dial"}'

    async def test_nothing_to_cut(self, proxy: FaultProxy):
        assert await proxy.cut() == 0

    async def test_half_open_is_noticed_by_pings_alone(
        self, proxy: FaultProxy, real_server: RealServer
    ):
        async with listening(proxy, ping_interval=0.1, ping_timeout=0.1) as socket:
            assert await proxy.cut("silent") == 1
            assert (proxy.frozen, proxy.sockets) == (1, 0)
            closed = await ended(socket)
            assert closed.sent is not None and "ping timeout" in closed.sent.reason

    async def test_after_a_silent_cut_new_connections_work(
        self, proxy: FaultProxy, real_server: RealServer
    ):
        async with listening(proxy, ping_interval=None) as frozen:
            await proxy.cut("silent")
            await real_server.tell("Dial")
            async with listening(proxy) as fresh:
                await real_server.tell("StasisStart")
                assert await fresh.recv() == '{"type": "StasisStart"}'
            await until(lambda: proxy.sockets == 0)
            assert proxy.frozen == 1
            assert await proxy.cut() == 0, "the frozen one stays as it is"
            assert proxy.thaw() == 1
            assert await frozen.recv() == '{"type": "Dial"}'


class TestFaults:
    async def test_before_a_request_nothing_reaches_asterisk(
        self, proxy: FaultProxy, http: Http, real_server: RealServer
    ):
        proxy.arm(Fault("before", method="POST", path="/answer"))
        with pytest.raises(OutcomeUnknown):
            await http(POST)
        assert real_server.lines == []
        proxy.disarm()
        await http(POST)

    async def test_between_a_request_and_its_reply_it_was_carried_out(
        self, proxy: FaultProxy, http: Http, real_server: RealServer
    ):
        proxy.arm(Fault("between", path="/answer", times=1))
        with pytest.raises(OutcomeUnknown):
            await http(POST)
        assert real_server.lines == ["POST /ari/channels/a/answer"]
        await http(POST)
        assert proxy.counts["between"] == 1

    async def test_the_opening_of_a_websocket_can_be_hit(self, proxy: FaultProxy):
        proxy.arm(Fault("before", path="/events", times=1))
        with pytest.raises(InvalidHandshake):
            async with listening(proxy):
                pass
        async with listening(proxy):
            assert proxy.sockets == 1

    async def test_a_corrupted_frame_is_still_a_frame(
        self, proxy: FaultProxy, real_server: RealServer
    ):
        proxy.arm(Fault("corrupt", on="frame", flips=3, nth=1))
        async with listening(proxy) as socket:
            await real_server.tell("Dial")
            await real_server.tell("Dial")
            told = b'{"type": "Dial"}'
            hit = await socket.recv(decode=False)
            assert sum(old != new for old, new in zip(told, hit, strict=True)) == 3
            assert await socket.recv(decode=False) == told

    async def test_a_frame_whose_framing_is_corrupted_ends_the_socket(
        self, proxy: FaultProxy, real_server: RealServer
    ):
        proxy.arm(Fault("corrupt", on="frame", flips=18, framing=False))
        async with listening(proxy) as socket:
            await real_server.tell("Dial")
            closed = await ended(socket)
            assert closed.sent is not None and closed.sent.code == 1002

    async def test_the_same_seed_and_traffic_give_the_same_faults(self, real_server: RealServer):
        async def run(seed: int) -> list[bytes | str]:
            async with FaultProxy("127.0.0.1", real_server.port, seed=seed) as proxy:
                proxy.arm(Fault("corrupt", on="frame", probability=0.5))
                async with listening(proxy) as socket:
                    for number in range(30):
                        await real_server.tell("Dial", number=number)
                    return [await socket.recv(decode=False) for _ in range(30)]

        assert await run(3) == await run(3)
        assert await run(3) != await run(4)

    async def test_no_log_holds_a_query(self, proxy: FaultProxy, http: Http):
        proxy.arm(Fault("between"))
        with pytest.raises(OutcomeUnknown):
            await http(Request("POST", "/channels", query=(("api_key", "me:geheim"),)))
        assert "geheim" not in str(proxy.log) and len(proxy.log) == 1


class TestRefusing:
    async def test_new_connections_are_refused_and_those_that_are_there_go_on(
        self, proxy: FaultProxy, real_server: RealServer
    ):
        async with listening(proxy) as socket:
            proxy.refuse()
            with pytest.raises(OSError) as caught:
                await asyncio.open_connection("127.0.0.1", proxy.port)
            assert caught.value.errno == errno.ECONNREFUSED
            await real_server.tell("Dial")
            assert await socket.recv() == '{"type": "Dial"}'
            proxy.accept()
            async with listening(proxy):
                assert proxy.sockets == 2

    async def test_a_program_sees_an_asterisk_that_is_not_there(
        self, proxy: FaultProxy, http: Http
    ):
        proxy.refuse()
        with pytest.raises(Unreachable):
            await http(POST)

    async def test_it_ends_by_itself(self, proxy: FaultProxy, http: Http):
        proxy.refuse(0.05)

        async def served() -> None:
            while True:
                try:
                    await http(POST)
                    return
                except Unreachable:
                    continue

        async with asyncio.timeout(5):
            await served()
        assert proxy.log[0].detail == "0.05 s"

    async def test_closing_meanwhile_ends_it(self, real_server: RealServer):
        async with FaultProxy("127.0.0.1", real_server.port) as proxy:
            proxy.refuse(0.01)
        await asyncio.sleep(0.05)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", proxy.port)

    async def test_it_can_be_done_again_and_again(self, proxy: FaultProxy, http: Http):
        for _ in range(20):
            proxy.refuse()
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", proxy.port)
            proxy.refuse(60)
            proxy.accept()
            assert (await http(POST)).status == 200

    async def test_hanging_takes_connections_and_never_answers(
        self, proxy: FaultProxy, http: Http, real_server: RealServer
    ):
        proxy.refuse(hang=True)
        with pytest.raises(OutcomeUnknown):
            await http(Request("POST", "/channels/a/answer", seconds=0.2))
        assert real_server.lines == [] and proxy.frozen == 1
        proxy.accept()
        assert (await http(POST)).status == 200
        assert proxy.frozen == 1, "what hung hangs on"
        assert proxy.thaw() == 1

    async def test_an_asterisk_that_is_not_there_is_told(self, http: Http):
        async with FaultProxy("127.0.0.1", 1) as proxy, Http(config(proxy.port)) as client:
            with pytest.raises(OutcomeUnknown):
                await client(POST)
            assert proxy.counts["unreachable"] == 1
