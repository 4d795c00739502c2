"""`Send` over WebSockets that carry nothing but REST (Asterisk 20.14, 21.9, 22.4 and later).

Asterisk takes one socket's requests strictly in turn, so one that waits behind media holds up all
behind it. Hence more than one socket, none of which hears events, and two kinds: some share the
quick requests; what may wait has a socket to itself while it does. Whatever finds no free socket
goes over HTTP at once: no request ever waits for another, for a dial, or for a dead connection.
Each socket has an application of its own, for Asterisk refuses a handshake without one, and does
not answer on a socket whose application a second one has taken and closed.
"""

from __future__ import annotations

import asyncio
import contextvars
import itertools
from collections.abc import Awaitable, Callable, Coroutine
from secrets import token_hex
from typing import TYPE_CHECKING, TypeAlias

import attrs
import structlog

from stasis.ari.resource import CONTROL_SECONDS, Request, Response, Send
from stasis.config import AsteriskConfig
from stasis.errors import AriError, Forbidden, OutcomeUnknown, Unauthorized
from stasis.transport.asked import MESSAGE_LIMIT, encode
from stasis.transport.connect import REFUSED_SECONDS, Backoff, events_address
from stasis.transport.handshake import handshake
from stasis.transport.line import Line

if TYPE_CHECKING:
    from stasis.transport.connection import Connection

__all__ = ["Sockets"]

log = structlog.get_logger("stasis.sockets")

# Sockets for quick requests, and for those that may wait. Each counts for Asterisk's sessionlimit.
QUICK, PATIENT = 4, 8
# A longer message does not share a socket: what is under way on one fits into its buffers, so
# that writing never waits.
SHORT = 1_024
# A socket that has been idle for so long is asked whether it lives before it is used again.
IDLE_SECONDS = 10.0
# How long that may take.
PROBE_SECONDS = 2.0
# What has not answered for so long when the event socket dies has probably died with it.
DOUBT_SECONDS = 1.0
# An answer that has not come by then will not come. A pong waits behind media as well.
GONE_SECONDS = 300.0
Dial: TypeAlias = "Callable[[AsteriskConfig, str], Awaitable[Connection]]"
PROBE = Request("GET", "/asterisk/ping", seconds=PROBE_SECONDS)


class Lane:
    """The sockets for one kind of request. size: how many at most. alone: one request each."""

    def __init__(self, size: int, alone: bool, backoff: Backoff) -> None:
        self.size = size
        self.alone = alone
        self.lines: list[Line] = []
        self.backoff = backoff
        self.not_before = 0.0
        self.growing = False

    def free(self, now: float) -> Line | None:
        """The socket that has the fewest answers to come, of those that take a request now."""
        best: Line | None = None
        for line in self.lines:
            if line.owed == 0:
                if now - line.heard < IDLE_SECONDS:
                    return line
            elif not self.alone and line.brisk(now) and (best is None or line.owed < best.owed):
                best = line
        return best

    def remove(self, line: Line) -> None:
        """It takes no requests now, or is gone."""
        if line in self.lines:
            self.lines.remove(line)

    def lost(self, line: Line) -> None:
        """It is gone. One that has come to nothing is not missed at once: so might be the next."""
        self.remove(line)
        now = asyncio.get_running_loop().time()
        if not line.served and now - line.heard < IDLE_SECONDS:
            self.not_before = now + self.backoff.next()


