"""The tables: the migrations make what is said of them, and their names are nobody else's."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect
from stasis_pbx.store import Store
from stasis_pbx.tables import METADATA, MIGRATIONS

from stasis.sql.database import driver_url, engine_of


def differences(connection: Connection) -> list[object]:
    options = {"version_table": MIGRATIONS.version_table, "compare_type": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), METADATA))


def names(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


async def test_the_migrations_make_them_exactly(database_url: str, store: Store):
    engine = engine_of(driver_url(database_url))
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
        assert await connection.run_sync(names) == {*METADATA.tables, MIGRATIONS.version_table}
    await engine.dispose()


def test_every_table_has_a_name_that_no_other_program_uses():
    names = [*METADATA.tables, MIGRATIONS.version_table]
    assert all(name.startswith("pbx_") for name in names)
