"""Every kind of event has a class, and says what it is about."""

from __future__ import annotations

import typing

import msgspec
import pytest

from stasis.ari.channels import Channel
from stasis.ari.event import Event
from stasis.ari.events import (
    EVENTS,
    KEYS,
    BridgeMerged,
    ChannelToneDetected,
    ChannelUserevent,
    ContactStatusChange,
    DeviceStateChanged,
    Dial,
    PlaybackFinished,
    RecordingFailed,
    RESTResponse,
    StasisStart,
    TextMessageReceived,
)

KIND_OF = {
    "Bridge": "bridge",
    "Channel": "channel",
    "DeviceState": "device",
    "Endpoint": "endpoint",
    "LiveRecording": "recording",
    "Playback": "playback",
}


def test_there_are_the_45_kinds_of_asterisk_22() -> None:
    assert len(EVENTS) == 45
    assert all(issubclass(kind, Event) and kind.__name__ == name for name, kind in EVENTS.items())


def test_an_answer_over_the_socket_is_an_event_about_nothing() -> None:
    assert EVENTS["RESTResponse"] is RESTResponse and KEYS[RESTResponse] == ()


@pytest.mark.parametrize("kind", EVENTS.values(), ids=EVENTS)
def test_an_event_can_be_made_of_nothing(kind: type[Event]) -> None:
    assert kind().application == "" and kind().timestamp is None


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        (StasisStart, (("channel", "channel"), ("replace_channel", "channel"))),
        (Dial, (("caller", "channel"), ("peer", "channel"), ("forwarded", "channel"))),
        (BridgeMerged, (("bridge", "bridge"), ("bridge_from", "bridge"))),
        (PlaybackFinished, (("playback", "playback"),)),
        (RecordingFailed, (("recording", "recording"),)),
        (DeviceStateChanged, (("device_state", "device"),)),
        (TextMessageReceived, (("endpoint", "endpoint"),)),
        (ContactStatusChange, (("endpoint", "endpoint"),)),
        (ChannelToneDetected, (("channel", "channel"),)),
        (
            ChannelUserevent,
            (("channel", "channel"), ("bridge", "bridge"), ("endpoint", "endpoint")),
        ),
    ],
)
def test_keys_name_what_an_event_is_about(
    kind: type[Event], keys: tuple[tuple[str, str], ...]
) -> None:
    assert KEYS[kind] == keys


@pytest.mark.parametrize("kind", EVENTS.values(), ids=EVENTS)
def test_keys_are_complete(kind: type[Event]) -> None:
    held = []
    for each in msgspec.structs.fields(kind):
        for option in typing.get_args(each.type) or (each.type,):
            kind_of = KIND_OF.get(getattr(option, "__name__", ""))
            if kind_of:
                held.append((each.name, kind_of))
    assert sorted(KEYS[kind]) == sorted(held)


def test_what_a_model_requires_is_there_even_when_asterisk_leaves_it_out() -> None:
    assert StasisStart().channel == Channel() and StasisStart().replace_channel is None
