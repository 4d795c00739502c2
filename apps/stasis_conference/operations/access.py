"""Who asks, and which rooms are open to them: what every operation goes by.

Rules: a room that a token does not open is refused, whether it is there or not. A refusal is
logged, with who asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

import structlog

from stasis.web import Operation, Problem
from stasis_conference.grant import Grant
from stasis_conference.room_file import room_problem

__all__ = ["allowed", "check_room", "names_of", "nothing", "refused"]

log = structlog.get_logger("stasis_conference")


async def allowed(grant: Grant, operation: Operation, path: Mapping[str, Any]) -> None:
    """Whether a token opens the room of a path. Raises Problem."""
    room = path.get("room")
    if room is not None:
        check_room(grant, room, operation.operation_id)
        if room_problem(room) is not None:
            raise Problem(404, "no_room", "there is no such room")


def check_room(grant: Grant, room: str, operation: str) -> None:
    """Whether a token opens a room. Raises Problem."""
    if not grant.opens(room):
        refused(grant, operation, room=room)


def refused(grant: Grant, operation: str, **about: str) -> NoReturn:
    """Another room's token. Raises Problem."""
    log.warning("refused", who=grant.name, token=grant.id, operation=operation, **about)
    raise Problem(403, "other_room", "this token is for other rooms")


def names_of(grant: Grant, room: str | None, operation: str) -> tuple[str, ...]:
    """Patterns of the rooms that are asked for: one, or all that a token opens. Raises Problem."""
    if room is None:
        return grant.rooms
    check_room(grant, room, operation)
    return (room,)


def nothing(grant: Grant, code: str, what: str) -> Problem:
    """That something is not there, or is another room's: who asks cannot tell which."""
    return Problem(404, code, f"there is no such {what}")
