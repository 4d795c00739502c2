"""What the API takes: the media that may be played, and PINs that show nowhere."""

from __future__ import annotations

import msgspec
import pytest
from stasis_conference.body import Announcement, LogIn, NewToken, RoomBody


@pytest.mark.parametrize(
    "medium",
    [
        "sound:hello-world",
        "sound:digits/1",
        "sound:custom/a.b",
        "recording:conference/1000/x",
        "number:7",
        "digits:12*#",
        "characters:abc",
        "tone:ring",
    ],
)
def test_media_of_asterisks_own_folders_can_be_played(medium: str):
    assert msgspec.convert({"media": [medium]}, Announcement).media == [medium]


@pytest.mark.parametrize(
    "medium",
    [
        "sound:/etc/passwd",
        "sound:../x",
        "sound:a/../b",
        "sound:a/..",
        "sound:.x",
        "sound:http://host/x",
        "sound:",
        "sound:a,b",
        "sound:a b",
        "sound:a\nb",
        "file:a",
        "number:" + "7" * 33,
        "sound:" + "a" * 300,
    ],
)
def test_no_file_elsewhere_can(medium: str):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"media": [medium]}, Announcement)


def test_no_repr_shows_a_pin():
    assert "2846" not in repr(LogIn(room="board", pin="2846"))
    assert "2846" not in repr(RoomBody(member_pin="2846"))


def test_one_list_of_rooms_is_not_anothers():
    one, other = (NewToken(name="x", scopes=["events"]) for _ in range(2))
    one.rooms.append("a")
    assert other.rooms == ["*"]
