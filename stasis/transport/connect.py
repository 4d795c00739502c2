"""We dial Asterisk: the event WebSocket, opened again with backoff and jitter when it is lost.

The only module that uses `websockets` as a client. It decides nothing about events: it yields
what came and when the socket opened and was lost. A clean close is a loss like any other.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as dial
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from stasis.config import AsteriskConfig
from stasis.errors import (
    AriError,
    Forbidden,
    NotAri,
    NotBooted,
    ServerError,
    Unauthorized,
    Unreachable,
)
from stasis.transport.frames import Frames, Lost, Opened
from stasis.transport.http import authorization, plainly

__all__ = ["Backoff", "connect"]

# A socket that lived this long was healthy: the next loss starts again with the shortest wait.
STABLE_SECONDS = 30.0
# Wrong credentials at run time will not mend themselves soon, and failed logins trip fail2ban.
REFUSED_SECONDS = 30.0
# At its debug level `websockets` logs every header, and one of them holds the password.
QUIET = logging.getLogger("stasis.transport.websockets")
QUIET.setLevel(logging.INFO)
# What a server that is only being started answers.
NOT_YET = (Unreachable, NotBooted, ServerError)
# How long Asterisk may take to answer our close. It is added to the time in which a dead socket
# is noticed, since `websockets` says goodbye to that too.
CLOSE_SECONDS = 0.25
# After this many frames in a row the reader lets the calls run.
BREATH = 64


class Backoff:
    """Seconds to wait before each attempt: doubling between two bounds, with full jitter.

    Jitter keeps many clients from coming back to a restarted server in the same moment.
    """

    def __init__(self, least: float, most: float) -> None:
        self._least = least
        self._most = max(least, most)
        self._ceiling = least

    def reset(self) -> None:
        """Start from the shortest wait again."""
        self._ceiling = self._least

    def next(self) -> float:
        """The next wait in seconds, between half of the ceiling and the ceiling."""
        ceiling = self._ceiling
        self._ceiling = min(self._most, ceiling * 2)
        return ceiling * (0.5 + random.random() / 2)  # noqa: S311  jitter, not a secret


async def connect(
    config: AsteriskConfig,
    apps: Sequence[str],
    *,
    subscribe_all: bool = False,
    again: Callable[[], Awaitable[bool]] | None = None,
) -> Frames:
    """Open the event WebSocket for some applications and keep it open.

    apps: Stasis application names, registered with Asterisk by the handshake (GET /events).
    subscribe_all: hear every channel, bridge, endpoint and device, not only ours.
    again: asked before every handshake but the first whether we still may; if not, no more follow.

    Raises AriError when the first handshake fails for good, or at all without
    `asterisk.start_timeout`; later failures are yielded as `Lost` and tried again for ever.
    """
    address = events_address(config, apps, subscribe_all)
    backoff = Backoff(config.backoff_min, config.backoff_max)
    first = True
    while True:
        try:
            if not first and again is not None and not await again():
                return
            socket = await handshake(config, address)
        except AriError as error:
            if first and not (config.start_timeout and isinstance(error, NOT_YET)):
                raise
            wait = backoff.next()
            if isinstance(error, (Unauthorized, Forbidden)):
                wait = max(wait, REFUSED_SECONDS)
            yield Lost(error.reason, wait)
            await asyncio.sleep(wait)
            continue
        first = False
        opened = monotonic()
        try:
            yield Opened(writer(socket), socket.close)
            count = 0
            try:
                while True:
                    yield await socket.recv(decode=False)
                    count += 1
                    if count % BREATH == 0:
                        await asyncio.sleep(0)
            except ConnectionClosed as closed:
                reason = why(closed)
        finally:
            # Reached by loss, and by aclose() of this generator when the program stops.
            await socket.close()
        if monotonic() - opened >= STABLE_SECONDS:
            backoff.reset()
        wait = backoff.next()
        yield Lost(reason, wait)
        await asyncio.sleep(wait)


def writer(socket: ClientConnection) -> Callable[[str], Awaitable[None]]:
    """Writes one text frame; a closed socket is an OSError, whatever `websockets` calls it."""

    async def write(text: str) -> None:
        try:
            await socket.send(text)
        except ConnectionClosed as closed:
            raise ConnectionResetError(why(closed)) from None

    return write


def events_address(config: AsteriskConfig, apps: Sequence[str], subscribe_all: bool) -> str:
    """The WebSocket's address. Credentials go into a header, never in here."""
    base = config.url.replace("http", "ws", 1)
    names = ",".join(quote(app, safe="") for app in apps)
    return f"{base}/events?app={names}" + ("&subscribeAll=true" if subscribe_all else "")


class Dial(dial):
    """A handshake that follows no redirect: ARI has none, and the password is for ARI alone."""

    def process_redirect(self, exc: Exception) -> Exception:
        """The refusal itself."""
        return exc


async def handshake(config: AsteriskConfig, address: str) -> ClientConnection:
    """Open the socket once. Raises AriError that says what to check."""
    try:
        return await Dial(
            address,
            additional_headers={"Authorization": authorization(config)},
            logger=QUIET,
            compression=None,
            open_timeout=config.open_timeout,
            ping_interval=config.ping_interval,
            ping_timeout=config.ping_timeout,
            close_timeout=CLOSE_SECONDS,
            max_size=config.max_frame,
            max_queue=1024,
            proxy=None,
        )
    except InvalidStatus as error:
        raise refused(config, error.response.status_code, error.response.reason_phrase) from None
    except InvalidHandshake as error:
        if isinstance(error.__cause__, (EOFError, OSError)):
            # As Asterisk does with a connection beyond its sessionlimit.
            raise Unreachable(
                "GET",
                "/events",
                f"{config.url} closed the connection without an answer; if this repeats, raise"
                " sessionlimit in http.conf",
            ) from None
        raise NotAri(
            "GET", "/events", 0, f"{config.url} does not speak WebSocket: {error}"
        ) from None
    except TimeoutError:
        raise Unreachable(
            "GET",
            "/events",
            f"{config.url} took the connection but did not answer within {config.open_timeout:g} s",
        ) from None
    except OSError as error:
        raise Unreachable(
            "GET",
            "/events",
            f"no connection to {config.url}: {plainly(error)}; is Asterisk running, and do host"
            " and port match bindaddr and bindport in http.conf?",
        ) from None


def refused(config: AsteriskConfig, status: int, phrase: str) -> AriError:
    """The error that a handshake's status means."""
    at = ("GET", "/events", status, phrase or "refused")
    if status == 401:
        return Unauthorized(*at, "check asterisk.username and asterisk.password against ari.conf")
    if status == 403:
        return Forbidden(*at, "an ACL in ari.conf refuses this address")
    if status == 503:
        return NotBooted(*at, "Asterisk is still starting")
    if status >= 500:
        return ServerError(*at)
    return NotAri(*at, "is ARI enabled (ari.conf: enabled = yes), and asterisk.url its address?")


def why(closed: ConnectionClosed) -> str:
    """What closed the socket, in words."""
    if closed.rcvd is not None:
        return f"Asterisk closed the socket: {closed.rcvd.code} {closed.rcvd.reason}".rstrip()
    if closed.sent is not None:
        return f"we closed the socket: {closed.sent.code} {closed.sent.reason}".rstrip()
    return "the connection broke without a close"
