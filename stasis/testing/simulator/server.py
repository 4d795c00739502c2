"""The simulated server on a real port: HTTP, WebSockets, and the limits of its connections.

    async with serving(machine, [User("stasis", "secret")]) as server:
        ...  # server.url

Faults: `drop` cuts every connection, `refuse` takes none for a while, `stop` does what the end
of the server's process does.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import structlog
from aiohttp import web

from stasis.testing.simulator.front import Front, page
from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.users import User

__all__ = ["Server", "serving"]

HOST = "127.0.0.1"
LINE_LIMIT = 4096
KEEP_ALIVE_SECONDS = 15.0
# A client's own mistakes are told to the client, and to nobody else.
QUIET = logging.getLogger("stasis.testing.simulator.server")
QUIET.addHandler(logging.NullHandler())
QUIET.propagate = False
QUIET.setLevel(logging.ERROR)
log = structlog.get_logger("stasis.testing")


class Connection(web.RequestHandler):
    """A client's connection. server: where it is counted."""

    __slots__ = ("server",)
    server: Server

    def connection_lost(self, exc: BaseException | None) -> None:
        """It is gone, and makes room."""
        self.server.connections.discard(self)
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The page for what is no request at all."""
        if status >= 500:
            log.error("the simulator failed", path=request.path, exc_info=exc)
        long = "LineTooLong" in type(exc).__name__
        why = "Request line too long" if long else "Invalid Request"
        response = page(self.server.front.machine, 400 if status < 500 else status, why)
        response.force_close()
        return response


class Full(asyncio.Protocol):
    """A connection too many: it is closed without a word."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Close it."""
        transport.close()


class Server:
    """A server that listens. url: ARI's, as in `asterisk.url`. port: where. front: what answers.

    sessions: how many connections it takes at once. connections: those that are open.
    """

    def __init__(self, front: Front, sessions: int) -> None:
        self.front = front
        self.sessions = sessions
        self.port = 0
        self.connections: set[Connection] = set()
        self._web = web.Server(front)
        self._listening: asyncio.Server | None = None
        self._again: asyncio.TimerHandle | None = None
        self._opening: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """ARI's address."""
        return f"http://{HOST}:{self.port}/ari"

    async def listen(self, port: int = 0) -> None:
        """Take connections. port: 0 for any that is free."""
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(self._accept, HOST, port)
        self.port = self._listening.sockets[0].getsockname()[1]

    def _accept(self) -> asyncio.Protocol:
        if len(self.connections) >= self.sessions:
            return Full()
        connection = Connection(
            self._web,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=KEEP_ALIVE_SECONDS,
            max_line_size=LINE_LIMIT,
            access_log=QUIET,
            logger=QUIET,
            lingering_time=0.5,
        )
        connection.server = self
        self.connections.add(connection)
        return connection

    def drop(self) -> None:
        """Cut every connection without a word, as a broken network does."""
        for connection in list(self.connections):
            if connection.transport is not None:
                connection.transport.abort()

    def refuse(self, seconds: float, booting: float = 0.0) -> None:
        """Take no connection for so many seconds, and then answer 503 for a while. Those that
        are open stay.
        """
        loop = asyncio.get_running_loop()
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        if self._again is not None:
            self._again.cancel()
        booted = loop.time() + seconds + booting
        self.front.booting = lambda: loop.time() < booted
        self._again = loop.call_later(seconds, self._open)

    def _open(self) -> None:
        self._opening = asyncio.get_running_loop().create_task(self.listen(self.port))

    async def stop(self) -> None:
        """Send what clients have still to hear, and end their connections without a closing
        frame.
        """
        for socket in list(self.front.sockets):
            await socket.flush()
        await asyncio.sleep(0.05)
        for connection in list(self.connections):
            if connection.transport is not None:
                connection.transport.close()

    async def close(self) -> None:
        """Listen no more, and end all."""
        if self._again is not None:
            self._again.cancel()
        if self._opening is not None:
            await self._opening
        if self._listening is not None:
            self._listening.close()
        self.drop()
        await self._web.shutdown(timeout=1.0)


@asynccontextmanager
async def serving(
    machine: Machine,
    users: Sequence[User],
    *,
    port: int = 0,
    origins: Sequence[str] = (),
    sessions: int = 100,
    write_timeout: float = 0.1,
) -> AsyncIterator[Server]:
    """Serve a simulated server on loopback, in the machine's own event loop and in real time.

    users: who may come. port: 0 for any that is free. origins: pages that may ask (CORS).
    sessions: connections at once. write_timeout: seconds that a client may leave a frame unread.

    Raises OSError when the port is taken.
    """
    server = Server(Front(machine, users, origins=origins, write_timeout=write_timeout), sessions)
    await server.listen(port)
    try:
        yield server
    finally:
        await server.close()
