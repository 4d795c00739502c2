"""Rooms in which somebody is, and who that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stasis.web import Asked, Operation
from stasis_conference.body import Live, Member
from stasis_conference.grant import Grant

if TYPE_CHECKING:
    from stasis_conference.api import Conferences

__all__ = ["LiveRooms"]

READ = "rooms:read"


class LiveRooms:
    """The operations that read live rooms."""

    def __init__(self, at: Conferences) -> None:
        self._at = at

    def rows(self) -> list[Operation]:
        """The operations."""
        over = {404: ["not_live"]}
        gone = {404: ["not_live", "no_member"]}
        one = "/rooms/{room}/members/{member}"
        return [
            Operation("GET", "/live", self.list_live, READ, answers=list[Live]),
            Operation(
                "GET", "/rooms/{room}/live", self.get_live, READ, answers=Live, problems=over
            ),
            Operation(
                "GET",
                "/rooms/{room}/members",
                self.list_members,
                READ,
                answers=list[Member],
                problems=over,
            ),
            Operation("GET", one, self.get_member, READ, answers=Member, problems=gone),
        ]

    async def list_live(self, asked: Asked[Grant, None]) -> list[Live]:
        """List the rooms in which somebody is, with who that is."""
        await self._at.roster.ready()
        return self._at.roster.all(asked.who.opens)

    async def get_live(self, asked: Asked[Grant, None]) -> Live:
        """Get a room in which somebody is."""
        await self._at.roster.ready()
        return self._at.roster.live(self._at.live(asked))

    async def list_members(self, asked: Asked[Grant, None]) -> list[Member]:
        """List who is in a room, then who waits in its lobby."""
        return self._at.roster.live(self._at.live(asked)).members

    async def get_member(self, asked: Asked[Grant, None]) -> Member:
        """Get one member of a room."""
        room, member = self._at.member(asked)
        return self._at.roster.member(room, member)
