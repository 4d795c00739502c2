"""Servers on loopback that misbehave, each in its own way."""

from __future__ import annotations

import asyncio
import subprocess
import traceback
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from http import HTTPStatus
from pathlib import Path
from socket import socket
from ssl import SSLContext
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request as Handshake
from websockets.http11 import Response as Refusal
from websockets.utils import accept_key

from stasis.config import AsteriskConfig
from stasis.section import Secret

PASSWORD = "geheim-4711"
ENCODED = b64encode(f"stasis:{PASSWORD}".encode()).decode()

Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def config(port: int, **values: Any) -> AsteriskConfig:
    """The configuration of an Asterisk on a loopback port."""
    settings: dict[str, Any] = {
        "url": f"http://127.0.0.1:{port}/ari",
        "password": Secret(PASSWORD),
        "open_timeout": 10.0,
        "backoff_min": 0.01,
        "backoff_max": 0.02,
        **values,
    }
    return AsteriskConfig(**settings)


def free_port() -> int:
    """A port that nobody listens on."""
    with closing(socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def raw_server(
    conversation: Conversation, tls: SSLContext | None = None
) -> AsyncIterator[int]:
    """A TCP server that says whatever the conversation says. Yields its port."""
    talking: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talking.add(task)
        try:
            await conversation(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            talking.discard(task)

    server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(talking):
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)
        await server.wait_closed()


async def headers_of(reader: asyncio.StreamReader) -> str:
    """The head of one HTTP request."""
    return (await reader.readuntil(b"\r\n\r\n")).decode()


def reply(status: str, body: bytes = b"", kind: str = "application/json", more: str = "") -> bytes:
    """An HTTP response."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


def told(error: BaseException) -> str:
    """All that an error shows: its text, its repr, its attributes, and its traceback."""
    trace = "".join(traceback.format_exception(error))
    return f"{error} {error!r} {vars(error)} {trace}"


def secret_free(text: str) -> bool:
    """Whether a text gives the password away, plain or encoded."""
    return PASSWORD not in text and ENCODED not in text


async def shake_hands(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, more: bytes = b""
) -> None:
    """Accept a WebSocket. more: bytes that go out together with the answer."""
    head = await headers_of(reader)
    key = next(
        line.split(": ")[1] for line in head.split("\r\n") if line.startswith("Sec-WebSocket-Key")
    )
    writer.write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept_key(key)}\r\n\r\n".encode()
        + more
    )


def certificate(folder: Path) -> tuple[str, str]:
    """A self-signed certificate for 127.0.0.1, and its key: files."""
    chain, key = str(folder / "chain.pem"), str(folder / "key.pem")
    kind = ("-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")
    name = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    subprocess.run(
        ["openssl", "req", *kind, *name, "-keyout", key, "-out", chain],
        check=True,
        capture_output=True,
    )
    return chain, key


class Asterisk:
    """A WebSocket server. talk: what each connection says. refuse: statuses of coming handshakes.

    heads: the request of each handshake.
    """

    def __init__(self) -> None:
        self.heads: list[Handshake] = []
        self.refuse: list[int] = []
        self.heard: list[str | bytes] = []
        self.port = 0

    async def talk(self, socket: ServerConnection) -> None:
        """Say nothing until the other side closes."""
        await socket.wait_closed()

    def look(self, socket: ServerConnection, request: Handshake) -> Refusal | None:
        """Write the handshake down; refuse it if told to."""
        self.heads.append(request)
        if not self.refuse:
            return None
        status = HTTPStatus(self.refuse.pop(0))
        return Refusal(status.value, status.phrase, Headers(), b"<html>no</html>")


@asynccontextmanager
async def running(asterisk: Asterisk) -> AsyncIterator[Asterisk]:
    """The server, on a free port."""
    async with serve(
        lambda socket: asterisk.talk(socket),
        "127.0.0.1",
        0,
        process_request=asterisk.look,
        max_size=None,
        close_timeout=0.1,
    ) as server:
        asterisk.port = next(iter(server.sockets)).getsockname()[1]
        yield asterisk
