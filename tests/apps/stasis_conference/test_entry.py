"""What is asked and said at the door: which names are names, and who is asked for one."""

from __future__ import annotations

import pytest
from stasis_conference.entry import asks_name, nothing_said, spoken_name
from stasis_conference.profile import MemberProfile, RoomProfile

from stasis import RecordingResult


@pytest.mark.parametrize(
    ("duration", "silence", "nothing"),
    [
        (2, 1, True),  # silence until it was over
        (2, 2, True),
        (0, 0, True),  # a key at once
        (3, 1, False),  # one second of a name, then silence
        (1, 0, False),  # a short name, then a key
        (8, 0, False),
        (None, None, False),  # its end was missed: it may be a name
    ],
)
def test_silence_is_no_name(duration: int | None, silence: int | None, nothing: bool):
    assert nothing_said(RecordingResult("done", duration, None, silence, None)) is nothing


def test_no_two_names_are_recorded_under_one():
    assert spoken_name("x") != spoken_name("x")
    assert spoken_name("x").startswith("x/names/")


@pytest.mark.parametrize(
    ("room", "member", "asks"),
    [
        (RoomProfile(announce="names"), MemberProfile(), True),
        (RoomProfile(announce="tones"), MemberProfile(), False),
        (RoomProfile(announce="off"), MemberProfile(), False),
        (RoomProfile(announce="names"), MemberProfile(record_name=False), False),
        (RoomProfile(announce="names"), MemberProfile(quiet=True), False),
    ],
)
def test_a_name_is_asked_for_where_it_is_told(room: RoomProfile, member: MemberProfile, asks: bool):
    assert asks_name(room, member) is asks
