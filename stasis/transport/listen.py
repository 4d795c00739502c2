"""Asterisk dials us: the server for its outbound WebSockets (Asterisk 20.15, 21.10 and 22.5).

The only module that uses `websockets` as a server. It lets in who has the password, within bounds,
and gives each connection out as an `Arrived`, once, however often Asterisk dials it again.
"""

from __future__ import annotations

import asyncio
import binascii
import ipaddress
import logging
import ssl
from base64 import b64decode
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hmac import compare_digest
from time import monotonic

import msgspec
import structlog
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from stasis.config import ListenConfig
from stasis.errors import ConfigError
from stasis.transport.arrived import Arrived, Head, Line
from stasis.transport.buffered import buffer

__all__ = ["Listener", "listening"]

log = structlog.get_logger("stasis.listen")

# `websockets` logs headers, one of which holds the password, and a traceback for each bad client.
QUIET = logging.getLogger("stasis.transport.listen.websockets")
QUIET.setLevel(logging.CRITICAL + 1)
# Connections beyond those let in: in their handshake, or being told that there are too many.
SPARE = 64
# Asterisk dials again at once when we close after the handshake: who is sent away waits.
PENANCE_SECONDS = 1.0
# One log line in this time for each kind of refusal.
QUIET_SECONDS = 1.0
CLOSE_SECONDS = 2
# What a socket that Asterisk has given up may take to be read to its end.
GRACE_SECONDS = 1.0


