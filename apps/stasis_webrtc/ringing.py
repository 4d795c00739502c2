"""Whom to ring, and what comes when that fails. Pure.

Rules: who forwards always is never rung. Who wants no disturbance, has as many calls as may be,
or declines counts as busy; who has no device counts as one who does not answer. Where nothing is
forwarded, a message may be left.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from attrs import define, field, frozen

from stasis import DialResult
from stasis_webrtc.directory import User
from stasis_webrtc.view import Reason

__all__ = ["Ring", "Way", "reason_of", "way_on", "way_to"]

# Q.850: the call was rejected.
REJECTED = 21

Do: TypeAlias = Literal["ring", "forward", "message", "end"]
"""What to do for a caller."""

STATUSES: Mapping[str, Reason] = {
    "BUSY": "busy",
    "NOANSWER": "noanswer",
    "CONGESTION": "failed",
    "CHANUNAVAIL": "unavailable",
    "CANCEL": "cancelled",
}


@define
class Ring:
    """Who is rung for a caller now.

    id: of the call as who is rung sees it. user: whom; empty for an outside number. name, number:
    theirs. endpoints: of Asterisk. seconds: to ring. began: when, seconds since 1970. back: a
    transfer has failed, and who transferred is rung. rejected: they do not want to. answered: one
    of their devices is on its way into the call. anew: a page of theirs was loaded again, and is
    to be rung once more.
    """

    id: str = ""
    user: str = ""
    name: str = ""
    number: str = ""
    endpoints: list[str] = field(factory=list)
    seconds: int = 0
    began: float = 0.0
    back: bool = False
    rejected: bool = False
    answered: bool = False
    anew: bool = False


@frozen
class Way:
    """What to do. to: what is called instead. why: the reason when it ends so."""

    do: Do
    to: str = ""
    why: Reason = ""


def way_to(user: User, *, registered: bool, full: bool) -> Way:
    """How to reach a user. registered: a device is. full: it has as many calls as may be."""
    if user.disabled or not user.grants.may_receive:
        return Way("end", why="unavailable")
    if user.forward_always:
        return Way("forward", user.forward_always, "unavailable")
    if user.dnd or full:
        return way_on(user, "busy")
    if not registered:
        return way_on(user, "unavailable")
    return Way("ring")


def way_on(user: User, why: Reason) -> Way:
    """What comes when a user was not reached. why: the reason."""
    to = user.forward_busy if why in ("busy", "rejected") else user.forward_no_answer
    if to:
        return Way("forward", to, why)
    return Way("message" if user.messages else "end", why=why)


def reason_of(result: DialResult, ring: Ring) -> Reason:
    """Why nobody has answered."""
    if ring.rejected or (result.status == "BUSY" and result.cause == REJECTED):
        return "rejected"
    return STATUSES.get(result.status, "failed")