class Sockets:
    """REST over a few WebSockets of its own.

    config: where Asterisk is; its `connections` bounds the sockets of each kind as well. http: the
    `Send` for files, for what is longer than a socket takes, and for what finds no free socket.
    dial: opens one. They are opened as they are needed, and a lost one is opened anew when it is
    missed.
    """

    def __init__(self, config: AsteriskConfig, http: Send, dial: Dial = handshake) -> None:
        self._config = attrs.evolve(config, ping_timeout=max(config.ping_timeout, GONE_SECONDS))
        self._http = http
        self._open = dial
        self._quick, self._patient = (
            Lane(
                min(most, config.connections),
                alone,
                Backoff(config.backoff_min, config.backoff_max),
            )
            for most, alone in ((QUICK, False), (PATIENT, True))
        )
        self._name = f"stasis-rest-{token_hex(4)}"
        self._names = itertools.count(1)
        self._ids = itertools.count(1)
        self._lines: set[Line] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._context = contextvars.copy_context()
        self._closed = False
        self._failing = False

    @property
    def open(self) -> int:
        """How many sockets are open."""
        return sum(not line.lost for line in self._lines)

    async def close(self) -> None:
        """Close all of them, for good: what has no answer yet ends with OutcomeUnknown.

        Requests go over HTTP from now on.
        """
        self._closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(
            *self._tasks, *(line.close() for line in self._lines), return_exceptions=True
        )

    def doubt(self) -> None:
        """The event socket is lost: whatever is not known to live is given up, and opened anew.

        Else each would swallow requests until the first of them has waited in vain.
        """
        now = asyncio.get_running_loop().time()
        for lane in (self._quick, self._patient):
            for line in [*lane.lines]:
                if line.owed == 0 or now - line.heard >= DOUBT_SECONDS:
                    lane.remove(line)
                    self._begin(line.close()).add_done_callback(self._tasks.discard)

    async def __call__(self, request: Request) -> Response:
        """Send one request and wait for its answer.

        Raises OutcomeUnknown when no answer came, and what HTTP raises when it went that way.
        """
        if request.binary:
            return await self._http(request)
        request_id = str(next(self._ids))
        message = encode(request, request_id)
        short = len(message) <= SHORT and request.seconds <= CONTROL_SECONDS
        line = self._free(self._quick if short else self._patient)
        if line is None or len(message) > MESSAGE_LIMIT:
            return await self._http(request)
        try:
            return await line.ask(request_id, message, request.seconds)
        except TimeoutError:
            raise OutcomeUnknown(
                request.method, request.path, f"no answer on a socket in {request.seconds:g} s"
            ) from None
        except OSError as error:
            if request.repeatable and not self._closed:
                return await self._http(request)
            raise OutcomeUnknown(request.method, request.path, f"socket lost: {error}") from None

    def _free(self, lane: Lane) -> Line | None:
        now = asyncio.get_running_loop().time()
        line = lane.free(now)
        if (line is None or line.owed) and not (lane.growing or self._closed):
            self._grow(lane, now)
        return line

    def _grow(self, lane: Lane, now: float) -> None:
        """Nobody is idle: see to it that the next request finds a socket."""
        for line in lane.lines:
            silent = now - line.heard
            if line.owed == 0 and silent >= IDLE_SECONDS:
                return self._spawn(self._probe(lane, line), lane)
            if line.owed and silent >= GONE_SECONDS:
                return self._spawn(line.close(), lane)
        if len(lane.lines) < lane.size and now >= lane.not_before:
            self._spawn(self._dial(lane), lane)

    def _spawn(self, work: Coroutine[object, object, None], lane: Lane) -> None:
        def done(task: asyncio.Task[None]) -> None:
            lane.growing = False
            self._tasks.discard(task)

        lane.growing = True
        self._begin(work).add_done_callback(done)

    def _begin(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        # Not in the context of the call whose request it is: the socket outlives it.
        task = asyncio.get_running_loop().create_task(
            work, name="stasis sockets", context=self._context
        )
        self._tasks.add(task)
        return task

    async def _dial(self, lane: Lane) -> None:
        """Open one more. ARI: GET /events."""
        name = f"{self._name}-{next(self._names)}"
        address = events_address(self._config, [name], False)
        try:
            connection = await self._open(self._config, address)
        except AriError as error:
            wait = lane.backoff.next()
            if isinstance(error, (Unauthorized, Forbidden)):
                wait = max(wait, REFUSED_SECONDS)
            lane.not_before = asyncio.get_running_loop().time() + wait
            if not self._failing:
                log.warning(
                    "requests go over HTTP: no socket for them",
                    url=self._config.url,
                    error=error.reason,
                )
            self._failing = True
            return
        self._failing = False
        lane.backoff.reset()
        line = Line(connection, lane.lost)
        lane.lines.append(line)
        self._lines.add(line)
        line.reader.add_done_callback(lambda _: self._lines.discard(line))

    async def _probe(self, lane: Lane, line: Line) -> None:
        """Ask one that was idle for long whether it lives; nobody else uses it meanwhile."""
        lane.remove(line)
        try:
            await line.ask("probe", encode(PROBE, "probe"), PROBE_SECONDS)
        except OSError:
            await line.close()
        else:
            if not line.lost:
                lane.lines.append(line)
