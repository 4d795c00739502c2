"""The store: tokens, the audit, and what webhooks are still to get, in SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from stasis.sql import Database, GrantStore, Outbox
from stasis.web import Grant
from stasis_pbx import tables
from stasis_pbx.audit import Audit

__all__ = ["Store", "utc_now"]


def utc_now() -> datetime:
    """The moment that everything is written down by."""
    return datetime.now(UTC)


class Store:
    """Keeps what must outlive the process.

    url: `sqlite:///file`, `sqlite://` (in memory, for tests), or
    `postgresql://user:password@host/database`. Raises ConfigError for a url that is none of these.
    """

    def __init__(self, url: str, now: Callable[[], datetime] = utc_now) -> None:
        self._database = Database(url, tables.MIGRATIONS, "[plugin.pbx]: database")
        self.grants = GrantStore(self._database, tables.tokens, Grant)
        self.outbox = Outbox(self._database, tables.outbox)
        self.audit = Audit(self._database, now)

    def __repr__(self) -> str:
        return repr(self._database)

    async def open(self) -> None:
        """Connect, and bring the tables to their newest form. Raises StoreError."""
        await self._database.open()

    async def close(self) -> None:
        """Finish what is being done, and disconnect."""
        await self._database.close()
