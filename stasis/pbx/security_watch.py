"""Failed log-ins as they happen: counted by address, written to a log, told to who asks.

Rules: memory is bounded, whoever knocks: of the addresses only those are kept that knocked last.
A log that cannot be written is told once and tried again; the counting goes on.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType

import structlog

from stasis.ami import Ami, Missed, Stream, events
from stasis.metrics import Meter
from stasis.pbx.errors import Unavailable
from stasis.pbx.failure import FAILURES, Attacker, Failure
from stasis.pbx.failure_log import FailureLog
from stasis.trigger import Gap

__all__ = ["SecurityWatch"]

log = structlog.get_logger("stasis.pbx")

ADDRESSES = 10_000


class SecurityWatch:
    """Watches an Asterisk's failed log-ins; `async with` begins and ends it.

    ami: its manager interface, whose user reads the class `security`. log: where they are written.
    server: the Asterisk's name. meter: where they are counted for Prometheus. heard: called with
    each, quickly. limit: addresses that are remembered.

    total: failures so far. missed: events that came too fast to be read.
    """

    def __init__(
        self,
        ami: Ami,
        log: FailureLog | None = None,
        *,
        server: str = "-",
        meter: Meter | None = None,
        heard: Callable[[Failure], None] | None = None,
        limit: int = ADDRESSES,
    ) -> None:
        self.total = 0
        self.missed = 0
        self._ami = ami
        self._log = log
        self._server = server
        self._meter = meter
        self._heard = heard
        self._limit = limit
        self._addresses: OrderedDict[str, Attacker] = OrderedDict()
        self._writable = True
        self._alone = ExitStack()  # no other process writes the log
        self._stream: Stream[events.OfSecurity] | None = None
        self._task: asyncio.Task[None] | None = None
        if meter is not None:
            meter.attackers = lambda: ((each.address, each.failures) for each in self.attackers())

    async def __aenter__(self) -> SecurityWatch:
        """Begin. Raises Unavailable when the log cannot be written, or another program does."""
        if self._log is not None:
            self._alone.enter_context(self._log.alone())
            try:
                await asyncio.to_thread(self._log.write, ())
            except BaseException:
                self._alone.close()
                raise
        self._stream = await self._ami.events(*FAILURES).__aenter__()
        self._task = asyncio.create_task(self._run(self._stream), name="stasis security watch")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._stream is not None:
            await self._stream.__aexit__(kind, error, trace)
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._alone.close()

    def attackers(self) -> list[Attacker]:
        """Who failed since it began, the worst first."""
        return sorted(self._addresses.values(), key=lambda each: (-each.failures, each.address))

    async def finished(self) -> None:
        """Wait until the manager interface is closed, which ends it."""
        if self._task is not None:
            await asyncio.shield(self._task)

    async def _run(self, stream: Stream[events.OfSecurity]) -> None:
        async for event in stream:
            if isinstance(event, Missed):
                self.missed += event.count
            elif isinstance(event, Gap):
                log.warning("failed log-ins were not heard", seconds=round(event.seconds, 1))
            elif failure := Failure.of(event, self._server):
                self._count(failure)
                await self._written(failure)

    def _count(self, failure: Failure) -> None:
        self.total += 1
        before = self._addresses.get(failure.address)
        self._addresses[failure.address] = before.again(failure) if before else Attacker.of(failure)
        self._addresses.move_to_end(failure.address)
        while len(self._addresses) > self._limit:
            self._addresses.popitem(last=False)
        if self._meter is not None:
            self._meter.login_failed(failure.kind, failure.service)
        if self._heard is not None:
            self._heard(failure)

    async def _written(self, failure: Failure) -> None:
        if self._log is None:
            return
        try:
            await asyncio.to_thread(self._log.write, (failure,))
        except Unavailable as error:
            if self._writable:
                log.error("failed log-ins are not logged", reason=error.reason)
            self._writable = False
        else:
            self._writable = True
