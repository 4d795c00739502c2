"""What the database and the calls know, as the API shows it. Pure."""

from __future__ import annotations

from stasis_webrtc.body import (
    AuditLine,
    CallBody,
    Contact,
    Entry,
    GrantsBody,
    Me,
    Message,
    PeerBody,
    RecordingBody,
    SessionBody,
    Settings,
    UserBody,
)
from stasis_webrtc.grant import Grants
from stasis_webrtc.presence import Presence
from stasis_webrtc.rows import (
    AuditRow,
    CallRow,
    MessageRow,
    RecordingRow,
    SessionRow,
    UserRow,
)
from stasis_webrtc.view import CallView

__all__ = [
    "audit_of",
    "call_of",
    "contact_of",
    "entry_of",
    "grants_of",
    "me_of",
    "message_of",
    "recording_of",
    "session_of",
    "settings_of",
    "user_of",
]


def call_of(view: CallView) -> CallBody:
    """A call."""
    peer = PeerBody(name=view.peer.name, number=view.peer.number, user=view.peer.user)
    return CallBody(
        id=view.id,
        state=view.state,
        direction=view.direction,
        peer=peer,
        since=view.since,
        device=view.device or None,
        held=view.held,
        held_by_other=view.held_by_other,
        muted=view.muted,
        recording=view.recording,
        recording_by_me=view.recording_by_me,
        conference=view.conference or None,
        reason=view.reason or None,
        rejoin=view.rejoin,
    )


def settings_of(row: UserRow) -> Settings:
    """What becomes of a user's calls."""
    return Settings(
        dnd=row.dnd,
        forward_always=row.forward_always or None,
        forward_busy=row.forward_busy or None,
        forward_no_answer=row.forward_no_answer or None,
    )


def grants_of(grants: Grants) -> GrantsBody:
    """What a user may do."""
    return GrantsBody(
        may_call=list(grants.patterns),
        may_receive=grants.may_receive,
        may_record=grants.may_record,
    )


def me_of(row: UserRow) -> Me:
    """Who is logged in."""
    return Me(
        user=row.name,
        name=row.title or row.name,
        extension=row.extension,
        admin=row.grants.admin,
        grants=grants_of(row.grants),
        settings=settings_of(row),
    )


def contact_of(row: UserRow, presence: Presence) -> Contact:
    """Another user."""
    return Contact(
        user=row.name, name=row.title or row.name, extension=row.extension, presence=presence
    )


def entry_of(row: CallRow) -> Entry:
    """A call that was."""
    answered = row.answered
    return Entry(
        id=row.call,
        direction="in" if row.direction == "in" else "out",
        peer=PeerBody(name=row.peer_name, number=row.peer_number, user=row.peer_user),
        at=row.began,
        seconds=0 if answered is None else max(0, round((row.ended - answered).total_seconds())),
        outcome="answered" if answered is not None else row.reason,
        missed=row.missed,
        seen=row.seen,
        recording=None if row.recording is None else str(row.recording),
    )


def message_of(row: MessageRow) -> Message:
    """A message that somebody has left."""
    return Message(
        id=str(row.id),
        from_=PeerBody(name=row.peer_name, number=row.peer_number, user=row.peer_user),
        at=row.began,
        seconds=round(row.seconds or 0),
        heard=row.heard,
    )


def recording_of(row: RecordingRow) -> RecordingBody:
    """A call that was recorded."""
    ended = row.ended or row.began
    return RecordingBody(
        id=str(row.id),
        peer=PeerBody(name=row.peer_name, number=row.peer_number, user=row.peer_user),
        at=row.began,
        seconds=round((ended - row.began).total_seconds()),
    )


def user_of(row: UserRow) -> UserBody:
    """A user, for administrators."""
    return UserBody(
        user=row.name,
        name=row.title,
        extension=row.extension,
        admin=row.grants.admin,
        disabled=row.disabled,
        grants=grants_of(row.grants),
        created=row.created,
    )


def session_of(row: SessionRow) -> SessionBody:
    """A session, for administrators."""
    return SessionBody(
        id=row.id,
        device=row.device,
        address=row.address,
        endpoint=row.endpoint,
        began=row.began,
        seen=row.seen,
        expires=row.expires,
    )


def audit_of(row: AuditRow) -> AuditLine:
    """A line of the audit log."""
    return AuditLine(
        at=row.at,
        kind=row.kind,
        user=row.user,
        by=row.by,
        address=row.address,
        session=row.session,
        detail=row.detail,
    )
