"""Where grants are kept, in each kind of database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from stasis_conference.grant import Grant
from stasis_conference.store import Store, StoreError

from tests.apps.stasis_conference.house import BEGINNING


def grant(name: str = "door") -> Grant:
    return Grant(0, name, frozenset({"events", "tokens"}), ("a", "b*"), BEGINNING, pin="p")


async def test_all_of_it_comes_back(store: Store):
    kept = await store.grants.add("h1", grant())
    assert kept.id and kept == Grant(
        kept.id, "door", frozenset({"events", "tokens"}), ("a", "b*"), BEGINNING, pin="p"
    )
    assert await store.grants.found("h1") == kept == await store.grants.get(kept.id)
    assert await store.grants.found("h2") is None and await store.grants.get(999) is None


async def test_no_two_have_one_token(store: Store):
    await store.grants.add("h1", grant())
    with pytest.raises(StoreError):
        await store.grants.add("h1", grant())


async def test_page_by_page_revoked_used_and_forgotten(store: Store):
    ids = [(await store.grants.add(f"h{n}", grant())).id for n in range(3)]
    assert [each.id for each in await store.grants.list(2)] == ids[:2]
    assert [each.id for each in await store.grants.list(2, ids[1])] == ids[2:]
    later = BEGINNING + timedelta(hours=1)
    await store.grants.revoke(ids[0], BEGINNING)
    await store.grants.revoke(ids[0], later)
    await store.grants.use(ids[1], later)
    one, two, three = await store.grants.list(9)
    assert (one.revoked, two.used, three.revoked) == (BEGINNING, later, None)
    await store.grants.forget(later)
    assert [each.id for each in await store.grants.list(9)] == ids[1:]


async def test_no_id_is_used_twice(store: Store):
    first = await store.grants.add("h1", grant())
    await store.grants.revoke(first.id, BEGINNING)
    await store.grants.forget(BEGINNING + timedelta(days=1))
    assert (await store.grants.add("h2", grant())).id > first.id
