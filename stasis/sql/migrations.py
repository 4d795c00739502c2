"""Brings a database to the form of a plugin's tables, by alembic's migrations.

Rules: all or nothing, in one transaction; two processes that start together do it one after the
other, and so do two plugins in one process. A database that a newer version has changed is not
touched, nor are tables of others in the same database.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from attrs import frozen
from sqlalchemy import Connection, column, func, select, table, update

__all__ = ["Migrations", "TooNew", "alone", "upgrade"]

ENVIRONMENT = Path(__file__).parent / "environment"
# Alembic keeps what it works on in module variables: one at a time in a process.
ONE = threading.Lock()
LOOK_SECONDS = 0.01


class TooNew(Exception):
    """The database has a form that this version does not know. Its text says which."""


@frozen
class Migrations:
    """The migrations of a plugin, and where in a database it is written down how far they went.

    folder: with the revisions, Python files as alembic's. version_table: a name that no other
    plugin has. lock: a number of the plugin's own, for PostgreSQL's advisory lock: who starts at
    the same moment waits.
    """

    folder: Path
    version_table: str
    lock: int


@asynccontextmanager
async def alone() -> AsyncIterator[None]:
    """Wait until nobody in this process works with alembic, in whatever thread or event loop."""
    while not ONE.acquire(blocking=False):  # noqa: ASYNC110  an Event is of one event loop only
        await asyncio.sleep(LOOK_SECONDS)
    try:
        yield
    finally:
        ONE.release()


def upgrade(connection: Connection, migrations: Migrations) -> None:
    """Bring the tables to the newest form, while `alone`.

    connection: in a transaction, which is the caller's. Raises TooNew.
    """
    if connection.dialect.name == "postgresql":
        # It ends with the transaction.
        connection.execute(select(func.pg_advisory_xact_lock(migrations.lock)))
    config = configured(connection, migrations)
    known = [each.revision for each in ScriptDirectory.from_config(config).walk_revisions()]
    options = {"version_table": migrations.version_table}
    revision = MigrationContext.configure(connection, opts=options).get_current_revision()
    if revision is not None and revision not in known:
        raise TooNew(f"its schema is {revision}, and the newest known here is {known[0]}")
    if revision != known[0]:
        command.upgrade(config, "head")
    touch(connection, migrations.version_table)


def configured(connection: Connection, migrations: Migrations) -> Config:
    """What alembic needs to know."""
    config = Config()
    config.attributes.update(connection=connection, version_table=migrations.version_table)
    for name, value in (
        ("script_location", ENVIRONMENT),
        ("version_locations", migrations.folder),
        ("path_separator", "newline"),
    ):
        config.set_main_option(name, str(value).replace("%", "%%"))
    return config


def touch(connection: Connection, version_table: str) -> None:
    """Write: a file that cannot be written is noticed now, and not when the first caller comes."""
    version = table(version_table, column("version_num"))
    connection.execute(update(version).values(version_num=version.c.version_num))