class Listener:
    """Listens, and yields each connection that arrives: `async for call in listener`.

    config: address, credentials, limits. port: what it listens on, once it does. counts: sockets by
    what became of them (`accepted`, `again`: dialled again, and refusals by their status).
    """

    def __init__(self, config: ListenConfig) -> None:
        self.config = config
        self._full = False
        self.port = config.port
        self.counts: Counter[str] = Counter()
        self._sources: set[Arrived] = set()
        self._arrived: asyncio.Queue[Arrived | None] = asyncio.Queue()
        self._live: set[ServerConnection] = set()
        self._sockets = 0
        self._server: Server | None = None
        self._window = (0.0, 0)
        self._told: dict[str, tuple[float, int]] = {}

    def __aiter__(self) -> AsyncIterator[Arrived]:
        return self

    async def __anext__(self) -> Arrived:
        source = await self._arrived.get()
        if source is None:
            self._arrived.put_nowait(None)
            raise StopAsyncIteration
        return source

    async def open(self) -> None:
        """Start to listen. Raises ConfigError naming the key that is missing or wrong."""
        config = self.config
        if not config.password.reveal():
            raise ConfigError(
                "listen.password: none is set, and there is no default; choose one, put it into"
                " Asterisk's websocket_client.conf, and set STASIS_LISTEN_PASSWORD"
            )
        context = secure(config)
        if context is None and not loopback(config.host):
            log.warning("passwords and events cross the network in the open", host=config.host)
        try:
            self._server = await serve(
                self._take,
                config.host,
                config.port,
                process_request=self._look,
                subprotocols=[Subprotocol("ari")],
                create_connection=self._counted(),
                logger=QUIET,
                compression=None,
                server_header=None,
                open_timeout=config.open_timeout,
                ping_interval=config.ping_interval,
                ping_timeout=config.ping_timeout,
                close_timeout=CLOSE_SECONDS,
                max_size=config.max_frame,
                max_queue=1024,
                ssl=context,
                ssl_handshake_timeout=config.open_timeout if context else None,
            )
        except OSError as error:
            raise ConfigError(
                f"listen.host, listen.port: cannot listen on {config.host}:{config.port}:"
                f" {error.strerror or error}; choose another port in stasis.toml"
            ) from None
        self.port = next(iter(self._server.sockets)).getsockname()[1]
        log.info("listening for Asterisk", host=config.host, port=self.port, tls=bool(context))

    async def close(self) -> None:
        """Stop listening and close every socket, in order.

        Asterisk keeps what happens from now on. What it sent before is still yielded by each
        `frames`, which then ends: read them to their end, and nothing is lost.
        """
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        for source in self._sources:
            source.close()
        await server.wait_closed()
        # Only now: one may have been arriving.
        self._arrived.put_nowait(None)

    def refuse(self) -> None:
        """Let no more connections in; those that are there stay.

        Before they are closed one by one: Asterisk would dial again at once, and what it kept
        would be sent to somebody who does not listen any more.
        """
        self._full = True

    # The handshake

    def _look(self, socket: ServerConnection, request: Request) -> Response | None:
        """Let a handshake pass, or refuse it. Refused in here, Asterisk waits before it retries."""
        config = self.config
        now = monotonic()
        start, count = self._window
        self._window = (start, count + 1) if now - start < 1 else (now, 1)
        if self._full:
            return socket.respond(503, "the program stops\n")
        if self._window[1] > config.handshakes:
            return self._refuse(socket, 503, "too many handshakes: listen.handshakes")
        if len(self._live) >= config.connections:
            return self._refuse(socket, 503, "too many connections: listen.connections")
        if request.path.partition("?")[0] != config.path:
            return self._refuse(socket, 404, f"the uri's path is not {config.path}")
        if not self._known(request):
            refusal = self._refuse(socket, 401, "username or password is wrong")
            refusal.headers["WWW-Authenticate"] = 'Basic realm="stasis"'
            return refusal
        self._live.add(socket)
        return None

    def _known(self, request: Request) -> bool:
        """Whether the handshake brings our password, by HTTP Basic; compared in constant time."""
        given = request.headers.get_all("Authorization")
        kind, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
        try:
            pair = b64decode(token.strip(), validate=True)
        except (binascii.Error, ValueError):
            pair = b""
        expected = f"{self.config.username}:{self.config.password.reveal()}".encode()
        return compare_digest(pair, expected) and kind.lower() == "basic"

    def _refuse(self, socket: ServerConnection, status: int, reason: str) -> Response:
        self._tell(str(status), "a connection was refused", socket, status=status, reason=reason)
        return socket.respond(status, reason.partition(":")[0] + "\n")

    def _tell(self, kind: str, text: str, socket: ServerConnection, **facts: object) -> None:
        """Count a refusal and log it: one line a second of each kind, with how many were kept."""
        self.counts[kind] += 1
        last, unsaid = self._told.get(kind, (-QUIET_SECONDS, 0))
        now = monotonic()
        if now - last < QUIET_SECONDS:
            self._told[kind] = (last, unsaid + 1)
            return
        self._told[kind] = (now, 0)
        peer = socket.remote_address
        log.warning(text, peer=peer[0] if peer else "unknown", unsaid=unsaid, **facts)

    def _counted(self) -> type[ServerConnection]:
        """Connections that are counted from their first byte on, and not taken beyond a bound."""
        listener = self

        class Counted(ServerConnection):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                super().connection_made(transport)
                listener._sockets += 1
                if listener._sockets > listener.config.connections + SPARE:
                    listener._tell("dropped", "a connection was dropped: too many at once", self)
                    self.transport.abort()
                else:
                    buffer(self.transport)

            def connection_lost(self, exc: Exception | None) -> None:
                listener._sockets -= 1
                listener._live.discard(self)
                super().connection_lost(exc)

        return Counted

    # After it

    async def _take(self, socket: ServerConnection) -> None:
        """One accepted socket: see whose it is, hand it on, and keep it until it is closed."""
        try:
            async with asyncio.timeout(self.config.open_timeout):
                first = await socket.recv(decode=False)
            line = Line(socket, msgspec.json.decode(first, type=Head), first)
            last = self._hand_on(line)
            # Asterisk dials again when it has given a socket up. Its end may still be unread.
            if last is not None and await last.leave(GRACE_SECONDS):
                self._tell("half-open", "a connection was dialled again", socket, last="half-open")
        except ConnectionClosed:
            return
        except TimeoutError:
            await self._send_away(socket, "it has said nothing")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            await self._send_away(socket, "its first frame is no event of Asterisk")
        except asyncio.QueueFull:
            await self._send_away(socket, "nobody reads what this connection has sent before")
        await socket.wait_closed()

    def _hand_on(self, line: Line) -> Line | None:
        """To the connection it belongs to, or as a new one. A last socket that is still open."""
        for source in self._sources:
            if source.owns(line):
                last = source.join(line)
                self.counts["again"] += 1
                return last
        source = Arrived(line, self.config.return_timeout, self._sources.discard)
        self.counts["accepted"] += 1
        self._sources.add(source)
        if self._server is None:
            source.close()
        self._arrived.put_nowait(source)
        return None

    async def _send_away(self, socket: ServerConnection, reason: str) -> None:
        self._tell("unfit", "a connection was closed", socket, reason=reason)
        await asyncio.sleep(PENANCE_SECONDS)
        await socket.close(1008, reason)


@asynccontextmanager
async def listening(config: ListenConfig) -> AsyncIterator[Listener]:
    """Listen for Asterisk's own connections while the block runs.

    Raises ConfigError when no password is set, a certificate cannot be read, or the port is taken.
    """
    listener = Listener(config)
    await listener.open()
    try:
        yield listener
    finally:
        await listener.close()


def secure(config: ListenConfig) -> ssl.SSLContext | None:
    """The TLS context of the configured certificate; None without one."""
    if not config.tls_certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(config.tls_certificate, config.tls_key)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"listen.tls_certificate, listen.tls_key: not a certificate with its key: {error}"
        ) from None
    return context


def loopback(host: str) -> bool:
    """Whether only this machine reaches an address. A name other than localhost counts as not."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
