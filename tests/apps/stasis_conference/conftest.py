"""A store in each database: what holds for one holds for the other."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from stasis_conference.store import Store


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """An open store, in each kind of database."""
    store = Store(database_url)
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
