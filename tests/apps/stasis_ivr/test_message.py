"""Messages: names that are safe, unique and sorted by time."""

from __future__ import annotations

from datetime import UTC, datetime

from stasis_ivr.message import recording_name

from stasis.media import checked_name

MOMENT = datetime(2026, 11, 25, 17, 0, 5, tzinfo=UTC)


def test_a_name_is_safe_and_tells_the_time():
    name = recording_name("ivr/office", MOMENT)
    assert checked_name(name) == name
    assert name.startswith("ivr/office/20261125-170005-")


def test_two_messages_of_one_second_have_two_names():
    assert len({recording_name("ivr", MOMENT) for _ in range(1000)}) == 1000
