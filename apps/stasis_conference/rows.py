"""What the store keeps, as plain values: rooms, live state, sessions, members, recordings. Pure.

Rules: every moment has a time zone. A PIN is here as its hash only, and no repr shows even that.
"""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

__all__ = ["Attempts", "LiveRow", "MembershipRow", "RecordingRow", "RoomRow", "SessionRow"]


@frozen
class RoomRow:
    """A room that is there whether or not somebody is in it.

    profile: the name of its room profile. member_pin, moderator_pin: argon2 hashes, or an empty
    text where none is asked for. static: whether it comes from the file. origin: a hash of what
    the file said of it when it was last taken over.
    """

    name: str
    created: datetime
    changed: datetime
    title: str = ""
    profile: str = "default"
    member_pin: str = field(default="", repr=False)
    moderator_pin: str = field(default="", repr=False)
    static: bool = False
    origin: str = field(default="", repr=False)


@frozen
class LiveRow:
    """What of a live room must outlive the process.

    recording: the name of the one that runs, or an empty text. session: its id, None when no
    conference is on. ends_at: when the time limit is reached. grace_until: until when a moderator
    has to come back.
    """

    locked: bool = False
    recording: str = ""
    paused: bool = False
    session: int | None = None
    ends_at: datetime | None = None
    grace_until: datetime | None = None


@frozen
class MembershipRow:
    """One stay of a caller in a room.

    left: None while it is in. why: why it left. speaking: seconds.
    """

    id: int
    session: int
    channel: str
    name: str
    number: str
    moderator: bool
    joined: datetime
    left: datetime | None
    why: str
    speaking: float


@frozen
class RecordingRow:
    """One recording. name: as Asterisk stores it. ended: None while it runs. seconds: of sound."""

    id: int
    session: int
    name: str
    begun: datetime
    ended: datetime | None
    seconds: float


@frozen
class SessionRow:
    """One conference, from the first who came to the last who left, and all that was in it."""

    id: int
    room: str
    began: datetime
    ended: datetime | None
    why: str
    memberships: tuple[MembershipRow, ...] = ()
    recordings: tuple[RecordingRow, ...] = ()


@frozen
class Attempts:
    """A PIN that is being tried, and how many wrong ones there were lately, this one included.

    id: for `Store.judge`. by_caller: of this caller, in any room; 0 when the caller has no
    number. by_room: at this room, by anybody.
    """

    id: int
    by_caller: int
    by_room: int
