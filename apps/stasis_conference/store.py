"""The store: rooms, their live state, and their history, in SQLite or PostgreSQL.

Rules: one small method for each need. What a method does is whole or not at all, and done though
its caller is cancelled; two processes may use one database.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any, Literal

import attrs
from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Table,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from stasis.sql import Database, GrantStore, Outbox, StoreError
from stasis_conference import tables
from stasis_conference.archive import Archive
from stasis_conference.grant import Grant
from stasis_conference.rows import (
    Attempts,
    LiveRow,
    MembershipRow,
    RecordingRow,
    RoomRow,
    SessionRow,
)

__all__ = ["Store", "StoreError", "Verdict"]

Verdict = Literal["right", "wrong", "refused"]
"""What became of a PIN that was tried; only wrong ones count."""


class Store:
    """Keeps what must outlive the process, and what has been.

    url: `sqlite:///file`, `sqlite://` (in memory, for tests), or
    `postgresql://user:password@host/database`. Every method raises StoreError when the database
    does not answer as it should. archive: what people look up in it. grants: whose tokens there
    are. outbox: what webhooks are still to get.

    Raises ConfigError for a url that is none of these.
    """

    def __init__(self, url: str) -> None:
        self._database = Database(url, tables.MIGRATIONS, "[plugin.conference]: database")
        self._do = self._database.do
        self.archive = Archive(self._database)
        self.grants = GrantStore(self._database, tables.tokens, Grant)
        self.outbox = Outbox(self._database, tables.outbox)

    def __repr__(self) -> str:
        return repr(self._database)

    async def open(self) -> None:
        """Connect, and bring the tables to their newest form. Raises StoreError."""
        await self._database.open()

    async def close(self) -> None:
        """Finish what is being done, and disconnect."""
        await self._database.close()

    # Rooms

    async def room(self, name: str) -> RoomRow | None:
        """A room by its name."""
        rows = await self._do(select(tables.rooms).where(tables.rooms.c.name == name))
        return RoomRow(**rows[0]) if rows else None

    async def rooms(self) -> list[RoomRow]:
        """All rooms, by name."""
        rows = await self._do(select(tables.rooms).order_by(tables.rooms.c.name))
        return [RoomRow(**row) for row in rows]

    async def save_room(self, row: RoomRow) -> None:
        """Keep a room, new or changed as a whole."""
        await self._do(self._database.upsert(tables.rooms, attrs.asdict(row), "name"))

    async def change_room(
        self,
        name: str,
        at: datetime,
        *,
        title: str | None = None,
        profile: str | None = None,
        member_pin: str | None = None,
        moderator_pin: str | None = None,
    ) -> RoomRow | None:
        """Change some of a room; None leaves as it is. Returns the room, None: there is none."""
        wanted = {
            "title": title,
            "profile": profile,
            "member_pin": member_pin,
            "moderator_pin": moderator_pin,
        }
        rows = await self._do(
            update(tables.rooms)
            .where(tables.rooms.c.name == name)
            .values(changed=at, **{k: value for k, value in wanted.items() if value is not None})
            .returning(tables.rooms)
        )
        return RoomRow(**rows[0]) if rows else None

    async def delete_room(self, name: str) -> bool:
        """Forget a room; its history stays. Returns whether there was one."""
        room = tables.rooms.c.name
        return bool(await self._do(delete(tables.rooms).where(room == name).returning(room)))

    # What is live

    async def live(self, room: str) -> LiveRow:
        """The live state of a room; that of one where nothing is on when there is none."""
        return (await self._live(tables.live.c.room == room)).get(room, LiveRow())

    async def all_live(self) -> dict[str, LiveRow]:
        """The live states by the rooms' names: what a new process begins with."""
        return await self._live()

    async def save_live(self, room: str, row: LiveRow) -> None:
        """Keep the live state of a room; one where nothing is on needs no keeping."""
        if row == LiveRow():
            await self._do(delete(tables.live).where(tables.live.c.room == room))
        else:
            values = {"room": room, **attrs.asdict(row)}
            await self._do(self._database.upsert(tables.live, values, "room"))

    # History

    async def begin_session(self, room: str, at: datetime) -> int:
        """A conference begins. Returns its id; that of the one that is on, if one is."""
        statement = (
            self._database.insert(tables.sessions)
            .values(room=room, began=at, why="")
            .on_conflict_do_update(
                index_elements=[tables.sessions.c.room],
                index_where=tables.sessions.c.ended.is_(None),
                set_={"room": room},
            )
            .returning(tables.sessions.c.id)
        )
        return int((await self._do(statement))[0]["id"])

    async def end_session(self, session: int, at: datetime, why: str) -> None:
        """A conference is over, with all that was still open in it. Once is enough."""
        stays, recordings, sessions = tables.memberships, tables.recordings, tables.sessions
        await self._do(
            update(stays)
            .where(stays.c.session == session, stays.c.left.is_(None))
            .values(left=at, why=why),
            update(recordings)
            .where(recordings.c.session == session, recordings.c.ended.is_(None))
            .values(ended=at),
            update(sessions)
            .where(sessions.c.id == session, sessions.c.ended.is_(None))
            .values(ended=at, why=why),
        )

    async def joined(
        self,
        session: int,
        channel: str,
        name: str,
        number: str,
        moderator: bool,
        at: datetime,
    ) -> int:
        """A caller is in the room. Returns the membership's id."""
        statement = (
            insert(tables.memberships)
            .values(
                session=session,
                channel=channel,
                name=name,
                number=number,
                moderator=moderator,
                joined=at,
                why="",
                speaking=0.0,
            )
            .returning(tables.memberships.c.id)
        )
        return int((await self._do(statement))[0]["id"])

    async def left(self, membership: int, at: datetime, why: str, speaking: float = 0.0) -> None:
        """A caller has left. speaking: seconds it talked. Once is enough."""
        stays = tables.memberships
        await self._do(
            update(stays)
            .where(stays.c.id == membership, stays.c.left.is_(None))
            .values(left=at, why=why, speaking=speaking)
        )

    async def recorded(
        self,
        session: int,
        name: str,
        begun: datetime,
        ended: datetime | None = None,
        seconds: float = 0.0,
    ) -> None:
        """A recording runs, or is over. name: as Asterisk stores it; told again, it is changed."""
        table = tables.recordings
        values = {"session": session, "name": name}
        values |= {"begun": begun, "ended": ended, "seconds": seconds}
        await self._do(
            delete(table).where(table.c.session == session, table.c.name == name),
            insert(table).values(values),
        )

    async def history(
        self,
        room: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
    ) -> list[SessionRow]:
        """Conferences, the latest first, with all that was in them.

        room: of which; None: of all. since, until: when they began. limit: at most so many.
        """
        of = tables.sessions.c
        wanted: list[ColumnElement[bool]] = []
        if room is not None:
            wanted.append(of.room == room)
        if since is not None:
            wanted.append(of.began >= since)
        if until is not None:
            wanted.append(of.began < until)
        found = await self._do(
            select(tables.sessions)
            .where(*wanted)
            .order_by(of.began.desc(), of.id.desc())
            .limit(limit)
        )
        ids = [row["id"] for row in found]
        stays = await self._inside(tables.memberships, ids)
        recordings = await self._inside(tables.recordings, ids)
        return [
            SessionRow(
                **row,
                memberships=tuple(MembershipRow(**each) for each in stays[row["id"]]),
                recordings=tuple(RecordingRow(**each) for each in recordings[row["id"]]),
            )
            for row in found
        ]

    async def forget(self, before: datetime) -> None:
        """Forget the conferences that ended before a moment, with all that was in them."""
        await self._do(delete(tables.sessions).where(tables.sessions.c.ended < before))

    # PINs that are tried

    async def attempt(self, room: str, caller: str, at: datetime, since: datetime) -> Attempts:
        """A PIN is about to be tried: it counts as wrong until `judge` says otherwise.

        caller: the number, or an empty text, which counts for the room only. since: what is older
        is forgotten.
        """
        of = tables.attempts.c
        # Written before it is counted: of those who try at once, each counts the others as well.
        row = await self._do(
            delete(tables.attempts).where(of.at < since),
            insert(tables.attempts)
            .values(room=room, caller=caller, verdict="wrong", at=at)
            .returning(of.id),
        )
        same = of.caller == caller
        (counts,) = await self._do(
            select(
                func.count().filter(same).label("by_caller"),
                func.count().filter(of.room == room).label("by_room"),
            ).where(of.verdict == "wrong", or_(same, of.room == room))
        )
        by_caller = counts["by_caller"] if caller else 0
        return Attempts(row[0]["id"], by_caller, counts["by_room"])

    async def judge(self, attempt: int, verdict: Verdict) -> None:
        """What became of an attempt."""
        of = tables.attempts
        await self._do(update(of).where(of.c.id == attempt).values(verdict=verdict))

    # How it is done

    async def _live(self, *wanted: ColumnElement[bool]) -> dict[str, LiveRow]:
        rows = await self._do(select(tables.live).where(*wanted))
        return {row["room"]: LiveRow(**without(row, "room")) for row in rows}

    async def _inside(self, table: Table, sessions: list[int]) -> dict[int, list[RowMapping]]:
        """Rows of a table by their sessions, the oldest first."""
        found: dict[int, list[RowMapping]] = defaultdict(list)
        if sessions:
            statement = select(table).where(table.c.session.in_(sessions)).order_by(table.c.id)
            for row in await self._do(statement):
                found[row["session"]].append(row)
        return found


def without(row: RowMapping, key: str) -> dict[str, Any]:
    """A row as a dict, less one column."""
    return {name: value for name, value in row.items() if name != key}
