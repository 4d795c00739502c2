"""The manager interface of one Asterisk: actions, lists and events, over one lasting connection.

It connects again by itself; every reader of events is then told of the `Gap`. An action in flight
at a loss ends as `OutcomeUnknown` and is never sent a second time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Literal, TypeAlias, TypeVar, cast

import structlog

from stasis.ami import actions
from stasis.ami.action import Action, ListAction, key_of, texts
from stasis.ami.answer import Answer, Listing
from stasis.ami.config import AmiConfig
from stasis.ami.connection import Connection
from stasis.ami.errors import AmiError, LoginRefused, NotConnected
from stasis.ami.event import AmiEvent
from stasis.ami.events import OriginateResponse
from stasis.ami.stream import Stream
from stasis.transport.connect import Backoff
from stasis.trigger import Gap
from stasis.watch import Watch

__all__ = ["Ami", "AmiState"]

log = structlog.get_logger("stasis.ami")

A = TypeVar("A", bound=Answer)
E = TypeVar("E", bound=AmiEvent)

AmiState: TypeAlias = Literal["connecting", "ready", "gap", "stopped"]

# A connection that lived this long was healthy.
STABLE_SECONDS = 30.0
# A wrong secret will not mend itself soon, and failed log-ins trip fail2ban.
REFUSED_SECONDS = 30.0
# What a call rings at most when Originate does not say.
ORIGINATE_SECONDS = 30.0


class Ami:
    """A client of the manager interface; `async with` connects and disconnects it.

    state: `connecting`, `ready`, `gap` (lost, connecting again), `stopped`; can be watched.
    events_seen, refused: events that came, and messages that were beyond a limit.
    """

    def __init__(self, config: AmiConfig) -> None:
        self.config = config
        self.state: Watch[AmiState] = Watch("connecting")
        self.events_seen = 0
        self.refused = 0
        self._mask = config.mask
        self._backoff = Backoff(config.backoff_min, config.backoff_max)
        self._connection: Connection | None = None
        self._streams: list[Stream[Any]] = []
        self._running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Ami:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self, *, retry: bool = False) -> None:
        """Connect and log in. retry: do not fail, but go on trying in the background.

        Raises LoginRefused, NotConnected, NotUnderstood, and ConfigError for the certificate.
        """
        config = self.config
        if config.host not in ("", "127.0.0.1", "::1", "localhost") and not config.tls:
            log.warning("AMI without TLS: everybody on the way can read it", host=config.host)
        connection = None
        if not retry:
            connection = self._connection = await self._connected()
            self.state.set("ready")
        self._running = asyncio.create_task(self._run(connection), name="stasis ami")

    async def stop(self) -> None:
        """Disconnect. Streams end; what is in flight ends as OutcomeUnknown."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        connection, self._connection = self._connection, None
        if connection is not None:  # the task had not begun
            await connection.close()
        self.state.set("stopped")
        for stream in list(self._streams):
            stream.end()

    @property
    def banner(self) -> str:
        """The protocol's version, like 11.0.0; empty while there is no connection."""
        return self._connection.parser.banner if self._connection else ""

    async def send(self, action: Action[A], *, timeout: float | None = None) -> A:
        """Send an action and return its answer, typed.

        timeout: seconds for the answer; None takes the action's own, or `action_timeout`.

        Raises AmiError: InvalidValue, NotConnected, ActionFailed, OutcomeUnknown.
        """
        seconds = timeout or action.seconds or self.config.action_timeout
        answer = await self._ready(action.name()).call(
            action.name(), action.fields(), seconds=seconds, kind=action.answer()
        )
        return cast(A, answer)

    async def list(self, action: ListAction[E], *, timeout: float | None = None) -> Listing[E]:
        """Send an action that is answered with a list, and return it whole.

        timeout: seconds for the answer, and then between two items.

        Raises AmiError as `send` does, and ListIncomplete.
        """
        seconds = timeout or action.seconds or self.config.action_timeout
        listing = await self._ready(action.name()).call(
            action.name(), action.fields(), seconds=seconds, listed=True, empty=action.empty
        )
        return cast("Listing[E]", listing)

    async def originate(
        self, action: actions.Originate, *, timeout: float | None = None
    ) -> OriginateResponse:
        """Make a call, and wait until it was answered or has failed: `response`, `reason`.

        The mask has to have the class `call`. timeout: seconds; None: as long as it may ring.

        Raises AmiError as `send` does.
        """
        if not action.async_:
            raise NotConnected("Originate", "async_=False would hold up everything else; leave it")
        rings = ORIGINATE_SECONDS if action.timeout is None else action.timeout / 1000
        event = await self._ready("Originate").call(
            "Originate",
            action.fields(),
            seconds=timeout or rings + self.config.action_timeout,
            follow="OriginateResponse",
        )
        return cast(OriginateResponse, event)

    async def action(self, name: str, /, *, timeout: float | None = None, **fields: Any) -> Answer:
        """Send any action by its name: `await ami.action("QueueRule", rule="vip")`.

        fields: `caller_id` is sent as `CallerId`, and `Timeout` as it stands; a list repeats the
        key, None leaves it out, a mapping is channel variables. Raises AmiError as `send` does.
        """
        return cast(
            Answer,
            await self._ready(name).call(
                name, generic(fields), seconds=timeout or self.config.action_timeout
            ),
        )

    async def listing(
        self, name: str, /, *, timeout: float | None = None, **fields: Any
    ) -> Listing[AmiEvent]:
        """Send any action that is answered with a list, by its name; see `action` and `list`."""
        return cast(
            "Listing[AmiEvent]",
            await self._ready(name).call(
                name, generic(fields), seconds=timeout or self.config.action_timeout, listed=True
            ),
        )

    async def mask(self, classes: str) -> None:
        """Choose the classes of events, now and after every reconnect. See `actions.Events`."""
        await self.send(actions.Events(event_mask=classes))
        self._mask = classes

    def events(
        self,
        *kinds: type[E],
        names: Collection[str] = (),
        where: Callable[[E], bool] | None = None,
        limit: int | None = None,
    ) -> Stream[E]:
        """Events from now on: `async with ami.events(Hangup) as stream`, `async for … in stream`.

        kinds: classes of `stasis.ami.events`; names: Asterisk's names, for those without a class;
        neither: all. where: a further choice; must be quick. limit: events that may wait; None
        takes `queue` of the configuration.

        It also yields `Missed` (the reader was too slow) and `Gap` (the connection was lost).
        """
        return Stream(
            kinds,
            names,
            where,
            limit or self.config.queue,
            close=lambda stream: self._streams.remove(stream) if stream in self._streams else None,
            open=self._streams.append,
        )

    async def ready(self, timeout: float | None = None) -> None:
        """Wait until actions can be sent. timeout: seconds. Raises TimeoutError."""
        await self.state.reached("ready", timeout=timeout)

    def _ready(self, action: str) -> Connection:
        if self._connection is None:
            raise NotConnected(
                action, f"the manager interface is not connected ({self.state.value})"
            )
        return self._connection

    async def _connected(self) -> Connection:
        connection = await Connection.open(self.config, self._heard, self._refuse)
        try:
            await connection.log_in(self._mask)
        except BaseException:
            await connection.close()
            raise
        if self.config.boot_timeout and not connection.booted.is_set():
            log.warning(
                "Asterisk did not say that it has started, as it says to who reads the class"
                " system: see `read` of the user in manager.conf",
                user=self.config.username,
                waited=self.config.boot_timeout,
            )
        return connection

    async def _run(self, connection: Connection | None) -> None:
        """Stay connected, for ever."""
        loop = asyncio.get_running_loop()
        deaf_since: float | None = None
        try:
            while True:
                if connection is None:
                    connection = await self._again()
                began = loop.time()
                if deaf_since is not None:
                    self._tell_gap(loop.time() - deaf_since)
                self._connection = connection
                self.state.set("ready")
                reason = await connection.lost()
                deaf_since, lost = connection.heard, connection
                self._connection = connection = None
                self.state.set("gap")
                await lost.close()
                if loop.time() - began >= STABLE_SECONDS:
                    self._backoff.reset()
                wait = self._backoff.next()
                log.warning("AMI is lost", reason=reason, retry_in=round(wait, 1))
                await asyncio.sleep(wait)
        finally:
            self._connection = None
            if connection is not None:
                await connection.close()

    async def _again(self) -> Connection:
        """Connect, however long it takes."""
        while True:
            try:
                return await self._connected()
            except AmiError as error:
                wait = self._backoff.next()
                if isinstance(error, LoginRefused):
                    wait = max(wait, REFUSED_SECONDS)
                log.warning("AMI is not reached", reason=error.reason, retry_in=round(wait, 1))
            await asyncio.sleep(wait)

    def _tell_gap(self, seconds: float) -> None:
        end = datetime.now(UTC)
        gap = Gap(start=end - timedelta(seconds=seconds), end=end, seconds=seconds)
        log.info("AMI is back", seconds=round(seconds, 1))
        for stream in self._streams:
            stream.gap(gap)

    def _heard(self, event: AmiEvent) -> None:
        self.events_seen += 1
        for stream in tuple(self._streams):
            stream.put(event)

    def _refuse(self, size: int) -> None:
        self.refused += 1
        log.warning("AMI: a message beyond the limits was skipped", bytes=size)
        for stream in self._streams:
            stream.miss(1)


def generic(fields: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Fields given by keyword, as they are sent."""
    for name, value in fields.items():
        yield from texts(key_of(name), value)
