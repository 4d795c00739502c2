"""The store: what is kept and found again, also by those who come at once. In each database."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from attrs import evolve
from stasis_conference.rows import Attempts, LiveRow, RoomRow
from stasis_conference.store import Store, StoreError

from stasis import ConfigError

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SALES = RoomRow("sales", NOON, NOON, title="Sales", member_pin="$argon2id$m", moderator_pin="")


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


async def join(store: Store, session: int, at: datetime = NOON, **different: Any) -> int:
    member = {"channel": "c1", "name": "Ann", "number": "201", "moderator": False} | different
    return await store.joined(session, at=at, **member)


def test_a_url_that_is_none_is_refused_by_the_name_of_its_key():
    with pytest.raises(ConfigError, match=r"^\[plugin.conference\]: database: must be sqlite"):
        Store("conference.db")


class TestRooms:
    async def test_a_room_is_found_as_it_was_kept(self, store: Store):
        await store.save_room(SALES)
        assert await store.room("sales") == SALES
        assert await store.room("support") is None

    async def test_a_room_that_is_kept_again_is_changed(self, store: Store):
        await store.save_room(SALES)
        await store.save_room(changed := evolve(SALES, title="Sale", static=True, changed=later(1)))
        assert await store.rooms() == [changed]

    async def test_they_come_by_name(self, store: Store):
        for name in ("b", "c", "a"):
            await store.save_room(evolve(SALES, name=name))
        assert [row.name for row in await store.rooms()] == ["a", "b", "c"]

    async def test_two_who_change_different_things_at_once_undo_nothing(self, store: Store):
        await store.save_room(SALES)
        await asyncio.gather(
            store.change_room("sales", later(1), title="Sellers"),
            store.change_room("sales", later(1), moderator_pin="$argon2id$n"),
        )
        assert await store.room("sales") == evolve(
            SALES, title="Sellers", moderator_pin="$argon2id$n", changed=later(1)
        )

    async def test_an_empty_text_takes_a_pin_away_and_none_leaves_it(self, store: Store):
        await store.save_room(SALES)
        assert await store.change_room("sales", NOON, title="x") == evolve(SALES, title="x")
        changed = await store.change_room("sales", NOON, member_pin="")
        assert changed is not None and changed.member_pin == ""

    async def test_what_is_not_there_cannot_be_changed_or_deleted(self, store: Store):
        assert await store.change_room("none", NOON, title="x") is None
        assert not await store.delete_room("none")

    async def test_a_deleted_room_leaves_its_history(self, store: Store):
        await store.save_room(SALES)
        await store.begin_session("sales", NOON)
        assert await store.delete_room("sales")
        assert await store.rooms() == [] and len(await store.history("sales")) == 1

    async def test_a_name_of_bytes_that_no_database_keeps_is_kept_without_them(self, store: Store):
        session = await store.begin_session("sales", NOON)
        await join(store, session, name="A\0n\ud800n ☎" + "n" * 500)
        (found,) = await store.history()
        assert found.memberships[0].name == "An?n ☎" + "n" * 500


class TestLive:
    async def test_a_room_where_nothing_is_on(self, store: Store):
        assert await store.live("sales") == LiveRow()
        assert await store.all_live() == {}

    async def test_it_is_found_as_it_was_kept(self, store: Store):
        row = LiveRow(True, "conference/sales-1", True, 7, later(60), later(30))
        await store.save_live("sales", LiveRow(locked=True))
        await store.save_live("sales", row)
        assert await store.live("sales") == row
        assert await store.all_live() == {"sales": row}

    async def test_that_of_a_room_where_nothing_is_on_any_more_is_not_kept(self, store: Store):
        await store.save_live("sales", LiveRow(locked=True))
        await store.save_live("sales", LiveRow())
        assert await store.all_live() == {}


class TestHistory:
    async def test_a_conference_from_first_to_last(self, store: Store):
        session = await store.begin_session("sales", NOON)
        ann = await join(store, session, moderator=True)
        bob = await join(store, session, later(5), channel="c2", name="Bob", number="")
        await store.left(ann, later(20), "hangup", speaking=12.5)
        await store.left(bob, later(30), "kicked")
        await store.recorded(session, "conference/sales-1", later(6))
        await store.recorded(session, "conference/sales-1", later(6), later(16), 9.5)
        await store.end_session(session, later(31), "empty")

        (found,) = await store.history("sales")
        assert (found.room, found.began, found.ended, found.why) == (
            "sales", NOON, later(31), "empty"
        )  # fmt: skip
        first, second = found.memberships
        assert (first.name, first.moderator, first.left, first.why, first.speaking) == (
            "Ann", True, later(20), "hangup", 12.5
        )  # fmt: skip
        assert (second.name, second.joined, second.why, second.speaking) == (
            "Bob", later(5), "kicked", 0.0
        )  # fmt: skip
        (recording,) = found.recordings
        assert (recording.ended, recording.seconds) == (later(16), 9.5)

    async def test_the_end_closes_what_is_still_open_and_nothing_else(self, store: Store):
        session = await store.begin_session("sales", NOON)
        ann, _ = await join(store, session), await join(store, session)
        await store.left(ann, later(1), "hangup")
        await store.recorded(session, "r", NOON)
        other = await store.begin_session("support", NOON)
        await join(store, other)
        await store.end_session(session, later(9), "limit")
        found = {each.room: each for each in await store.history()}
        assert [each.why for each in found["sales"].memberships] == ["hangup", "limit"]
        assert found["sales"].recordings[0].ended == later(9)
        assert found["support"].ended is found["support"].memberships[0].left is None

    async def test_who_has_left_or_ended_is_not_told_of_twice(self, store: Store):
        session = await store.begin_session("sales", NOON)
        ann = await join(store, session)
        await store.left(ann, later(1), "hangup", speaking=1.0)
        await store.left(ann, later(2), "kicked", speaking=2.0)
        await store.end_session(session, later(3), "empty")
        await store.end_session(session, later(4), "limit")
        (found,) = await store.history()
        assert (found.ended, found.why) == (later(3), "empty")
        assert (found.memberships[0].left, found.memberships[0].speaking) == (later(1), 1.0)

    async def test_a_room_has_one_conference_at_a_time(self, store: Store):
        first = await store.begin_session("sales", NOON)
        assert await store.begin_session("sales", later(1)) == first
        await store.end_session(first, later(2), "empty")
        assert await store.begin_session("sales", later(3)) != first

    async def test_it_is_asked_by_room_and_time_the_latest_first(self, store: Store):
        for number in range(4):
            session = await store.begin_session("sales", later(number))
            await store.end_session(session, later(number), "empty")
        await store.begin_session("support", later(9))

        async def began(**wanted: Any) -> list[datetime]:
            return [each.began for each in await store.history(**wanted)]

        assert await began(room="sales") == [later(3), later(2), later(1), later(0)]
        assert await began(since=later(3)) == [later(9), later(3)]
        assert await began(until=later(1)) == [later(0)]
        assert await began(limit=2) == [later(9), later(3)]
        assert await began(room="none") == []

    async def test_what_ended_long_ago_is_forgotten_with_all_in_it(self, store: Store):
        old = await store.begin_session("sales", NOON)
        await join(store, old)
        await store.recorded(old, "r", NOON)
        await store.end_session(old, later(1), "empty")
        running = await store.begin_session("support", NOON)
        await store.forget(later(2))
        assert [each.id for each in await store.history()] == [running]
        with pytest.raises(StoreError):
            await join(store, old)

    async def test_moments_of_any_zone_are_the_same_moments(self, store: Store):
        berlin = timezone(timedelta(hours=1))
        await store.begin_session("sales", NOON.astimezone(berlin))
        (found,) = await store.history()
        assert found.began == NOON and found.began.tzinfo is UTC


class TestAttempts:
    SINCE = later(-60)

    async def test_wrong_ones_are_counted_by_caller_and_by_room(self, store: Store):
        for room, caller, counted in (
            ("sales", "201", (1, 1)),
            ("sales", "202", (1, 2)),
            ("support", "201", (2, 1)),
        ):
            found = await store.attempt(room, caller, NOON, self.SINCE)
            assert (found.by_caller, found.by_room) == counted

    async def test_right_and_refused_ones_are_not(self, store: Store):
        for verdict in ("right", "refused"):
            found = await store.attempt("sales", "201", NOON, self.SINCE)
            await store.judge(found.id, verdict)
        found = await store.attempt("sales", "201", NOON, self.SINCE)
        assert (found.by_caller, found.by_room) == (1, 1)

    async def test_old_ones_are_forgotten(self, store: Store):
        await store.attempt("sales", "201", NOON, self.SINCE)
        found = await store.attempt("sales", "201", later(61), later(1))
        assert found.by_caller == 1

    async def test_callers_without_a_number_are_not_one_caller(self, store: Store):
        await store.attempt("sales", "", NOON, self.SINCE)
        found = await store.attempt("sales", "", NOON, self.SINCE)
        assert (found.by_caller, found.by_room) == (0, 2)

    async def test_of_those_who_try_at_once_none_is_overlooked(
        self, database_url: str, store: Store
    ):
        other = Store(database_url)
        await other.open()
        found: list[Attempts] = await asyncio.gather(
            *(each.attempt("sales", "201", NOON, self.SINCE) for each in (store, other) * 5)
        )
        await other.close()
        # Whoever counts later counts more; the ids do not say who that is, as one that was given
        # first may be committed last.
        counts = sorted(each.by_caller for each in found)
        assert all(count >= n for n, count in enumerate(counts, 1)) and counts[-1] == 10


class TestAtOnce:
    async def test_two_who_come_first_are_in_one_conference(self, database_url: str, store: Store):
        other = Store(database_url)
        await other.open()

        async def come(through: Store, number: int) -> tuple[int, int]:
            session = await through.begin_session("sales", later(number))
            return session, await join(through, session, channel=f"c{number}")

        came = await asyncio.gather(*(come((store, other)[n % 2], n) for n in range(8)))
        await other.close()
        assert len({session for session, _ in came}) == 1
        assert len({membership for _, membership in came}) == 8
        (found,) = await store.history()
        assert len(found.memberships) == 8
