"""Where grants are kept, by the hashes of their tokens."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import RowMapping, delete, insert, or_, select, update

from stasis.sql import Database
from stasis_conference.grant import Grant
from stasis_conference.tables import tokens

__all__ = ["GrantStore"]

SHOWN = [column for column in tokens.c if column.name != "hash"]


class GrantStore:
    """The table of tokens. Every method raises StoreError when the database does not answer."""

    def __init__(self, database: Database) -> None:
        self._do = database.do

    async def add(self, hash: str, grant: Grant) -> Grant:
        """Keep a new one. Returns it with its id."""
        values = {
            "hash": hash,
            "name": grant.name,
            "scopes": " ".join(sorted(grant.scopes)),
            "rooms": " ".join(grant.rooms),
            "created": grant.created,
            "expires": grant.expires,
            "pin": grant.pin,
        }
        rows = await self._do(insert(tokens).values(values).returning(*SHOWN))
        return grant_of(rows[0])

    async def found(self, hash: str) -> Grant | None:
        """The grant of a token; None when there is no such."""
        rows = await self._do(select(*SHOWN).where(tokens.c.hash == hash))
        return grant_of(rows[0]) if rows else None

    async def get(self, id: int) -> Grant | None:
        """The grant of that id."""
        rows = await self._do(select(*SHOWN).where(tokens.c.id == id))
        return grant_of(rows[0]) if rows else None

    async def list(self, limit: int, after: int = 0) -> list[Grant]:
        """At most so many, by their ids. after: the last id that is known already."""
        of = tokens.c.id
        rows = await self._do(select(*SHOWN).where(of > after).order_by(of).limit(limit))
        return [grant_of(row) for row in rows]

    async def revoke(self, id: int, at: datetime) -> None:
        """It counts no longer. Once is enough."""
        of = tokens.c
        await self._do(update(tokens).where(of.id == id, of.revoked.is_(None)).values(revoked=at))

    async def use(self, id: int, at: datetime) -> None:
        """It was used."""
        await self._do(update(tokens).where(tokens.c.id == id).values(used=at))

    async def forget(self, before: datetime) -> None:
        """Forget those that were revoked or over before a moment."""
        of = tokens.c
        await self._do(delete(tokens).where(or_(of.revoked < before, of.expires < before)))


def grant_of(row: RowMapping) -> Grant:
    """A row as a grant."""
    values = dict(**row)
    values["scopes"] = frozenset(values["scopes"].split())
    values["rooms"] = tuple(values["rooms"].split())
    return Grant(**values)
