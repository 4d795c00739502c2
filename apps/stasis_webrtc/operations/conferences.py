"""The conference rooms, for those who may call them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stasis.web import Asked, Operation, Problem
from stasis_webrtc import body
from stasis_webrtc.session import Bearer

if TYPE_CHECKING:
    from stasis_webrtc.api import Office

__all__ = ["ConferenceOperations"]


class ConferenceOperations:
    """What a user sees of rooms."""

    def __init__(self, at: Office) -> None:
        self._at = at

    def rows(self) -> list[Operation]:
        """The operations."""
        missing = {404: ["no_conference"]}
        return [
            Operation(
                "GET",
                "/rooms",
                self.rooms,
                answers=list[body.RoomLine],
                problems=missing,
                tag="rooms",
            ),
            Operation(
                "GET",
                "/rooms/{room}",
                self.room,
                answers=body.Room,
                problems={403: ["not_in"], 404: ["no_conference", "no_room"]},
                tag="rooms",
            ),
        ]

    async def rooms(self, asked: Asked[Bearer, None]) -> list[body.RoomLine]:
        """The conference rooms"""
        self._allowed(asked)
        return await self._at.rooms.lines()

    async def room(self, asked: Asked[Bearer, None]) -> body.Room:
        """A conference room and who is in it, for who is in it, too."""
        self._allowed(asked)
        name, user = asked.path["room"], asked.who.name
        inside = [view.device for view in self._at.calls.views(user) if view.conference == name]
        if not inside:
            raise Problem(403, "not_in", "who is in a room is told to who is in it")
        found = await self._at.rooms.room(name, [device for device in inside if device])
        if found is None:
            raise Problem(404, "no_room", "there is no such room")
        return found

    def _allowed(self, asked: Asked[Bearer, None]) -> None:
        """Raises Problem for who may call no room, and where there are none."""
        if self._at.rooms.conference is None or not asked.who.user.grants.may_call("rooms"):
            raise Problem(404, "no_conference", "there are no conference rooms here")
