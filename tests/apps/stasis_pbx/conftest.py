"""A store in each database: what holds for one holds for the other."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from stasis_pbx.store import Store


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """An open store, in each kind of database."""
    store = Store(database_url)
    await store.open()
    yield store
    await store.close()
