"""Rooms that are planned: listed, made, changed, deleted, and their PINs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import UNSET, UnsetType

from stasis.web import Asked, Operation, Problem
from stasis_conference.body import Profiles, Room, RoomBody, RoomChange, RoomsQuery, as_is
from stasis_conference.grant import Grant
from stasis_conference.operations.access import nothing
from stasis_conference.pin import PinError, pin_problem
from stasis_conference.rows import RoomRow

if TYPE_CHECKING:
    from stasis_conference.api import Conferences

__all__ = ["PlannedRooms"]

READ, WRITE = "rooms:read", "rooms:write"


class PlannedRooms:
    """The operations on rooms that are there whether or not somebody is in them."""

    def __init__(self, at: Conferences) -> None:
        self._at = at

    def rows(self) -> list[Operation]:
        """The operations."""
        missing = {404: ["no_room"]}
        wrong = {422: ["no_profile", "bad_pin"]}
        return [
            Operation("GET", "/rooms", self.list_rooms, READ, query=RoomsQuery, answers=list[Room]),
            Operation("GET", "/rooms/{room}", self.get_room, READ, answers=Room, problems=missing),
            Operation(
                "PUT",
                "/rooms/{room}",
                self.put_room,
                WRITE,
                body=RoomBody,
                answers=Room,
                problems=wrong,
            ),
            Operation(
                "PATCH",
                "/rooms/{room}",
                self.change_room,
                WRITE,
                body=RoomChange,
                answers=Room,
                problems={**wrong, **missing},
            ),
            Operation(
                "DELETE",
                "/rooms/{room}",
                self.delete_room,
                WRITE,
                problems={**missing, 409: ["static"]},
            ),
            Operation("GET", "/profiles", self.list_profiles, READ, answers=Profiles),
        ]

    async def list_rooms(self, asked: Asked[Grant, None]) -> list[Room]:
        """List planned rooms by name.

        Rooms that are made on demand are in `/live` while somebody is in them.
        """
        query: RoomsQuery = asked.query
        found = await self._at.store.archive.rooms(asked.who.rooms, query.after, query.limit)
        return [self._shown(row) for row in found if asked.who.opens(row.name)]

    async def get_room(self, asked: Asked[Grant, None]) -> Room:
        """Get a planned room."""
        return self._shown(await self._found(asked))

    async def put_room(self, asked: Asked[Grant, RoomBody]) -> Room:
        """Make a room, or change all of it but PINs that are left out.

        Who is inside stays, and whoever comes then finds it as it is now.
        """
        name, body = asked.path["room"], asked.body
        self._check_profile(body.profile)
        if await self._at.store.room(name) is None:
            await self._make(name, body)
        else:
            await self._change(name, body.title, body.profile, body.member_pin, body.moderator_pin)
        return self._shown(await self._found(asked))

    async def change_room(self, asked: Asked[Grant, RoomChange]) -> Room:
        """Change some of a room, such as its PINs. Who is inside stays."""
        body = asked.body
        row = await self._found(asked)
        if body.profile is not UNSET:
            self._check_profile(body.profile)
        await self._change(row.name, body.title, body.profile, body.member_pin, body.moderator_pin)
        return self._shown(await self._found(asked))

    async def delete_room(self, asked: Asked[Grant, None]) -> None:
        """Delete a room. Its history stays, and so does who is inside."""
        row = await self._found(asked)
        if row.static:
            text = "this room is of the file: take it away there"
            raise Problem(409, "static", text)
        await self._at.store.delete_room(row.name)
        await self._at.review(row.name)

    async def list_profiles(self, asked: Asked[Grant, None]) -> Profiles:
        """List the names of the profiles of rooms and of members."""
        file = self._at.file()
        return Profiles(rooms=sorted(file.room_profiles), members=sorted(file.member_profiles))

    async def _found(self, asked: Asked[Grant, Any]) -> RoomRow:
        row = await self._at.store.room(asked.path["room"])
        if row is None:
            raise nothing(asked.who, "no_room", "room")
        return row

    async def _make(self, name: str, body: RoomBody) -> None:
        """A new room. Its PINs are looked at before anything is written."""
        pins = [pin or "" for pin in (body.member_pin, body.moderator_pin)]
        for pin in filter(None, pins):
            if problem := pin_problem(pin):
                raise Problem(422, "bad_pin", problem)
        if pins[0] and pins[0] == pins[1]:
            raise Problem(422, "bad_pin", "the PINs of members and of moderators must differ")
        passwords = self._at.pins.passwords
        member, moderator = [pin and await passwords.hashed(pin) for pin in pins]
        now = self._at.now()
        await self._at.store.save_room(
            RoomRow(name, now, now, body.title, body.profile, member, moderator)
        )

    async def _change(
        self,
        name: str,
        title: str | UnsetType,
        profile: str | UnsetType,
        member_pin: str | UnsetType,
        moderator_pin: str | UnsetType,
    ) -> None:
        given = {"member_pin": member_pin, "moderator_pin": moderator_pin}
        pins = {key: pin for key, pin in given.items() if isinstance(pin, str)}
        if pins:
            try:
                await self._at.pins.change(name, **pins)
            except PinError as error:
                raise Problem(422, "bad_pin", str(error)) from None
        await self._at.store.change_room(
            name, self._at.now(), title=given_text(title), profile=given_text(profile)
        )
        await self._at.review(name)

    def _check_profile(self, name: str) -> None:
        known = self._at.file().room_profiles
        if name not in known:
            text = f"there is no room profile {name!r}; known: {', '.join(known)}"
            raise Problem(422, "no_profile", text)

    def _shown(self, row: RoomRow) -> Room:
        shown: Room = as_is(
            row,
            Room,
            member_pin=bool(row.member_pin),
            moderator_pin=bool(row.moderator_pin),
            live=row.name in self._at.rooms.live,
        )
        return shown


def given_text(text: str | UnsetType) -> str | None:
    """A text that was given; None when it was left out."""
    return text if isinstance(text, str) else None
