"""A database: how it is reached, what is done in it, and how its failures are told.

Rules: what was begun is done, though the caller of it is cancelled. Nothing waits for long: a
database that is gone is told by StoreError within seconds, and used again once it is back.
Passwords and values are in no error and no log. A file is made readable for its owner alone.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import structlog
from sqlalchemy import AsyncAdaptedQueuePool, Executable, RowMapping, Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from stasis.errors import ConfigError, StasisError
from stasis.sql.migrations import Migrations, TooNew, alone, upgrade
from stasis.sql.outside import outside

__all__ = ["Database", "StoreError", "driver_url", "engine_of"]

log = structlog.get_logger("stasis.sql")

# How a database is reached: SQLAlchemy's driver, how its driver is told, what its pool is told.
DRIVERS: Mapping[str, tuple[str, Mapping[str, Any], Mapping[str, Any]]] = {
    # SQLite: transactions are begun by us, one after the other; it waits so many seconds for
    # another process.
    "sqlite": (
        "sqlite+aiosqlite",
        {"isolation_level": None, "timeout": 10},
        {"poolclass": AsyncAdaptedQueuePool, "pool_size": 1, "max_overflow": 0, "pool_timeout": 10},
    ),
    "postgresql": (
        "postgresql+asyncpg",
        {"timeout": 5, "command_timeout": 10},
        {"pool_pre_ping": True, "pool_timeout": 10},
    ),
}
# Longer than any of these limits: a server that falls silent can hold up a driver's own ending.
DEADLINE = 15.0
# How long another process may hold the file while it is opened.
LOCKED_SECONDS = 10.0
PRAGMAS = ("foreign_keys = ON", "journal_mode = WAL", "synchronous = NORMAL")
FAILURES = (
    DBAPIError,
    PoolTimeout,
    sqlite3.Error,
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
)

INSERT: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class StoreError(StasisError):
    """The database did not do what it was asked for. Its text says which, why, and what to do."""


class Database:
    """One database, and the statements that are done in it.

    url: `sqlite:///file`, `sqlite://` (in memory, for tests), or
    `postgresql://user:password@host/database`. migrations: how its tables are made. where: how
    errors name the key of the configuration, such as `[plugin.conference]: database`.

    Raises ConfigError for a url that is none of these.
    """

    def __init__(self, url: str, migrations: Migrations, where: str = "database") -> None:
        self._url = driver_url(url, where)
        self._migrations = migrations
        self._engine: AsyncEngine | None = None
        self._working: set[asyncio.Task[Sequence[RowMapping]]] = set()

    def __repr__(self) -> str:
        return f"<Database {self._url.render_as_string(hide_password=True)}>"

    async def open(self) -> None:
        """Connect, and bring the tables to their newest form. Raises StoreError."""
        try:
            if self._url.get_backend_name() == "sqlite":
                await asyncio.to_thread(look_at, self._url.database or ":memory:")
            self._engine = engine_of(self._url)
            async with alone():
                with outside():
                    async with self._engine.begin() as connection:
                        await connection.run_sync(upgrade, self._migrations)
        except TooNew as error:
            await self.close()
            raise StoreError(
                f"{self!r}: {error}; install the newer stasis, or name another database"
            ) from None
        except FAILURES as error:
            await self.close()
            raise self._failed(error, "is it there, and may this user write to it?") from None
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Finish what is being done, and disconnect."""
        if self._working:
            _, late = await asyncio.wait(self._working, timeout=DEADLINE)
            for work in late:
                work.cancel()
        engine, self._engine = self._engine, None
        if engine is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(DEADLINE):
                    with outside():
                        await engine.dispose()

    def insert(self, table: Table) -> Any:
        """An INSERT that knows `on_conflict_do_update`, which SQLAlchemy has for each by itself."""
        return INSERT[self._url.get_backend_name()](table)

    def upsert(self, table: Table, values: Mapping[str, Any], *keys: str) -> Executable:
        """An INSERT of a row, or an UPDATE of the one that has these keys already.

        keys: the columns of a unique index.
        """
        changed = {name: value for name, value in values.items() if name not in keys}
        statement: Executable = (
            self.insert(table)
            .values(**values)
            .on_conflict_do_update(index_elements=keys, set_=changed)
        )
        return statement

    async def do(self, *statements: Executable) -> Sequence[RowMapping]:
        """Do statements in one transaction; the rows of the last one. Raises StoreError."""
        if self._engine is None:
            raise StoreError(f"{self!r}: is not open; await open() first")
        work = asyncio.create_task(self._transaction(self._engine, statements))
        self._working.add(work)
        work.add_done_callback(self._working.discard)
        try:
            done, _ = await asyncio.wait({work}, timeout=DEADLINE)
            if not done:
                work.cancel()
                raise TimeoutError
            return work.result()
        except asyncio.CancelledError:
            work.add_done_callback(self._unheard)
            raise
        except FAILURES as error:
            raise self._failed(error, "it is tried anew at the next need") from None

    @staticmethod
    async def _transaction(
        engine: AsyncEngine, statements: Sequence[Executable]
    ) -> Sequence[RowMapping]:
        rows: Sequence[RowMapping] = ()
        with outside():
            async with engine.begin() as connection:
                for statement in statements:
                    result = await connection.execute(statement)
                    rows = result.mappings().all() if result.returns_rows else ()
        return rows

    def _unheard(self, work: asyncio.Task[Sequence[RowMapping]]) -> None:
        """Tell of a failure that its caller is no longer there for."""
        if not work.cancelled() and (error := work.exception()) is not None:
            log.error("the database failed", database=repr(self), error=reason(error))

    def _failed(self, error: BaseException, fix: str) -> StoreError:
        return StoreError(f"{self!r}: {reason(error)}; {fix}")


