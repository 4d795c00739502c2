"""Servers on loopback that misbehave, each in its own way."""

from __future__ import annotations

import asyncio
import traceback
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from socket import socket
from typing import Any

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
        "open_timeout": 1.0,
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
async def raw_server(conversation: Conversation) -> AsyncIterator[int]:
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

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
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
