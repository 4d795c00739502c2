"""Grants: made, found by their tokens, and counting as long as they should."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import evolve

from stasis.web import Grant, Grants

BEGINNING = datetime(2026, 11, 23, 10, tzinfo=UTC)


class Memory:
    """What a store keeps, in memory."""

    def __init__(self) -> None:
        self.rows: dict[int, tuple[str, Grant]] = {}

    async def add(self, hash: str, grant: Grant) -> Grant:
        id = len(self.rows) + 1
        self.rows[id] = hash, evolve(grant, id=id)
        return self.rows[id][1]

    async def found(self, hash: str) -> Grant | None:
        return next((grant for kept, grant in self.rows.values() if kept == hash), None)

    async def get(self, id: int) -> Grant | None:
        return self.rows[id][1] if id in self.rows else None

    async def list(self, limit: int, after: int = 0) -> Sequence[Grant]:
        return [grant for _, grant in self.rows.values()][:limit]

    async def revoke(self, id: int, at: datetime) -> None:
        self.change(id, revoked=at)

    async def use(self, id: int, at: datetime) -> None:
        self.change(id, used=at)

    async def forget(self, before: datetime) -> None:
        for id, (_, grant) in list(self.rows.items()):
            if any(at is not None and at < before for at in (grant.revoked, grant.expires)):
                del self.rows[id]

    def change(self, id: int, **changes: Any) -> None:
        hash, grant = self.rows[id]
        self.rows[id] = hash, evolve(grant, **changes)


class House:
    """Grants with a clock. now: the time."""

    def __init__(self) -> None:
        self.now = BEGINNING
        self.kept = Memory()
        self.grants: Grants[Grant] = Grants(self.kept, lambda: self.now, "stx_")

    async def made(self, name: str, expires: datetime | None = None) -> tuple[str, Grant]:
        grant = Grant(name=name, scopes=["events"], created=self.now, expires=expires)
        return await self.grants.give(grant)


async def test_it_is_found_by_its_token_alone():
    house = House()
    token, grant = await house.made("door")
    assert token.startswith("stx_") and token not in str(house.kept.rows)
    found = await house.grants.found(token)
    assert found is not None and found.id == grant.id
    for other in (token[:-1], token + "a", token.swapcase(), "", "x" * 10_000, "\0"):
        assert await house.grants.found(other) is None


async def test_a_revocation_counts_at_once():
    house = House()
    token, grant = await house.made("door")
    assert await house.grants.still(grant)
    await house.grants.revoke(grant)
    assert await house.grants.found(token) is None and not await house.grants.still(grant)


async def test_its_use_is_written_down_once_a_minute():
    house = House()
    token, grant = await house.made("door")
    await house.grants.found(token)
    house.now += timedelta(seconds=30)
    await house.grants.found(token)
    kept = await house.kept.get(grant.id)
    assert kept is not None and kept.used == BEGINNING
    house.now += timedelta(seconds=30)
    found = await house.grants.found(token)
    assert found is not None and found.used == house.now


async def test_those_that_do_not_count_are_seen_for_a_month():
    house = House()
    _, over = await house.made("over", BEGINNING + timedelta(seconds=1))
    _, gone = await house.made("gone")
    await house.grants.revoke(gone)
    _, good = await house.made("good")
    house.now += timedelta(days=30)
    await house.grants.sweep()
    assert [each.id for each in await house.kept.list(9)] == [over.id, gone.id, good.id]
    house.now += timedelta(seconds=2)
    await house.grants.sweep()
    assert [each.id for each in await house.kept.list(9)] == [good.id]
