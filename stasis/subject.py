"""Which channel an event is about: what tells a flow's own events from those of `Other`. Pure."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from stasis.ari.channels import Channel
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
from stasis.router import NAMED, ROWS, keys_of

__all__ = ["PLAYBACK", "RECORDING", "subject"]

PLAYBACK = (PlaybackStarted, PlaybackContinuing, PlaybackFinished)
RECORDING = (RecordingStarted, RecordingFinished, RecordingFailed)


def subject(event: Event) -> str | None:
    """The id of the channel an event is about; None when it is about no channel.

    A Dial is about the channel that is dialled, whoever dials. Media are about the channel they
    are played to or recorded from; those of a bridge about none. Else the first channel that the
    event's model names.
    """
    found = ABOUT.get(type(event))
    return event.about if found is None else found(event)


def first(event: Event) -> str | None:
    """The first channel that is there, of those that the event's model names."""
    return next((id for kind, id in keys_of(event) if kind == "channel"), None)


def within(target_uri: str) -> str | None:
    """The channel of a medium's target, such as `channel:17.1`."""
    kind, _, target_id = target_uri.partition(":")
    return target_id if kind == "channel" else None


def of_kind(kind: type[Event]) -> Callable[[Any], str | None]:
    """How the channel that a kind of event is about is found: by one look, where that will do."""
    if kind is Dial:
        return attrgetter("peer.id")
    if kind in PLAYBACK:
        return lambda event: within(event.playback.target_uri)
    if kind in RECORDING:
        return lambda event: within(event.recording.target_uri)
    attribute, what = next(iter(ROWS[kind]), ("", ""))
    defaults = kind.__struct_defaults__
    default = dict(zip(kind.__struct_fields__[-len(defaults) :], defaults, strict=True))
    if what == "channel" and isinstance(default.get(attribute), Channel):
        return attrgetter(f"{attribute}.id")  # never missing
    return first


# How the channel that an event is about is found, by its kind.
ABOUT: dict[type[Event], Callable[[Any], str | None]] = {kind: of_kind(kind) for kind in NAMED}
