"""Which channel an event is about."""

from __future__ import annotations

import pytest

from stasis.ari.bridges import Bridge
from stasis.ari.channels import Channel
from stasis.ari.events import (
    ApplicationReplaced,
    BridgeDestroyed,
    ChannelDtmfReceived,
    ChannelEnteredBridge,
    Dial,
    Event,
    PlaybackFinished,
    RecordingFinished,
    StasisStart,
)
from stasis.ari.playbacks import Playback
from stasis.ari.recordings import LiveRecording
from stasis.subject import subject

A, B = Channel(id="a"), Channel(id="b")


@pytest.mark.parametrize(
    ("event", "about"),
    [
        (ChannelDtmfReceived(channel=A, digit="1"), "a"),
        (Dial(caller=A, peer=B), "b"),
        (Dial(peer=A), "a"),
        (StasisStart(channel=A, replace_channel=B), "a"),
        (ChannelEnteredBridge(bridge=Bridge(id="x"), channel=A), "a"),
        (PlaybackFinished(playback=Playback(target_uri="channel:b")), "b"),
        (PlaybackFinished(playback=Playback(target_uri="bridge:x")), None),
        (RecordingFinished(recording=LiveRecording(target_uri="channel:a")), "a"),
        (RecordingFinished(recording=LiveRecording(target_uri="bridge:x")), None),
        (BridgeDestroyed(bridge=Bridge(id="x")), None),
        (ApplicationReplaced(), None),
        (Event(), None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Event) else str(value),
)
def test_an_event_is_about_one_channel_or_none(event: Event, about: str | None) -> None:
    """The dialled one of a Dial, the target of media, else the first that is named."""
    assert subject(event) == about
