"""Where a message ends, and no more: heads and bodies of HTTP/1.1, headers of WebSocket frames.

Bytes are passed on as they came; nothing is decoded, joined or written anew. No piece is larger
than 64 KiB, so a reply of any length takes that much memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import attrs

__all__ = ["PIECE", "FrameHead", "Reply", "Request", "Unreadable", "body", "frame_head", "head"]

# The most that is held of one message; also the limit of a stream's reader, so of a head.
PIECE = 65_536


class Unreadable(ValueError):
    """The bytes are not HTTP/1.1: nobody can tell where the message ends."""


@attrs.frozen
class Request:
    """The head of an HTTP request.

    raw: its bytes, the empty line included. method, target: of its first line. upgrade: it asks
    for a WebSocket. length: bytes of its body. chunked: the body says its length itself.
    """

    raw: bytes
    method: str
    target: str
    upgrade: bool
    length: int
    chunked: bool

    @classmethod
    def parse(cls, raw: bytes) -> Request:
        """Read a head. Raises Unreadable."""
        line, fields = split(raw)
        words = line.split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            raise Unreadable("not a request")
        upgrade = "websocket" in fields.get("upgrade", "").lower()
        return cls(raw, words[0], words[1], upgrade, length(fields) or 0, chunked(fields))

    @property
    def line(self) -> str:
        """Method and path. Without the query, which can hold a password."""
        return f"{self.method} {self.target.partition('?')[0]}"


@attrs.frozen
class Reply:
    """The head of an HTTP reply.

    raw: its bytes, the empty line included. status: the code. length: bytes of its body; None
    when it does not say. chunked: the body says its length itself.
    """

    raw: bytes
    status: int
    length: int | None
    chunked: bool

    @property
    def interim(self) -> bool:
        """Whether another reply to the same request follows, as after 100 Continue."""
        return 100 <= self.status < 200 and self.status != 101

    @classmethod
    def parse(cls, raw: bytes, method: str) -> Reply:
        """Read a head. method: of the request it answers. Raises Unreadable."""
        line, fields = split(raw)
        words = line.split(" ", 2)
        if len(words) < 2 or not words[0].startswith("HTTP/1.") or not words[1].isdecimal():
            raise Unreadable("not a reply")
        status = int(words[1])
        if method == "HEAD" or status < 200 or status in (204, 304):
            return cls(raw, status, 0, False)
        if chunked(fields):
            return cls(raw, status, None, True)
        return cls(raw, status, length(fields), False)


@attrs.frozen
class FrameHead:
    """The header of a WebSocket frame.

    raw: its bytes. opcode: its kind. length: bytes of its payload.
    """

    raw: bytes
    opcode: int
    length: int

    @property
    def data(self) -> bool:
        """Whether it carries data: not a close, a ping or a pong."""
        return self.opcode < 8


async def head(reader: asyncio.StreamReader) -> bytes:
    """The next head, of a request or a reply.

    Raises IncompleteReadError at the end of the stream, Unreadable when it is over 64 KiB.
    """
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        raise Unreadable("a head of more than 64 KiB") from None


async def body(
    reader: asyncio.StreamReader, message: Request | Reply
) -> AsyncGenerator[bytes, None]:
    """A message's body in pieces, as it is on the wire.

    Ends early when the stream does. Raises Unreadable on a chunk without a length.
    """
    if message.chunked:
        while True:
            try:
                line = await reader.readline()
                size = int(line.partition(b";")[0], 16)
            except ValueError:
                raise Unreadable("a chunk without a length") from None
            yield line
            if not size:
                break
            async with aclosing(pieces(reader, size + 2)) as chunk:
                async for piece in chunk:
                    yield piece
        while line.strip():  # trailers, up to the empty line
            line = await reader.readline()
            yield line
    else:
        async with aclosing(pieces(reader, message.length)) as whole:
            async for piece in whole:
                yield piece


async def pieces(reader: asyncio.StreamReader, count: int | None) -> AsyncGenerator[bytes, None]:
    """So many bytes, in pieces; None is all until the stream ends."""
    while count is None or count > 0:
        piece = await reader.read(PIECE if count is None else min(count, PIECE))
        if not piece:
            return
        if count is not None:
            count -= len(piece)
        yield piece


async def frame_head(reader: asyncio.StreamReader) -> FrameHead:
    """The next frame's header (RFC 6455, 5.2).

    Raises IncompleteReadError, with all that came, when the stream ends in it.
    """
    raw = b""
    try:
        raw = await reader.readexactly(2)
        size, masked = raw[1] & 0x7F, bool(raw[1] & 0x80)
        extended = {126: 2, 127: 8}.get(size, 0)
        raw += await reader.readexactly(extended + 4 * masked)
    except asyncio.IncompleteReadError as error:
        raise asyncio.IncompleteReadError(raw + error.partial, None) from None
    if extended:
        size = int.from_bytes(raw[2 : 2 + extended], "big")
    return FrameHead(raw, raw[0] & 0x0F, size)


async def after(
    payload: bytes, reader: asyncio.StreamReader, length: int
) -> AsyncGenerator[bytes, None]:
    """A frame's payload of which the beginning has been read."""
    yield payload
    async with aclosing(pieces(reader, length - len(payload))) as rest:
        async for piece in rest:
            yield piece


async def emptied(reader: asyncio.StreamReader) -> None:
    """Read to the end of a stream and keep nothing."""
    while await reader.read(PIECE):
        pass


def split(raw: bytes) -> tuple[str, dict[str, str]]:
    """A head's first line, and its fields by lower-case name."""
    first, *rest = raw.decode("latin-1").rstrip("\r\n").split("\r\n")
    fields = {}
    for line in rest:
        name, _, value = line.partition(":")
        fields[name.strip().lower()] = value.strip()
    return first, fields


def chunked(fields: dict[str, str]) -> bool:
    """Whether the body says its length itself."""
    return "chunked" in fields.get("transfer-encoding", "").lower()


def length(fields: dict[str, str]) -> int | None:
    """Bytes of the body. Raises Unreadable when it is no number."""
    value = fields.get("content-length")
    if value is None:
        return None
    if not value.isdecimal():
        raise Unreadable("Content-Length is no number")
    return int(value)
