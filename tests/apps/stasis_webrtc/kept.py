"""A store that answers at once: virtual time knows nothing of a real database's threads."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from sqlalchemy import Executable, RowMapping, StaticPool, create_engine, event
from sqlalchemy.exc import DBAPIError
from stasis_webrtc import tables
from stasis_webrtc.grant import Grants
from stasis_webrtc.history import History
from stasis_webrtc.rows import UserRow
from stasis_webrtc.store import WHERE, Store

from stasis.sql import StoreError
from stasis.sql.database import Database, prepare, reason
from stasis.sql.passwords import hashed
from tests.apps.stasis_webrtc.accounts import NOON

PASSWORD = "correct horse"
HASH = hashed(PASSWORD)
GRANTS = Grants(("internal", "rooms", "+49*"), may_record=True)


class InstantDatabase(Database):
    """SQLite in memory, in the loop's own thread. It outlives `close`, as a file would.

    down: it raises StoreError. asked: how many transactions there were.
    """

    def __init__(self) -> None:
        super().__init__("sqlite://", tables.MIGRATIONS, WHERE)
        self.down = False
        self.asked = 0
        self._sync = create_engine("sqlite://", poolclass=StaticPool, hide_parameters=True)
        event.listen(self._sync, "connect", prepare)
        tables.METADATA.create_all(self._sync)

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def do(self, *statements: Executable) -> Sequence[RowMapping]:
        await asyncio.sleep(0)  # as any database, it lets others have their turn
        if self.down:
            raise StoreError("the test's database is down")
        self.asked += 1
        rows: Sequence[RowMapping] = ()
        try:
            with self._sync.begin() as connection:
                for statement in statements:
                    result = connection.execute(statement)
                    rows = result.mappings().all() if result.returns_rows else ()
        except DBAPIError as error:
            raise StoreError(reason(error)) from None
        await asyncio.sleep(0)
        return rows


class InstantStore(Store):
    """A Store on it."""

    def __init__(self) -> None:
        self.database = self._database = InstantDatabase()
        self._do = self._database.do
        self.history = History(self._database)

    async def fill(self) -> None:
        """Anna, Bert and Carl have telephones; Root may change users. One password is enough."""
        for name, extension in (("anna", "201"), ("bert", "202"), ("carl", "203")):
            title = name.capitalize()
            row = UserRow(name, NOON, NOON, title, extension, "", HASH, GRANTS)
            await self.add_user(row)
        root = Grants(("internal",), admin=True)
        await self.add_user(UserRow("root", NOON, NOON, "Root", "", "", HASH, root))
