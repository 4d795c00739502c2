"""A call as one user sees it, and what is told of it to listeners."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal, TypeAlias

from attrs import frozen

__all__ = ["CallView", "Direction", "Listener", "Peer", "Reason", "State"]

State: TypeAlias = Literal["ringing", "connected", "ended"]
Direction: TypeAlias = Literal["in", "out"]
Reason: TypeAlias = Literal[
    "",
    "hangup",
    "busy",
    "noanswer",
    "rejected",
    "unavailable",
    "forbidden",
    "cancelled",
    "transferred",
    "failed",
]
"""Why a call has ended. cancelled: by who called, before an answer. rejected: by who was called.
unavailable: nobody is there, or there is no such number. transferred: others talk on."""


@frozen
class Peer:
    """Who is at the other side. user: the name of a user; empty for others."""

    name: str = ""
    number: str = ""
    user: str = ""


@frozen
class CallView:
    """A call from the point of view of one user, whichever devices ring.

    id: the same from the first ring to the end, also after a transfer; what devices get in the
    header X-Stasis-Call. direction: `out` where the user has called. since: when the present state
    began. began: when the call did. device: the endpoint that talks; empty while it rings. held:
    by the user. held_by_other: music plays. muted: nobody hears the user. recording: somebody in
    it records; recording_by_me: the user does. conference: the room it is in; empty for none.
    rejoin: the device is lost, and is rung as soon as it is back. reason: why it has ended. first:
    whom the user talked with first, as the history keeps it.
    """

    id: str
    user: str
    state: State
    direction: Direction
    peer: Peer
    since: datetime
    began: datetime
    device: str = ""
    held: bool = False
    held_by_other: bool = False
    muted: bool = False
    recording: bool = False
    recording_by_me: bool = False
    conference: str = ""
    rejoin: bool = False
    reason: Reason = ""
    first: Peer | None = None


Listener: TypeAlias = Callable[[CallView], None]
"""Hears of every change of a call. It must not wait."""
