"""Commands over a pair of byte streams: one at a time, each with its own reply."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from stasis import ChannelGone, WaitTimeout
from stasis.agi import ProtocolError, Stream
from stasis.testing.clock import virtual_time
from tests.agi.peer import ENVIRONMENT

BLOCK = ("\n".join(ENVIRONMENT) + "\n\n").encode()


class Pipe:
    """A stream whose other side is the test."""

    def __init__(self) -> None:
        self.reader = asyncio.StreamReader()
        self.written = b""
        self.broken = False
        self.stream = Stream(self.reader, self.write)
        self.hung_up = 0
        self.idled: list[WaitTimeout] = []
        self.task: asyncio.Task[None] | None = None

    def write(self, data: bytes) -> None:
        if self.broken:
            raise BrokenPipeError
        self.written += data

    def hang_up(self) -> None:
        self.hung_up += 1

    async def begin(self, idle: float | None = None) -> None:
        self.reader.feed_data(BLOCK)
        assert await self.stream.begin() is not None
        self.task = asyncio.create_task(self.stream.read(self.hang_up, idle, self.idled.append))

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not holds():
                await asyncio.sleep(0)


@pytest.fixture
async def pipe() -> AsyncIterator[Pipe]:
    made = Pipe()
    yield made
    if made.task is not None:
        made.task.cancel()
        await asyncio.wait({made.task})


async def test_a_peer_that_closes_before_the_end_of_its_environment(pipe: Pipe) -> None:
    pipe.reader.feed_data(BLOCK[:40])
    pipe.reader.feed_eof()
    assert await pipe.stream.begin() is None


async def test_the_limit_of_a_line_is_the_version_s(pipe: Pipe) -> None:
    assert pipe.stream.limit == 2_047
    await pipe.begin()
    assert pipe.stream.limit == 8_191


async def test_a_command_waits_for_the_reply_of_the_one_before(pipe: Pipe) -> None:
    await pipe.begin()
    first = asyncio.create_task(pipe.stream.send("FIRST"))
    second = asyncio.create_task(pipe.stream.send("SECOND"))
    await pipe.until(lambda: pipe.written == b"FIRST\n")
    await asyncio.sleep(0.01)
    assert pipe.written == b"FIRST\n"
    pipe.reader.feed_data(b"200 result=1\n")
    assert await first == "200 result=1"
    await pipe.until(lambda: pipe.written == b"FIRST\nSECOND\n")
    pipe.reader.feed_data(b"200 result=2\n")
    assert await second == "200 result=2"


async def test_the_reply_to_one_that_was_cancelled_is_nobody_else_s(pipe: Pipe) -> None:
    await pipe.begin()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await pipe.stream.send("SLOW")
    second = asyncio.create_task(pipe.stream.send("SECOND"))
    await asyncio.sleep(0.01)
    assert pipe.written == b"SLOW\n"
    pipe.reader.feed_data(b"200 result=1\n")
    await pipe.until(lambda: pipe.written == b"SLOW\nSECOND\n")
    pipe.reader.feed_data(b"200 result=2\n")
    assert await second == "200 result=2"


async def test_a_hang_up_is_told_beside_the_replies(pipe: Pipe) -> None:
    await pipe.begin()
    sending = asyncio.create_task(pipe.stream.send("X"))
    await pipe.until(lambda: pipe.written == b"X\n")
    pipe.reader.feed_data(b"HANGUP\n200 result=-1\n")
    assert await sending == "200 result=-1"
    assert pipe.hung_up == 1


async def test_a_peer_that_closes_ends_what_waits_and_what_comes_later(pipe: Pipe) -> None:
    await pipe.begin()
    waiting = [asyncio.create_task(pipe.stream.send(each)) for each in ("A", "B")]
    await pipe.until(lambda: pipe.written == b"A\n")
    pipe.reader.feed_eof()
    for each in (*waiting, pipe.stream.send("C")):
        with pytest.raises(ChannelGone, match="closed the connection"):
            await each
    assert pipe.written == b"A\n"


async def test_a_broken_pipe_is_the_channel_s_end(pipe: Pipe) -> None:
    await pipe.begin()
    pipe.broken = True
    with pytest.raises(ChannelGone):
        await pipe.stream.send("A")


async def test_nonsense_ends_what_waits(pipe: Pipe) -> None:
    await pipe.begin()
    waiting = asyncio.create_task(pipe.stream.send("A"))
    await pipe.until(lambda: pipe.written == b"A\n")
    pipe.reader.feed_data(b"nonsense\n")
    with pytest.raises(ChannelGone, match="not a reply"):
        await waiting
    assert pipe.task is not None
    with pytest.raises(ProtocolError):
        await pipe.task


@virtual_time
async def test_silence_is_told_once_and_only_when_nothing_passes() -> None:
    pipe = Pipe()
    await pipe.begin(idle=0.1)
    for _ in range(3):
        await asyncio.sleep(0.06)
        waiting = asyncio.create_task(pipe.stream.send("A"))
        await asyncio.sleep(0)
        pipe.reader.feed_data(b"200 result=0\n")
        await waiting
    assert pipe.idled == []
    await asyncio.sleep(0.3)
    (error,) = pipe.idled
    assert "0.1 s" in str(error)
    waiting = asyncio.create_task(pipe.stream.send("A"))  # it still carries
    await asyncio.sleep(0)
    pipe.reader.feed_data(b"200 result=0\n")
    assert await waiting == "200 result=0"
    pipe.reader.feed_eof()
    assert pipe.task is not None
    await pipe.task
