"""One frame of the event WebSocket to one event.

Rules of this file: strict first, in one pass; what then does not fit is mended, and looked at once
more leniently; the only exception that leaves it is `FrameError`. What the server sent is kept
with the event, so nothing is lost even when a field is. No frame holds the reader up: what would
take long to read is refused by its size, its parts or its depth, before it is read.
"""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Callable
from typing import Any, Final

import msgspec

from stasis.ari.event import Event
from stasis.ari.events import EVENTS, RESTResponse
from stasis.ari.structure import lenient, loose

__all__ = ["Decoder", "FrameError"]

# One union of all kinds: msgspec looks the kind up by the frame's `type` while it decodes.
strict: Callable[[bytes], Any] = msgspec.json.Decoder(
    functools.reduce(operator.or_, EVENTS.values())
).decode
keep = msgspec.structs.force_setattr

# Bytes of an event at most. Asterisk's largest (a bridge of a thousand channels) have some 50,000.
LARGEST: Final = 2**20
# Bytes of a frame that gets the lenient look: it takes a microsecond a byte at worst.
LENIENT: Final = 2**16
# Objects and arrays in one event at most. ARI's own have some tens.
PARTS: Final = 10_000
# How deep they may be in each other. ARI's own are 4 deep; a user event's variables are the user's.
DEEPEST: Final = 64
# Frames in a row that are no events, after which the connection is not worth keeping.
HOPELESS: Final = 20

# All bytes that neither bound a text nor an object or array.
REST = bytes(set(range(256)) - set(b'"[]{}'))
BRACKETS = re.compile(rb"[\[{]+|[\]}]+")
# An escaped backslash, a character of two halves, or a half alone.
HALVES = re.compile(
    rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)


class Kind(msgspec.Struct, gc=False):
    """The type of a frame; everything else is skipped unread."""

    type: str = ""


KIND = msgspec.json.Decoder(Kind)


class FrameError(ValueError):
    """A frame is not an event: not JSON, not an object, without a `type`, or beyond a limit."""


class Decoder:
    """Decodes the frames of one Asterisk, and counts.

    frames: all that were given; unknown: of a kind that ARI's description does not have, kept as
    `Event`; lenient: with a value of the wrong type or broken UTF-8, kept without it; refused:
    no events at all; in_row: refused since the last event or `begin`.
    """

    def __init__(self) -> None:
        self.frames = 0
        self.unknown = 0
        self.lenient = 0
        self.refused = 0
        self.in_row = 0

    @property
    def hopeless(self) -> bool:
        """Whether so many frames in a row were no events that one should connect anew."""
        return self.in_row >= HOPELESS

    def begin(self) -> None:
        """A new connection: what came on the one before does not count against it."""
        self.in_row = 0

    def decode(self, frame: bytes | str) -> Event:
        """The event in a frame, with the frame itself as its `frame`.

        frame: JSON, an event of 1 MiB at most; an answer (`RESTResponse`) may be larger. An
        unknown kind is a plain `Event`. Raises FrameError, and nothing else.
        """
        self.frames += 1
        data = frame if isinstance(frame, bytes) else frame.encode(errors="replace")
        try:
            # Most are small, and have no arrays: they are through without a call.
            if len(data) > LARGEST or b"[" in data or data.count(b"{") > DEEPEST:
                bound(data)
            try:
                event: Event = strict(data)
            except ValueError:
                event = self._again(data)
        except (ValueError, RecursionError) as error:
            self.refused += 1
            self.in_row += 1
            raise FrameError(f"{str(error)[:200]}: {data[:80]!r}") from None
        self.in_row = 0
        # Frozen for everybody else; the frame is part of the event from its first moment.
        keep(event, "frame", data)
        return event

    def _again(self, frame: bytes) -> Event:
        """The second look: its characters mended; the third: without the values that do not fit."""
        mended = HALVES.sub(whole, frame.decode(errors="replace").encode())
        if mended != frame:
            try:
                event: Event = strict(mended)
            except ValueError:
                pass
            else:
                self.lenient += 1
                return event
        if len(frame) > LENIENT:
            raise ValueError(f"{len(frame):,} bytes, and not as ARI describes it")
        fields = loose(mended)
        if not isinstance(fields, dict) or not isinstance(fields.get("type"), str):
            raise ValueError("not an object with a type")
        kind = EVENTS.get(fields["type"])
        if kind is None:
            event = lenient({**fields, "type": "Event"}, Event)
            self.unknown += 1
        else:
            event = lenient(fields, kind)
            self.lenient += 1
        return event


def bound(frame: bytes) -> None:
    """Refuse what is too large, or has too many parts, or too deep ones. Raises ValueError."""
    if len(frame) > LARGEST:
        if KIND.decode(frame).type != RESTResponse.__name__:
            raise ValueError(f"{len(frame):,} bytes, more than {LARGEST:,}")
        return  # a flat object with a text in it, which its asker will read
    if frame.count(b"{") + frame.count(b"[") <= DEEPEST:
        return
    bare = brackets(frame)
    parts = bare.count(b"{") + bare.count(b"[")
    if parts > PARTS:
        raise ValueError(f"{parts:,} objects and arrays, more than {PARTS:,}")
    depth = 0
    for run in BRACKETS.finditer(bare):
        depth += len(run[0]) if run[0][0] in b"[{" else -len(run[0])
        if depth > DEEPEST:
            raise ValueError(f"objects or arrays more than {DEEPEST} deep")


def brackets(frame: bytes) -> bytes:
    """The brackets of a frame that are not in a text; each step is one quick pass."""
    quotes = frame.replace(rb"\\", b"").replace(rb"\"", b"").translate(None, delete=REST)
    # Two quotes side by side change nothing for what comes after them.
    return b"".join(quotes.replace(b'""', b"").split(b'"')[::2])


def whole(found: re.Match[bytes]) -> bytes:
    """Half a character becomes U+FFFD; as it is, no text could be sent or written with it."""
    return found[0] if found[1] is None else b"\\ufffd"
