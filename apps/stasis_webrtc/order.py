"""An order: that something is to be done in a call, by one of its parties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import frozen

from stasis import StasisError

if TYPE_CHECKING:
    from stasis_webrtc.call import Call
    from stasis_webrtc.calls import Calls
    from stasis_webrtc.party import Party

__all__ = ["NotPossible", "Order", "Why"]

Why: TypeAlias = Literal["no_call", "not_now", "may_not", "bad_number", "unknown"]
"""Why an action was not done, for machines. not_now: the call is not connected, or not so."""


class NotPossible(StasisError):
    """An action was not done. why: one word for machines."""

    def __init__(self, why: Why, text: str) -> None:
        super().__init__(text)
        self.why = why


@frozen
class Order:
    """That an action is to be done.

    action: its name. party: who asks. call: theirs. digits: to be sent. to: where to transfer, as
    it would be dialled. other: the id of another call of the same user. room: of a conference.
    everybody: whether all go there, or only who asks.
    """

    action: str
    calls: Calls
    call: Call
    party: Party
    digits: str = ""
    to: str = ""
    other: str = ""
    room: str = ""
    everybody: bool = True
