"""What commands write: callers' names are shown, and never obeyed by the terminal."""

from __future__ import annotations

import pytest
from stasis_conference.screen import member_table, moment, shown

ROOM = {
    "room": "board",
    "title": "Board",
    "locked": True,
    "recording": "paused",
    "began": "2026-11-23T10:00:00Z",
    "ends_at": None,
    "members": [
        {
            "id": "0123456789ab",
            "number": "100",
            "name": "[red]Anna[/red]\x1b]0;owned\x07",
            "joined": None,
            "speaking": 12.4,
            **dict.fromkeys(("moderator", "waiting", "muted", "deaf", "held"), False),
            "talking": True,
        }
    ],
}


def test_a_member_is_shown_as_it_is_called(capsys: pytest.CaptureFixture[str]):
    member_table(ROOM)
    told = capsys.readouterr().out
    assert "[red]Anna[/red]" in told and "\x1b" not in told and "\x07" not in told
    assert "board Board: locked, recording paused, since 2026-11-23 10:00:00" in told
    assert "talking" in told and "12 s" in told


def test_moments_and_texts():
    assert moment(None) == "" and moment("2026-11-23T10:00:00.5Z") == "2026-11-23 10:00:00"
    assert shown("Jürg ☎\n\x00") == "Jürg ☎\ufffd\ufffd"
