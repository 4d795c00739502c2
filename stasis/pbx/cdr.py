"""Call detail records: looked up in the database, heard as they are made, and as files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from stasis.ami import Missed, events
from stasis.pbx.cdr_clock import Clock
from stasis.pbx.cdr_database import of_database, store_of
from stasis.pbx.cdr_file import KINDS, FileFormat, csv_chunks, json_chunks, lines_chunks
from stasis.pbx.cdr_record import CdrEntry, CdrRecord
from stasis.pbx.cdr_state import state_of
from stasis.pbx.cdr_wanted import Wanted, wanted_of
from stasis.pbx.classes import classes_of, must_hear, unheard
from stasis.pbx.download import Download
from stasis.pbx.errors import Missing, Needs, PbxError
from stasis.pbx.group import Group
from stasis.pbx.thing import thing
from stasis.pbx.values import (
    AccountCode,
    Disposition,
    Extension,
    Limit,
    Party,
    RecordId,
    Seconds,
    UniqueId,
    When,
)
from stasis.trigger import Gap

if TYPE_CHECKING:
    from stasis.pbx.cdr_store import CdrStore

__all__ = ["Cdr", "CdrStatus"]

MODULE = "cdr_manager.so"
# What Asterisk writes databases by: parts of their names, in small letters.
DATABASES = ("pgsql", "odbc", "sqlite", "mysql", "tds")
CHUNKS = {"csv": csv_chunks, "json": json_chunks, "jsonl": lines_chunks}


class CdrStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Whether calls are recorded, and where.

    logging, mode, backends: Asterisk's; `simple` writes each record at once, `batch` many together.
    events: whether AMI tells them. database: stasis', without its password. problem: why that
    cannot be used. records, latest: how many are there, and when the latest call began.
    writer: who writes there, as far as it can be known.
    """

    logging: bool
    mode: str
    unanswered: bool
    backends: Sequence[str]
    events: bool
    database: str
    problem: str
    records: int
    latest: datetime | None
    writer: str


