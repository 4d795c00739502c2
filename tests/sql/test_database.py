"""The database: how it is opened, and what becomes of work when it or its caller is gone."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Executable, select, text
from structlog.testing import capture_logs

from stasis import ConfigError
from stasis.sql import Database, StoreError
from stasis.sql import database as module
from tests.postgres import PASSWORD, Postgres
from tests.sql.notes import MIGRATIONS, notes, notes_in, people
from tests.sql.opening import process

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def note(database: Database, person: str = "Ann", words: str | None = "Hello") -> Executable:
    statement: Executable = database.insert(notes).values(person=person, text=words, at=NOON)
    return statement


def save(database: Database, name: str, secret: str | None = "s3cret") -> Executable:
    return database.upsert(people, {"name": name, "secret": secret}, "name")


def modes(folder: Path) -> dict[str, int]:
    return {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}


async def names(database: Database) -> list[str]:
    return [row["name"] for row in await database.do(select(people).order_by(people.c.name))]


class TestWork:
    async def test_what_was_begun_is_done_though_its_caller_is_cancelled(self, database: Database):
        for _ in range(10):
            task = asyncio.create_task(database.do(note(database)))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        await database.do(save(database, "Bob"))  # it is as good as before
        await database.close()
        await database.open()
        assert len(await database.do(select(notes))) == 10

    async def test_what_fails_when_its_caller_is_cancelled_is_logged(self, database: Database):
        task = asyncio.create_task(database.do(note(database, "Nobody")))
        await asyncio.sleep(0)
        task.cancel()
        with capture_logs() as logs:
            await database.close()
        assert [each["event"] for each in logs] == ["the database failed"]

    async def test_statements_are_done_together_or_not_at_all(self, database: Database):
        with pytest.raises(StoreError):
            await database.do(save(database, "Bob"), note(database, "Nobody"))
        assert await names(database) == ["Ann"]

    async def test_the_rows_are_those_of_the_last_statement(self, database: Database):
        rows = await database.do(note(database), select(people.c.name))
        assert [dict(row) for row in rows] == [{"name": "Ann"}]
        assert not await database.do(select(people), note(database))

    async def test_a_row_that_is_there_already_is_changed(self, database: Database):
        await database.do(save(database, "Ann", "other"))
        assert [dict(row) for row in await database.do(select(people))] == [
            {"name": "Ann", "secret": "other"}
        ]


class TestOpening:
    async def test_two_processes_that_open_it_together_both_do(self, database_url: str):
        both = [process(database_url), process(database_url)]
        told = await asyncio.gather(*(asyncio.to_thread(each.communicate) for each in both))
        assert [text.strip() for text, _ in told] == ["open, 0 notes"] * 2, told

    async def test_what_was_kept_is_there_the_next_time(self, database_url: str):
        database = notes_in(database_url)
        for name in ("Ann", "Bob"):
            await database.open()
            await database.do(save(database, name))
            await database.close()
        await database.open()
        assert await names(database) == ["Ann", "Bob"]
        await database.close()

    async def test_a_database_that_a_newer_version_has_changed_is_not_touched(
        self, database_url: str, database: Database
    ):
        await database.do(text(f"UPDATE {MIGRATIONS.version_table} SET version_num = '0999'"))
        again = notes_in(database_url)
        with pytest.raises(StoreError, match=r"schema is 0999.*known here is \d{4}; install"):
            await again.open()
        with pytest.raises(StoreError, match="is not open"):
            await names(again)
        assert await names(database) == ["Ann"]

    @pytest.mark.parametrize(
        "url", ["", "notes.db", "mysql://u:secret@h/d", "sqlite+pysqlite:///x", "postgresql"]
    )
    def test_any_other_url_is_refused_with_the_fix_and_without_the_password(self, url: str):
        wanted = r"^\[plugin.notes\]: database: must be sqlite:///file, or"
        with pytest.raises(ConfigError, match=wanted) as caught:
            notes_in(url)
        assert "secret" not in str(caught.value)

    async def test_a_folder_that_is_not_there_is_told(self, tmp_path: Path):
        database = notes_in(f"sqlite:///{tmp_path}/none/notes.db")
        with pytest.raises(StoreError, match=r"none/notes.db.*unable to open.*is it there"):
            await database.open()

    async def test_a_file_that_is_no_database_is_told(self, tmp_path: Path):
        (file := tmp_path / "notes.db").write_text("[room.sales]\n" * 100)
        with pytest.raises(StoreError, match="file is not a database"):
            await notes_in(f"sqlite:///{file}").open()
        assert file.read_text().startswith("[room.sales]")

    async def test_a_new_file_is_for_its_owner_alone(self, tmp_path: Path):
        database = notes_in(f"sqlite:///{tmp_path / 'notes.db'}")
        await database.open()
        await database.do(save(database, "Ann"))
        found = modes(tmp_path)
        await database.close()
        assert found == {"notes.db": 0o600, "notes.db-wal": 0o600, "notes.db-shm": 0o600}

    async def test_a_file_that_is_there_keeps_its_mode(self, tmp_path: Path):
        (file := tmp_path / "notes.db").touch(0o640)
        database = notes_in(f"sqlite:///{file}")
        await database.open()
        await database.close()
        assert modes(tmp_path) == {"notes.db": 0o640}

    async def test_a_file_that_cannot_be_written_is_told(self, everybodys: Path):
        file = everybodys / "notes.db"
        database = notes_in(f"sqlite:///{file}")
        await database.open()
        await database.do(save(database, "Ann"))
        await database.close()
        file.chmod(0o444)
        told, _ = process(f"sqlite:///{file}", unprivileged=True).communicate(timeout=20)
        assert "notes.db" in told and "readonly database" in told and "write to it?" in told

    async def test_a_server_that_does_not_let_us_in_is_told_without_the_password(
        self, postgres: Postgres
    ):
        database = notes_in(postgres.url("postgres", "wrong-password"))
        with pytest.raises(StoreError, match="password authentication failed") as caught:
            await database.open()
        assert "wrong-password" not in str(caught.value) + repr(database)
        assert "stasis:***@127.0.0.1" in repr(database)


class TestFailing:
    async def test_a_database_that_is_gone_is_told_and_used_again_once_it_is_back(
        self, own_postgres: Postgres
    ):
        database = notes_in(own_postgres.database())
        await database.open()
        await database.do(save(database, "Ann"))
        own_postgres.stop()
        for _ in range(2):
            with pytest.raises(StoreError, match=r"\*\*\*@127.0.0.1.*tried anew") as caught:
                await names(database)
            assert PASSWORD not in "".join(traceback.format_exception(caught.value))
        own_postgres.start()
        assert await names(database) == ["Ann"]
        await database.close()

    async def test_one_that_is_not_there_at_the_start_can_be_opened_later(
        self, own_postgres: Postgres
    ):
        url = own_postgres.database()
        own_postgres.stop()
        database = notes_in(url)
        with pytest.raises(StoreError, match="is it there"):
            await database.open()
        own_postgres.start()
        await database.open()
        assert await names(database) == []
        await database.close()

    async def test_one_that_says_nothing_any_more_is_not_waited_for(
        self, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
    ):
        driver, connect, pool = module.DRIVERS["postgresql"]
        # Short, but longer than a busy machine lets the opening wait.
        short = {**connect, "timeout": 2.0, "command_timeout": 2.0}
        monkeypatch.setitem(module.DRIVERS, "postgresql", (driver, short, pool))
        monkeypatch.setattr(module, "DEADLINE", 3.0)
        url = postgres.database()
        database = notes_in(url)
        await database.open()
        await database.do(save(database, "Ann"))
        name = url.rpartition("/")[2]
        # A server's own workers look in as well, and are gone the next moment.
        ours = f"datname = '{name}' AND backend_type = 'client backend'"
        asked = f"SELECT pid FROM pg_stat_activity WHERE {ours}"
        backends = [int(pid) for pid in postgres.ask(asked, "postgres").split()]
        assert backends
        began = time.monotonic()
        for pid in backends:
            os.kill(pid, signal.SIGSTOP)
        try:
            with pytest.raises(StoreError, match="TimeoutError"):
                await names(database)
        finally:
            for pid in backends:
                os.kill(pid, signal.SIGCONT)
        assert time.monotonic() - began < 5
        assert await names(database) == ["Ann"]
        await database.close()

    async def test_another_process_that_holds_the_file_is_waited_for_but_not_for_ever(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        driver, connect, pool = module.DRIVERS["sqlite"]
        monkeypatch.setitem(module.DRIVERS, "sqlite", (driver, {**connect, "timeout": 0.2}, pool))
        database = notes_in(f"sqlite:///{tmp_path / 'n.db'}")
        await database.open()
        holder = sqlite3.connect(tmp_path / "n.db", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="database is locked"):
            await database.do(save(database, "Ann"))
        holder.execute("COMMIT")
        holder.close()
        await database.do(save(database, "Ann"))
        await database.close()

    async def test_no_error_shows_what_was_to_be_written(self, database: Database):
        statement = note(database, value := "-".join(("value", "of", "a", "row")), None)
        with capture_logs() as logs, pytest.raises(StoreError) as caught:
            await database.do(statement)
        assert "text" in str(caught.value)
        told = "".join(traceback.format_exception(caught.value))
        assert value not in told + repr(logs)


def test_who_uses_stasis_without_a_database_needs_none_of_its_libraries():
    found = "[n for n in ('sqlalchemy', 'alembic', 'argon2', 'stasis.sql') if n in sys.modules]"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, stasis; print({found})"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


@pytest.fixture
def everybodys() -> Iterator[Path]:
    """A folder that every user may write into."""
    folder = Path(tempfile.mkdtemp(prefix="stasis-sql-"))
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A PostgreSQL that the test may stop."""
    server = Postgres()
    try:
        server.start()
        yield server
    finally:
        server.remove()
