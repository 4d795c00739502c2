"""Rooms of the file in the store: the file counts when it says something new."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from stasis_conference.pin import Pins, hashed
from stasis_conference.room_file import RoomFile, parse
from stasis_conference.rows import RoomRow
from stasis_conference.static_rooms import bring_in
from stasis_conference.store import Store

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def pins(quick_store: Store) -> Pins:
    return Pins(quick_store, lambda: NOON)


def sales(rest: str = 'member_pin = "73911"') -> RoomFile:
    return parse(f'[room.sales]\ntitle = "Sales"\n{rest}')


async def room(pins: Pins) -> RoomRow:
    found = await pins.store.room("sales")
    assert found is not None
    return found


async def test_a_new_room_is_kept_with_the_hash_of_its_pin(pins: Pins):
    await bring_in(sales(), pins, NOON)
    row = await room(pins)
    assert (row.title, row.profile, row.static, row.created) == ("Sales", "default", True, NOON)
    assert row.moderator_pin == "" and "73911" not in row.member_pin + row.origin
    assert await pins.check("sales", "201", "73911") == "member"


async def test_a_hash_in_the_file_is_kept_as_it_is(pins: Pins):
    kept = hashed("73911")
    await bring_in(sales(f"moderator_pin = '{kept}'"), pins, NOON)
    assert (await room(pins)).moderator_pin == kept


async def test_what_was_changed_while_running_stays_until_the_file_says_something_new(pins: Pins):
    await bring_in(sales(), pins, NOON)
    await pins.change("sales", member_pin="55501")
    changed = await room(pins)
    await bring_in(sales(), pins, LATER)
    assert await room(pins) == changed
    await bring_in(sales('member_pin = "66601"'), pins, LATER)
    assert await pins.check("sales", "201", "66601") == "member"
    assert ((await room(pins)).created, (await room(pins)).changed) == (NOON, LATER)


async def test_a_pin_that_is_taken_out_of_the_file_is_asked_for_no_longer(pins: Pins):
    await bring_in(sales(), pins, NOON)
    await bring_in(sales(""), pins, LATER)
    assert (await room(pins)).member_pin == ""


async def test_a_room_that_is_taken_out_of_the_file_is_forgotten_and_no_other(pins: Pins):
    await pins.store.save_room(RoomRow("made", NOON, NOON))
    await bring_in(sales(), pins, NOON)
    await bring_in(parse(""), pins, LATER)
    assert [row.name for row in await pins.store.rooms()] == ["made"]


async def test_a_room_that_was_made_by_hand_becomes_the_file_s(pins: Pins):
    await pins.store.save_room(RoomRow("sales", NOON, NOON, title="Old", member_pin=hashed("1234")))
    await bring_in(sales(), pins, LATER)
    row = await room(pins)
    assert (row.title, row.static, row.created) == ("Sales", True, NOON)
    assert await pins.check("sales", "201", "1234") == "wrong"
