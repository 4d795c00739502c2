"""What the API takes and gives, as types: they are checked and described by themselves. Pure.

Rules: moments are ISO 8601 in UTC, lengths of time are seconds. A PIN or a token is taken or made,
and never shown again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

from stasis_conference.grant import PATTERN
from stasis_conference.profile import DEFAULT

__all__ = [
    "Announcement",
    "Done",
    "HistoryQuery",
    "Invitation",
    "Live",
    "LiveState",
    "LogIn",
    "LoggedIn",
    "Member",
    "MemberStay",
    "Move",
    "NewToken",
    "Profiles",
    "Recording",
    "RecordingsQuery",
    "Room",
    "RoomBody",
    "RoomChange",
    "RoomsQuery",
    "Session",
    "SessionSummary",
    "Token",
    "TokenMade",
    "TokensQuery",
    "Whoami",
]

RoomName: TypeAlias = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$", max_length=64)
]
MemberId: TypeAlias = Annotated[str, Meta(pattern="^[0-9a-f]{12}$", max_length=12)]
Id: TypeAlias = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Limit: TypeAlias = Annotated[int, Meta(ge=1, le=500)]
Pin: TypeAlias = Annotated[str, Meta(pattern="^([0-9]{4,12})?$", max_length=12)]
Title: TypeAlias = Annotated[str, Meta(max_length=200)]
Name: TypeAlias = Annotated[str, Meta(pattern="^[A-Za-z0-9_.-]{1,64}$", max_length=64)]
# Names below Asterisk's sound folder, so that no file elsewhere can be played.
Medium: TypeAlias = Annotated[
    str,
    Meta(
        pattern=r"^((sound|recording):[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*"
        r"|(number|digits):[0-9*#]{1,32}|characters:[A-Za-z0-9]{1,32}|tone:[A-Za-z0-9_-]{1,32})$",
        max_length=256,
    ),
]


class Taken(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is taken has no field that is not known."""


class Given(msgspec.Struct, kw_only=True):
    """What is given may get further fields."""


# Who asks


class LogIn(Taken):
    """The PIN of a room's moderators."""

    room: RoomName
    pin: Annotated[str, Meta(pattern="^[0-9]{4,12}$", max_length=12)]

    def __repr__(self) -> str:
        return f"<LogIn {self.room}>"


class Whoami(Given):
    """What a token grants."""

    name: str
    scopes: list[str]
    rooms: list[str]
    expires: datetime | None


class LoggedIn(Whoami):
    """The same, and the token."""

    token: str


