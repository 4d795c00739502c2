"""What passes over the API: bodies and answers, as Structs whose bounds are checked and described.

Moments are ISO 8601 with a zone, lengths are seconds.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct, field

from stasis_webrtc.presence import Presence
from stasis_webrtc.view import Direction, Reason, State

__all__ = [
    "Attend",
    "AuditLine",
    "AuditQuery",
    "CallBody",
    "Conference",
    "Contact",
    "Device",
    "Dialled",
    "Digits",
    "Entry",
    "GrantsBody",
    "HistoryQuery",
    "IceServer",
    "LogIn",
    "Me",
    "Message",
    "NewPassword",
    "PeerBody",
    "RecordingBody",
    "Room",
    "RoomLine",
    "RoomMember",
    "SessionBody",
    "Settings",
    "SignedIn",
    "Tab",
    "Transfer",
    "UserBody",
    "UserChange",
]

UserName: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64)]
Password: TypeAlias = Annotated[str, Meta(min_length=1, max_length=256)]
Number: TypeAlias = Annotated[str, Meta(max_length=64)]
Dial: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64)]
Id: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64)]
Before: TypeAlias = Annotated[datetime, Meta(tz=True)]


class Sent(Struct, forbid_unknown_fields=True, kw_only=True):
    """A body that is sent to us."""


class Told(Struct, kw_only=True):
    """An answer."""


# Who is logged in


class LogIn(Sent):
    """A log-in. device: how it is called in the list of sessions, such as `Chrome on Linux`."""

    user: UserName
    password: Password
    device: Annotated[str, Meta(max_length=80)] = ""


class SignedIn(Told):
    """Somebody is logged in. expires_in: seconds in which the access token is to be refreshed."""

    access_token: str
    expires_in: int
    session: str


class Tab(Sent):
    """A page that wants to be the telephone. tab: an id that the page chose when it was loaded."""

    tab: Id


class IceServer(Told, omit_defaults=True):
    """A STUN or TURN server, as RTCPeerConnection takes it."""

    urls: list[str]
    username: str = ""
    credential: str = ""


class Device(Told):
    """What a page needs to be a telephone. expires: until when it holds."""

    endpoint: str
    uri: str
    password: str
    websocket: str
    ice_servers: list[IceServer]
    expires: datetime


class GrantsBody(Told):
    """What a user may do. may_call: patterns, such as `internal`, `rooms`, `+49*`."""

    may_call: list[str]
    may_receive: bool
    may_record: bool


class Settings(Sent):
    """What becomes of calls. dnd: nobody rings. Others: what is called instead; null: nothing."""

    dnd: bool = False
    forward_always: Number | None = None
    forward_busy: Number | None = None
    forward_no_answer: Number | None = None


class Me(Told):
    """Who is logged in."""

    user: str
    name: str
    extension: str
    admin: bool
    grants: GrantsBody
    settings: Settings


class NewPassword(Sent):
    """A change of the own password."""

    old: Password
    new: Password


# Calls


class PeerBody(Told, omit_defaults=True):
    """Who is at the other side. user: the name of a user of this server."""

    name: str
    number: str
    user: str = ""


class CallBody(Told):
    """A call, as its user sees it. since: when the present state began. recording: somebody in it
    records; recording_by_me: the user does, and may stop it. rejoin: its device was lost, and is
    called again as soon as it is there.
    """

    id: str
    state: State
    direction: Direction
    peer: PeerBody
    since: datetime
    device: str | None
    held: bool
    held_by_other: bool
    muted: bool
    recording: bool
    recording_by_me: bool
    conference: str | None
    reason: Reason | Literal["answered_elsewhere"] | None
    rejoin: bool


class Dialled(Sent):
    """Somebody to be called: the own device rings first."""

    to: Dial


class Digits(Sent):
    """Keys to be pressed: the other side hears them."""

    digits: Annotated[str, Meta(pattern="^[0-9A-D*#]{1,32}$")]


class Transfer(Sent):
    """Where the other side is sent."""

    to: Dial


class Attend(Sent):
    """The other call, of which both other sides are brought together."""

    with_: Id = field(name="with")


class Conference(Sent):
    """The room that all in the call go to."""

    room: Dial


# Lists


class Contact(Told):
    """Another user."""

    user: str
    name: str
    extension: str
    presence: Presence


class HistoryQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which calls: only missed ones, those before a moment, at most so many."""

    missed: bool = False
    before: Before | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class Entry(Told):
    """A call that was. seconds: that were talked. outcome: `answered`, or why not."""

    id: str
    direction: Direction
    peer: PeerBody
    at: datetime
    seconds: int
    outcome: str
    missed: bool
    seen: bool
    recording: str | None = None
    message: str | None = None


class Message(Told):
    """A message that somebody has left."""

    id: str
    from_: PeerBody = field(name="from")
    at: datetime
    seconds: int
    heard: bool


class RecordingBody(Told):
    """A call that was recorded."""

    id: str
    peer: PeerBody
    at: datetime
    seconds: int


class RoomLine(Told):
    """A conference room. members: how many are in it."""

    room: str
    title: str
    members: int
    locked: bool


class RoomMember(Told):
    """Who is in a room. me: on a device of who asks."""

    id: str
    name: str
    number: str
    moderator: bool
    muted: bool
    talking: bool
    me: bool


class Room(Told):
    """A conference room, and who is in it."""

    room: str
    title: str
    locked: bool
    recording: bool
    members: list[RoomMember]


# Administration


class UserChange(Sent):
    """A user as it is to be; what is not given stays as it is, or is as usual for a new one."""

    name: Annotated[str, Meta(max_length=80)] | None = None
    extension: Annotated[str, Meta(max_length=16)] | None = None
    password: Password | None = None
    may_call: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=100)] | None = (
        None
    )
    may_receive: bool | None = None
    may_record: bool | None = None
    admin: bool | None = None
    disabled: bool | None = None


class UserBody(Told):
    """A user, as an administrator sees it."""

    user: str
    name: str
    extension: str
    admin: bool
    disabled: bool
    grants: GrantsBody
    created: datetime


class SessionBody(Told):
    """A session of a user. endpoint: of its device."""

    id: str
    device: str
    address: str
    endpoint: str
    began: datetime
    seen: datetime
    expires: datetime


class AuditQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which lines: of a user, before a moment, at most so many."""

    user: Annotated[str, Meta(max_length=64)] | None = None
    before: Before | None = None
    limit: Annotated[int, Meta(ge=1, le=500)] = 100


class AuditLine(Told):
    """Something that was done or refused. by: who did it, where that is not the user."""

    at: datetime
    kind: str
    user: str
    by: str
    address: str
    session: str
    detail: str
