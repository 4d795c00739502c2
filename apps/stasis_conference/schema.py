"""Brings a database to the form of the tables, by alembic's migrations.

Rules: all or nothing, in one transaction; two processes that start together do it one after the
other. A database that a newer version has changed is not touched.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from stasis_conference.tables import VERSION_TABLE

__all__ = ["TooNew", "upgrade"]

# One number for all who do this in a PostgreSQL server; its lock ends with the transaction.
LOCK = text("SELECT pg_advisory_xact_lock(7782747001)")
# A file that cannot be written is noticed now, and not when the first caller comes.
TOUCH = text(f"UPDATE {VERSION_TABLE} SET version_num = version_num")  # noqa: S608  a constant


class TooNew(Exception):
    """The database has a form that this version does not know. Its text says which."""


def upgrade(connection: Connection) -> None:
    """Bring the tables to the newest form. connection: in a transaction, which is the caller's.

    One at a time in a process: alembic keeps what it works on in module variables.

    Raises TooNew.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(LOCK)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    known = [each.revision for each in ScriptDirectory.from_config(config).walk_revisions()]
    options = {"version_table": VERSION_TABLE}
    revision = MigrationContext.configure(connection, opts=options).get_current_revision()
    if revision is not None and revision not in known:
        raise TooNew(f"its schema is {revision}, and the newest known here is {known[0]}")
    if revision != known[0]:
        command.upgrade(config, "head")
    connection.execute(TOUCH)
