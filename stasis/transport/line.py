"""One WebSocket that carries nothing but REST: who waits for which answer, and how it ends.

It knows how many answers it owes, those included that nobody waits for any more: until they have
come, Asterisk is busy with them and whatever is written waits behind them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import msgspec

from stasis.ari.events import RESTResponse
from stasis.ari.resource import Response
from stasis.decode import Decoder, FrameError
from stasis.transport.asked import Answer, Asked

if TYPE_CHECKING:
    from stasis.transport.connection import Connection

__all__ = ["Line"]

# Answers to come at most, and how long without one, for a socket to get further requests.
MOST = 60
LATE_SECONDS = 0.1


ANSWER = msgspec.json.Decoder(Answer)


class Line:
    """An open socket. gone: told, once, that it is open no more.

    owed: how many answers are to come. heard: when the last one came, or the first of those that
    are to come was asked for, in the loop's time. served: whether it has ever answered.
    reader: done once nothing of it is left.
    """

    def __init__(self, connection: Connection, gone: Callable[[Line], None]) -> None:
        self.owed = 0
        self.served = False
        self._loop = asyncio.get_running_loop()
        self.heard = self._loop.time()
        self._connection = connection
        self._gone: Callable[[Line], None] | None = gone
        self._asked = Asked()
        self._decoder = Decoder()
        self.reader = self._loop.create_task(self._read(), name="stasis rest socket")

    @property
    def lost(self) -> bool:
        """Whether it is open no more."""
        return self._gone is None

    def brisk(self, now: float) -> bool:
        """Whether a request that is written now will be answered soon."""
        return self.owed < MOST and now - self.heard < LATE_SECONDS

    async def ask(self, request_id: str, message: bytes, seconds: float) -> Response:
        """Write a RESTRequest and wait for its answer.

        Raises TimeoutError when there is none in time, other OSErrors when the socket is lost.
        """
        loop, asked = self._loop, self._asked
        if self.lost:
            raise ConnectionResetError("it is closed")
        answer = asked.add(request_id)
        limit = loop.call_later(seconds, expire, answer)
        if self.owed == 0:
            self.heard = loop.time()
        self.owed += 1
        try:
            await self._connection.write(message.decode())
            return await answer
        finally:
            limit.cancel()
            asked.forget(request_id, answer)

    async def close(self) -> None:
        """Close it in order. Requests without an answer end with ConnectionResetError."""
        self._end("we closed it")
        await self._connection.close()
        await self.reader

    async def _read(self) -> None:
        receive, reason = self._connection.receive, "its reader failed"
        try:
            self._connection.push(self._came)
            while True:
                self._came(await receive())
        except ConnectionResetError as error:
            reason = str(error)
        finally:
            self._end(reason)
            await self._connection.end()

    def _came(self, frame: bytes) -> Literal[True]:
        """Settle who waits for it. Returns that it was taken, for `push`."""
        try:
            answer: Answer | RESTResponse = ANSWER.decode(frame)
        except (ValueError, RecursionError):
            found = self._mended(frame)
            if found is None:
                return True  # such as an ApplicationRegistered
            answer = found
        self.heard = self._loop.time()
        self.owed -= self.owed > 0
        self.served = True
        self._asked.answered(answer)
        return True

    def _mended(self, frame: bytes) -> RESTResponse | None:
        """An answer whose characters are broken, as those of a caller's name may be."""
        try:
            event = self._decoder.decode(frame)
        except FrameError:
            return None
        return event if isinstance(event, RESTResponse) else None

    def _end(self, reason: str) -> None:
        gone, self._gone = self._gone, None
        if gone is not None:
            gone(self)
            self._asked.lost(reason)


def expire(answer: asyncio.Future[Response]) -> None:
    """No answer has come in time."""
    if not answer.done():
        answer.set_exception(TimeoutError())
