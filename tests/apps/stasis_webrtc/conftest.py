"""Accounts with their store, in each kind of database, at a time that the test sets."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from stasis_webrtc.store import Store

from tests.apps.stasis_webrtc.accounts import Desk


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """An open store, in each kind of database."""
    store = Store(database_url)
    await store.open()
    yield store
    await store.close()


@pytest.fixture
async def desk(store: Store) -> Desk:
    """Accounts, with Ann and an administrator, in each kind of database."""
    desk = Desk(store)
    await desk.fill()
    return desk


@pytest.fixture
async def quick_desk() -> AsyncIterator[Desk]:
    """The same in memory."""
    store = Store("sqlite://")
    await store.open()
    desk = Desk(store)
    await desk.fill()
    yield desk
    await store.close()
