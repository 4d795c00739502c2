"""A database with notes, of each kind."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from stasis.sql import Database
from tests.sql.notes import notes_in, people


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open database with one person, Ann, of each kind."""
    database = notes_in(database_url)
    await database.open()
    await database.do(database.upsert(people, {"name": "Ann", "secret": "s3cret"}, "name"))
    yield database
    await database.close()
