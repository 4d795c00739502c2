"""Reading into one buffer: the protocol behind it is told everything, and nothing is allocated."""

from __future__ import annotations

import asyncio
import gc
import ssl
import tracemalloc
import weakref
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvloop

from stasis.transport.buffered import SIZE, Buffered, buffer
from tests.transport.servers import certificate, raw_server


class Told(asyncio.Protocol):
    """What a protocol was told. keeps_open: its answer to the end of what comes."""

    def __init__(self) -> None:
        self.data: list[bytes] = []
        self.events: list[str] = []
        self.changed = asyncio.Event()
        self.keeps_open = False

    def data_received(self, data: bytes) -> None:
        self.data.append(data)
        self.changed.set()

    def tell(self, event: str) -> None:
        self.events.append(event)
        self.changed.set()

    def eof_received(self) -> bool:
        self.tell("eof")
        return self.keeps_open

    def connection_lost(self, exc: Exception | None) -> None:
        self.tell("lost" if exc is None else type(exc).__name__)

    def pause_writing(self) -> None:
        self.tell("pause")

    def resume_writing(self) -> None:
        self.tell("resume")

    async def until(self, *events: str) -> None:
        """It has been told all of these."""
        async with asyncio.timeout(5):
            while self.events != list(events):
                self.changed.clear()
                await self.changed.wait()

    async def read(self, length: int) -> bytes:
        """All that came, once it is so long."""
        async with asyncio.timeout(5):
            while sum(map(len, self.data)) < length:
                self.changed.clear()
                await self.changed.wait()
        return b"".join(self.data)


@asynccontextmanager
async def connected(
    conversation: Any, tls: tuple[ssl.SSLContext, ssl.SSLContext] | None = None
) -> AsyncIterator[tuple[asyncio.Transport, Told]]:
    """A buffered connection to a server that talks so."""
    loop = asyncio.get_running_loop()
    async with raw_server(conversation, tls[0] if tls else None) as port:
        transport, told = await loop.create_connection(
            Told, "127.0.0.1", port, ssl=tls[1] if tls else None
        )
        buffer(transport)
        try:
            yield transport, told
        finally:
            transport.abort()


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say what is said, to the end."""
    while data := await reader.read(SIZE):
        writer.write(data)
        await writer.drain()


@pytest.fixture
def tls(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Contexts of a server, and of a client that trusts it."""
    chain, key = certificate(tmp_path)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(chain, key)
    return server, ssl.create_default_context(cafile=chain)


