"""The migrations: they make what the tables say, whole or not at all."""

from __future__ import annotations

import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from stasis_conference import schema
from stasis_conference.database import driver_url, engine_of
from stasis_conference.store import Store, StoreError
from stasis_conference.tables import METADATA, VERSION_TABLE

from tests.apps.stasis_conference.postgres import Postgres


def differences(connection: Connection) -> list[object]:
    options = {"version_table": VERSION_TABLE, "compare_type": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), METADATA))


def names(connection: Connection) -> list[str]:
    return inspect(connection).get_table_names()


async def test_they_make_the_tables_exactly(url: str, store: Store):
    engine = engine_of(driver_url(url))
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
        assert set(METADATA.tables) | {VERSION_TABLE} == set(await connection.run_sync(names))
    await engine.dispose()


async def test_one_that_fails_leaves_nothing_behind(url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(schema, "TOUCH", text("UPDATE nowhere SET a = 1"))
    with pytest.raises(StoreError, match="nowhere"):
        await Store(url).open()
    engine = engine_of(driver_url(url))
    async with engine.connect() as connection:
        assert await connection.run_sync(names) == []
    await engine.dispose()


async def test_in_postgresql_one_who_comes_meanwhile_waits_for_its_end(postgres: Postgres):
    url = postgres.database()
    waiting = f"""SELECT count(*) FROM pg_stat_activity
                  WHERE wait_event_type = 'Lock' AND datname = '{url.rpartition("/")[2]}'"""
    engine, store = engine_of(driver_url(url)), Store(url)
    async with engine.begin() as connection:
        await connection.run_sync(schema.upgrade)
        other = asyncio.create_task(store.open())
        while await asyncio.to_thread(postgres.ask, waiting, "postgres") != "1":
            assert not other.done()
    await other
    assert await store.rooms() == []
    await store.close()
    await engine.dispose()


async def test_tables_of_others_in_the_same_database_are_left_alone(url: str):
    engine = engine_of(driver_url(url))
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE rooms (color TEXT)"))
        await connection.execute(text("CREATE TABLE alembic_version (version_num TEXT)"))
        await connection.execute(text("INSERT INTO alembic_version VALUES ('theirs')"))
    store = Store(url)
    await store.open()
    await store.close()
    async with engine.connect() as connection:
        found = await connection.execute(text("SELECT version_num FROM alembic_version"))
        assert found.scalar() == "theirs"
    await engine.dispose()