class Cdr(Group):
    """Call detail records: who called whom, when, how long, and what came of it."""

    name = "cdr"

    @thing("GET /cdr/records")
    async def list(
        self,
        *,
        since: When = "",
        until: When = "",
        party: Party = "",
        src: Extension = "",
        dst: Extension = "",
        disposition: Disposition = "",
        answered: bool = False,
        account: AccountCode = "",
        limit: Limit = 100,
        before: RecordId = 0,
    ) -> Sequence[CdrEntry]:
        """Look up call records, the last written first.

        since, until: when the call began; `until` itself is not in it. answered: only those, as
        `disposition` ANSWERED. before: for the next page, the id of the last record of this one.

        Returns `limit` of them at most. Raises BadValue, Unavailable. Database: SELECT.
        """
        wanted = wanted_of(
            "cdr.list",
            since=since,
            until=until,
            party=party,
            src=src,
            dst=dst,
            disposition=disposition,
            answered=answered,
            account=account,
            before=before,
        )
        with of_database("cdr.list"):
            found = await (await self._store()).list(wanted, limit)
        return [in_short(each) for each in found]

    @thing("GET /cdr/records/{uniqueid}")
    async def show(self, uniqueid: UniqueId) -> Sequence[CdrRecord]:
        """Show the records of a channel, or all of a call by its linkedid, in their order.

        Returns them whole. Raises Missing, Unavailable. Database: SELECT.
        """
        with of_database("cdr.show"):
            found = await (await self._store()).of(uniqueid)
        if not found:
            raise Missing("cdr.show", f"there is no record of {uniqueid}")
        return found

    @thing("GET /cdr/export")
    async def export(
        self,
        format: FileFormat = "csv",
        *,
        since: When = "",
        until: When = "",
        party: Party = "",
        src: Extension = "",
        dst: Extension = "",
        disposition: Disposition = "",
        answered: bool = False,
        account: AccountCode = "",
    ) -> Download:
        """Export call records as a file: CSV, JSON, or JSON lines; in the order they were written.

        The rest: as of `list`. A cell that a spreadsheet would take for a formula begins with `'`.

        Returns the file, read from the database page by page. Raises BadValue, Unavailable.
        Database: SELECT.
        """
        wanted = wanted_of(
            "cdr.export",
            since=since,
            until=until,
            party=party,
            src=src,
            dst=dst,
            disposition=disposition,
            answered=answered,
            account=account,
        )
        with of_database("cdr.export"):
            store = await self._store()
        return Download(
            name=f"cdr-{datetime.now(UTC):%Y%m%d-%H%M%S}.{format}",
            kind=KINDS[format],
            chunks=CHUNKS[format](pages(store, wanted)),
        )

    @thing("GET /cdr/live", needs=MODULE)
    async def follow(self, *, seconds: Seconds = 0.0) -> Download:
        """Hear of call records as calls end: JSON lines, until nobody reads any more.

        seconds: for so long; 0: for ever. A line with `gap`: AMI was lost for so many seconds. One
        with `missed`: so many records came faster than they were read.

        Returns a file that grows. Raises Needs, Unavailable, and Refused when the class `cdr` is
        not heard. AMI: Cdr.
        """
        if not await self.ways.loaded(MODULE):
            raise Needs("cdr.follow", f"needs the module {MODULE}, which is not loaded")
        await must_hear(await self.ways.ami(), "cdr.follow", "cdr")
        return Download(
            name="cdr.jsonl", kind=KINDS["jsonl"], chunks=lines(self.live(seconds=seconds))
        )

    @thing("GET /cdr/status")
    async def status(self) -> CdrStatus:
        """Say whether calls are recorded, by what, and how many records there are.

        Raises Unavailable. CLI: cdr show status.
        """
        state = state_of(await self.ways.command("cdr show status"))
        database, problem, records, latest = "", "", 0, None
        try:
            with of_database(""):
                store = await self._store()
                database = store.address
                records, latest = await store.count()
        except PbxError as error:
            problem = error.reason
        return CdrStatus(
            logging=state.logging,
            mode=state.mode,
            unanswered=state.unanswered,
            backends=state.backends,
            events="cdr_manager" in state.backends,
            database=database,
            problem=problem,
            records=records,
            latest=latest,
            writer=writer_of(
                state.backends, write=self.ways.config.cdr.write, heard=await self._heard()
            ),
        )

    async def live(self, *, seconds: float = 0.0) -> AsyncIterator[CdrRecord | Gap | Missed]:
        """Call records as calls end, typed. seconds: for so long; 0: for ever.

        Also yields `Gap` when AMI was lost, and `Missed` when the reader was too slow. Raises
        AmiError, Unavailable. AMI: Cdr.
        """
        ami = await self.ways.ami()
        clock, loop = Clock(ami), asyncio.get_running_loop()
        end = loop.time() + seconds if seconds else None
        async with ami.events(events.Cdr) as stream:
            with suppress(TimeoutError, StopAsyncIteration):
                while True:
                    left = None if end is None else max(0.0, end - loop.time())
                    event = await asyncio.wait_for(anext(stream), left)
                    yield await clock.record(event) if isinstance(event, events.Cdr) else event

    async def _heard(self) -> bool:
        """Whether the user of the manager interface hears of records, as far as it is known."""
        if not self.ways.config.ami.username:
            return True
        ami = await self.ways.ami()
        return not unheard(await classes_of(ami), ami.config.mask, ["cdr"])

    async def _store(self) -> CdrStore:
        return await self.ways.opened("cdr", lambda: store_of(self.ways.config.cdr))


def in_short(record: CdrRecord) -> CdrEntry:
    """A record without what only its details need."""
    return CdrEntry(**{name: getattr(record, name) for name in CdrEntry.__struct_fields__})


def writer_of(backends: Sequence[str], *, write: bool, heard: bool) -> str:
    """Who writes the records, for people.

    write: whether it is to be a program of stasis. heard: whether that hears the class `cdr`.
    """
    own = [each for each in backends if any(word in each.lower() for word in DATABASES)]
    if not write:
        return f"Asterisk: {', '.join(own)}" if own else "nobody: see write in [asterisk.cdr]"
    if "cdr_manager" not in backends:
        return "nobody: cdr_manager is not enabled in Asterisk"
    if not heard:
        return "nobody: AMI's user does not hear the class cdr; see its read in manager.conf"
    return "not known: a program with [plugin.pbx], while one runs"


async def pages(store: CdrStore, wanted: Wanted) -> AsyncIterator[Sequence[CdrRecord]]:
    """The records of a file. Raises Unavailable when the database fails on the way."""
    with of_database("cdr.export"):
        async for page in store.pages(wanted):
            yield page


async def lines(live: AsyncIterator[CdrRecord | Gap | Missed]) -> AsyncIterator[bytes]:
    """Live records as JSON lines."""
    async for each in live:
        told: Any = each
        if isinstance(each, Gap):
            told = {"gap": each.seconds}
        elif isinstance(each, Missed):
            told = {"missed": each.count}
        yield msgspec.json.encode(told) + b"\n"
