"""One connection: bytes pass unchanged, ends and resets are passed on, a cut is what it says."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from stasis.testing.fault import Fault, Faults, Hit
from stasis.testing.passage import RESET, Passage
from stasis.testing.tally import Tally
from tests.transport.servers import Conversation, free_port, headers_of, raw_server, reply

GET = b"GET /ari/x?api_key=me:geheim HTTP/1.1\r\nHost: x\r\n\r\n"
UPGRADE = b"GET /ari/events HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
OK = reply("200 OK", b'{"id":"x"}')


def text(payload: bytes) -> bytes:
    """A text frame as a server sends it."""
    size = len(payload)
    if size < 126:
        return bytes([0x81, size]) + payload
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


class Client:
    """The client's side of a passage."""

    def __init__(
        self,
        passage: Passage,
        tally: Tally,
        ends: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        self.passage = passage
        self.tally = tally
        self.reader, self.writer = ends

    def says(self, data: bytes) -> None:
        self.writer.write(data)

    async def hears(self, data: bytes) -> None:
        """These bytes and no others come next."""
        async with asyncio.timeout(5):
            assert await self.reader.readexactly(len(data)) == data

    async def hears_all(self) -> bytes:
        """What comes until the end of the stream. Raises ConnectionResetError on a RST."""
        async with asyncio.timeout(5):
            return await self.reader.read()


@asynccontextmanager
async def passing(
    asterisk: Conversation, *faults: Fault, hung: bool = False
) -> AsyncIterator[Client]:
    """A passage between a client and an Asterisk that follows a conversation."""
    async with raw_server(asterisk) as port, through(port, *faults, hung=hung) as client:
        yield client


@asynccontextmanager
async def through(port: int, *faults: Fault, hung: bool = False) -> AsyncIterator[Client]:
    """A passage to a port."""
    armed, tally = Faults(1), Tally()
    armed.arm(*faults)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ends = await asyncio.open_connection(*listening.getsockname())
        accepted, _ = listening.accept()
    accepted.setblocking(False)
    passage = Passage(1, accepted, armed, tally, hung=hung)
    carrying = asyncio.create_task(passage.run("127.0.0.1", port))
    try:
        yield Client(passage, tally, ends)
    finally:
        ends[1].transport.abort()
        carrying.cancel()
        await asyncio.gather(carrying, return_exceptions=True)


class Asterisk:
    """Answers each request with OK, an upgrade with frames; keeps what it saw.

    frames: what it says after an upgrade. heard: heads of requests. ended: how the connection
    ended, `fin` or `rst`.
    """

    def __init__(self, *frames: bytes) -> None:
        self.frames = frames
        self.heard: list[str] = []
        self.after_upgrade = b""
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await headers_of(reader)
                self.heard.append(head)
                if "Upgrade: websocket" in head:
                    break
                writer.write(OK)
            writer.write(SWITCH + b"".join(self.frames))
            while data := await reader.read(65_536):
                self.after_upgrade += data
            self.ended.set_result("fin")
        except asyncio.IncompleteReadError:
            self.ended.set_result("fin")
        except ConnectionResetError:
            self.ended.set_result("rst")

    async def end(self) -> str:
        """How the connection has ended, once it has."""
        async with asyncio.timeout(5):
            return await self.ended


class TestWithoutFaults:
    async def test_requests_and_replies_pass_byte_for_byte(self):
        asterisk = Asterisk()
        async with passing(asterisk) as client:
            for _ in range(3):
                client.says(GET)
                await client.hears(OK)
            assert asterisk.heard == [GET.decode()] * 3
            assert client.passage.kind == "request"
            assert client.tally.counts["requests"] == 3

    async def test_requests_sent_ahead_are_answered_in_order(self):
        async with passing(Asterisk()) as client:
            client.says(GET * 10)
            await client.hears(OK * 10)

    async def test_a_body_goes_with_its_request(self):
        body = bytes(200_000)
        received = asyncio.get_running_loop().create_future()

        async def asterisk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await headers_of(reader)
            received.set_result(await reader.readexactly(len(body)))
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" + OK)
            await reader.read()

        async with passing(asterisk) as client:
            client.says(b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            await client.hears(b"HTTP/1.1 100 Continue\r\n\r\n" + OK)
            assert received.result() == body

    async def test_frames_pass_byte_for_byte(self):
        frames = text(b"a"), b"\x89\x02hi", text(b"b" * 300), text(b"c" * 200_000), b"\x81\x00"
        asterisk = Asterisk(*frames)
        async with passing(asterisk) as client:
            client.says(UPGRADE)
            await client.hears(SWITCH + b"".join(frames))
            assert client.passage.kind == "socket"
            client.says(b"\x8a\x80mask")
            client.writer.write_eof()
            assert await asterisk.end() == "fin"
            assert asterisk.after_upgrade == b"\x8a\x80mask"
            assert client.tally.counts["frames"] == 4, "a ping is none"

    async def test_a_refused_upgrade_leaves_a_connection_for_requests(self):
        async def asterisk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await headers_of(reader)
            writer.write(reply("401 Unauthorized"))
            await headers_of(reader)
            writer.write(OK)
            await reader.read()

        async with passing(asterisk) as client:
            client.says(UPGRADE)
            await client.hears(reply("401 Unauthorized"))
            client.says(GET)
            await client.hears(OK)
            assert client.passage.kind == "request"

    async def test_an_asterisk_that_is_not_there_resets_the_client(self):
        async with through(free_port()) as client:
            with pytest.raises(ConnectionResetError):
                await client.hears_all()
            assert client.tally.counts["unreachable"] == 1

    async def test_what_is_not_http_is_cut_and_told(self):
        async with passing(Asterisk()) as client:
            client.says(b"\x16\x03\x01\r\n\r\n")
            with pytest.raises(ConnectionResetError):
                await client.hears_all()
            assert [entry.kind for entry in client.tally.log] == ["unreadable"]

    async def test_an_error_of_its_own_ends_it_and_is_not_hidden(self):
        class Broken(Faults):
            def request(self, method: str, target: str) -> Hit | None:
                raise LookupError("a bug")

        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        async with raw_server(Asterisk()) as port:
            passage = Passage(1, ours, Broken(0), Tally(), hung=False)
            theirs.sendall(GET)
            with theirs, pytest.raises(LookupError):
                async with asyncio.timeout(5):
                    await passage.run("127.0.0.1", port)


class TestEnds:
    async def test_the_end_of_a_client_reaches_asterisk(self):
        asterisk = Asterisk()
        async with passing(asterisk) as client:
            client.says(GET)
            await client.hears(OK)
            client.writer.close()
            assert await asterisk.end() == "fin"

    async def test_the_reset_of_a_client_reaches_asterisk(self):
        asterisk = Asterisk()
        async with passing(asterisk) as client:
            client.says(UPGRADE)
            await client.hears(SWITCH)
            raw = client.writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            client.writer.transport.abort()
            assert await asterisk.end() == "rst"

    @pytest.mark.parametrize("asked", [b"", GET, UPGRADE])
    async def test_asterisk_closing_without_a_word_reaches_the_client(self, asked: bytes):
        """As it does beyond its `sessionlimit`; and nothing of the passage stays."""

        async def asterisk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if asked:
                await headers_of(reader)
            writer.write_eof()
            await reader.read()

        async with passing(asterisk) as client:
            client.says(asked)
            assert await client.hears_all() == b""
            client.writer.close()
            async with asyncio.timeout(5):
                await client.passage.cut("fin")  # returns, because it has ended

    @pytest.mark.parametrize(
        "cut_short", [OK[:20], OK[:-3], SWITCH + b"\x81", SWITCH + text(b"abcdef")[:-2]]
    )
    async def test_what_ends_in_the_middle_ends_there(self, cut_short: bytes):
        async def asterisk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await headers_of(reader)
            writer.write(cut_short)
            writer.write_eof()
            await reader.read()

        async with passing(asterisk) as client:
            client.says(UPGRADE if cut_short.startswith(SWITCH) else GET)
            assert await client.hears_all() == cut_short


class TestCuts:
    async def test_a_reset_resets_both_sides(self):
        asterisk = Asterisk(text(b"a"))
        async with passing(asterisk) as client:
            client.says(UPGRADE)
            await client.hears(SWITCH + text(b"a"))
            await client.passage.cut("rst")
            assert not client.passage.live
            with pytest.raises(ConnectionResetError):
                await client.hears_all()
            assert await asterisk.end() == "rst"

    async def test_a_fin_ends_both_sides_without_a_close_frame(self):
        asterisk = Asterisk(text(b"a"))
        async with passing(asterisk) as client:
            client.says(UPGRADE)
            await client.hears(SWITCH + text(b"a"))
            await client.passage.cut("fin")
            assert await client.hears_all() == b""
            assert await asterisk.end() == "fin"
            assert asterisk.after_upgrade == b""

    async def test_a_silent_cut_holds_both_ways_and_loses_nothing(self):
        more = asyncio.Event()
        heard = asyncio.Queue[bytes]()

        async def asterisk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await headers_of(reader)
            writer.write(SWITCH)
            await more.wait()
            writer.write(text(b"late"))
            while data := await reader.read(100):
                heard.put_nowait(data)

        async with passing(asterisk) as client:
            client.says(UPGRADE)
            await client.hears(SWITCH)
            await client.passage.cut("silent")
            assert client.passage.frozen and not client.passage.live
            more.set()
            client.says(b"\x8a\x80mask")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await client.reader.readexactly(1)
            assert heard.empty()
            client.passage.thaw()
            await client.hears(text(b"late"))
            assert await heard.get() == b"\x8a\x80mask"

    async def test_a_frozen_passage_does_not_tell_that_the_other_side_has_gone(self):
        asterisk = Asterisk()
        async with passing(asterisk) as client:
            client.says(UPGRADE)
            await client.hears(SWITCH)
            await client.passage.cut("silent")
            client.writer.transport.abort()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await asyncio.shield(asterisk.ended)
            client.passage.thaw()
            assert await asterisk.end() == "fin"

    async def test_one_that_hangs_does_not_even_dial(self):
        asterisk = Asterisk()
        async with passing(asterisk, hung=True) as client:
            client.says(GET)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await client.reader.readexactly(1)
            assert not asterisk.heard
            client.passage.thaw()
            await client.hears(OK)


class TestFaults:
    async def test_before_a_request_reaches_asterisk(self):
        asterisk = Asterisk()
        async with passing(asterisk, Fault("before", nth=2)) as client:
            client.says(GET)
            await client.hears(OK)
            client.says(GET)
            with pytest.raises(ConnectionResetError):
                await client.hears_all()
            assert await asterisk.end() == "rst"
            assert len(asterisk.heard) == 1

    async def test_between_a_request_and_its_reply(self):
        asterisk = Asterisk()
        async with passing(asterisk, Fault("between", how="fin")) as client:
            client.says(GET)
            assert await client.hears_all() == b""
            assert len(asterisk.heard) == 1
            (entry,) = client.tally.log
            assert (entry.kind, entry.what, entry.detail) == ("between", "GET /ari/x", "fin")

    async def test_a_silent_one_keeps_the_reply_until_it_thaws(self):
        async with passing(Asterisk(), Fault("between", how="silent")) as client:
            client.says(GET)
            await client.tally.reached("between", 1, 5)
            assert client.passage.frozen
            client.passage.thaw()
            await client.hears(OK)

    async def test_half_a_reply(self):
        async with passing(Asterisk(), Fault("halve", how="fin")) as client:
            client.says(GET)
            assert await client.hears_all() == OK[: len(OK) // 2]

    async def test_half_a_frame(self):
        frames = text(b"first"), text(b"x" * 100_000)
        fault = Fault("halve", on="frame", text="x", how="fin")
        async with passing(Asterisk(*frames), fault) as client:
            client.says(UPGRADE)
            passed = await client.hears_all()
            assert passed == SWITCH + frames[0] + frames[1][: len(frames[1]) // 2]

    async def test_a_frame_that_never_comes(self):
        frames = text(b"first"), text(b"second")
        fault = Fault("before", on="frame", text="second", how="fin")
        async with passing(Asterisk(*frames), fault) as client:
            client.says(UPGRADE)
            assert await client.hears_all() == SWITCH + frames[0]

    async def test_a_corrupted_frame_keeps_its_header_and_its_neighbours(self):
        frames = text(b"first"), text(b"x" * 100_000), text(b"third")
        fault = Fault("corrupt", on="frame", text="x", flips=20)
        async with passing(Asterisk(*frames), fault) as client:
            client.says(UPGRADE)
            await client.hears(SWITCH + frames[0] + frames[1][:10])
            hit = await client.reader.readexactly(100_000)
            assert sum(byte != ord("x") for byte in hit) == 20
            await client.hears(frames[2])

    async def test_a_ping_is_never_hit(self):
        ping = b"\x89\x02hi"
        async with passing(Asterisk(ping), Fault("before", on="frame")) as client:
            client.says(UPGRADE)
            await client.hears(SWITCH + ping)

    async def test_a_delay_holds_what_is_behind_it_too(self):
        frames = text(b"slow"), text(b"behind")
        fault = Fault("delay", on="frame", text="slow", seconds=0.2)
        async with passing(Asterisk(*frames), fault) as client:
            client.says(UPGRADE)
            await client.hears(SWITCH)
            began = asyncio.get_running_loop().time()
            await client.hears(frames[0] + frames[1])
            assert asyncio.get_running_loop().time() - began > 0.15

    async def test_a_slow_reader_slows_its_writer(self):
        """Nothing piles up: Asterisk cannot send more than the ways between can hold."""
        sent = 0

        async def asterisk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal sent
            await headers_of(reader)
            writer.write(SWITCH)
            frame = text(bytes(60_000))
            while True:
                writer.write(frame)
                await writer.drain()
                sent += len(frame)

        async with passing(asterisk, Fault("throttle", on="frame", rate=1000)) as client:
            client.says(UPGRADE)
            await client.hears(SWITCH)
            before = -1
            while sent != before:  # until the kernel's buffers are full
                before = sent
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.3):
                        await client.reader.readexactly(10_000)
            assert sent < 32 * 2**20
