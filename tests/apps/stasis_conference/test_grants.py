"""Grants of rooms: found by their tokens, and by PIN no longer than the PIN."""

from __future__ import annotations

from attrs import evolve
from stasis_conference.grants import Grants
from stasis_conference.rows import RoomRow
from stasis_conference.store import Store

from tests.apps.stasis_conference.house import BEGINNING


def grants_of(store: Store) -> Grants:
    return Grants(store.grants, store.room, lambda: BEGINNING)


async def test_it_is_found_by_its_token_alone(quick_store: Store):
    grants = grants_of(quick_store)
    token, grant = await grants.make("door", ["events"], ["a"])
    found = await grants.found(token)
    assert found is not None and (found.id, found.rooms) == (grant.id, ("a",))
    for other in (token[:-1], token + "a", token.swapcase(), "", "x" * 10_000, "\0"):
        assert await grants.found(other) is None


async def test_a_log_in_lasts_no_longer_than_its_pin(quick_store: Store):
    grants = grants_of(quick_store)
    row = RoomRow("board", BEGINNING, BEGINNING, moderator_pin="$argon2id$one")
    await quick_store.save_room(row)
    token, grant = await grants.log_in(row, "web 192.0.2.1")
    assert grant.name == "moderator of board, web 192.0.2.1"
    assert await grants.found(token) is not None
    await quick_store.save_room(evolve(row, moderator_pin="$argon2id$two"))
    assert await grants.found(token) is None
    await quick_store.delete_room("board")
    assert await grants.found(token) is None
