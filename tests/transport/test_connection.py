"""One open WebSocket: alive while anything comes, and its end told in words."""

from __future__ import annotations

import asyncio
import gc
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from struct import pack
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from stasis.transport import connection as module
from stasis.transport.connection import Connection
from stasis.transport.handshake import handshake
from tests.transport.servers import Asterisk, config, raw_server, running, shake_hands
from tests.until import until

PING, PONG = 0x89, 0x8A


@asynccontextmanager
async def dialled(port: int, **values: Any) -> AsyncIterator[Connection]:
    """A connection to a server, ended at the end."""
    settings = config(port, **values)
    connection = await handshake(settings, f"ws://127.0.0.1:{port}/ari/events?app=ivr")
    try:
        yield connection
    finally:
        await connection.end()


@asynccontextmanager
async def talking(
    talk: Callable[[ServerConnection], Any], **values: Any
) -> AsyncIterator[Connection]:
    """A connection to an Asterisk that talks so."""
    asterisk = Asterisk()
    asterisk.talk = talk  # type: ignore[method-assign]
    async with running(asterisk), dialled(asterisk.port, **values) as connection:
        yield connection


async def ended(connection: Connection) -> str:
    """Why no frame comes any more."""
    async with asyncio.timeout(5):
        with pytest.raises(ConnectionResetError) as caught:
            while True:
                await connection.receive()
    return str(caught.value)


