"""An event knows its kind, keeps everything Asterisk sent, and shows only what says something."""

from __future__ import annotations

import pytest

from stasis.ari.channels import Channel
from stasis.ari.event import Event
from stasis.ari.events import StasisEnd, StasisStart


def test_a_kind_is_its_classs_name() -> None:
    assert StasisStart().type == "StasisStart"


def test_an_unknown_kind_is_what_its_frame_says() -> None:
    assert Event(frame=b'{"type":"Newer","a":1}').type == "Newer"
    assert Event(frame=b'{"type":"Newer","a":1}').raw == {"type": "Newer", "a": 1}


def test_raw_is_the_whole_frame_and_a_new_object_each_time() -> None:
    event = StasisEnd(frame=b'{"type":"StasisEnd","new":[1]}')
    event.raw["new"].append(2)
    assert event.raw == {"type": "StasisEnd", "new": [1]}


def test_raw_of_an_event_made_by_hand_is_its_fields_in_aris_spelling() -> None:
    raw = StasisStart(application="ivr", args=("a",), channel=Channel(id="1")).raw
    assert (raw["type"], raw["application"], raw["args"]) == ("StasisStart", "ivr", ["a"])
    assert raw["channel"]["id"] == "1" and "" not in raw


@pytest.mark.parametrize(
    ("frame", "raw"),
    [
        (b'{"a":"\xff"}', {"a": "\ufffd"}),
        (b'{"a":1e999}', {"a": float("inf")}),
        (b"{", {}),
        (b"[" * 100_000, {}),
    ],
)
def test_raw_never_raises(frame: bytes, raw: dict[str, object]) -> None:
    assert StasisEnd(frame=frame).raw == raw


def test_events_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        StasisEnd().application = "other"  # type: ignore[misc]


def test_the_repr_leaves_out_defaults_and_the_frame() -> None:
    event = StasisEnd(application="ivr", frame=b'{"type":"StasisEnd","secret":1}')
    assert repr(event) == "StasisEnd(application='ivr')"
