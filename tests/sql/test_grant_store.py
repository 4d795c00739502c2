"""Where grants are kept, in each kind of database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve, field, frozen
from sqlalchemy import Column, MetaData
from sqlalchemy.schema import CreateTable

from stasis.sql import Database, GrantStore, Listed, StoreError, grant_table, words
from stasis.web import Grant

BEGINNING = datetime(2026, 11, 23, 10, tzinfo=UTC)


@frozen(kw_only=True)
class RoomGrant(Grant):
    """A plugin's own: for some rooms."""

    rooms: tuple[str, ...]
    pin: str = field(default="")


TABLE = grant_table("t_tokens", MetaData(), Column("rooms", Listed, nullable=False), words("pin"))


@pytest.fixture
async def grants(database: Database) -> GrantStore[RoomGrant]:
    await database.do(CreateTable(TABLE))
    return GrantStore(database, TABLE, RoomGrant)


def grant(name: str = "door") -> RoomGrant:
    return RoomGrant(
        name=name, scopes={"events", "tokens"}, rooms=("b*", "a"), created=BEGINNING, pin="p"
    )


async def test_all_of_it_comes_back(grants: GrantStore[RoomGrant]):
    kept = await grants.add("h1", grant())
    assert kept.id and kept == evolve(grant(), id=kept.id)
    assert await grants.found("h1") == kept == await grants.get(kept.id)
    assert await grants.found("h2") is None and await grants.get(999) is None


async def test_no_two_have_one_token(grants: GrantStore[RoomGrant]):
    await grants.add("h1", grant())
    with pytest.raises(StoreError):
        await grants.add("h1", grant())


async def test_page_by_page_revoked_used_and_forgotten(grants: GrantStore[RoomGrant]):
    ids = [(await grants.add(f"h{n}", grant())).id for n in range(3)]
    assert [each.id for each in await grants.list(2)] == ids[:2]
    assert [each.id for each in await grants.list(2, ids[1])] == ids[2:]
    later = BEGINNING + timedelta(hours=1)
    await grants.revoke(ids[0], BEGINNING)
    await grants.revoke(ids[0], later)
    await grants.use(ids[1], later)
    one, two, three = await grants.list(9)
    assert (one.revoked, two.used, three.revoked) == (BEGINNING, later, None)
    await grants.forget(later)
    assert [each.id for each in await grants.list(9)] == ids[1:]


async def test_no_id_is_used_twice(grants: GrantStore[RoomGrant]):
    first = await grants.add("h1", grant())
    await grants.revoke(first.id, BEGINNING)
    await grants.forget(BEGINNING + timedelta(days=1))
    assert (await grants.add("h2", grant())).id > first.id
