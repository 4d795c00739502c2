"""Frames at once: in their order, none twice, none lost, and the rest as without it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from struct import pack
from typing import Any

import pytest

from stasis.transport import pushed
from stasis.transport.connection import GRACE_SECONDS, Connection
from stasis.transport.handshake import handshake
from tests.transport.servers import config, raw_server, shake_hands


class Server:
    """Writes what it is told to."""

    def __init__(self) -> None:
        self.shaken = asyncio.Event()
        self.first = b""

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await shake_hands(reader, writer, self.first)
        self.writer = writer
        self.shaken.set()
        await reader.read()

    async def says(self, *frames: bytes) -> None:
        """Write them at once, and wait until they have been read."""
        self.writer.write(b"".join(frames))
        await asyncio.sleep(0.02)


def text(data: bytes) -> bytes:
    """A text frame."""
    size = len(data)
    length = bytes([size]) if size < 126 else b"\x7f" + pack("!Q", size)
    return b"\x81" + length + data


@asynccontextmanager
async def dialled(server: Server, **values: Any) -> AsyncIterator[Connection]:
    """A connection to it."""
    async with raw_server(server) as port:
        connection = await handshake(config(port, **values), f"ws://127.0.0.1:{port}/ari/events")
        try:
            await server.shaken.wait()
            yield connection
        finally:
            await connection.end()


class TestPush:
    async def test_frames_are_given_as_they_come_text_and_binary(self):
        server, given = Server(), []
        async with dialled(server) as connection:
            reading = asyncio.create_task(connection.receive())
            await asyncio.sleep(0)
            assert connection.push(taken(given))
            await server.says(text(b"a"), b"\x82\x01b", b"\x89\x00", text(b"c" * 300))
            assert given == [b"a", b"b", b"c" * 300]
            await server.says(text(b"d"))
            assert given[3:] == [b"d"] and not reading.done()
            await stopped(reading)

    async def test_they_are_given_before_the_loop_turns(self):
        """Not a turn later, when a task that waits for them would run."""
        server, order = Server(), []
        async with dialled(server) as connection:
            reading = asyncio.create_task(connection.receive())
            await asyncio.sleep(0)

            def take(frame: bytes) -> bool:
                asyncio.get_running_loop().call_soon(order.append, "the next turn")
                order.append(frame)
                return True

            connection.push(take)
            await server.says(text(b"a"), text(b"b"))
            assert order == [b"a", b"b", "the next turn", "the next turn"]
            await stopped(reading)

    async def test_what_came_before_is_received_first(self):
        server, given = Server(), []
        server.first = text(b"with the handshake")
        async with dialled(server) as connection:
            await server.says(text(b"a"))
            connection.push(taken(given))
            await server.says(text(b"b"))
            assert given == []
            received = [await connection.receive() for _ in range(3)]
            assert received == [b"with the handshake", b"a", b"b"]
            await server.says(text(b"c"))
            assert given == [b"c"]

    async def test_a_frame_in_two_reads_is_one(self):
        server, given = Server(), []
        server.first = text(b"whole")[:3]
        async with dialled(server) as connection:
            connection.push(taken(given))
            await server.says(text(b"whole")[3:], text(b"next"))
            assert given == [b"whole", b"next"]

    async def test_one_that_is_refused_is_received_and_those_behind_it_too(self):
        server, given = Server(), []
        async with dialled(server) as connection:
            connection.push(lambda frame: frame != b"no" and taken(given)(frame))
            await server.says(text(b"a"), text(b"no"), text(b"b"), text(b"no"))
            assert given == [b"a"]
            assert [await connection.receive() for _ in range(3)] == [b"no", b"b", b"no"]
            await server.says(text(b"c"))
            assert given == [b"a", b"c"]

    async def test_after_64_in_a_row_the_loop_turns(self):
        """However much is there to be read, and whatever loop it is: calls run in between."""
        server, order = Server(), []
        async with dialled(server) as connection:

            def take(frame: bytes) -> bool:
                if not order or order[-1] == "a turn":
                    asyncio.get_running_loop().call_soon(order.append, "a turn")
                order.append(frame)
                return True

            connection.push(take)
            await server.says(*[text(str(number).encode()) for number in range(200)])
            assert order == [*[str(number).encode() for number in range(64)], "a turn"]
            received = [await connection.receive() for _ in range(136)]
            assert received == [str(number).encode() for number in range(64, 200)]
            await server.says(text(b"x"))
            assert order[-2:] == [b"x", "a turn"]

    async def test_what_the_function_raises_is_told_who_reads(self):
        server = Server()

        def take(frame: bytes) -> bool:
            raise ZeroDivisionError("odd")

        async with dialled(server) as connection:
            connection.push(take)
            await server.says(text(b"a"), text(b"b"))
            with pytest.raises(ZeroDivisionError, match="odd"):
                await connection.receive()

    async def test_none_is_given_once_it_ends(self):
        server, given = Server(), []
        async with dialled(server) as connection:
            connection.push(taken(given))
            ending = asyncio.create_task(connection.end())
            await asyncio.sleep(0)
            await server.says(text(b"a"))
            await ending
        assert given == []


class TestTheRest:
    async def test_a_close_comes_behind_what_was_given(self):
        server, given = Server(), []
        async with dialled(server) as connection:
            connection.push(taken(given))
            await server.says(text(b"a"), b"\x88\x02" + pack("!H", 1001))
            with pytest.raises(ConnectionResetError, match="Asterisk closed the socket: 1001"):
                await connection.receive()
            assert given == [b"a"]

    @pytest.mark.parametrize(
        ("sent", "words"),
        [
            (b"\xff\xff\xff garbage", "we closed the socket: 1002 "),
            (text(b"x" * 65_537), "we closed the socket: 1009 "),
            (b"", "the connection broke without a close"),
        ],
        ids=["no frame", "too large", "nothing"],
    )
    async def test_what_ends_it_ends_it_as_ever(self, sent: bytes, words: str):
        server, given = Server(), []
        async with dialled(server, max_frame=65_536) as connection:
            connection.push(taken(given))
            await server.says(text(b"x" * 65_536), sent)
            server.writer.close()
            with pytest.raises(ConnectionResetError) as caught:
                await connection.receive()
            assert str(caught.value).startswith(words)
            assert given == [b"x" * 65_536]

    @pytest.mark.alone
    async def test_one_frame_after_a_ping_is_enough_until_the_next(self):
        server, given = Server(), []
        settings = {"ping_interval": 0.3, "ping_timeout": 0.3}
        async with dialled(server, **settings) as connection:
            connection.push(taken(given))
            await asyncio.sleep(0.35)
            await server.says(text(b"x"))
            heard = time.monotonic()
            with pytest.raises(ConnectionResetError, match="nothing came within"):
                await connection.receive()
            assert 0.5 <= time.monotonic() - heard < 0.6 + GRACE_SECONDS + 0.15
            assert given == [b"x"]

    async def test_frames_that_are_given_say_that_it_lives(self, monkeypatch: pytest.MonkeyPatch):
        """As in a burst: the pong stands behind all of it."""
        # Also where a busy machine stops the loop twice in a row.
        monkeypatch.setattr("stasis.transport.connection.GRACE_SECONDS", 1.0)
        server, given = Server(), []
        async with dialled(server, ping_interval=0.1, ping_timeout=0.1) as connection:
            connection.push(taken(given))
            reading = asyncio.create_task(connection.receive())
            for _ in range(20):
                await server.says(text(b"x"))
                await asyncio.sleep(0.03)
            assert len(given) == 20 and not reading.done()
            with pytest.raises(ConnectionResetError, match="nothing came within"):
                await reading


class TestAnotherAiohttp:
    """One in which no front has a place: frames are received, and nothing else changes."""

    @pytest.mark.parametrize("error", [ImportError, AttributeError, TypeError])
    async def test_it_cannot_and_says_so(
        self, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
    ):
        def fails(*args: Any) -> None:
            raise error

        monkeypatch.setattr(pushed.Front, "__init__", fails)
        server, given = Server(), []
        async with dialled(server) as connection:
            assert not connection.push(taken(given))
            await server.says(text(b"a"))
            assert await connection.receive() == b"a"
            assert given == []

    async def test_the_one_that_is_installed_can(self):
        """Else `pushed` would have to be written anew."""
        server, given = Server(), []
        async with dialled(server) as connection:
            assert connection.push(taken(given))
            await server.says(text(b"a"))
            assert given == [b"a"]


async def stopped(reading: asyncio.Task[bytes]) -> None:
    """Nobody reads any more."""
    reading.cancel()
    await asyncio.wait([reading])


def taken(given: list[bytes]) -> Callable[[bytes], bool]:
    """Takes each frame, into a list."""

    def take(frame: bytes) -> bool:
        given.append(frame)
        return True

    return take
