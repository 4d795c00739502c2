"""A store in each database: what holds for one holds for the other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from stasis_conference.store import Store

from tests.apps.stasis_conference.postgres import Postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL, up for the whole run."""
    server = Postgres()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The url of an empty database, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'conference.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.database()


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    """An open store, in each kind of database."""
    store = Store(url)
    await store.open()
    yield store
    await store.close()


@pytest.fixture
async def quick_store() -> AsyncIterator[Store]:
    """An open store in memory."""
    store = Store("sqlite://")
    await store.open()
    yield store
    await store.close()