class NewToken(Taken):
    """A token to be made. rooms: patterns. seconds: how long it counts; null for ever."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    scopes: Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(min_length=1, max_length=20)]
    rooms: Annotated[
        list[Annotated[str, Meta(pattern=f"^{PATTERN}$", max_length=64)]],
        Meta(min_length=1, max_length=50),
    ] = msgspec.field(default_factory=lambda: ["*"])
    seconds: Annotated[int, Meta(ge=1, le=10 * 366 * 86_400)] | None = None


class Token(Given):
    """A token that was made, without what it is."""

    id: int
    name: str
    scopes: list[str]
    rooms: list[str]
    created: datetime
    expires: datetime | None
    revoked: datetime | None
    used: datetime | None


class TokenMade(Token):
    """The same, and the token: it is shown here only."""

    token: str


class TokensQuery(Taken):
    """after: the last id that is known already."""

    limit: Limit = 100
    after: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0


# Rooms


class Room(Given):
    """A room that is there whether or not somebody is in it.

    member_pin, moderator_pin: whether there is one. static: whether it is of the file. live:
    whether somebody is in it now.
    """

    name: str
    title: str
    profile: str
    member_pin: bool
    moderator_pin: bool
    static: bool
    created: datetime
    changed: datetime
    live: bool


class RoomsQuery(Taken):
    """after: the last name that is known already."""

    limit: Limit = 100
    after: Annotated[str, Meta(max_length=64)] = ""


class RoomBody(Taken):
    """A room as it is to be. A PIN that is left out stays; an empty one is taken away."""

    title: Title = ""
    profile: Name = DEFAULT
    member_pin: Pin | UnsetType = UNSET
    moderator_pin: Pin | UnsetType = UNSET

    def __repr__(self) -> str:
        return f"<RoomBody {self.title!r}>"


class RoomChange(Taken):
    """What of a room is to change; what is left out stays."""

    title: Title | UnsetType = UNSET
    profile: Name | UnsetType = UNSET
    member_pin: Pin | UnsetType = UNSET
    moderator_pin: Pin | UnsetType = UNSET

    def __repr__(self) -> str:
        return f"<RoomChange {self.title!r}>"


class Profiles(Given):
    """The names of the profiles of rooms and of members."""

    rooms: list[str]
    members: list[str]


# Who is in a room


class Member(Given):
    """A member. id: its own. waiting: in the lobby. Volumes are steps, speaking is seconds."""

    id: str
    channel: str
    name: str
    number: str
    profile: str
    moderator: bool
    muted: bool
    deaf: bool
    held: bool
    talking: bool
    waiting: bool
    talk_volume: int
    listen_volume: int
    joined: datetime | None
    speaking: float


class LiveState(Given):
    """A room in which somebody is.

    recording: what it does now; recording_name: of the recording that is wanted, or empty;
    recording_seconds: how much is recorded of it. paused: whether by hand; one that is wanted and
    paused otherwise waits for a moderator. record: as of the room's profile.
    speaker: the id of who talks, or was the last to. capacity: 0 is no limit. grace_until: until
    when a moderator has to come back.
    """

    room: str
    title: str
    locked: bool
    recording: Literal["off", "running", "paused"]
    recording_name: str
    recording_seconds: float
    paused: bool
    record: Literal["off", "demand", "auto"]
    speaker: str | None
    began: datetime | None
    ends_at: datetime | None
    grace_until: datetime | None
    capacity: int


class Live(LiveState):
    """The same with its members, those in the lobby behind."""

    members: list[Member]


# Actions


class Done(Given):
    """It is done. members: the ids of those it was done to; none for an action on the room."""

    members: list[str]


class Announcement(Taken):
    """What is to be played: `sound:hello-world`, `number:7` and the like."""

    media: Annotated[list[Medium], Meta(min_length=1, max_length=10)]


class Move(Taken):
    """Where to."""

    to: RoomName


class Invitation(Taken):
    """Who is to be called: a number, or an endpoint such as `PJSIP/alice`; one of the two.

    profile: of the member they become.
    """

    number: Annotated[str, Meta(pattern=r"^[0-9*#+]{1,32}$", max_length=32)] = ""
    endpoint: Annotated[str, Meta(pattern=r"^[A-Za-z0-9]{1,16}/[^\s,&]{1,100}$")] = ""
    profile: Name = DEFAULT


# What has been


class SessionSummary(Given):
    """A conference. ended: null while it is on. why: it ended. members, recordings: how many."""

    id: int
    room: str
    began: datetime
    ended: datetime | None
    why: str
    members: int
    recordings: int


class MemberStay(Given):
    """One stay in a room. why: it ended. speaking: seconds."""

    name: str
    number: str
    moderator: bool
    joined: datetime
    left: datetime | None
    why: str
    speaking: float


class Recording(Given):
    """A recording. session: of which conference. seconds: of sound. ended: null while it runs."""

    id: int
    session: int
    room: str
    name: str
    begun: datetime
    ended: datetime | None
    seconds: float


class Session(Given):
    """A conference with who was in it. stays: the first 1000; members: how many there were."""

    id: int
    room: str
    began: datetime
    ended: datetime | None
    why: str
    members: int
    stays: list[MemberStay]
    recordings: list[Recording]


class HistoryQuery(Taken):
    """since, until: when they began. before: the last id that is known already."""

    room: RoomName | None = None
    since: Annotated[datetime, Meta(tz=True)] | None = None
    until: Annotated[datetime, Meta(tz=True)] | None = None
    limit: Limit = 100
    before: Id | None = None


class RecordingsQuery(Taken):
    """before: the last id that is known already."""

    room: RoomName | None = None
    session: Id | None = None
    limit: Limit = 100
    before: Id | None = None


def as_is(row: Any, kind: type[Any], **more: Any) -> Any:
    """A row of the store as what is given. more: what the row has not, or has otherwise."""
    names = {field.name for field in msgspec.structs.fields(kind)} - set(more)
    return kind(**{name: getattr(row, name) for name in names}, **more)
