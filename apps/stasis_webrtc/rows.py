"""What the store keeps, as plain values. Pure.

Rules: every moment has a time zone. No repr shows a hash or a key.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from attrs import field, frozen

from stasis_webrtc.grant import Grants

__all__ = [
    "AuditRow",
    "CallRow",
    "KeyRow",
    "MessageRow",
    "RecordingRow",
    "RefreshRow",
    "SessionRow",
    "UserRow",
    "Why",
]

Why = Literal["", "logged_out", "expired", "revoked", "disabled", "replayed"]
"""Why a session has ended; empty while it has not."""


@frozen
class UserRow:
    """Who may log in.

    name: to log in, in small letters. title: for people. extension: its number here, or empty.
    outside: the number that outside phones see, or empty. password: its argon2 hash. grants: what
    it may do. disabled: it takes part in nothing. dnd: nobody rings. forward_…: what is called
    instead, as it would be dialled; empty for nothing. messages: whether others may leave some.
    greeting: a medium that is played before one; empty for the usual words.
    """

    name: str
    created: datetime
    changed: datetime
    title: str = ""
    extension: str = ""
    outside: str = ""
    password: str = field(default="", repr=False)
    grants: Grants = Grants()
    disabled: bool = False
    dnd: bool = False
    forward_always: str = ""
    forward_busy: str = ""
    forward_no_answer: str = ""
    messages: bool = True
    greeting: str = ""


@frozen
class SessionRow:
    """Somebody who is logged in on one device, or was.

    id: 32 hex digits. device: how it calls itself. address: where the log-in came from. endpoint:
    the PJSIP endpoint of the device; empty while it has none. seen: the last refresh. expires:
    when it ends, if it is not refreshed. ended: None while it lives.
    """

    id: str
    user: str
    device: str
    address: str
    began: datetime
    seen: datetime
    expires: datetime
    endpoint: str = ""
    ended: datetime | None = None
    why: Why = ""


@frozen
class RefreshRow:
    """A refresh token. hash: sha256 of it. generation: counted from 1, one more at each refresh.

    used: when it was used or replaced; None: it is the one that is to be used next. successor:
    the hash of the token that was given for it.
    """

    hash: str = field(repr=False)
    session: str
    generation: int
    issued: datetime
    used: datetime | None = None
    successor: str = field(default="", repr=False)


@frozen
class KeyRow:
    """A key that signs access tokens. kid: its name. secret: 64 hex digits."""

    kid: str
    secret: str = field(repr=False)
    made: datetime


@frozen
class AuditRow:
    """Something that was done or refused. by: who did it, where that is not the user."""

    id: int
    at: datetime
    kind: str
    user: str
    by: str
    address: str
    session: str
    detail: str


@frozen
class CallRow:
    """A call that is over, as one user has it in the history.

    call: its id. direction: `in` or `out`. peer_user: the name of a user, or empty. answered: None
    for one that was not. missed: the user was called, and could not answer. seen: the user knows.
    recording, message: ids of what it has left behind, as of RecordingRow and MessageRow.
    """

    id: int
    user: str
    call: str
    direction: str
    peer_name: str
    peer_number: str
    peer_user: str
    began: datetime
    answered: datetime | None
    ended: datetime
    reason: str
    missed: bool
    seen: bool
    recording: int | None = None


@frozen
class MessageRow:
    """A message for a user. recording: as Asterisk stores it. seconds: None: not known."""

    id: int
    user: str
    recording: str
    peer_name: str
    peer_number: str
    peer_user: str
    began: datetime
    seconds: float | None
    heard: bool


@frozen
class RecordingRow:
    """A recording of a call. recording: as Asterisk stores it. ended: None while it runs."""

    id: int
    user: str
    recording: str
    call: str
    peer_name: str
    peer_number: str
    peer_user: str
    began: datetime
    ended: datetime | None


def user_of(row: Mapping[str, Any]) -> UserRow:
    """A user of a row of the table."""
    values: dict[str, Any] = dict(row)
    patterns = tuple(values.pop("may_call").split())
    names = ("may_receive", "may_record", "admin")
    return UserRow(**values | {"grants": Grants(patterns, *(values.pop(each) for each in names))})


def of_grants(grants: Grants) -> dict[str, Any]:
    """The columns of grants."""
    return {
        "may_call": " ".join(grants.patterns),
        "may_receive": grants.may_receive,
        "may_record": grants.may_record,
        "admin": grants.admin,
    }
