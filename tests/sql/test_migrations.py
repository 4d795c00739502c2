"""Migrations: whole or not at all, one after the other, and nobody else's tables."""

from __future__ import annotations

import asyncio
import shutil
import threading
from pathlib import Path

import pytest
from attrs import evolve
from sqlalchemy import Connection, inspect, select, text

from stasis.sql import Database, Migrations, StoreError
from stasis.sql import migrations as module
from stasis.sql.database import driver_url, engine_of
from tests.postgres import Postgres
from tests.sql.notes import METADATA, MIGRATIONS, notes, notes_in

TASKS = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "0001", None
def upgrade():
    op.create_table("tasks", sa.Column("id", sa.Integer, primary_key=True))
"""


@pytest.fixture
def tasks(tmp_path: Path) -> Migrations:
    """Another plugin's migrations, in a folder whose name has what alembic reads otherwise."""
    folder = tmp_path / "100 % ours, really: yes"
    folder.mkdir()
    (folder / "first.py").write_text(TASKS)
    return Migrations(folder, "tasks_version", 4712)


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


async def tables_at(url: str) -> set[str]:
    engine = engine_of(driver_url(url))
    async with engine.connect() as connection:
        found = await connection.run_sync(tables)
    await engine.dispose()
    return found


async def test_one_that_fails_leaves_nothing_behind(
    database_url: str, monkeypatch: pytest.MonkeyPatch
):
    def fail(connection: Connection, version_table: str) -> None:
        connection.execute(text("UPDATE nowhere SET a = 1"))

    monkeypatch.setattr(module, "touch", fail)
    with pytest.raises(StoreError, match="nowhere"):
        await notes_in(database_url).open()
    assert await tables_at(database_url) == set()


async def test_two_plugins_that_open_one_database_together_have_each_its_tables(
    database_url: str, tasks: Migrations
):
    both = notes_in(database_url), Database(database_url, tasks)
    await asyncio.gather(*(each.open() for each in both))
    await asyncio.gather(*(each.close() for each in both))
    wanted = {*METADATA.tables, "notes_version", "tasks", "tasks_version"}
    assert await tables_at(database_url) == wanted


async def test_many_that_are_opened_at_once_are_all_open(tmp_path: Path, tasks: Migrations):
    """Also in another thread's event loop: alembic has one state for the process."""
    urls = [f"sqlite:///{tmp_path / str(number)}.db" for number in range(6)]

    async def opened(url: str) -> set[str]:
        for each in (notes_in(url), Database(url, tasks)):
            await each.open()
            await each.close()
        return await tables_at(url)

    async def many(urls: list[str]) -> list[set[str]]:
        return await asyncio.gather(*map(opened, urls))

    here, there = await asyncio.gather(
        many(urls[:3]), asyncio.to_thread(asyncio.run, many(urls[3:]))
    )
    wanted = {*METADATA.tables, "notes_version", "tasks", "tasks_version"}
    assert here + there == [wanted] * 6


async def test_who_gives_up_waiting_for_another_lets_the_next_one_in(database_url: str):
    async with module.alone():
        waiting = asyncio.create_task(notes_in(database_url).open())
        await asyncio.sleep(0.05)
        assert not waiting.done()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    database = notes_in(database_url)
    await database.open()
    await database.close()


async def test_who_fails_lets_the_next_one_in(tmp_path: Path):
    with pytest.raises(StoreError):
        await notes_in(f"sqlite:///{tmp_path}").open()
    assert not module.ONE.locked()


async def test_in_postgresql_another_process_that_comes_meanwhile_waits(postgres: Postgres):
    url = postgres.database()
    waiting = f"""SELECT count(*) FROM pg_stat_activity
                  WHERE wait_event_type = 'Lock' AND datname = '{url.rpartition("/")[2]}'"""
    engine, database = engine_of(driver_url(url)), notes_in(url)
    async with engine.begin() as connection:
        await connection.run_sync(module.upgrade, MIGRATIONS)
        other = asyncio.create_task(database.open())
        while await asyncio.to_thread(postgres.ask, waiting, "postgres") != "1":
            assert not other.done()
    await other
    assert await database.do(select(notes)) == []
    await database.close()
    await engine.dispose()


async def test_tables_of_others_in_the_same_database_are_left_alone(database_url: str):
    engine = engine_of(driver_url(database_url))
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE people (color TEXT)"))
        await connection.execute(text("CREATE TABLE alembic_version (version_num TEXT)"))
        await connection.execute(text("INSERT INTO alembic_version VALUES ('theirs')"))
    database = notes_in(database_url)
    await database.open()
    await database.close()
    async with engine.connect() as connection:
        found = await connection.execute(text("SELECT version_num FROM alembic_version"))
        assert found.scalar() == "theirs"
    await engine.dispose()


async def test_a_second_revision_is_done_once_on_top_of_the_first(
    tmp_path: Path, database_url: str, tasks: Migrations
):
    database = Database(database_url, tasks)
    await database.open()
    await database.do(text("INSERT INTO tasks (id) VALUES (1)"))
    await database.close()
    newer = evolve(tasks, folder=shutil.copytree(tasks.folder, tmp_path / "newer"))
    (newer.folder / "second.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n"
        'revision, down_revision = "0002", "0001"\n'
        "def upgrade():\n"
        '    op.add_column("tasks", sa.Column("title", sa.Text, server_default="none"))\n'
    )
    for _ in range(2):
        database = Database(database_url, newer)
        await database.open()
        rows = await database.do(text("SELECT id, title FROM tasks"))
        assert [tuple(row.values()) for row in rows] == [(1, "none")]
        await database.close()


def test_the_lock_is_free_between_tests():
    assert isinstance(module.ONE, type(threading.Lock())) and not module.ONE.locked()