def reason(error: BaseException) -> str:
    """What a database says, in one line: those that follow may quote the row."""
    told = getattr(error, "orig", None) or error
    lines = str(told).splitlines() or [""]
    return f"{type(told).__name__}: {lines[0]}" if lines[0] else type(told).__name__


def driver_url(url: str, where: str = "database") -> URL:
    """A url with the driver that is used here. Raises ConfigError, with `where` in its text."""
    try:
        given = make_url(url)
    except ArgumentError:
        given = None
    if given is None or given.drivername not in DRIVERS:
        raise ConfigError(
            f"{where}: must be sqlite:///file, or postgresql://user:password@host/database"
        )
    return given.set(drivername=DRIVERS[given.drivername][0])


def engine_of(url: URL) -> AsyncEngine:
    """An engine of ours: quiet about values, with transactions that SQLite takes seriously."""
    name = url.get_backend_name()
    _, connect, pool = DRIVERS[name]
    engine = create_async_engine(url, hide_parameters=True, connect_args=dict(connect), **pool)
    if name == "sqlite":
        event.listen(engine.sync_engine, "connect", prepare)
        event.listen(engine.sync_engine, "begin", begin)
    return engine


def look_at(file: str) -> None:
    """Raise sqlite3.Error for a file that is no database: later, a thread would be left of it."""
    if file != ":memory:":
        with suppress(OSError):  # that it cannot be made is told by SQLite
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA schema_version")


def prepare(connection: Any, _: object) -> None:
    """A new connection to SQLite."""
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        until = time.monotonic() + LOCKED_SECONDS
        while True:
            try:
                cursor.execute(f"PRAGMA {pragma}")
                break
            except sqlite3.OperationalError as error:
                # The journal's mode is the one thing for which SQLite itself does not wait while
                # another process opens or closes the file.
                if "locked" not in str(error) or time.monotonic() > until:
                    raise
                connection.run_async(lambda _: asyncio.sleep(0.05))
    cursor.close()


def begin(connection: Any) -> None:
    """A transaction of SQLite: it has the right to write from its beginning, or waits for it."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
