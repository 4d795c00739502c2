"""What people look up, in each kind of database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from stasis_conference.archive import like
from stasis_conference.rows import RoomRow
from stasis_conference.store import Store

from tests.apps.stasis_conference.house import BEGINNING

HOUR = timedelta(hours=1)


async def conference(store: Store, room: str, hour: int, *, ended: bool = True) -> int:
    at = BEGINNING + hour * HOUR
    session = await store.begin_session(room, at)
    stay = await store.joined(session, "c1", "Anna", "100", False, at)
    await store.left(stay, at, "left", 1.5)
    await store.recorded(session, f"r/{room}/{hour}", at, at, 5.0)
    if ended:
        await store.end_session(session, at, "empty")
    return session


@pytest.mark.parametrize(
    ("pattern", "found"), [("a_b", "a\\_b"), ("a*", "a%"), ("?", "_"), ("a.b-c", "a.b-c")]
)
def test_a_pattern_in_sql(pattern: str, found: str):
    assert like(pattern) == found


async def test_rooms_that_fit_page_by_page(store: Store):
    for name in ("sales_1", "salesx1", "board", "sales-2"):
        await store.save_room(RoomRow(name, BEGINNING, BEGINNING))
    archive = store.archive
    assert [each.name for each in await archive.rooms(["sales_?"], "", 9)] == ["sales_1"]
    names = [each.name for each in await archive.rooms(["*"], "", 9)]
    assert sorted(names) == ["board", "sales-2", "sales_1", "salesx1"]
    assert [each.name for each in await archive.rooms(["*"], names[1], 1)] == names[2:3]
    assert await archive.rooms([], "", 9) == []


async def test_conferences_with_their_counts(store: Store):
    first = await conference(store, "a", 0)
    second = await conference(store, "b", 1)
    third = await conference(store, "a", 2, ended=False)
    archive = store.archive
    found = await archive.conferences(["*"])
    assert [(each.id, each.members, each.recordings) for each in found] == [
        (third, 1, 1),
        (second, 1, 1),
        (first, 1, 1),
    ]
    assert [each.id for each in await archive.conferences(["a"], limit=1)] == [third]
    assert [each.id for each in await archive.conferences(["a"], before=third)] == [first]
    at = BEGINNING + HOUR
    assert [
        each.id for each in await archive.conferences(["*"], since=at, until=2 * HOUR + at)
    ] == [
        third,
        second,
    ]
    assert await archive.conference(second) == found[1]
    assert await archive.conference(999) is None
    assert [each.speaking for each in await archive.stays(first)] == [1.5]
    assert await archive.began() == {"a": BEGINNING + 2 * HOUR}


async def test_recordings_with_their_rooms(store: Store):
    first, second = await conference(store, "a", 0), await conference(store, "b", 1)
    archive = store.archive
    newest, oldest = await archive.sounds(["*"])
    assert [newest.room, oldest.room] == ["b", "a"]
    assert await archive.sounds(["*"], session=first) == [oldest]
    assert await archive.sounds(["*"], before=newest.row.id) == [oldest]
    assert await archive.sounds(["b"]) == [newest] == await archive.sounds(["*"], limit=1)
    assert await archive.sound(newest.row.id) == newest
    await archive.forget_sound(newest.row.id)
    assert await archive.sound(newest.row.id) is None
    found = await archive.conference(second)
    assert found is not None and found.recordings == 0
