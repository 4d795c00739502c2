"""Frames at once: what aiohttp has read of a WebSocket goes to a function, not through its queue.

Who takes a frame out of the queue is a task, and a task runs one turn of the event loop later.
aiohttp offers no other way, so a front stands before its queue. What the front is not asked to
give away, or what is refused, goes into the queue as ever. So do those beyond `BREATH` in a row:
uvloop reads on and on while there is something to read, and no call would run meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from aiohttp import ClientResponse, ClientWebSocketResponse, WSMsgType
from aiohttp._websocket.reader import WebSocketDataQueue, WebSocketReader

from stasis.transport.frames import BREATH, Take

__all__ = ["PushedSocket"]

DATA = frozenset({WSMsgType.TEXT, WSMsgType.BINARY})
UNUSED = 64 * 1024  # how much may wait in the front, where nothing ever waits


class PushedSocket(ClientWebSocketResponse[Literal[False]]):
    """A WebSocket whose text and binary frames can be taken as they come.

    max_msg_size: of a frame, in bytes; the first size that is too much. The others are aiohttp's.
    """

    def __init__(
        self,
        max_msg_size: int,
        reader: WebSocketDataQueue,
        writer: Any,
        protocol: str | None,
        response: ClientResponse,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(reader, writer, protocol, response, *args, **kwargs)
        self._front = Front(reader, response)
        self._reads: WebSocketReader | None = WebSocketReader(
            self._front, max_msg_size, compress=False, decode_text=False
        )

    # aiohttp puts its own in here, and has what it finds in here read what comes.

    @property
    def _parser(self) -> WebSocketReader | None:
        return self._reads

    @_parser.setter
    def _parser(self, parser: WebSocketReader | None) -> None:
        if parser is None:
            self._reads = None

    @property
    def fault(self) -> Exception | None:
        """What the function has raised; the socket is over."""
        return self._front.fault

    def listen(self, heard: Callable[[], None]) -> None:
        """Call a function, once, when the next frame comes."""
        self._front.heard = heard

    def push(self, take: Take | None) -> None:
        """Give each frame to a function as it comes, once those before it have been received.

        take: returns whether it has taken the frame; else that is for `receive`, and so are those
        after it until it is received. If it raises, the socket is over: see `fault`. None: no more
        is given.
        """
        self._front.take = take

    def received(self) -> None:
        """A frame has been received."""
        self._front.waiting -= 1


class Front(WebSocketDataQueue):
    """Stands before the queue of a WebSocket.

    take: who is given the frames; fault: what it has raised. heard: called with the next frame.
    waiting: how many are in the queue.
    """

    def __init__(self, queue: WebSocketDataQueue, response: ClientResponse) -> None:
        connection = response.connection
        assert connection is not None and connection.protocol is not None
        self._turns = connection.protocol._loop
        super().__init__(connection.protocol, UNUSED, loop=self._turns)
        self._queue = queue
        self._put = queue.feed_data
        self.take: Take | None = None
        self.heard: Callable[[], None] | None = None
        self.fault: Exception | None = None
        self.waiting = self._row = 0

    def feed_data(self, data: Any, size: int) -> None:
        """A message, of so many bytes."""
        if data[0] in DATA:
            if self.heard is not None:
                self.heard()
                self.heard = None
            if not self.waiting and self.take is not None and self._row < BREATH:
                self._row += 1
                if self._row == BREATH:
                    self._turns.call_soon(self._turned)
                try:
                    if self.take(data[1]):
                        return
                except Exception as error:
                    self.fault = error
                    raise  # aiohttp takes it for a fault of what came, and reads no further
            self.waiting += 1
        self._put(data, size)

    def _turned(self) -> None:
        """The calls have run."""
        self._row = 0

    def feed_eof(self) -> None:
        """No more will come."""
        self._queue.feed_eof()

    def set_exception(self, *why: Any) -> None:
        """What comes is no WebSocket."""
        self._queue.set_exception(*why)
