"""The simulated server without sockets: the two seams that a Link stands on.

Rules: it takes no time, but each request and each frame lets the loop go round, as a network
would. What was written reaches the server even when the line is cut a moment later.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from stasis.ari.resource import Request, Response, Send
from stasis.errors import OutcomeUnknown
from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.rest.serve import serve
from stasis.testing.simulator.socket import Session
from stasis.transport.frames import Lost, Opened

__all__ = ["Wire", "frames", "send"]

# Until a client that has dropped its own socket dials again.
RETRY_SECONDS = 0.5


class Wire:
    """A client's event WebSocket, which dials again when it is cut: a source of frames.

    It dials when it is first read. cuts: how often it was cut.
    """

    def __init__(self, machine: Machine, apps: Sequence[str], *, subscribe_all: bool) -> None:
        self.machine = machine
        self.apps = tuple(apps)
        self.cuts = 0
        self._subscribe_all = subscribe_all
        self._session: Session | None = None
        self._arrived: asyncio.Queue[bytes | Lost] = asyncio.Queue()
        self._frames = self._dial()

    def __repr__(self) -> str:
        return f"<Wire of {', '.join(self.apps)}>"

    def __aiter__(self) -> Wire:
        return self

    async def __anext__(self) -> Opened | Lost | bytes:
        return await anext(self._frames)

    async def aclose(self) -> None:
        """The client hangs up its socket for good."""
        await self._frames.aclose()

    @property
    def is_open(self) -> bool:
        """Whether it is connected now."""
        return self._session is not None

    def cut(self, seconds: float, reason: str = "the connection was cut") -> None:
        """Cut the socket without a word. The client is back after so many seconds."""
        if self._session is None:
            return
        self.cuts += 1
        self._session.close()
        self._session = None
        self._arrived.put_nowait(Lost(reason, seconds))

    async def _dial(self) -> AsyncGenerator[Opened | Lost | bytes, None]:
        try:
            while True:
                self._session = Session(
                    self.machine, self.apps, self._take, everything=self._subscribe_all
                )
                yield Opened(self._write, self._drop)
                while not isinstance(item := await self._arrived.get(), Lost):
                    yield item
                yield item
                await asyncio.sleep(item.retry_in)
        finally:
            if self._session is not None:
                self._session.close()
                self._session = None

    def _take(self, frame: dict[str, Any]) -> None:
        self._arrived.put_nowait(json.dumps(frame, separators=(",", ":")).encode())

    async def _write(self, text: str) -> None:
        await asyncio.sleep(0)
        if self._session is None:
            raise ConnectionResetError("the connection was cut")
        self._session.receive(text)

    async def _drop(self) -> None:
        self.cut(RETRY_SECONDS, "closed by the client")


def frames(machine: Machine, apps: Sequence[str], subscribe_all: bool = False) -> Wire:
    """The event WebSocket of some applications, as `stasis.transport.connect` would give it.

    subscribe_all: hear of everything that happens.
    """
    return Wire(machine, apps, subscribe_all=subscribe_all)


def send(machine: Machine) -> Send:
    """The way of a request to the server and of its answer back."""

    async def sent(request: Request) -> Response:
        done: asyncio.Future[Response] = machine.loop.create_future()

        async def work() -> None:
            response, _ = await serve(
                machine, request.method, request.path, request.query, request.body
            )
            if not done.done():
                done.set_result(response)

        # The server goes on with it, also when the client does not wait for the answer.
        task = machine.spawn(work(), f"simulated {request.method} {request.path}")
        stopped = OutcomeUnknown(request.method, request.path, "the server has stopped")
        task.add_done_callback(lambda _: None if done.done() else done.set_exception(stopped))
        try:
            async with asyncio.timeout(request.seconds):
                return await done
        except TimeoutError:
            raise OutcomeUnknown(
                request.method, request.path, f"no answer within {request.seconds:g} s"
            ) from None

    return sent
