"""The table `cdr`: what is kept of calls, in SQLite or PostgreSQL, and how it is looked up.

Rules: Asterisk's `cdr_pgsql` can write the same table, and its columns are named for that. A record
that is there already is not written again. Moments are kept in UTC, without a zone, as `cdr_pgsql`
writes them with `timezone = UTC`.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    DateTime,
    Dialect,
    Integer,
    MetaData,
    RowMapping,
    Table,
    and_,
    func,
    or_,
    select,
)
from sqlalchemy.types import TypeDecorator

from stasis.pbx.cdr_record import CdrRecord
from stasis.pbx.cdr_wanted import Wanted
from stasis.sql import Database, Migrations, words

__all__ = ["CdrStore"]

MIGRATIONS = Migrations(Path(__file__).parent / "cdr_migrations", "stasis_cdr_version", 7782747003)
WHERE = "[asterisk.cdr]: database"
PAGE = 1000  # rows of a file at once
BATCH = 500  # rows of one INSERT: a database takes 32,766 values

DRIVER = re.compile(r"(?<=sqlite)\+\w+|(?<=postgresql)\+\w+")  # as SQLAlchemy names it

Id = BigInteger().with_variant(Integer(), "sqlite")


class Utc(TypeDecorator[datetime]):
    """A moment in UTC, in a column that has no zone."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database."""
        return value and value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database."""
        return value and value.replace(tzinfo=UTC)


cdr = Table(
    "cdr",
    MetaData(),
    Column("id", Id, primary_key=True),
    Column("calldate", Utc, nullable=False),
    Column("answer", Utc),
    Column("end", Utc),
    Column("duration", Integer, nullable=False),
    Column("billsec", Integer, nullable=False),
    Column("sequence", BigInteger),
    *map(
        words,
        (
            "clid src dst dcontext channel dstchannel lastapp lastdata disposition amaflags"
            " accountcode peeraccount uniqueid linkedid userfield"
        ).split(),
    ),
    sqlite_autoincrement=True,
)


class CdrStore:
    """The call records of a database; `async with` opens and closes it.

    url: as of `stasis.sql.Database`. is_open: whether it is. Every method raises StoreError when
    the database does not answer as it should; a url that is none raises ConfigError.
    """

    def __init__(self, url: str) -> None:
        self._database = Database(url, MIGRATIONS, WHERE)
        self.is_open = False

    def __repr__(self) -> str:
        return repr(self._database)

    @property
    def address(self) -> str:
        """Its url as it is configured, without the password."""
        return DRIVER.sub("", repr(self).removeprefix("<Database ").removesuffix(">"))

    async def open(self) -> None:
        """Connect, and make the table if it is not there."""
        await self._database.open()
        self.is_open = True

    async def close(self) -> None:
        """Finish what is being done, and disconnect."""
        self.is_open = False
        await self._database.close()

    async def __aenter__(self) -> CdrStore:
        await self.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def add(self, records: Sequence[CdrRecord]) -> None:
        """Keep records, but for those that are there already."""
        for at in range(0, len(records), BATCH):
            rows = [row_of(each) for each in records[at : at + BATCH]]
            await self._database.do(
                self._database.insert(cdr).values(rows).on_conflict_do_nothing()
            )

    async def list(self, wanted: Wanted, limit: int) -> Sequence[CdrRecord]:
        """Records, the last that was written first."""
        statement = select(cdr).where(*clauses(wanted)).order_by(cdr.c.id.desc()).limit(limit)
        return [record_of(row) for row in await self._database.do(statement)]

    async def of(self, uniqueid: str) -> Sequence[CdrRecord]:
        """All records of a channel, and of the call that has this `linkedid`, in their order."""
        either = or_(cdr.c.uniqueid == uniqueid, cdr.c.linkedid == uniqueid)
        statement = select(cdr).where(either).order_by(cdr.c.calldate, cdr.c.id).limit(PAGE)
        return [record_of(row) for row in await self._database.do(statement)]

    async def pages(self, wanted: Wanted) -> AsyncIterator[Sequence[CdrRecord]]:
        """All records that are wanted, in the order they were written, a page at a time."""
        last = 0
        while True:
            statement = (
                select(cdr).where(*clauses(wanted), cdr.c.id > last).order_by(cdr.c.id).limit(PAGE)
            )
            page = [record_of(row) for row in await self._database.do(statement)]
            if page:
                yield page
                last = page[-1].id
            if len(page) < PAGE:
                return

    async def count(self) -> tuple[int, datetime | None]:
        """How many records there are, and when the latest call began."""
        number, latest = func.count().label("number"), func.max(cdr.c.calldate).label("latest")
        rows = await self._database.do(select(number, latest))
        return rows[0]["number"], rows[0]["latest"]


def clauses(wanted: Wanted) -> list[ColumnElement[bool]]:
    """What is wanted, as SQL."""
    found: list[ColumnElement[bool]] = []
    if wanted.since is not None:
        found.append(cdr.c.calldate >= wanted.since)
    if wanted.until is not None:
        found.append(cdr.c.calldate < wanted.until)
    if wanted.party:
        found.append(of_party(wanted.party))
    if wanted.before:
        found.append(cdr.c.id < wanted.before)
    for column, value in (
        (cdr.c.src, wanted.src),
        (cdr.c.dst, wanted.dst),
        (cdr.c.disposition, wanted.disposition),
        (cdr.c.accountcode, wanted.account),
    ):
        if value:
            found.append(column == value)
    return found


def of_party(party: str) -> ColumnElement[bool]:
    """Records with somebody on either side: PJSIP/2001-… is 2001, and so is Local/2001@…

    PJSIP/2001-home-… is not: the last part alone is Asterisk's.
    """
    found: list[ColumnElement[bool]] = [cdr.c.src == party, cdr.c.dst == party]
    for column in (cdr.c.channel, cdr.c.dstchannel):
        own = column.contains(f"/{party}-", autoescape=True)
        others = column.like(f"%/{party.replace('_', '!_')}-%-%", escape="!")
        found += [and_(own, ~others), column.contains(f"/{party}@", autoescape=True)]
    return or_(*found)


def row_of(record: CdrRecord) -> dict[str, Any]:
    """A record as a row; the database gives the id."""
    return {name: getattr(record, name) for name in record.__struct_fields__ if name != "id"}


def record_of(row: RowMapping) -> CdrRecord:
    """A row as a record."""
    return CdrRecord(**row)
