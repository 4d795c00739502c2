"""Which channel an event is about: what tells a flow's own events from those of `Other`. Pure."""

from __future__ import annotations

from stasis.ari.events import (
    Dial,
    Event,
    PlaybackContinuing,
    PlaybackFinished,
    PlaybackStarted,
    RecordingFailed,
    RecordingFinished,
    RecordingStarted,
)
from stasis.router import keys_of

__all__ = ["PLAYBACK", "RECORDING", "subject"]

PLAYBACK = (PlaybackStarted, PlaybackContinuing, PlaybackFinished)
RECORDING = (RecordingStarted, RecordingFinished, RecordingFailed)


def subject(event: Event) -> str | None:
    """The id of the channel an event is about; None when it is about no channel.

    A Dial is about the channel that is dialled, whoever dials. Media are about the channel they
    are played to or recorded from; those of a bridge about none. Else the first channel that the
    event's model names.
    """
    if event.about is not None:
        return event.about
    if isinstance(event, Dial):
        return event.peer.id
    target = ""
    if isinstance(event, PLAYBACK):
        target = event.playback.target_uri
    elif isinstance(event, RECORDING):
        target = event.recording.target_uri
    if target:
        kind, _, target_id = target.partition(":")
        return target_id if kind == "channel" else None
    return next((id for kind, id in keys_of(event) if kind == "channel"), None)
