"""What holds for the tables of every app: migrations make them exactly, under names of their own."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, inspect

from stasis.sql import Migrations
from stasis.sql.database import driver_url, engine_of

__all__ = ["made_exactly", "named_for"]


async def made_exactly(url: str, metadata: MetaData, migrations: Migrations) -> None:
    """The migrations have made these tables in this database, and no other."""

    def differences(connection: Connection) -> list[object]:
        options = {"version_table": migrations.version_table, "compare_type": True}
        return list(
            compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
        )

    def names(connection: Connection) -> set[str]:
        return set(inspect(connection).get_table_names())

    engine = engine_of(driver_url(url))
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
        assert await connection.run_sync(names) == {*metadata.tables, migrations.version_table}
    await engine.dispose()


def named_for(prefix: str, metadata: MetaData, migrations: Migrations) -> None:
    """Every table has a name that no other program uses."""
    names = [*metadata.tables, migrations.version_table]
    assert all(name.startswith(prefix) for name in names), names
