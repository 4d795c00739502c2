"""Rows: plain values that do not show PINs."""

from __future__ import annotations

from datetime import UTC, datetime

from stasis_conference.rows import LiveRow, RoomRow

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_a_room_does_not_show_the_hashes_of_its_pins():
    row = RoomRow("a", NOON, NOON, member_pin="$m", moderator_pin="$n", origin="$o")
    assert "$" not in repr(row) and "member_pin" not in repr(row)


def test_a_room_that_nobody_has_planned_has_no_pins_and_the_default_profile():
    row = RoomRow("a", NOON, NOON)
    assert (row.member_pin, row.moderator_pin, row.profile, row.static) == (
        "",
        "",
        "default",
        False,
    )


def test_two_rooms_where_nothing_is_on_are_alike():
    assert LiveRow() == LiveRow() != LiveRow(locked=True)
