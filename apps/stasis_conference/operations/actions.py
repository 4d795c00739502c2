"""Every action of the table as an operation of its own.

Rules: what an action does, and on whom, is in the table of actions alone. An action on one member
is below that member, any other below the room.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from attrs import frozen

from stasis.web import Asked, Operation, Problem
from stasis_conference.action import ACTIONS, Action, perform
from stasis_conference.body import Announcement, Done, Invitation, Move
from stasis_conference.grant import Grant
from stasis_conference.member import Member
from stasis_conference.operations.access import check_room
from stasis_conference.order import NotPossible, Order

if TYPE_CHECKING:
    from stasis_conference.api import Conferences

__all__ = ["STATUS", "Actions"]

ROOM, MEMBER = "/rooms/{room}/actions/", "/rooms/{room}/members/{member}/actions/"

# What tells something to who presses the key: here, to a member.
TOLD = ("count", "help")

STATUS: Mapping[str, int] = {
    "unknown": 404,
    "not_allowed": 403,
    "nobody": 409,
    "no_room": 409,
    "full": 409,
    "locked": 409,
    "elsewhere": 409,
    "no_media": 422,
    "no_recording": 409,
    "no_number": 422,
    "no_dialling": 409,
}
"""What HTTP calls it when an action is not possible, by `NotPossible.why`."""

CODES: Mapping[str, tuple[str, ...]] = {
    "move": ("no_room", "full", "locked", "waits"),
    "record": ("no_recording",),
    "pause": ("no_recording",),
    "dial": ("no_dialling",),
    "kick": ("nobody",),
}
"""Codes of 409 that an action may answer, by a word of its name."""


@frozen
class Takes:
    """What an action takes. body: its type. scope: instead of that of its kind. check: raises
    Problem. fills: the fields of an order.
    """

    body: type
    check: Callable[[Conferences, Asked[Grant, Any]], None]
    fills: Callable[[Any], dict[str, Any]]


class Actions:
    """The operations that do something in a live room."""

    def __init__(self, at: Conferences) -> None:
        self._at = at

    def rows(self) -> list[Operation]:
        """The operations, in the order of the table."""
        return [self._row(action) for action in ACTIONS.values()]

    def _row(self, action: Action) -> Operation:
        one = action.scope == "one" or action.name in TOLD
        takes = TAKES.get(action.name)
        problems: dict[int, list[str]] = {404: ["not_live", *(["no_member"] if one else [])]}
        codes = [code for word in action.name.split("_") for code in CODES.get(word, ())]
        if codes:
            problems[409] = codes
        if takes is not None and takes.body is Invitation:
            problems |= {403: ["no_endpoint"], 422: ["no_number", "no_profile"]}
        if takes is not None and takes.body is Move:
            problems[403] = ["other_room"]
        return Operation(
            "POST",
            (MEMBER if one else ROOM) + action.name,
            self._doing(action, takes, one),
            scope_of(action),
            body=takes.body if takes is not None else None,
            answers=Done,
            problems=problems,
            name=action.name,
            summary=f"{action.help[0].upper()}{action.help[1:]}",
            tag="actions",
        )

    def _doing(
        self, action: Action, takes: Takes | None, one: bool
    ) -> Callable[[Asked[Grant, Any]], Awaitable[Done]]:
        """What does it."""

        async def do(asked: Asked[Grant, Any]) -> Done:
            room, member = self._at.member(asked) if one else (self._at.live(asked), None)
            fields: dict[str, Any] = {}
            if takes is not None:
                takes.check(self._at, asked)
                fields = takes.fills(asked.body)
            if action.name in TOLD:
                fields |= self._told(action, member)
            return await self._do(Order(action.name, self._at.rooms, room, member=member, **fields))

        return do

    async def _do(self, order: Order) -> Done:
        moves = order.to and order.member is not None
        if moves and order.member is not None and order.member.id in order.room.waiting:
            raise Problem(409, "waits", "the member waits in the lobby: it cannot be moved")
        try:
            members = await perform(order)
        except NotPossible as error:
            raise Problem(STATUS.get(error.why, 409), error.why, str(error)) from None
        return Done(members=[each.id for each in members])

    def _told(self, action: Action, member: Member | None) -> dict[str, Any]:
        """Something is told to a member, as if it had pressed the key."""
        assert member is not None
        menu = self._at.menu_of(member)
        return {"by": member, "media": menu.help if action.name == "help" else ()}


def scope_of(action: Action) -> str:
    """The scope that a token needs for an action."""
    if action.name == "dial_out":
        return "invite"
    return "rooms:act" if action.scope == "room" and action.name not in TOLD else "members:act"


def may_move(at: Conferences, asked: Asked[Grant, Move]) -> None:
    """Into a room of theirs only. Raises Problem."""
    check_room(asked.who, asked.body.to, "move")


def may_play(at: Conferences, asked: Asked[Grant, Announcement]) -> None:
    """Whoever has some rooms only plays no recordings but of this one. Raises Problem."""
    if not asked.who.bound:
        return
    folder = f"recording:{at.live(asked).profile.record_folder}/{asked.path['room']}/"
    for each in asked.body.media:
        if each.startswith("recording:") and not each.startswith(folder):
            raise Problem(403, "other_room", f"{each} is no recording of this room")


def may_invite(at: Conferences, asked: Asked[Grant, Invitation]) -> None:
    """A number, or by leave an endpoint; not both. Raises Problem."""
    body = asked.body
    if bool(body.number) == bool(body.endpoint):
        raise Problem(422, "no_number", "say either a number or an endpoint")
    if body.endpoint and "invite:endpoint" not in asked.who.scopes:
        text = "this token lacks the scope invite:endpoint; a number may be called"
        raise Problem(403, "no_endpoint", text)
    known = at.file().member_profiles
    if body.profile not in known:
        text = f"there is no member profile {body.profile!r}; known: {', '.join(known)}"
        raise Problem(422, "no_profile", text)


MOVING = Takes(Move, may_move, lambda body: {"to": body.to})
PLAYING = Takes(Announcement, may_play, lambda body: {"media": body.media})
INVITING = Takes(
    Invitation,
    may_invite,
    lambda body: {"number": body.number, "endpoint": body.endpoint, "profile": body.profile},
)

TAKES: Mapping[str, Takes] = {
    "move": MOVING,
    "move_all": MOVING,
    "move_others": MOVING,
    "announce": PLAYING,
    "announce_all": PLAYING,
    "dial_out": INVITING,
}
"""What actions take, beside whom they work on."""
