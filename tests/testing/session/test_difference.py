"""How a difference reads."""

from __future__ import annotations

from stasis.testing.session.difference import Difference, happened, shown
from stasis.testing.session.file import Came, Lost, Sent, Stepped

SENT = Sent(
    at=1.5,
    id=1,
    method="POST",
    path="/channels/c1/play/p",
    query=[("media", "sound:a")],
    body={"x": 1},
)
DIFFERENCE = Difference(
    "another request", 1.5, "c1", "ivr", "menu",
    {"request": "POST /a", "media": "sound:a"},
    {"request": "POST /a", "media": "sound:b", "lang": "de"},
    ("    1.000  StasisStart",), "KeyError: 'x'",
)  # fmt: skip


def test_each_part_stands_beside_what_came_instead() -> None:
    assert DIFFERENCE.rows() == [
        ("request", "POST /a", "POST /a"),
        ("media", "sound:a", "sound:b"),
        ("lang", "", "de"),
    ]


def test_as_text_it_has_everything() -> None:
    assert str(DIFFERENCE).splitlines() == [
        "another request at 1.500 s, call c1 (ivr), in 'menu'",
        "  expected  request: POST /a; media: sound:a",
        "  got       request: POST /a; media: sound:b; lang: de",
        "  the flow raised KeyError: 'x'",
        "  before it      1.000  StasisStart",
    ]


def test_a_request_is_shown_by_its_parameters_wherever_they_travel() -> None:
    assert shown(SENT) == {"request": "POST /channels/c1/play/p", "media": "sound:a", "x": "1"}


def test_a_step_is_shown_by_what_it_has() -> None:
    step = Stepped(at=1.0, call="c1", app="ivr", flow="F", state="menu", trigger="done")
    assert shown(step) == {"from": "menu", "trigger": "done", "to": "the end"}
    assert happened(step) == "    1.000  ends in 'menu'"


def test_an_event_is_told_by_what_it_is_about() -> None:
    digit = Came(at=2.0, event={"type": "ChannelDtmfReceived", "digit": "5"})
    playback = Came(at=2.0, event={"type": "PlaybackStarted", "playback": {"media_uri": "sound:a"}})
    assert happened(digit) == "    2.000  ChannelDtmfReceived digit 5"
    assert happened(playback) == "    2.000  PlaybackStarted sound:a"
    assert happened(Lost(at=2.0, reason="cut")) == "    2.000  the event socket is lost: cut"
