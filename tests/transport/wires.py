"""An open socket whose other end is the test: what Asterisk does with REST on it, in virtual time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, cast

from stasis.config import AsteriskConfig
from stasis.transport.connection import Connection
from stasis.transport.frames import Take

# Asterisk's close, and ours, in the words of `Connection`.
CLOSED = "Asterisk closed the socket: 1001"
WE_CLOSED = "we closed the socket: 1000"


class Wire:
    """One socket. sent: the requests that were written. broken: raised at the next write.

    answers: whether each request is answered at once; else the test does.
    """

    def __init__(self, address: str = "", answers: bool = True) -> None:
        self.address = address
        self.answers = answers
        self.sent: list[dict[str, Any]] = []
        self.broken: Exception | None = None
        self.ended = False
        self._frames: asyncio.Queue[bytes | str] = asyncio.Queue()

    @property
    def connection(self) -> Connection:
        """Itself, for whom it is a Connection."""
        return cast(Connection, self)

    @property
    def uris(self) -> list[str]:
        """What was asked for."""
        return [each["uri"] for each in self.sent]

    async def write(self, text: str) -> None:
        if self.broken is not None:
            raise self.broken
        self.sent.append(json.loads(text))
        if self.answers:
            self.answer()

    def answer(self, number: int = -1, status: int = 200, body: str = "{}") -> None:
        """Answer a request that was written."""
        answer = {
            "type": "RESTResponse",
            "request_id": self.sent[number]["request_id"],
            "status_code": status,
            "reason_phrase": "OK",
            "content_type": "application/json",
            "message_body": body,
            "uri": self.sent[number]["uri"],
            "application": "stasis-rest",
        }
        self.tell(json.dumps(answer).encode())

    def tell(self, frame: bytes) -> None:
        """Whatever else Asterisk writes."""
        self._frames.put_nowait(frame)

    def lose(self, reason: str = CLOSED) -> None:
        """It is closed, or breaks."""
        self._frames.put_nowait(reason)

    def push(self, take: Take) -> bool:
        return False

    async def receive(self) -> bytes:
        frame = await self._frames.get()
        if isinstance(frame, str):
            raise ConnectionResetError(frame)
        return frame

    async def close(self) -> None:
        self.lose(WE_CLOSED)

    async def end(self) -> None:
        self.ended = True


class Dialled:
    """Every socket that was dialled. refuse: what dialling raises, from now on.

    prepare: done to each before it is handed out.
    """

    def __init__(self) -> None:
        self.wires: list[Wire] = []
        self.tries = 0
        self.refuse: Exception | None = None
        self.prepare: Callable[[Wire], None] = lambda wire: None
        self.config: AsteriskConfig | None = None

    async def __call__(self, config: AsteriskConfig, address: str) -> Connection:
        self.tries += 1
        self.config = config
        await asyncio.sleep(0.001)
        if self.refuse is not None:
            raise self.refuse
        wire = Wire(address)
        self.prepare(wire)
        self.wires.append(wire)
        return wire.connection
