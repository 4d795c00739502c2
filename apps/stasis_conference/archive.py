"""What is looked up in the store for people: page by page, never without bounds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from attrs import frozen
from sqlalchemy import ColumnElement, delete, func, or_, select

from stasis.sql import Database
from stasis_conference.rows import MembershipRow, RecordingRow, RoomRow
from stasis_conference.tables import memberships, recordings, rooms, sessions

__all__ = ["Archive", "Conference", "Sound"]

STAYS = 1000
"""So many stays of one conference are shown."""


@frozen
class Conference:
    """A conference as the archive lists it. members, recordings: how many."""

    id: int
    room: str
    began: datetime
    ended: datetime | None
    why: str
    members: int
    recordings: int


@frozen
class Sound:
    """A recording, and the room that it is of."""

    row: RecordingRow
    room: str


class Archive:
    """Looks things up. Every method raises StoreError when the database does not answer.

    names: patterns of rooms' names, as of `Grant.rooms`; what fits none of them is left out.
    """

    def __init__(self, database: Database) -> None:
        self._do = database.do

    async def rooms(self, names: Sequence[str], after: str, limit: int) -> list[RoomRow]:
        """Rooms by name. after: the last one that is known already."""
        of = rooms.c.name
        found = await self._do(
            select(rooms).where(fits(of, names), of > after).order_by(of).limit(limit)
        )
        return [RoomRow(**row) for row in found]

    async def conferences(
        self,
        names: Sequence[str],
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[Conference]:
        """Conferences, the latest first. since, until: when they began. before: an id."""
        of = sessions.c
        wanted = [fits(of.room, names)]
        if since is not None:
            wanted.append(of.began >= since)
        if until is not None:
            wanted.append(of.began < until)
        if before is not None:
            wanted.append(of.id < before)
        found = await self._do(
            select(sessions, counted(memberships), counted(recordings))
            .where(*wanted)
            .order_by(of.id.desc())
            .limit(limit)
        )
        return [conference_of(row) for row in found]

    async def conference(self, id: int) -> Conference | None:
        """One of them."""
        found = await self._do(
            select(sessions, counted(memberships), counted(recordings)).where(sessions.c.id == id)
        )
        return conference_of(found[0]) if found else None

    async def stays(self, session: int) -> list[MembershipRow]:
        """Who was in a conference, the first STAYS in the order they came."""
        of = memberships.c
        found = await self._do(
            select(memberships).where(of.session == session).order_by(of.id).limit(STAYS)
        )
        return [MembershipRow(**row) for row in found]

    async def sounds(
        self,
        names: Sequence[str],
        *,
        session: int | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[Sound]:
        """Recordings, the latest first. session: of one conference. before: an id."""
        wanted = [fits(sessions.c.room, names)]
        if session is not None:
            wanted.append(recordings.c.session == session)
        if before is not None:
            wanted.append(recordings.c.id < before)
        return await self._sounds(limit, *wanted)

    async def sound(self, id: int) -> Sound | None:
        """One of them."""
        found = await self._sounds(1, recordings.c.id == id)
        return found[0] if found else None

    async def forget_sound(self, id: int) -> None:
        """Forget a recording; its file is on Asterisk."""
        await self._do(delete(recordings).where(recordings.c.id == id))

    async def began(self) -> dict[str, datetime]:
        """When the conferences that are on now began, by room."""
        of = sessions.c
        found = await self._do(select(of.room, of.began).where(of.ended.is_(None)))
        return {row["room"]: row["began"] for row in found}

    async def _sounds(self, limit: int, *wanted: ColumnElement[bool]) -> list[Sound]:
        found = await self._do(
            select(recordings, sessions.c.room)
            .join(sessions, sessions.c.id == recordings.c.session)
            .where(*wanted)
            .order_by(recordings.c.id.desc())
            .limit(limit)
        )
        rows = [dict(row) for row in found]
        return [Sound(room=row.pop("room"), row=RecordingRow(**row)) for row in rows]


def fits(column: Any, names: Sequence[str]) -> ColumnElement[bool]:
    """Whether a room's name fits one of these patterns, as `fnmatch` has them."""
    return or_(False, *(column.like(like(name), escape="\\") for name in names))


def like(pattern: str) -> str:
    """A pattern as SQL's LIKE has it. Pure."""
    return pattern.replace("_", "\\_").replace("*", "%").replace("?", "_")


def counted(table: Any) -> Any:
    """How many rows of a table a session has."""
    return (
        select(func.count())
        .where(table.c.session == sessions.c.id)
        .scalar_subquery()
        .label(f"{table.name}_count")
    )


def conference_of(row: Any) -> Conference:
    """A row with its counts."""
    return Conference(
        row["id"],
        row["room"],
        row["began"],
        row["ended"],
        row["why"],
        row[f"{memberships.name}_count"],
        row[f"{recordings.name}_count"],
    )
