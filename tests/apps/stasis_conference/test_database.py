"""The database: how it is opened, and what becomes of work when it or its caller is gone."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sqlite3
import tempfile
import time
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from attrs import evolve
from sqlalchemy import text
from stasis_conference import database as module
from stasis_conference.rows import RoomRow
from stasis_conference.store import Store, StoreError
from stasis_conference.tables import VERSION_TABLE
from structlog.testing import capture_logs

from stasis import ConfigError
from tests.apps.stasis_conference.opening import process
from tests.apps.stasis_conference.postgres import PASSWORD, Postgres

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SALES = RoomRow("sales", NOON, NOON, title="Sales", member_pin="$argon2id$m")


async def join(store: Store, session: int) -> int:
    return await store.joined(session, "c1", "Ann", "201", False, NOON)


class TestWork:
    async def test_what_was_begun_is_done_though_its_caller_is_cancelled(self, store: Store):
        session = await store.begin_session("sales", NOON)
        for _ in range(10):
            task = asyncio.create_task(join(store, session))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        await store.left(1, NOON, "hangup")  # the store is as good as before
        await store.close()
        await store.open()
        (found,) = await store.history()
        assert len(found.memberships) == 10

    async def test_what_fails_when_its_caller_is_cancelled_is_logged(self, store: Store):
        task = asyncio.create_task(join(store, session=999))
        await asyncio.sleep(0)
        task.cancel()
        with capture_logs() as logs:
            await store.close()
        assert [each["event"] for each in logs] == ["the database failed"]


class TestOpening:
    async def test_two_processes_that_open_it_together_both_do(self, url: str):
        both = [process(url), process(url)]
        told = await asyncio.gather(*(asyncio.to_thread(each.communicate) for each in both))
        assert [text.strip() for text, _ in told] == ["open, 0 rooms"] * 2

    async def test_what_was_kept_is_there_the_next_time(self, url: str):
        store = Store(url)
        for _ in range(2):
            await store.open()
            await store.save_room(SALES)
            await store.close()
        await store.open()
        assert await store.rooms() == [SALES]
        await store.close()

    async def test_a_database_that_a_newer_version_has_changed_is_not_touched(
        self, url: str, store: Store
    ):
        await store.save_room(SALES)
        await set_version(store, "0999")
        again = Store(url)
        with pytest.raises(StoreError, match=r"schema is 0999.*known here is \d{4}; install"):
            await again.open()
        with pytest.raises(StoreError, match="is not open"):
            await again.rooms()
        assert await store.rooms() == [SALES]

    @pytest.mark.parametrize(
        "url", ["", "conference.db", "mysql://u:secret@h/d", "sqlite+pysqlite:///x", "postgresql"]
    )
    def test_any_other_url_is_refused_with_the_fix_and_without_the_password(self, url: str):
        with pytest.raises(ConfigError, match="database: must be sqlite:///file, or") as caught:
            Store(url)
        assert "secret" not in str(caught.value)

    async def test_a_folder_that_is_not_there_is_told(self, tmp_path: Path):
        store = Store(f"sqlite:///{tmp_path}/none/conference.db")
        with pytest.raises(StoreError, match=r"none/conference.db.*unable to open.*is it there"):
            await store.open()

    async def test_a_file_that_is_no_database_is_told(self, tmp_path: Path):
        (file := tmp_path / "conference.db").write_text("[room.sales]\n" * 100)
        with pytest.raises(StoreError, match="file is not a database"):
            await Store(f"sqlite:///{file}").open()
        assert file.read_text().startswith("[room.sales]")

    async def test_a_file_that_cannot_be_written_is_told(self, everybodys: Path):
        file = everybodys / "conference.db"
        store = Store(f"sqlite:///{file}")
        await store.open()
        await store.save_room(SALES)
        await store.close()
        file.chmod(0o444)
        told, _ = process(f"sqlite:///{file}", unprivileged=True).communicate(timeout=20)
        assert "conference.db" in told and "readonly database" in told and "write to it?" in told

    async def test_a_server_that_does_not_let_us_in_is_told_without_the_password(
        self, postgres: Postgres
    ):
        store = Store(postgres.url("postgres", "wrong-password"))
        with pytest.raises(StoreError, match="password authentication failed") as caught:
            await store.open()
        assert "wrong-password" not in str(caught.value) + repr(store)
        assert "stasis:***@127.0.0.1" in repr(store)


class TestFailing:
    async def test_a_database_that_is_gone_is_told_and_used_again_once_it_is_back(
        self, own_postgres: Postgres
    ):
        store = Store(own_postgres.database())
        await store.open()
        await store.save_room(SALES)
        own_postgres.stop()
        for _ in range(2):
            with pytest.raises(StoreError, match=r"\*\*\*@127.0.0.1.*tried anew") as caught:
                await store.rooms()
            assert PASSWORD not in "".join(traceback.format_exception(caught.value))
        own_postgres.start()
        assert await store.rooms() == [SALES]
        await store.close()

    async def test_one_that_is_not_there_at_the_start_can_be_opened_later(
        self, own_postgres: Postgres
    ):
        url = own_postgres.database()
        own_postgres.stop()
        store = Store(url)
        with pytest.raises(StoreError, match="is it there"):
            await store.open()
        own_postgres.start()
        await store.open()
        assert await store.rooms() == []
        await store.close()

    async def test_one_that_says_nothing_any_more_is_not_waited_for(
        self, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
    ):
        driver, connect, pool = module.DRIVERS["postgresql"]
        short = {**connect, "timeout": 0.5, "command_timeout": 0.5}
        monkeypatch.setitem(module.DRIVERS, "postgresql", (driver, short, pool))
        monkeypatch.setattr(module, "DEADLINE", 2.0)
        url = postgres.database()
        store = Store(url)
        await store.open()
        await store.save_room(SALES)
        name = url.rpartition("/")[2]
        asked = f"SELECT pid FROM pg_stat_activity WHERE datname = '{name}'"
        backends = [int(pid) for pid in postgres.ask(asked, "postgres").split()]
        assert backends
        began = time.monotonic()
        for pid in backends:
            os.kill(pid, signal.SIGSTOP)
        try:
            with pytest.raises(StoreError, match="TimeoutError"):
                await store.rooms()
        finally:
            for pid in backends:
                os.kill(pid, signal.SIGCONT)
        assert time.monotonic() - began < 5
        assert await store.rooms() == [SALES]
        await store.close()

    async def test_another_process_that_holds_the_file_is_waited_for_but_not_for_ever(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        driver, connect, pool = module.DRIVERS["sqlite"]
        monkeypatch.setitem(module.DRIVERS, "sqlite", (driver, {**connect, "timeout": 0.2}, pool))
        store = Store(f"sqlite:///{tmp_path / 'c.db'}")
        await store.open()
        holder = sqlite3.connect(tmp_path / "c.db", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="database is locked"):
            await store.save_room(SALES)
        holder.execute("COMMIT")
        holder.close()
        await store.save_room(SALES)
        await store.close()

    async def test_no_error_shows_what_was_to_be_written(self, store: Store):
        with capture_logs() as logs, pytest.raises(StoreError) as caught:
            await store.save_room(evolve(SALES, title=None))  # type: ignore[arg-type]
        assert "title" in str(caught.value)
        told = "".join(traceback.format_exception(caught.value))
        assert "$argon2id$m" not in told + repr(logs)


async def set_version(store: Store, version: str) -> None:
    engine = store._database._engine
    assert engine is not None
    async with engine.begin() as connection:
        await connection.execute(
            text(f"UPDATE {VERSION_TABLE} SET version_num = :it"), {"it": version}
        )


@pytest.fixture
def everybodys() -> Iterator[Path]:
    """A folder that every user may write into."""
    folder = Path(tempfile.mkdtemp(prefix="stasis-conference-"))
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
