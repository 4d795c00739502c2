"""One connection that Asterisk has opened to us, as a source of frames that survives its sockets.

Asterisk dials again when a socket is lost and sends first what happened meanwhile; so each socket
is read to its end, in the order they came, before the next. Nothing is decoded here but the two
names in a frame that say whose it is.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

import msgspec
from attrs import field, frozen
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from stasis.transport.connect import STABLE_SECONDS, Backoff
from stasis.transport.frames import BREATH, Frames, Lost, Opened

__all__ = ["Arrived", "Head", "Line"]

# Asterisk dials again at once when a socket is closed and we still listen; we do not take it so
# fast when the sockets before did not live long.
LEAST_WAIT = 0.05
MOST_WAIT = 5.0
# Sockets of one connection that wait to be read: more than one only when nobody reads.
WAITING = 16
# Within this time after the first socket all applications of a connection have been named.
SETTLED_SECONDS = 2.0
REGISTERED = b'"ApplicationRegistered"'


class Head(msgspec.Struct):
    """What every frame of Asterisk says of itself."""

    type: str
    application: str
    asterisk_id: str


@frozen
class Line:
    """One accepted socket, and the frame that has been read from it to know whose it is."""

    socket: ServerConnection = field(repr=False)
    head: Head
    first: bytes = field(repr=False)

    @property
    def target(self) -> str:
        """Path and query of the handshake."""
        return self.socket.request.path if self.socket.request else ""

    async def write(self, text: str) -> None:
        """Write one text frame; a closed socket is an OSError, as it is when we dial."""
        try:
            await self.socket.send(text)
        except ConnectionClosed as closed:
            raise ConnectionResetError(why(closed)) from None

    async def leave(self, seconds: float) -> bool:
        """Wait until its end has been read, then drop it. Whether it had to be dropped."""
        try:
            async with asyncio.timeout(seconds):
                await self.socket.wait_closed()
        except TimeoutError:
            self.socket.transport.abort()
            return True
        return False


class Arrived:
    """A connection of an Asterisk: for all calls of some applications, or for one call.

    asterisk_id: which Asterisk, by its own word: its first MAC address, unless asterisk.conf sets
    an entityid. Several on one host have the same.
    target: path and query of the uri in its websocket_client.conf; a query of its own for each
    connection tells apart what has one asterisk_id.
    application: named by the first frame, for a call `APP:CHANNELNAME`.
    apps: the applications it has named so far; a persistent connection may have several, and
    names them one after the other.
    per_call: it lives as long as one call.
    frames: `Opened`, raw frames, `Lost`, and `Opened` again when Asterisk dials again. What it kept
    while nobody listened comes after the `Opened`, before `ApplicationRegistered`. They end when
    the listener closes; for a call also when Asterisk has closed it, or does not come back.
    """

    def __init__(
        self, line: Line, patience: float, ended: Callable[[Arrived], None] = lambda source: None
    ) -> None:
        self.asterisk_id = line.head.asterisk_id
        self.application = line.head.application
        self.apps = {line.head.application}
        self.per_call = ":" in line.head.application
        self.target = line.target
        self.frames: Frames = self._frames()
        self._patience = patience
        self._ended = ended
        self._began = monotonic()
        self._lines: asyncio.Queue[Line | None] = asyncio.Queue(WAITING)
        self._newest: Line | None = None
        self._closing = asyncio.Event()
        self.join(line)

    def __repr__(self) -> str:
        return f"<Arrived {', '.join(sorted(self.apps))} of {self.asterisk_id}>"

    def owns(self, line: Line) -> bool:
        """Whether a socket is this connection, dialled again."""
        if (line.head.asterisk_id, line.target) != (self.asterisk_id, self.target):
            return False
        if line.head.application in self.apps:
            return True
        # It may have been lost before it could name all its applications.
        young = monotonic() - self._began < SETTLED_SECONDS
        per_call = self.per_call or ":" in line.head.application
        return young and not self.alive and not per_call

    @property
    def alive(self) -> bool:
        """Whether its newest socket is open."""
        return self._newest is not None and self._newest.socket.close_code is None

    def join(self, line: Line) -> Line | None:
        """Its next socket. Returns the last one when that is still open.

        Raises asyncio.QueueFull when nobody has read the last ones.
        """
        self._lines.put_nowait(line)
        self.apps.add(line.head.application)
        last = self._newest if self.alive else None
        self._newest = line
        return last

    def close(self) -> None:
        """No socket will follow: `frames` ends after what has been received."""
        self._closing.set()
        if not self._lines.full():
            self._lines.put_nowait(None)

    async def _frames(self) -> Frames:
        backoff = Backoff(LEAST_WAIT, MOST_WAIT)
        over = False
        try:
            while not over and (line := await self._next()) is not None:
                opened = monotonic()
                yield Opened(line.write, line.socket.close)
                frame, count = line.first, 0
                try:
                    while True:
                        if REGISTERED in frame:
                            self._learn(frame)
                        yield frame
                        count += 1
                        if count % BREATH == 0:
                            await asyncio.sleep(0)
                        frame = await line.socket.recv(decode=False)
                except ConnectionClosed as closed:
                    reason = why(closed)
                    # Asterisk closes a call's socket some seconds after the call has left.
                    over = self.per_call and finished(closed)
                if monotonic() - opened >= STABLE_SECONDS:
                    backoff.reset()
                wait = backoff.next()
                yield Lost(reason, math.inf if over else wait)
                if not over:
                    await self._rest(wait)
        finally:
            await self._end()

    async def _next(self) -> Line | None:
        """The next socket; None when none will come."""
        patience = self._patience if self.per_call else None
        line: Line | None = None
        while line is None and not (self._closing.is_set() and self._lines.empty()):
            try:
                async with asyncio.timeout(patience):
                    line = await self._lines.get()
            except TimeoutError:
                break
        return line

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()

    def _learn(self, frame: bytes) -> None:
        try:
            head = msgspec.json.decode(frame, type=Head)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return
        if head.type == "ApplicationRegistered":
            self.apps.add(head.application)

    async def _end(self) -> None:
        """Nobody reads any more: close what is open."""
        # In order, never by a reset: Asterisk 22.10 can crash when it writes to a reset socket.
        self._closing.set()
        self._ended(self)
        while not self._lines.empty():
            if (line := self._lines.get_nowait()) is not None:
                await line.socket.close()
        if self._newest is not None:
            await self._newest.socket.close()


def finished(closed: ConnectionClosed) -> bool:
    """Whether Asterisk has closed the socket, and not because it is broken or restarts."""
    return closed.rcvd is not None and closed.rcvd.code == 1000 and bool(closed.rcvd_then_sent)


def why(closed: ConnectionClosed) -> str:
    """What closed the socket, in words. Each close is answered by one like it: who was first?"""
    if closed.rcvd is not None and (closed.rcvd_then_sent or closed.sent is None):
        return f"Asterisk closed the socket: {closed.rcvd.code} {closed.rcvd.reason}".rstrip()
    if closed.sent is not None:
        return f"we closed the socket: {closed.sent.code} {closed.sent.reason}".rstrip()
    return "the connection broke without a close"
