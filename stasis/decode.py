"""One frame of the event WebSocket to one event.

Rules of this file: strict first, in one pass; whatever then does not fit is given a second,
lenient look; the only exception that leaves it is `FrameError`. What the server sent is kept with
the event, so nothing is lost even when a field is.
"""

from __future__ import annotations

import functools
import operator
from typing import Any

import msgspec

from stasis.ari.event import Event
from stasis.ari.events import EVENTS
from stasis.ari.structure import lenient, loose

__all__ = ["Decoder", "FrameError"]

# One union of all kinds: msgspec looks the kind up by the frame's `type` while it decodes.
STRICT: msgspec.json.Decoder[Any] = msgspec.json.Decoder(
    functools.reduce(operator.or_, EVENTS.values())
)


class FrameError(ValueError):
    """A frame is not an event: not JSON, not an object, or without a `type`."""


class Decoder:
    """Decodes the frames of one connection, and counts.

    frames: all that were given; unknown: of a kind that ARI's description does not have, kept as
    `Event`; lenient: with a value of the wrong type or broken UTF-8, kept without it; refused:
    no events at all.
    """

    def __init__(self) -> None:
        self.frames = 0
        self.unknown = 0
        self.lenient = 0
        self.refused = 0

    def decode(self, frame: bytes | str) -> Event:
        """The event in a frame, with the frame itself as its `frame`.

        An unknown kind is a plain `Event`. Raises FrameError, and nothing else.
        """
        self.frames += 1
        data = frame if isinstance(frame, bytes) else frame.encode(errors="replace")
        try:
            event: Event = STRICT.decode(data)
        except (ValueError, RecursionError):
            try:
                event = self._again(data)
            except (ValueError, RecursionError) as error:
                self.refused += 1
                raise FrameError(f"{str(error)[:200]}: {data[:80]!r}") from None
        # Frozen for everybody else; the frame is part of the event from its first moment.
        msgspec.structs.force_setattr(event, "frame", data)
        return event

    def _again(self, frame: bytes) -> Event:
        """The lenient look."""
        fields = loose(frame)
        if not isinstance(fields, dict) or not isinstance(fields.get("type"), str):
            raise ValueError("not an object with a type")
        kind = EVENTS.get(fields["type"])
        if kind is None:
            self.unknown += 1
            return lenient({**fields, "type": "Event"}, Event)
        event = lenient(fields, kind)
        self.lenient += 1
        return event
