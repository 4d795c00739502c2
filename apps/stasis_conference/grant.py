"""A grant: what the bearer of a token may do, and in which rooms. Pure.

Rules: a scope is one kind of thing that can be done, a room is bound by patterns of names. Nobody
can pass on more than they have. Of the token itself only its hash is ever kept.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from fnmatch import fnmatchcase
from hashlib import sha256

from attrs import field, frozen

__all__ = [
    "ALL_ROOMS",
    "MODERATOR_SCOPES",
    "PATTERN",
    "SCOPES",
    "Grant",
    "fresh_token",
    "hash_of",
    "more_than",
    "opens",
    "unknown_scopes",
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

# So that whoever finds one knows what it is; then 256 random bits.
MARK = "stconf_"


@frozen
class Grant:
    """What was granted with a token.

    name: for people. scopes: of SCOPES. rooms: patterns. expires: None is never. revoked: when.
    used: when it was last used, to about a minute. pin: of a log-in by PIN, the hash of the PIN's
    hash, so that it ends when the PIN is changed; empty otherwise.
    """

    id: int
    name: str
    scopes: frozenset[str]
    rooms: tuple[str, ...]
    created: datetime
    expires: datetime | None = None
    revoked: datetime | None = None
    used: datetime | None = None
    pin: str = field(default="", repr=False)

    @property
    def bound(self) -> bool:
        """Whether it is for some rooms only."""
        return "*" not in self.rooms

    def opens(self, room: str) -> bool:
        """Whether it is for a room of that name, be there one or not."""
        return opens(self.rooms, room)

    def holds(self, now: datetime) -> bool:
        """Whether it counts at this moment."""
        return self.revoked is None and (self.expires is None or now < self.expires)


def opens(patterns: Iterable[str], room: str) -> bool:
    """Whether a room's name fits one of these patterns."""
    return any(fnmatchcase(room, pattern) for pattern in patterns)


def more_than(
    own: Grant, scopes: Iterable[str], rooms: Iterable[str], expires: datetime | None
) -> str | None:
    """What somebody would pass on that is not theirs; None: nothing.

    A pattern is theirs when they have the very same, or it is a name that one of theirs fits.
    """
    if missing := sorted(set(scopes) - own.scopes):
        return f"scopes that you do not have: {', '.join(missing)}"
    if own.bound and (
        others := sorted(room for room in rooms if room not in own.rooms and not names(own, room))
    ):
        return f"rooms that are not yours: {', '.join(others)}"
    if own.expires is not None and (expires is None or expires > own.expires):
        return "it would last longer than your own token"
    return None


def names(own: Grant, pattern: str) -> bool:
    """Whether a pattern is the name of one room, and that room is theirs."""
    return not re.search(r"[*?]", pattern) and own.opens(pattern)


def fresh_token() -> str:
    """A token that nobody can guess."""
    return MARK + secrets.token_urlsafe(32)


def hash_of(token: str) -> str:
    """What is kept of a token. It has 256 random bits, so it needs neither salt nor work."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def unknown_scopes(scopes: Collection[str]) -> list[str]:
    """Those that are none."""
    return sorted(set(scopes) - set(SCOPES))