async def frame_of(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The next frame of a client: its first byte, and its data. Short ones only."""
    first, length = await reader.readexactly(2)
    mask = await reader.readexactly(4)
    data = await reader.readexactly(length & 0x7F)
    return first, bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))


class TestFrames:
    async def test_text_and_binary_are_their_bytes(self):
        async def talk(socket: ServerConnection) -> None:
            await socket.send("é")
            await socket.send(b"\0\xff")

        async with talking(talk) as connection:
            assert [await connection.receive() for _ in range(2)] == ["é".encode(), b"\0\xff"]

    async def test_text_that_is_not_utf_8_is_handed_on_as_it_came(self):
        async def conversation(reader: Any, writer: Any) -> None:
            await shake_hands(reader, writer)
            writer.write(b"\x81\x03a\xc3b")
            await reader.read()

        async with raw_server(conversation) as port, dialled(port) as connection:
            assert await connection.receive() == b"a\xc3b"

    async def test_one_in_parts_is_put_together(self):
        async def conversation(reader: Any, writer: Any) -> None:
            await shake_hands(reader, writer)
            writer.write(b"\x01\x02ab" + b"\x89\x00" + b"\x80\x01c")
            await reader.read()

        async with raw_server(conversation) as port, dialled(port) as connection:
            assert await connection.receive() == b"abc"

    async def test_one_that_comes_with_the_handshake_is_the_first(self):
        async def conversation(reader: Any, writer: Any) -> None:
            await shake_hands(reader, writer, b"\x81\x01x")
            await reader.read()

        async with raw_server(conversation) as port, dialled(port) as connection:
            assert await connection.receive() == b"x"

    async def test_the_configured_size_is_the_last_that_is_taken(self):
        async def talk(socket: ServerConnection) -> None:
            await socket.send("x" * 65_536)
            await socket.send("x" * 65_537)
            await socket.wait_closed()

        async with talking(talk, max_frame=65_536) as connection:
            assert len(await connection.receive()) == 65_536
            assert (await ended(connection)).startswith("we closed the socket: 1009 ")


class TestMemory:
    async def test_a_read_allocates_about_what_it_reads(self):
        """Not asyncio's 256 KiB for each: the heap has no such gap, and grows read by read."""
        go = asyncio.Event()

        async def talk(socket: ServerConnection) -> None:
            await socket.send("x" * 600)
            await go.wait()
            await socket.send("y" * 600)

        async with talking(talk) as connection:
            await connection.receive()  # what is made but once is made
            tracemalloc.start()
            try:
                go.set()
                assert await connection.receive() == b"y" * 600
                _, peak = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
        assert peak < 100_000


class TestAlive:
    @pytest.fixture
    def patient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Time to read what has come, also where a busy machine stops the loop twice in a row."""
        monkeypatch.setattr(module, "GRACE_SECONDS", 1.0)

    async def test_a_ping_is_answered_with_its_own_words(self):
        answers: list[tuple[int, bytes]] = []

        async def conversation(reader: Any, writer: Any) -> None:
            await shake_hands(reader, writer)
            writer.write(b"\x89\x02hi")
            answers.append(await frame_of(reader))
            writer.write(b"\x81\x01x")
            await reader.read()

        async with raw_server(conversation) as port, dialled(port) as connection:
            assert await connection.receive() == b"x"
        assert answers == [(PONG, b"hi")]

    @pytest.mark.usefixtures("patient")
    async def test_whoever_answers_pings_may_be_silent(self):
        pings = 0

        async def conversation(reader: Any, writer: Any) -> None:
            nonlocal pings
            await shake_hands(reader, writer)
            for pings in (1, 2, 3, 4):  # noqa: B007
                assert (await frame_of(reader))[0] == PING
                writer.write(b"\x8a\x00")
            writer.write(b"\x81\x01x")
            await reader.read()

        settings = {"ping_interval": 0.1, "ping_timeout": 0.1}
        async with raw_server(conversation) as port, dialled(port, **settings) as connection:
            assert await connection.receive() == b"x"
        assert pings == 4

    @pytest.mark.usefixtures("patient")
    async def test_whoever_sends_frames_need_not_answer_pings(self):
        # As in a burst: the pong stands behind all of it.
        async def conversation(reader: Any, writer: Any) -> None:
            await shake_hands(reader, writer)
            for _ in range(20):
                writer.write(b"\x81\x01x")
                await asyncio.sleep(0.05)
            writer.write(b"\x81\x01y")
            await reader.read()

        settings = {"ping_interval": 0.1, "ping_timeout": 0.15}
        async with raw_server(conversation) as port, dialled(port, **settings) as connection:
            frames = [await connection.receive() for _ in range(21)]
        assert frames[-1] == b"y"

    @pytest.mark.alone
    async def test_nothing_at_all_is_its_end(self):
        async def conversation(reader: Any, writer: Any) -> None:
            await shake_hands(reader, writer)
            await reader.read()

        settings = {"ping_interval": 0.1, "ping_timeout": 0.2}
        async with raw_server(conversation) as port, dialled(port, **settings) as connection:
            began = time.monotonic()
            assert await ended(connection) == "nothing came within 0.2 s of a ping"
            assert 0.3 <= time.monotonic() - began < 0.3 + module.GRACE_SECONDS + 0.5
            with pytest.raises(ConnectionResetError, match="nothing came"):
                await connection.write("x")

    async def test_a_dead_one_that_takes_nothing_any_more_holds_nobody(self):
        async def conversation(reader: Any, writer: Any) -> None:
            await shake_hands(reader, writer)
            writer.transport.pause_reading()
            await asyncio.sleep(60)

        settings = {"ping_interval": 0.1, "ping_timeout": 0.1}
        async with raw_server(conversation) as port, dialled(port, **settings) as connection:
            async with asyncio.timeout(5):
                writing = asyncio.create_task(connection.write("x" * 32 * 2**20))
                assert "of a ping" in await ended(connection)
                with pytest.raises(ConnectionResetError):
                    await writing

    @pytest.mark.usefixtures("patient")
    async def test_a_loop_that_stood_still_reads_before_it_judges(self):
        async def conversation(reader: Any, writer: Any) -> None:
            await shake_hands(reader, writer)
            for _ in range(2):
                assert (await frame_of(reader))[0] == PING
                time.sleep(0.3)  # noqa: ASYNC251  in the way of all, beyond every deadline
                await asyncio.sleep(0.05)
                writer.write(b"\x8a\x00")
            writer.write(b"\x81\x01x")
            await reader.read()

        settings = {"ping_interval": 0.1, "ping_timeout": 0.2}
        async with raw_server(conversation) as port, dialled(port, **settings) as connection:
            assert await connection.receive() == b"x"

    async def test_whose_reader_is_busy_is_not_dead(self):
        async def conversation(reader: Any, writer: Any) -> None:
            await shake_hands(reader, writer)
            writer.write(b"\x81\x01x")
            await back.wait()
            writer.write(b"\x81\x01y")
            await reader.read()

        back = asyncio.Event()
        settings = {"ping_interval": 0.1, "ping_timeout": 0.1}
        async with raw_server(conversation) as port, dialled(port, **settings) as connection:
            assert await connection.receive() == b"x"
            await asyncio.sleep(0.5)
            back.set()
            assert await connection.receive() == b"y"
            assert "of a ping" in await ended(connection)


class TestEnd:
    @pytest.mark.parametrize(
        ("sent", "words"),
        [
            (b"\x88\x02" + pack("!H", 1000), "Asterisk closed the socket: 1000"),
            (b"\x88\x03" + pack("!H", 1011) + b"x", "Asterisk closed the socket: 1011 x"),
            (b"\x88\x02" + pack("!H", 4711), "Asterisk closed the socket: 4711"),
            (b"\x88\x00", "Asterisk closed the socket: 1005"),
            (b"\xff\xff\xff garbage", "we closed the socket: 1002 "),
            (b"\x88\x02" + pack("!H", 1), "we closed the socket: 1002 "),
            (b"", "the connection broke without a close"),
            (b"\x81\x05half", "the connection broke without a close"),
        ],
    )
    async def test_why_it_closed_is_told_in_words(self, sent: bytes, words: str):
        async def conversation(reader: Any, writer: Any) -> None:
            await shake_hands(reader, writer)
            writer.write(sent)

        async with raw_server(conversation) as port, dialled(port) as connection:
            reason = await ended(connection)
            assert reason.startswith(words) if words.endswith(" ") else reason == words
            with pytest.raises(ConnectionResetError):
                await connection.write("x")

    @pytest.mark.parametrize("code", [1000, 1001, 4711])
    async def test_a_close_is_answered_by_one_like_it(self, code: int):
        answers: list[tuple[int, bytes]] = []

        async def conversation(reader: Any, writer: Any) -> None:
            await shake_hands(reader, writer)
            writer.write(b"\x88\x02" + pack("!H", code))
            answers.append(await frame_of(reader))

        async with raw_server(conversation) as port, dialled(port) as connection:
            await ended(connection)
            await connection.end()
            await until(lambda: answers)
        assert answers == [(0x88, pack("!H", code))]

    async def test_a_reset_is_a_broken_connection(self):
        async def talk(socket: ServerConnection) -> None:
            await socket.send("x")
            socket.transport.abort()

        async with talking(talk) as connection:
            assert await connection.receive() == b"x"
            assert await ended(connection) == "the connection broke without a close"

    async def test_what_came_before_it_is_read_first(self):
        async def talk(socket: ServerConnection) -> None:
            for number in range(5):
                await socket.send(str(number))

        async with talking(talk) as connection:
            await asyncio.sleep(0.05)
            frames = [await connection.receive() for _ in range(5)]
            assert frames == [b"0", b"1", b"2", b"3", b"4"]
            assert await ended(connection) == "Asterisk closed the socket: 1000"

    async def test_whoever_reads_is_told_of_our_own_close(self):
        async def talk(socket: ServerConnection) -> None:
            await socket.wait_closed()

        async with talking(talk) as connection:
            reading = asyncio.ensure_future(ended(connection))
            await asyncio.sleep(0)
            await connection.close()
            assert await reading == "we closed the socket: 1000"

    async def test_a_close_that_nobody_answers_takes_a_quarter_second(self):
        async def conversation(reader: Any, writer: Any) -> None:
            await shake_hands(reader, writer)
            await reader.read()
            await asyncio.sleep(60)

        async with raw_server(conversation) as port, dialled(port) as connection:
            began = time.monotonic()
            await connection.end()
            assert module.CLOSE_SECONDS * 0.9 <= time.monotonic() - began < 2

    async def test_it_goes_without_a_reset_while_frames_still_come(
        self, monkeypatch: pytest.MonkeyPatch
    ):
        # Whoever does not answer in time is reset: here it has the time that a busy machine takes.
        monkeypatch.setattr(module, "CLOSE_SECONDS", 10.0)
        endings: list[BaseException | bytes] = []

        async def conversation(reader: Any, writer: Any) -> None:
            await shake_hands(reader, writer)
            try:
                for _ in range(200):
                    writer.write((b"\x82\x7e" + pack("!H", 60_000) + b"x" * 60_000) * 4)
                    await writer.drain()
                    if reader._buffer:  # our close
                        break
                assert await frame_of(reader) == (0x88, pack("!H", 1000))
                writer.write(b"\x88\x02" + pack("!H", 1000))
                endings.append(await reader.read())
            except OSError as error:
                endings.append(error)
                raise

        async with raw_server(conversation) as port:
            async with dialled(port) as connection:
                reading = asyncio.ensure_future(connection.receive())
                await reading
                again = asyncio.ensure_future(connection.receive())
                await asyncio.sleep(0)
                again.cancel()
                await asyncio.gather(again, return_exceptions=True)
            await until(lambda: endings)
        assert endings == [b""]

    async def test_to_end_it_twice_is_to_end_it(self):
        async def talk(socket: ServerConnection) -> None:
            await socket.wait_closed()

        async with talking(talk) as connection:
            await connection.end()
            await connection.end()
            await connection.close()

    async def test_whoever_is_cancelled_at_any_moment_of_it_leaves_nothing_open(
        self, recwarn: pytest.WarningsRecorder
    ):
        async def conversation(reader: Any, writer: Any) -> None:
            await shake_hands(reader, writer)
            await reader.read()
            await asyncio.sleep(60)

        async with raw_server(conversation) as port:
            for turns in range(6):
                settings = config(port)
                connection = await handshake(settings, f"ws://127.0.0.1:{port}/ari/events?app=ivr")
                ending = asyncio.ensure_future(connection.end())
                await asyncio.sleep(0.01)
                ending.cancel()
                for _ in range(turns):
                    await asyncio.sleep(0)
                ending.cancel()
                await asyncio.wait([ending])
                del connection, ending
                gc.collect()
        assert [str(each.message) for each in recwarn] == []
