"""Grants: made, found by their tokens, and counting as long as they should."""

from __future__ import annotations

from datetime import timedelta

from attrs import evolve
from stasis_conference.grants import Grants
from stasis_conference.rows import RoomRow
from stasis_conference.store import Store

from tests.apps.stasis_conference.house import BEGINNING

SECOND = timedelta(seconds=1)


class Clock:
    def __init__(self) -> None:
        self.now = BEGINNING

    def __call__(self):
        return self.now


def grants_of(store: Store) -> tuple[Grants, Clock]:
    clock = Clock()
    return Grants(store.grants, store.room, clock), clock


async def test_it_is_found_by_its_token_alone(quick_store: Store):
    grants, _ = grants_of(quick_store)
    token, grant = await grants.make("door", ["events"], ["a"])
    found = await grants.found(token)
    assert found is not None and (found.id, found.rooms) == (grant.id, ("a",))
    for other in (token[:-1], token + "a", token.swapcase(), "", "x" * 10_000, "\0"):
        assert await grants.found(other) is None


async def test_a_revocation_counts_at_once(quick_store: Store):
    grants, _ = grants_of(quick_store)
    token, grant = await grants.make("door", ["events"])
    assert await grants.still(grant)
    await grants.revoke(grant)
    assert await grants.found(token) is None and not await grants.still(grant)


async def test_its_use_is_written_down_once_a_minute(quick_store: Store):
    grants, clock = grants_of(quick_store)
    token, grant = await grants.make("door", ["events"])
    await grants.found(token)
    clock.now += 30 * SECOND
    await grants.found(token)
    kept = await quick_store.grants.get(grant.id)
    assert kept is not None and kept.used == BEGINNING
    clock.now += 30 * SECOND
    found = await grants.found(token)
    assert found is not None and found.used == clock.now


async def test_those_that_do_not_count_are_seen_for_a_month(quick_store: Store):
    grants, clock = grants_of(quick_store)
    _, over = await grants.make("over", ["events"], lasts=SECOND)
    _, gone = await grants.make("gone", ["events"])
    await grants.revoke(gone)
    _, good = await grants.make("good", ["events"])
    clock.now += timedelta(days=30)
    await grants.sweep()
    assert [each.id for each in await quick_store.grants.list(9)] == [over.id, gone.id, good.id]
    clock.now += 2 * SECOND
    await grants.sweep()
    assert [each.id for each in await quick_store.grants.list(9)] == [good.id]


async def test_a_log_in_lasts_no_longer_than_its_pin(quick_store: Store):
    grants, _ = grants_of(quick_store)
    row = RoomRow("board", BEGINNING, BEGINNING, moderator_pin="$argon2id$one")
    await quick_store.save_room(row)
    token, grant = await grants.log_in(row, "web 192.0.2.1")
    assert grant.name == "moderator of board, web 192.0.2.1"
    assert await grants.found(token) is not None
    await quick_store.save_room(evolve(row, moderator_pin="$argon2id$two"))
    assert await grants.found(token) is None
    await quick_store.delete_room("board")
    assert await grants.found(token) is None
