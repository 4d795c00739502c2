"""The API: what its operations have in hand, and its routes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from aiohttp import web
from attrs import frozen

from stasis import Link
from stasis.sql import StoreError
from stasis.web import Api, Asked, Operation, Problem
from stasis_conference.body import Id, MemberId, RoomName
from stasis_conference.feed import RoomFeed
from stasis_conference.grant import SCOPES, Grant
from stasis_conference.grants import Grants
from stasis_conference.live import LiveRoom
from stasis_conference.member import Member
from stasis_conference.operations.access import allowed
from stasis_conference.operations.actions import Actions
from stasis_conference.operations.history import History
from stasis_conference.operations.live import LiveRooms
from stasis_conference.operations.recordings import Recordings
from stasis_conference.operations.rooms import PlannedRooms
from stasis_conference.operations.session import Sessions
from stasis_conference.operations.tokens import Tokens
from stasis_conference.pin import Pins
from stasis_conference.profile import Menu
from stasis_conference.room_file import RoomFile
from stasis_conference.rooms import Rooms
from stasis_conference.roster import Roster
from stasis_conference.store import Store

__all__ = ["BASE", "Conferences", "api_of", "operations", "routes_of"]

BASE = "/conference/api/v1"

ABOUT = (
    "Conference rooms: who is in them, what is done in them, and what has been.\n\n"
    + "\n".join(f"- `{scope}`: {help}" for scope, help in SCOPES.items())
)

GROUPS: Sequence[Callable[[Conferences], Any]] = (
    Sessions,
    PlannedRooms,
    LiveRooms,
    Actions,
    History,
    Recordings,
    Tokens,
)


@frozen
class Conferences:
    """What operations work with.

    file: rooms, profiles and menus as they are now. menu: by a member profile's name. servers:
    all Asterisks. now: the time.
    """

    rooms: Rooms
    store: Store
    pins: Pins
    grants: Grants
    roster: Roster
    feed: RoomFeed
    file: Callable[[], RoomFile]
    menu: Callable[[str], Menu]
    servers: Callable[[], Sequence[Link]]
    now: Callable[[], datetime]

    def live(self, asked: Asked[Grant, Any]) -> LiveRoom:
        """The live room of a path. Raises Problem."""
        name = asked.path["room"]
        room = self.rooms.live.get(name)
        if room is None:
            raise Problem(404, "not_live", f"nobody is in {name} now")
        return room

    def member(self, asked: Asked[Grant, Any]) -> tuple[LiveRoom, Member]:
        """The room and the member of a path. Raises Problem."""
        room = self.live(asked)
        member = room.find(asked.path["member"])
        if member is None:
            raise Problem(404, "no_member", f"there is no such member in {room.name}")
        return room, member

    def menu_of(self, member: Member) -> Menu:
        """The menu of a member's keys."""
        return self.menu(member.data.profile)

    async def revoke(self, grant: Grant) -> None:
        """A token counts no longer, and who listens by it is cut off. Raises StoreError."""
        await self.grants.revoke(grant)
        await self.feed.review(lambda each: each.id == grant.id)

    async def review(self, room: str) -> None:
        """A room has changed: who has logged in by a PIN that is no more is cut off."""
        await self.feed.review(lambda each: bool(each.pin) and each.rooms == (room,))


def operations(at: Conferences) -> list[Operation]:
    """The whole table."""
    return [row for group in GROUPS for row in group(at).rows()]


def api_of(at: Conferences, version: str) -> Api[Grant]:
    """The API."""
    return Api(
        "Conference rooms",
        version=version,
        operations=operations(at),
        authenticate=at.grants.found,
        base=BASE,
        paths={"room": RoomName, "member": MemberId, "session": Id, "recording": Id, "token": Id},
        allowed=allowed,
        failures={StoreError: (503, "database")},
        about=ABOUT,
    )


def routes_of(at: Conferences, version: str) -> list[web.RouteDef]:
    """The routes of the API and of the feed, which comes first: the API has the rest."""
    return [web.get("/api/v1/events", at.feed.join), *api_of(at, version).routes()]
