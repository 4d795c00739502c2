"""The history: what calls leave behind, for each user its own. In each database."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from stasis_webrtc.history import History
from stasis_webrtc.ledger import Called, Ledger, Message, Recorded
from stasis_webrtc.rows import UserRow
from stasis_webrtc.store import Store, StoreError
from stasis_webrtc.view import Peer

from tests.apps.stasis_webrtc.accounts import NOON

PEER = Peer("Bob", "202", "bob")


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def call(id: str = "c1", at: float = 0, *, user: str = "ann", **different: Any) -> Called:
    values: dict[str, Any] = {"answered": later(at + 5), "ended": later(at + 15)}
    return Called(user, id, "in", PEER, later(at), **{**values, "reason": "hangup", **different})


def missed(id: str, at: float = 0, user: str = "ann") -> Called:
    return call(id, at, user=user, answered=None, reason="noanswer", missed=True)


@pytest.fixture
async def history(store: Store) -> History:
    for name in ("ann", "bob"):
        await store.add_user(UserRow(name, NOON, NOON))
    return store.history


def test_it_is_the_ledger_of_calls():
    def takes(ledger: Ledger) -> None: ...

    takes(History.__new__(History))


class TestCalls:
    async def test_one_is_found_as_it_was(self, history: History):
        await history.called(call())
        (row,) = await history.calls("ann")
        assert (row.call, row.direction, row.began, row.answered, row.ended, row.reason) == (
            "c1", "in", NOON, later(5), later(15), "hangup"
        )  # fmt: skip
        assert (row.peer_name, row.peer_number, row.peer_user) == ("Bob", "202", "bob")
        assert not row.missed and row.seen and row.recording is None

    async def test_they_come_the_latest_first_page_by_page(self, history: History):
        for number in range(5):
            made = missed if number % 2 else call
            await history.called(made(f"c{number}", number))

        async def ids(**wanted: Any) -> list[str]:
            return [row.call for row in await history.calls("ann", **wanted)]

        assert await ids() == ["c4", "c3", "c2", "c1", "c0"]
        assert await ids(limit=2) == ["c4", "c3"]
        assert await ids(limit=2, before=later(3)) == ["c2", "c1"]
        assert await ids(missed=True) == ["c3", "c1"]

    async def test_each_user_has_a_row_of_its_own(self, history: History):
        await history.called(call())
        await history.called(call(user="bob"))
        assert len(await history.calls("ann")) == len(await history.calls("bob")) == 1

    async def test_one_that_is_told_again_is_changed(self, history: History):
        await history.called(missed("c1"))
        await history.seen("ann")
        await history.called(evolve(missed("c1"), ended=later(99)))
        (row,) = await history.calls("ann")
        assert row.ended == later(99) and row.seen

    async def test_missed_ones_count_until_they_are_seen(self, history: History):
        for row in (missed("c1"), missed("c2", 1), call("c3", 2), missed("c4", user="bob")):
            await history.called(row)
        assert await history.missed("ann") == 2
        await history.seen("ann")
        assert await history.missed("ann") == 0 and await history.missed("bob") == 1
        assert all(row.seen for row in await history.calls("ann", missed=True))

    async def test_one_that_was_recorded_names_the_recording(self, history: History):
        await history.called(call())
        await history.called(call(user="bob"))
        for name, user in (("r1", "ann"), ("r2", "ann"), ("r3", "bob")):
            await history.recorded(Recorded(user, name, "c1", PEER, NOON, later(9)))
        (row,) = await history.calls("ann")
        assert row.recording is not None
        found = await history.recording("ann", row.recording)
        assert found is not None and found.recording == "r2"

    async def test_old_ones_are_forgotten(self, history: History):
        await history.called(call("c1"))
        await history.called(call("c2", 10))
        await history.forget(later(20))
        assert [row.call for row in await history.calls("ann")] == ["c2"]

    async def test_of_nobody_there_is_none(self, history: History):
        with pytest.raises(StoreError):
            await history.called(call(user="eve"))


class TestMessages:
    async def test_those_that_were_not_heard_come_first_for_the_telephone(self, history: History):
        rows = [Message("ann", f"m{n}", PEER, later(n), 3.5) for n in range(3)]
        for row in rows:
            await history.left(row)
        await history.heard("ann", "m0")
        first = evolve(rows[0], heard=True)
        assert await history.messages("ann") == [rows[1], rows[2], first]
        assert await history.unheard("ann") == 2 and await history.unheard("bob") == 0

    async def test_the_latest_comes_first_on_the_page(self, history: History):
        for number in range(3):
            await history.left(Message("ann", f"m{number}", Peer(), later(number)))
        rows = await history.kept_messages("ann")
        assert [row.recording for row in rows] == ["m2", "m1", "m0"]
        assert rows[0].seconds is None
        assert await history.kept_message("ann", rows[0].id) == rows[0]

    async def test_others_neither_find_nor_hear_nor_erase_them(self, history: History):
        await history.left(Message("ann", "m1", PEER, NOON))
        (row,) = await history.kept_messages("ann")
        await history.heard("bob", "m1")
        await history.erased("bob", "m1")
        assert await history.kept_message("bob", row.id) is None
        assert await history.unheard("ann") == 1
        await history.erased("ann", "m1")
        assert await history.messages("ann") == []


class TestRecordings:
    async def test_it_is_there_once_it_is_over(self, history: History):
        row = Recorded("ann", "r1", "c1", PEER, NOON)
        await history.recorded(row)
        assert await history.recordings("ann") == []
        await history.recorded(evolve(row, ended=later(9)))
        (found,) = await history.recordings("ann")
        assert (found.recording, found.call, found.began, found.ended) == (
            "r1", "c1", NOON, later(9)
        )  # fmt: skip

    async def test_others_neither_find_nor_erase_it(self, history: History):
        await history.recorded(Recorded("ann", "r1", "c1", PEER, NOON, later(9)))
        (row,) = await history.recordings("ann")
        await history.erase_recording("bob", row.id)
        assert await history.recording("bob", row.id) is None
        assert await history.recording("ann", row.id) == row
        await history.erase_recording("ann", row.id)
        assert await history.recording("ann", row.id) is None


async def test_who_is_removed_takes_all_along(store: Store, history: History):
    await history.called(call())
    await history.left(Message("ann", "m1", PEER, NOON))
    await history.recorded(Recorded("ann", "r1", "c1", PEER, NOON, later(9)))
    await store.remove_user("ann")
    assert await history.calls("ann") == await history.kept_messages("ann") == []
    assert await history.recordings("ann") == []