class TestTellsEverything:
    async def test_what_comes_in_its_order_whatever_its_length(self):
        sent = bytes(range(256)) * (10 * SIZE // 256) + b"end"
        async with connected(echo) as (transport, told):
            transport.write(sent)
            assert await told.read(len(sent)) == sent
            assert max(map(len, told.data)) <= SIZE

    async def test_the_same_under_tls(self, tls: tuple[ssl.SSLContext, ssl.SSLContext]):
        sent = bytes(range(256)) * (10 * SIZE // 256) + b"end"
        async with connected(echo, tls) as (transport, told):
            transport.write(sent)
            assert await told.read(len(sent)) == sent

    async def test_each_read_is_bytes_that_no_later_one_changes(self):
        async with connected(echo) as (transport, told):
            transport.write(b"first")
            await told.read(5)
            transport.write(b"SECOND")
            await told.read(11)
        assert told.data == [b"first", b"SECOND"] and type(told.data[0]) is bytes

    async def test_the_end_of_what_comes_and_then_of_the_connection(self):
        async def farewell(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"bye")

        async with connected(farewell) as (_, told):
            await told.until("eof", "lost")
            assert told.data == [b"bye"]

    async def test_whether_it_stays_open_for_writing_is_the_protocols_word(self):
        heard = asyncio.get_running_loop().create_future()

        async def farewell(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write_eof()
            heard.set_result(await reader.read())

        async with connected(farewell) as (transport, told):
            told.keeps_open = True
            await told.until("eof")
            transport.write(b"last words")
            transport.close()
            assert await asyncio.wait_for(heard, 5) == b"last words"

    async def test_that_much_waits_to_be_written_and_then_little(self):
        go = asyncio.Event()

        async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await go.wait()
            while await reader.read(SIZE):
                pass

        async with connected(slow) as (transport, told):
            transport.write(bytes(32 * 2**20))
            await told.until("pause")
            go.set()
            await told.until("pause", "resume")

    async def test_a_paused_transport_stays_paused(self):
        loop = asyncio.get_running_loop()
        async with raw_server(echo) as port:
            transport, told = await loop.create_connection(Told, "127.0.0.1", port)
            transport.pause_reading()
            buffer(transport)
            assert not transport.is_reading()
            transport.write(b"hello")
            transport.resume_reading()
            assert await told.read(5) == b"hello"
            transport.abort()

    async def test_one_that_is_closing_tells_its_end(self):
        loop = asyncio.get_running_loop()
        async with raw_server(echo) as port:
            transport, told = await loop.create_connection(Told, "127.0.0.1", port)
            transport.abort()
            buffer(transport)
            await told.until("lost")


class TestOnUvloop:
    """It looks at the kind of protocol at other moments than asyncio does."""

    @pytest.fixture
    def runner(self) -> Iterator[asyncio.Runner]:
        """Runs on uvloop."""
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            yield runner

    def test_what_comes_is_told(self, runner: asyncio.Runner):
        runner.run(TestTellsEverything().test_what_comes_in_its_order_whatever_its_length())

    def test_the_same_under_tls(
        self, runner: asyncio.Runner, tls: tuple[ssl.SSLContext, ssl.SSLContext]
    ):
        runner.run(TestTellsEverything().test_the_same_under_tls(tls))

    def test_the_end_is_told(self, runner: asyncio.Runner):
        runner.run(TestTellsEverything().test_the_end_of_what_comes_and_then_of_the_connection())

    def test_a_paused_transport_stays_paused(self, runner: asyncio.Runner):
        runner.run(TestTellsEverything().test_a_paused_transport_stays_paused())

    def test_connections_have_one_buffer(self, runner: asyncio.Runner):
        runner.run(TestMemory().test_connections_have_one_buffer_and_each_reads_its_own())

    def test_one_that_is_closing_tells_its_end(self, runner: asyncio.Runner):
        runner.run(TestTellsEverything().test_one_that_is_closing_tells_its_end())


class TestMemory:
    def test_a_read_allocates_what_it_has_read_and_no_more(self):
        """Else each would ask for 256 KiB, which only the end of the heap can give."""
        seen: list[int] = []

        class Noted(asyncio.Protocol):
            def data_received(self, data: bytes) -> None:
                seen.append(len(data))

        buffered = Buffered(Noted())
        buffered.get_buffer(-1)[:5] = b"hello"
        buffered.buffer_updated(5)
        tracemalloc.start()
        try:
            for _ in range(10):
                assert len(buffered.get_buffer(256 * 1024)) == SIZE
                buffered.buffer_updated(5)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert seen == [5] * 11
        assert peak < 4096

    async def test_connections_have_one_buffer_and_each_reads_its_own(self):
        """One for each would cost more than all else of a call that has its own socket."""
        async with connected(echo) as (one, first), connected(echo) as (other, second):
            buffers = [each.get_protocol().get_buffer(-1) for each in (one, other)]  # type: ignore[attr-defined]
            assert buffers[0] is buffers[1]
            for number in range(50):
                one.write(b"a%d," % number)
                other.write(b"b%d," % number)
                await asyncio.sleep(0)
            for told, letter in ((first, b"a"), (second, b"b")):
                sent = b"".join(letter + b"%d," % number for number in range(50))
                assert await told.read(len(sent)) == sent

    async def test_those_of_another_thread_have_another(self):
        here = Buffered(Told()).get_buffer(-1)
        there = await asyncio.to_thread(lambda: Buffered(Told()).get_buffer(-1))
        assert here is not there

    async def test_what_stands_before_a_protocol_goes_with_the_connection(self):
        async with connected(echo) as (transport, told):
            buffered = weakref.ref(transport.get_protocol())
            assert isinstance(buffered(), Buffered)
            transport.abort()
            await told.until("lost")
            await asyncio.sleep(0)
        del transport
        gc.collect()
        assert buffered() is None
