"""Where a message ends, byte for byte, however it arrives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from stasis.testing import wire
from stasis.testing.wire import PIECE, Reply, Request, Unreadable

GET = b"GET /ari/channels?api_key=me:geheim HTTP/1.1\r\nHost: x\r\n\r\n"


def stream(*parts: bytes) -> asyncio.StreamReader:
    """A stream that holds these bytes and then ends."""
    reader = asyncio.StreamReader(limit=PIECE)
    for part in parts:
        reader.feed_data(part)
    reader.feed_eof()
    return reader


async def all_of(pieces: AsyncGenerator[bytes, None]) -> list[bytes]:
    """Every piece."""
    return [piece async for piece in pieces]


class TestRequest:
    def test_its_method_and_target(self):
        request = Request.parse(GET)
        assert (request.method, request.target) == ("GET", "/ari/channels?api_key=me:geheim")
        assert (request.length, request.chunked, request.upgrade) == (0, False, False)

    def test_its_line_leaves_out_the_query(self):
        assert Request.parse(GET).line == "GET /ari/channels"

    def test_a_request_for_a_websocket(self):
        raw = b"GET / HTTP/1.1\r\nupgrade:  WebSocket\r\nConnection: Upgrade\r\n\r\n"
        assert Request.parse(raw).upgrade

    def test_a_body_of_a_length(self):
        assert Request.parse(b"POST / HTTP/1.1\r\nContent-Length: 12\r\n\r\n").length == 12

    @pytest.mark.parametrize(
        "raw",
        [
            b"\x16\x03\x01 tls\r\n\r\n",
            b"GET /\r\n\r\n",
            b"GET / HTTP/2\r\n\r\n",
            b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        ],
    )
    def test_what_is_none(self, raw: bytes):
        with pytest.raises(Unreadable):
            Request.parse(raw)


class TestReply:
    @pytest.mark.parametrize(
        ("raw", "length"),
        [
            (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 5),
            (b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", 0),
            (b"HTTP/1.1 304 Not Modified\r\n\r\n", 0),
            (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", 0),
            (b"HTTP/1.1 200 OK\r\n\r\n", None),
            (b"HTTP/1.1 200\r\n\r\n", None),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", None),
        ],
    )
    def test_how_long_its_body_is(self, raw: bytes, length: int | None):
        assert Reply.parse(raw, "GET").length == length

    def test_a_reply_to_head_has_no_body(self):
        assert Reply.parse(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD").length == 0

    def test_only_some_of_the_hundreds_have_another_after_them(self):
        assert Reply.parse(b"HTTP/1.1 100 Continue\r\n\r\n", "POST").interim
        assert not Reply.parse(b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "GET").interim
        assert not Reply.parse(b"HTTP/1.1 200 OK\r\n\r\n", "GET").interim

    @pytest.mark.parametrize("raw", [b"200 OK\r\n\r\n", b"HTTP/1.1 OK\r\n\r\n", b"\r\n\r\n"])
    def test_what_is_none(self, raw: bytes):
        with pytest.raises(Unreadable):
            Reply.parse(raw, "GET")


class TestHead:
    async def test_it_is_taken_as_it_came(self):
        reader = stream(GET[:7], GET[7:], b"more")
        assert await wire.head(reader) == GET
        assert await reader.read() == b"more"

    async def test_a_stream_that_ends_gives_back_what_it_had(self):
        with pytest.raises(asyncio.IncompleteReadError) as caught:
            await wire.head(stream(GET[:-2]))
        assert caught.value.partial == GET[:-2]

    async def test_a_head_without_end_is_not_collected(self):
        with pytest.raises(Unreadable):
            await wire.head(stream(b"x" * (PIECE + 10)))


class TestBody:
    async def test_a_length_is_kept(self):
        reader = stream(b"12345next")
        reply = Reply.parse(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "GET")
        assert await all_of(wire.body(reader, reply)) == [b"12345"]
        assert await reader.read() == b"next"

    async def test_a_long_one_comes_in_pieces(self):
        length = 3 * PIECE + 1
        reply = Reply.parse(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length, "GET")
        pieces = await all_of(wire.body(stream(b"x" * length), reply))
        assert b"".join(pieces) == b"x" * length
        assert max(map(len, pieces)) <= PIECE

    async def test_chunks_end_with_the_empty_one_and_its_trailers(self):
        raw = b"3\r\nabc\r\n5;note=1\r\n\r\n\r\nx\r\n0\r\nTrailer: 1\r\n\r\n"
        reader = stream(raw, b"next")
        reply = Reply.parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "GET")
        assert b"".join(await all_of(wire.body(reader, reply))) == raw
        assert await reader.read() == b"next"

    @pytest.mark.parametrize(
        "raw", [b"xyz\r\n", b"", b"1" * (PIECE + 10)], ids=["word", "end", "long"]
    )
    async def test_a_chunk_without_a_length(self, raw: bytes):
        reply = Reply.parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "GET")
        with pytest.raises(Unreadable):
            await all_of(wire.body(stream(raw), reply))

    async def test_without_a_length_it_lasts_until_the_end(self):
        reply = Reply.parse(b"HTTP/1.1 200 OK\r\n\r\n", "GET")
        assert b"".join(await all_of(wire.body(stream(b"all ", b"of it"), reply))) == b"all of it"

    async def test_a_stream_that_ends_early_ends_it(self):
        reply = Reply.parse(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n", "GET")
        assert await all_of(wire.body(stream(b"12"), reply)) == [b"12"]


class TestFrameHead:
    @pytest.mark.parametrize(
        ("raw", "opcode", "length"),
        [
            (b"\x81\x05", 1, 5),
            (b"\x82\x00", 2, 0),
            (b"\x81\x7e\x01\x00", 1, 256),
            (b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 1, 65_536),
            (b"\x81\x85mask", 1, 5),
            (b"\x89\x02", 9, 2),
        ],
    )
    async def test_it_ends_where_its_payload_begins(self, raw: bytes, opcode: int, length: int):
        reader = stream(raw, b"payload")
        head = await wire.frame_head(reader)
        assert (head.raw, head.opcode, head.length) == (raw, opcode, length)
        assert await reader.read() == b"payload"

    @pytest.mark.parametrize(("first", "data"), [(0x81, True), (0x80, True), (0x88, False)])
    async def test_a_close_a_ping_and_a_pong_carry_no_data(self, first: int, data: bool):
        assert (await wire.frame_head(stream(bytes([first, 0])))).data is data

    @pytest.mark.parametrize("raw", [b"", b"\x81", b"\x81\x7e", b"\x81\x7e\x01"])
    async def test_a_stream_that_ends_gives_back_what_it_had(self, raw: bytes):
        with pytest.raises(asyncio.IncompleteReadError) as caught:
            await wire.frame_head(stream(raw))
        assert caught.value.partial == raw


async def test_the_payload_of_which_the_beginning_was_read_comes_whole():
    payload = bytes(range(256)) * 1000
    reader = stream(payload[100:], b"next")
    pieces = await all_of(wire.after(payload[:100], reader, len(payload)))
    assert pieces[0] == payload[:100] and b"".join(pieces) == payload
    assert await reader.read() == b"next"


async def test_a_stream_is_emptied_to_its_end():
    reader = stream(b"a" * 200_000)
    await wire.emptied(reader)
    assert reader.at_eof()
