"""A grant: what the bearer of a token may do, and in which rooms. Pure.

Rules: a scope is one kind of thing that can be done, a room is bound by patterns of names. Nobody
can pass on more than they have. Of the token itself only its hash is ever kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from fnmatch import fnmatchcase

from attrs import field, frozen

from stasis.web import Grant as AnyGrant
from stasis.web import more_than as more_scopes

__all__ = [
    "ALL_ROOMS",
    "MARK",
    "MODERATOR_SCOPES",
    "PATTERN",
    "SCOPES",
    "Grant",
    "more_than",
    "opens",
]

SCOPES: Mapping[str, str] = {
    "rooms:read": "see rooms, who is in them, and the profiles",
    "rooms:write": "make, change and delete rooms, and set their PINs",
    "rooms:act": "act on a whole room: lock, record, announce, end",
    "members:act": "act on who is in a room: mute, hold, kick, move",
    "invite": "have a room call a number",
    "invite:endpoint": "have a room call any endpoint of Asterisk",
    "recordings:read": "list recordings, and hear them",
    "recordings:delete": "delete recordings",
    "history:read": "see past conferences, and who was in them",
    "events": "hear of what happens, by WebSocket",
    "tokens": "make, list and revoke tokens, none with more than its own rights",
}
"""All scopes, and what each lets one do."""

MODERATOR_SCOPES = frozenset(
    {
        "rooms:read",
        "rooms:act",
        "members:act",
        "invite",
        "recordings:read",
        "history:read",
        "events",
    }
)
"""What the PIN of a room's moderators gives, for that room alone."""

ALL_ROOMS = ("*",)
PATTERN = r"[A-Za-z0-9_.*?-]{1,64}"
"""A pattern of rooms' names: `*` stands for anything, `?` for one character."""

MARK = "stconf_"
"""How a token begins."""


def tuple_of(words: Iterable[str]) -> tuple[str, ...]:
    """Words in their order."""
    return tuple(words)


@frozen(kw_only=True)
class Grant(AnyGrant):
    """What was granted with a token.

    rooms: patterns. pin: of a log-in by PIN, the hash of the PIN's hash, so that it ends when the
    PIN is changed; empty otherwise.
    """

    rooms: tuple[str, ...] = field(default=ALL_ROOMS, converter=tuple_of)
    pin: str = field(default="", repr=False)

    @property
    def bound(self) -> bool:
        """Whether it is for some rooms only."""
        return "*" not in self.rooms

    def opens(self, room: str) -> bool:
        """Whether it is for a room of that name, be there one or not."""
        return opens(self.rooms, room)


def opens(patterns: Iterable[str], room: str) -> bool:
    """Whether a room's name fits one of these patterns."""
    return any(fnmatchcase(room, pattern) for pattern in patterns)


def more_than(
    own: Grant, scopes: Iterable[str], rooms: Iterable[str], expires: datetime | None
) -> str | None:
    """What somebody would pass on that is not theirs; None: nothing.

    A pattern is theirs when they have the very same, or it is a name that one of theirs fits.
    """
    if own.bound and (
        others := sorted(room for room in rooms if room not in own.rooms and not names(own, room))
    ):
        return f"rooms that are not yours: {', '.join(others)}"
    return more_scopes(own, scopes, expires)


def names(own: Grant, pattern: str) -> bool:
    """Whether a pattern is the name of one room, and that room is theirs."""
    return not re.search(r"[*?]", pattern) and own.opens(pattern)
