"""Where grants are kept, by the hashes of their tokens; see `stasis.web.Grants`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, TypeVar

from attrs import asdict
from sqlalchemy import Column, Integer, MetaData, Table, delete, insert, or_, select, update

from stasis.sql.column import Listed, Moment, words
from stasis.sql.database import Database
from stasis.web.grant import Grant

__all__ = ["GrantStore", "grant_table"]

G = TypeVar("G", bound=Grant)


def grant_table(name: str, metadata: MetaData, *more: Column[Any]) -> Table:
    """The table of a plugin's tokens. more: columns of what its own `Grant` says besides."""
    return Table(
        name,
        metadata,
        Column("id", Integer, primary_key=True),
        words("hash", unique=True),
        words("name"),
        Column("scopes", Listed, nullable=False),
        *more,
        Column("created", Moment, nullable=False),
        Column("expires", Moment),
        Column("revoked", Moment),
        Column("used", Moment),
        sqlite_autoincrement=True,
    )


class GrantStore(Generic[G]):
    """The table of tokens. Every method raises StoreError when the database does not answer.

    table: as `grant_table` makes it. kind: the class of its rows.
    """

    def __init__(self, database: Database, table: Table, kind: type[G]) -> None:
        self._do = database.do
        self._table = table
        self._kind = kind
        self._shown = [column for column in table.c if column.name != "hash"]

    async def add(self, hash: str, grant: G) -> G:
        """Keep a new one. Returns it with its id."""
        values = {"hash": hash, **asdict(grant, recurse=False)}
        del values["id"]
        rows = await self._do(insert(self._table).values(values).returning(*self._shown))
        return self._kind(**rows[0])

    async def found(self, hash: str) -> G | None:
        """The grant of a token; None when there is no such."""
        rows = await self._do(select(*self._shown).where(self._table.c.hash == hash))
        return self._kind(**rows[0]) if rows else None

    async def get(self, id: int) -> G | None:
        """The grant of that id."""
        rows = await self._do(select(*self._shown).where(self._table.c.id == id))
        return self._kind(**rows[0]) if rows else None

    async def list(self, limit: int, after: int = 0) -> list[G]:
        """At most so many, by their ids. after: the last id that is known already."""
        of = self._table.c.id
        rows = await self._do(select(*self._shown).where(of > after).order_by(of).limit(limit))
        return [self._kind(**row) for row in rows]

    async def revoke(self, id: int, at: datetime) -> None:
        """It counts no longer. Once is enough."""
        of = self._table.c
        await self._do(
            update(self._table).where(of.id == id, of.revoked.is_(None)).values(revoked=at)
        )

    async def use(self, id: int, at: datetime) -> None:
        """It was used."""
        await self._do(update(self._table).where(self._table.c.id == id).values(used=at))

    async def forget(self, before: datetime) -> None:
        """Forget those that were revoked or over before a moment."""
        of = self._table.c
        await self._do(delete(self._table).where(or_(of.revoked < before, of.expires < before)))
