"""Every action in a room, as one table: keys, API, command line and page all go through it.

Rules: an action says on whom it works and who may do it; `perform` checks both, so no way in can
forget it. Who acts on themselves needs no leave for it, on others only a moderator may; whoever
comes by the API (`by` is None) was let in there. A member who goes meanwhile is no error.
"""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

import structlog
from attrs import frozen

from stasis import AriError, ChannelGone
from stasis_conference import on_member, on_room
from stasis_conference.member import Member
from stasis_conference.on_member import OnMember
from stasis_conference.on_room import OnRoom
from stasis_conference.order import NotPossible, Order

__all__ = ["ACTIONS", "Action", "action_problem", "perform"]

log = structlog.get_logger("stasis_conference")

Scope: TypeAlias = Literal["one", "all", "others", "last", "room"]
"""On whom: one member, everybody inside, all but moderators, who came last, or the room."""


@frozen
class Action:
    """An action.

    name: as menus and the API have it. help: for people. scope: on whom. moderator: whether only
    a moderator may; on others than oneself always. do_to_member, do_to_room: what it does, one of
    them.
    """

    name: str
    help: str
    scope: Scope
    moderator: bool
    do_to_member: OnMember | None = None
    do_to_room: OnRoom | None = None


async def perform(order: Order) -> list[Member]:
    """Do what is ordered. Returns the members it was done to; none for an action on the room.

    Raises NotPossible, AriError, and ChannelGone when the member who asks has gone.
    """
    action = ACTIONS.get(order.action)
    if action is None:
        raise NotPossible("unknown", action_problem(order.action) or "")
    members = targets(order, action)
    if not allowed(order.by, action, members):
        raise NotPossible("not_allowed", f"{action.name}: only a moderator may do that")
    if action.do_to_room is not None:
        await action.do_to_room(order)
    if action.do_to_member is not None:
        await asyncio.gather(*(done_to(action, order, each) for each in members))
    return members


def allowed(by: Member | None, action: Action, members: Sequence[Member]) -> bool:
    """Whether one may do an action to these members, or to the room. Pure."""
    if by is None or by.moderator:
        return True
    return not action.moderator and (action.scope == "room" or list(members) == [by])


async def done_to(action: Action, order: Order, member: Member) -> None:
    """Do it to one member. One that has gone is fine, unless it is who asks."""
    assert action.do_to_member is not None
    try:
        await action.do_to_member(order, member)
    except ChannelGone:
        if member is order.by:
            raise
    except AriError as error:
        # One for whom it fails keeps it from nobody else.
        if action.scope in ("one", "last"):
            raise
        log.warning("not done to a member", action=action.name, member=member.id, error=str(error))


def targets(order: Order, action: Action) -> list[Member]:
    """On whom an action works now. Raises NotPossible when there is nobody. Pure."""
    room = order.room
    members = list(room.members.values())
    if action.scope == "room":
        return []
    if action.scope == "all":
        return members
    if action.scope == "others":
        return [each for each in members if not each.moderator]
    found = room.last(order.by) if action.scope == "last" else order.member or order.by
    if found is None or not room.holds(found):
        raise NotPossible("nobody", f"{action.name}: there is no such member in {room.name}")
    return [found]


def members(
    name: str, help: str, do: OnMember, *, own: bool = True, many: bool = True
) -> Sequence[Action]:
    """An action on one member, and those of the same kind on all and on all but moderators.

    own: whether everybody may do it to themselves.
    """
    found = [Action(name, help, "one", not own, do_to_member=do)]
    if many:
        found += [
            Action(f"{name}_all", f"{help}: everybody", "all", True, do_to_member=do),
            Action(
                f"{name}_others", f"{help}: all but moderators", "others", True, do_to_member=do
            ),
        ]
    return found


def room(name: str, help: str, do: OnRoom, *, moderator: bool = True) -> Action:
    """An action on the room."""
    return Action(name, help, "room", moderator, do_to_room=do)


TABLE: Sequence[Action] = (
    *members("mute", "nobody hears the member", on_member.mute),
    *members("unmute", "the member is heard again", on_member.unmute),
    *members("toggle_mute", "mute or unmute", on_member.toggle_mute, many=False),
    *members("deafen", "the member hears nobody", on_member.deafen),
    *members("undeafen", "the member hears the others again", on_member.undeafen),
    *members("toggle_deaf", "deafen or undeafen", on_member.toggle_deaf, many=False),
    *members("hold", "the member hears music, out of the room", on_member.hold),
    *members("unhold", "the member is back among the others", on_member.unhold),
    *members("toggle_hold", "hold or unhold", on_member.toggle_hold, many=False),
    *members("talk_up", "the member is heard louder", on_member.volume("talk", 1), many=False),
    *members(
        "talk_down", "the member is heard less loud", on_member.volume("talk", -1), many=False
    ),
    *members("listen_up", "the member hears louder", on_member.volume("listen", 1), many=False),
    *members(
        "listen_down", "the member hears less loud", on_member.volume("listen", -1), many=False
    ),
    *members("kick", "out with the member", on_member.kick, own=False),
    Action("kick_last", "out with who came last", "last", True, do_to_member=on_member.kick),
    *members("leave", "the member goes", on_member.leave, many=False),
    *members("move", "the member goes to another room", on_member.move, own=False),
    *members(
        "announce", "something is said to the member", on_member.announce, own=False, many=False
    ),
    room("announce_all", "something is said to everybody", on_room.announce_all),
    room("lock", "only moderators may come in", on_room.lock),
    room("unlock", "everybody may come in", on_room.unlock),
    room("toggle_lock", "lock or unlock", on_room.toggle_lock),
    room("start_record", "the room is recorded", on_room.start_record),
    room("stop_record", "the recording ends", on_room.stop_record),
    room("toggle_record", "start or stop the recording", on_room.toggle_record),
    room("pause_record", "the recording leaves out what is said", on_room.pause_record),
    room("resume_record", "the recording goes on", on_room.resume_record),
    room("toggle_pause", "pause the recording, or go on with it", on_room.toggle_pause),
    room("count", "how many others there are", on_room.count, moderator=False),
    room("help", "what the keys do", on_room.help_, moderator=False),
    room("dial_out", "call somebody into the room", on_room.dial_out),
    room("end", "the conference is over", on_room.end),
)

ACTIONS: Mapping[str, Action] = {each.name: each for each in TABLE}
"""All actions by name."""


def action_problem(name: str) -> str | None:
    """What is wrong with the name of an action; None when there is one of that name. Pure."""
    if name in ACTIONS:
        return None
    near = difflib.get_close_matches(name, ACTIONS, 1)
    fix = f"did you mean {near[0]}?" if near else f"known: {', '.join(ACTIONS)}"
    return f"{name!r} is no action; {fix}"
