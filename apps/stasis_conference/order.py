"""An order: that an action is to be done in a room, by whom and to whom."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from stasis import StasisError
from stasis_conference.live import LiveRoom
from stasis_conference.member import Member
from stasis_conference.profile import DEFAULT
from stasis_conference.rooms import Rooms

__all__ = ["NotPossible", "Order", "media_of"]


class NotPossible(StasisError):
    """An action was not done. why: one word for machines, such as `not_allowed`."""

    def __init__(self, why: str, text: str) -> None:
        super().__init__(text)
        self.why = why


@frozen
class Order:
    """That an action is to be done.

    action: its name. by: the member who asks; None for the API. member: on whom, for an action on
    one; None is whoever asks. media: to be announced. room: where to move. number: to be dialled;
    endpoint: the same as Asterisk's endpoint, by the API only. profile: of who is called.
    """

    action: str
    rooms: Rooms
    room: LiveRoom
    by: Member | None = None
    member: Member | None = None
    media: Sequence[str] = ()
    to: str = ""
    number: str = ""
    endpoint: str = ""
    profile: str = DEFAULT


def media_of(order: Order) -> Sequence[str]:
    """What is to be said. Raises NotPossible when that is nothing."""
    if not order.media:
        raise NotPossible("no_media", f"{order.action}: say what is to be played")
    return order.media
