"""Names that reach Asterisk's file system, checked here because the server does not confine them.

Asterisk never finishes a playback whose scheme it does not know, so that is refused here too.
"""

from __future__ import annotations

import re

from stasis.errors import InvalidRequest

__all__ = ["SCHEMES", "checked_media", "checked_name"]

SCHEMES = ("sound", "recording", "number", "digits", "characters", "tone")

SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
NAME_LIMIT = 200


def checked_name(name: str, what: str = "recording name") -> str:
    """The name itself, if every part of its path is safe in a file system.

    Letters, digits, `-`, `_` and `.` within a segment, `/` between segments, no segment that is
    empty or starts with a dot, 200 characters at most.

    Raises InvalidRequest.
    """
    parts = name.split("/")
    if len(name) > NAME_LIMIT or not all(SEGMENT.fullmatch(part) for part in parts):
        raise InvalidRequest(
            "",
            "",
            f"{what} {name!r}: use letters, digits, '-', '_' and '.' (and '/' between folders),"
            f" {NAME_LIMIT} characters at most, no part empty or starting with a dot or dash",
        )
    return name


def checked_media(media: str) -> str:
    """A media URI that Asterisk can play: `sound:`, `recording:`, `number:`, `digits:`,
    `characters:` or `tone:` and what belongs behind it.

    Raises InvalidRequest.
    """
    scheme, colon, rest = media.partition(":")
    if not colon or scheme not in SCHEMES or not rest:
        raise InvalidRequest(
            "",
            "",
            f"media {media!r}: write scheme:what, with scheme one of {', '.join(SCHEMES)},"
            " such as sound:hello-world",
        )
    if scheme == "recording" or (
        scheme == "sound" and not rest.startswith(("http://", "https://"))
    ):
        checked_name(rest.removeprefix("/") if scheme == "sound" else rest, f"{scheme} name")
    return media
