"""Writes what AMI tells of calls into the database of call records.

Rules: a database that is down loses nothing: records wait, `queue` of them, and what is beyond is
counted and told. A record that was perhaps written is written again, and is there once. What
Asterisk tells while AMI itself is lost comes to nobody: that is told too.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from stasis.access import CdrConfig
from stasis.ami import Ami, Missed, Stream, events
from stasis.errors import StasisError
from stasis.pbx.cdr_clock import Clock
from stasis.pbx.cdr_database import store_of
from stasis.pbx.cdr_record import CdrRecord
from stasis.transport.connect import Backoff
from stasis.trigger import Gap

if TYPE_CHECKING:
    from stasis.pbx.cdr_store import CdrStore

__all__ = ["CdrWriter"]

log = structlog.get_logger("stasis.pbx")

BATCH = 500
LAST_SECONDS = 10.0  # for the last attempt
BACKOFF = (0.5, 15.0)  # seconds between attempts, least and most


class CdrWriter:
    """Writes call records for as long as `run` runs.

    ami: of the Asterisk; `cdr_manager` has to be enabled there, and its user's `read` to have
    `cdr`. config: where to. written, lost: how many records since it was made. gaps: how often
    AMI was lost, and records with it that nobody can count.
    """

    def __init__(self, ami: Ami, config: CdrConfig) -> None:
        self.written = 0
        self.lost = 0
        self.gaps = 0
        self._ami = ami
        self._store = store_of(config)
        self._clock = Clock(ami)
        self._stream: Stream[events.Cdr] = ami.events(events.Cdr, limit=config.queue)
        self._events: list[events.Cdr] = []
        self._records: list[CdrRecord] = []

    @property
    def waiting(self) -> int:
        """Records that are not written yet."""
        return len(self._stream) + len(self._events) + len(self._records)

    async def run(self) -> None:
        """Write until it is cancelled; then what still waits is tried once more."""
        async with self._stream as stream:
            try:
                while True:
                    await self._take(stream)
                    await self._keep()
            finally:
                stream.end()
                await self._finish(stream)

    async def _take(self, stream: Stream[events.Cdr]) -> None:
        """Wait for a record, and take what else is there."""
        await self._next(stream)
        while len(stream) and len(self._events) < BATCH:
            await self._next(stream)

    async def _next(self, stream: Stream[events.Cdr]) -> None:
        event = await anext(stream)
        if isinstance(event, Missed):
            self.lost += event.count
            log.error("call records are lost: the database was down too long", lost=event.count)
        elif isinstance(event, Gap):
            self.gaps += 1
            log.warning("call records may be missing: AMI was lost", seconds=event.seconds)
        else:
            self._events.append(event)

    async def _keep(self) -> None:
        """Write what was taken, however long it takes."""
        backoff = Backoff(*BACKOFF)
        while self._events or self._records:
            try:
                await self._write()
            except StasisError as error:
                wait = backoff.next()
                log.warning(
                    "call records wait: the database failed",
                    reason=str(error),
                    waiting=self.waiting,
                    retry_in=round(wait, 1),
                )
                await asyncio.sleep(wait)

    async def _write(self) -> None:
        while self._events:  # one by one: each is in one of the lists, whenever it is cancelled
            self._records.append(await self._clock.record(self._events[0]))
            self._events.pop(0)
        store: CdrStore = self._store
        if not store.is_open:
            await store.open()
        await store.add(self._records)
        self.written += len(self._records)
        self._records.clear()

    async def _finish(self, stream: Stream[events.Cdr]) -> None:
        """The last attempt."""
        try:
            while len(stream):
                await self._next(stream)
            if self._events or self._records:
                async with asyncio.timeout(LAST_SECONDS):
                    await self._write()
        except (StasisError, TimeoutError) as error:
            self.lost += self.waiting
            log.error("call records are lost at the end", lost=self.waiting, reason=str(error))
        finally:
            await self._store.close()
