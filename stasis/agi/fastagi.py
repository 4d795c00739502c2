"""FastAGI: Asterisk connects for each call, `AGI(agi://host/sales/menu?x=1)`, and a script runs.

Whoever can connect can run the scripts, since AGI knows no password: it listens on loopback unless
told otherwise. A peer that closes early, says nothing, or sends nonsense costs one connection, and
no longer than the time-outs. Closing a connection is a success to Asterisk, so a call that is
turned away is told: there AGISTATUS is FAILURE, and Asterisk's log says why.
"""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from typing import Self

import structlog
from attrs import field, frozen

from stasis.agi.agi import Agi, Script
from stasis.agi.errors import ProtocolError
from stasis.agi.line import line
from stasis.agi.protocol import Limits
from stasis.agi.session import FAILING, OnError, Session
from stasis.agi.stream import Stream
from stasis.errors import ConfigError

__all__ = ["FastAgi", "FastAgiConfig"]

log = structlog.get_logger("stasis.agi")

# Connections beyond the limit that are turned away in words; further ones are dropped.
SPARE = 64
AWAY_SECONDS = 2.0
AWAY_BYTES = 65_536
# Every other script, when no route has its path.
ANY = "*"
# A peer that is gone without a word is noticed after 30 + 3 * 10 seconds.
KEEPALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}


@frozen
class FastAgiConfig:
    """How a server listens. Times are in seconds.

    host, port: 0 takes a free one. connections: sessions at once. handshake_timeout: for the
    environment. idle_timeout: without a byte in either direction, as while a script does not end;
    None for ever. stop_timeout: what live sessions may take when the server is closed.
    leave_timeout: what a script's own cleanup may take. on_error: see `Session`.
    """

    host: str = "127.0.0.1"
    port: int = 4573
    connections: int = 2_000
    handshake_timeout: float = 5.0
    idle_timeout: float | None = 3_600.0
    stop_timeout: float = 10.0
    leave_timeout: float = 5.0
    on_error: OnError = "continue"
    limits: Limits = field(factory=Limits)


class FastAgi:
    """A FastAGI server: `async with FastAgi({"sales/menu": menu}) as server:`.

    routes: a script's path, without slashes at its ends, to the function; `*` is every other one.
    port: what it listens on, once it does. counts: connections by what became of them (`done`,
    `failed`, `closed early`, `silent`, `nonsense`, `no script`, `too many`, `dropped`).
    """

    def __init__(self, routes: Mapping[str, Script], config: FastAgiConfig | None = None) -> None:
        self.routes = {path.strip("/"): script for path, script in routes.items()}
        self.config = config or FastAgiConfig()
        self.port = self.config.port
        self.counts: Counter[str] = Counter()
        self._live = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._sessions: set[Session] = set()
        self._server: asyncio.Server | None = None

    @property
    def sessions(self) -> int:
        """How many scripts run."""
        return len(self._sessions)

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def open(self) -> None:
        """Start to listen. Raises ConfigError when the address cannot be taken."""
        config = self.config
        try:
            self._server = await asyncio.start_server(
                self._take, config.host, config.port, backlog=min(config.connections, 4096)
            )
        except OSError as error:
            raise ConfigError(
                f"cannot listen for FastAGI on {config.host}:{config.port}:"
                f" {error.strerror or error}; choose another port"
            ) from None
        self.port = self._server.sockets[0].getsockname()[1]
        if config.host not in ("localhost", "::1") and not config.host.startswith("127."):
            log.warning("FastAGI has no password: whoever connects runs the scripts", **self._at)
        log.info("listening for FastAGI", **self._at)

    async def close(self) -> None:
        """Stop listening; wait for live sessions, then end their scripts as failed ones.

        New calls are refused meanwhile: for them AGISTATUS is FAILURE at once.
        """
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self.config.stop_timeout)
        if sessions := list(self._sessions):
            log.warning("scripts are ended, since the server stops", scripts=len(sessions))
            await asyncio.gather(*(each.leave(self.config.leave_timeout) for each in sessions))
            await asyncio.wait(self._tasks, timeout=AWAY_SECONDS + 1)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await server.wait_closed()

    @property
    def _at(self) -> dict[str, object]:
        return {"host": self.config.host, "port": self.port}

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its first byte to its end."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._live += 1
        try:
            keep_alive(writer)
            if self._live > self.config.connections + SPARE:
                self._told("dropped", "a connection was dropped: too many at once")
                writer.transport.abort()
            elif self._live > self.config.connections:
                self._told("too many", "a call was turned away: too many sessions at once")
                await turn_away(reader, writer, "too many FastAGI sessions at once")
            else:
                await self._run(reader, writer)
        finally:
            self._live -= 1
            writer.close()
            with suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()
            self._tasks.discard(task)

    async def _run(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        stream = Stream(reader, writer.write, self.config.limits)
        try:
            async with asyncio.timeout(self.config.handshake_timeout):
                environment = await stream.begin()
        except TimeoutError:
            return self._told("silent", "a connection was closed: it has said nothing whole")
        except ProtocolError as error:
            return self._told("nonsense", "a connection was closed", reason=str(error))
        except OSError:
            environment = None
        if environment is None:
            return self._told("closed early", "a connection was closed before it began")
        script = self.routes.get(environment.script, self.routes.get(ANY))
        if script is None:
            self._told("no script", "no script has this path", path=environment.script)
            return await turn_away(reader, writer, f"no FastAGI script {environment.script!r}")
        session = Session(Agi(environment, stream), script, on_error=self.config.on_error)
        self._sessions.add(session)
        reading = asyncio.create_task(session.listen(stream, self.config.idle_timeout))
        try:
            good = await session.run()
        finally:
            self._sessions.discard(session)
            reading.cancel()
            await asyncio.wait({reading})
        self.counts["done" if good else "failed"] += 1

    def _told(self, kind: str, text: str, **facts: object) -> None:
        self.counts[kind] += 1
        # The first, and then ever fewer: a peer that does it again and again fills no disk.
        count = self.counts[kind]
        if count & (count - 1) == 0:
            log.warning(text, count=count, **facts)


async def turn_away(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, reason: str
) -> None:
    """Tell Asterisk that nothing runs here, so that AGISTATUS is FAILURE."""
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(AWAY_SECONDS):
            text = reason.encode("ascii", "replace").decode()
            for command in (("VERBOSE", text[:200], "1"), FAILING):
                writer.write(line(command[0], command[1:], 1_024).encode() + b"\n")
            size = replies = 0
            # To its end: closing with unread bytes would take back what was sent.
            while replies < 2 and size < AWAY_BYTES and (data := await reader.read(4_096)):
                size += len(data)
                replies += data.count(b"200 result=") + data.count(b"510 ")


def keep_alive(writer: asyncio.StreamWriter) -> None:
    """Have the system notice a peer that is gone without a word."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEPALIVE.items():
        if hasattr(socket, name):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
