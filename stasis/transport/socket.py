"""`Send` over the event WebSocket: REST requests as frames (Asterisk 20.14, 21.9, 22.4 and later).

Asterisk takes one socket's requests strictly in turn, so one that waits behind media delays all
that follow, and the pongs too: this is a choice for flows that do not block, and what a socket
that Asterisk has dialled needs. Files never come this way; they go over HTTP.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable

from stasis.ari.events import RESTResponse
from stasis.ari.resource import Request, Response, Send
from stasis.errors import InvalidRequest, OutcomeUnknown, Unreachable
from stasis.transport.asked import MESSAGE_LIMIT, Asked, encode

__all__ = ["Socket"]


class Socket:
    """REST over one event WebSocket.

    files: the `Send` for what cannot travel here (downloads), and for all while the socket is
    down: that is HTTP. None where Asterisk has dialled us and its HTTP may not be in reach: then
    requests wait until it has dialled again.
    The reader tells it when the socket opened, was lost, and which RESTResponse came.
    """

    def __init__(self, files: Send | None) -> None:
        self._files = files
        self._closed = False
        self._reopened = asyncio.Event()
        self._write: Callable[[str], Awaitable[None]] | None = None
        self._asked = Asked()
        self._ids = itertools.count(1)

    def opened(self, write: Callable[[str], Awaitable[None]]) -> None:
        """The socket is open; requests may be sent."""
        self._write = write
        self._reopened.set()

    def close(self) -> None:
        """It will not be opened again."""
        self._closed = True
        self._reopened.set()
        self.lost("the connection is over")

    def lost(self, reason: str) -> None:
        """The socket is gone: requests without an answer have an unknown outcome."""
        self._write = None
        if not self._closed:
            self._reopened.clear()
        self._asked.lost(reason)

    def answered(self, answer: RESTResponse) -> None:
        """A RESTResponse came. One that nobody waits for (any more) is dropped."""
        self._asked.answered(answer)

    async def __call__(self, request: Request) -> Response:
        """Send one request and wait for its answer.

        Raises Unreachable when the socket is down, OutcomeUnknown when no answer came.
        """
        if request.binary and self._files is None:
            raise Unreachable(
                request.method, request.path, "files come over HTTP, and this is Asterisk's socket"
            )
        if self._files is not None and (request.binary or self._write is None):
            return await self._files(request)
        write = await self._open(request)
        request_id = f"stasis-{next(self._ids)}"
        message = encode(request, request_id)
        if len(message) > MESSAGE_LIMIT:
            raise InvalidRequest(
                request.method,
                request.path,
                f"{len(message)} bytes; a socket takes {MESSAGE_LIMIT}",
            )
        answer = self._asked.add(request_id)
        try:
            async with asyncio.timeout(request.seconds):
                await write(message.decode())
                return await answer
        except TimeoutError:
            raise OutcomeUnknown(
                request.method, request.path, f"no answer on the socket in {request.seconds:g} s"
            ) from None
        except OSError as error:
            if self._write is write:
                self.lost(str(error))  # whoever reads will hear of it in a moment
            if request.repeatable and not self._closed:
                return await self(request)
            raise OutcomeUnknown(request.method, request.path, f"socket lost: {error}") from None
        finally:
            self._asked.forget(request_id, answer)

    async def _open(self, request: Request) -> Callable[[str], Awaitable[None]]:
        """The way to write, waiting for the socket to be there. Raises Unreachable."""
        try:
            async with asyncio.timeout(request.seconds):
                while self._write is None and not self._closed:
                    await self._reopened.wait()
        except TimeoutError:
            pass
        if self._write is None:
            raise Unreachable(request.method, request.path, "the event socket is down")
        return self._write
