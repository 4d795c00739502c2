"""We dial Asterisk: the event WebSocket, opened again with backoff and jitter when it is lost.

It decides nothing about events: it yields what came and when the socket opened and was lost. A
clean close is a loss like any other.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic
from urllib.parse import quote

from stasis.config import AsteriskConfig
from stasis.errors import AriError, Forbidden, NotBooted, ServerError, Unauthorized, Unreachable
from stasis.transport.frames import BREATH, Frames, Lost, Opened
from stasis.transport.handshake import handshake

__all__ = ["Backoff", "connect"]

# A socket that lived this long was healthy: the next loss starts again with the shortest wait.
STABLE_SECONDS = 30.0
# Wrong credentials at run time will not mend themselves soon, and failed logins trip fail2ban.
REFUSED_SECONDS = 30.0
# What a server that is only being started answers.
NOT_YET = (Unreachable, NotBooted, ServerError)


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
            connection = await handshake(config, address)
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
            yield Opened(connection.write, connection.close, connection.push)
            receive = connection.receive
            while True:
                for _ in range(BREATH):
                    yield await receive()
                await asyncio.sleep(0)
        except ConnectionResetError as over:
            reason = str(over)
        finally:
            # Reached by loss, and by aclose() of this generator when the program stops.
            await connection.end()
        if monotonic() - opened >= STABLE_SECONDS:
            backoff.reset()
        wait = backoff.next()
        yield Lost(reason, wait)
        await asyncio.sleep(wait)


def events_address(config: AsteriskConfig, apps: Sequence[str], subscribe_all: bool) -> str:
    """The WebSocket's address. Credentials go into a header, never in here."""
    base = config.url.replace("http", "ws", 1)
    names = ",".join(quote(app, safe="") for app in apps)
    return f"{base}/events?app={names}" + ("&subscribeAll=true" if subscribe_all else "")
