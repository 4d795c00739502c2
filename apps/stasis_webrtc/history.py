"""What calls leave behind: the history of each user, messages, and recordings.

It is the `Ledger` that calls write to, and what pages read. Rules: a user sees, hears and erases
its own only, so every method asks whose it is; who is removed takes all of it along.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update

from stasis.sql import Database
from stasis_webrtc import tables
from stasis_webrtc.ledger import Called, Message, Recorded
from stasis_webrtc.rows import CallRow, MessageRow, RecordingRow
from stasis_webrtc.view import Peer

__all__ = ["History"]


class History:
    """The history of calls in the database. Every method raises StoreError when it does not answer
    as it should, or when there is no such user any more.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._do = database.do

    # What calls write: the methods of `Ledger`

    async def called(self, row: Called) -> None:
        """A call is over for a user; of one call a user has one row, told again it is changed."""
        values = {
            "user": row.user,
            "call": row.call,
            "direction": row.direction,
            "began": row.began,
            "answered": row.answered,
            "ended": row.ended,
            "reason": row.reason,
            "missed": row.missed,
            **of_peer(row.peer),
        }
        await self._do(
            self._database.insert(tables.calls)
            .values(seen=not row.missed, **values)
            .on_conflict_do_update(index_elements=["user", "call"], set_=values)
        )

    async def recorded(self, row: Recorded) -> None:
        """A recording runs, or is over: the same recording again, with its end."""
        values = {
            "user": row.user,
            "recording": row.recording,
            "call": row.call,
            "began": row.began,
            "ended": row.ended,
            **of_peer(row.peer),
        }
        await self._do(self._database.upsert(tables.recordings, values, "recording"))

    async def left(self, row: Message) -> None:
        """A message was left."""
        values = {
            "user": row.user,
            "recording": row.recording,
            "began": row.began,
            "seconds": row.seconds,
            "heard": row.heard,
            **of_peer(row.peer),
        }
        await self._do(self._database.upsert(tables.messages, values, "recording"))

    async def messages(self, user: str) -> list[Message]:
        """The messages of a user, those that were not heard first, each kind by time."""
        of = tables.messages.c
        rows = await self._messages(of.user == user, order=[of.heard, of.began, of.id])
        return [
            Message(
                row.user,
                row.recording,
                Peer(row.peer_name, row.peer_number, row.peer_user),
                row.began,
                row.seconds,
                row.heard,
            )
            for row in rows
        ]

    async def heard(self, user: str, recording: str) -> None:
        """A user has listened to a message."""
        of = tables.messages.c
        message = update(tables.messages).where(of.user == user, of.recording == recording)
        await self._do(message.values(heard=True))

    async def erased(self, user: str, recording: str) -> None:
        """A user wants a message no more."""
        of = tables.messages.c
        await self._do(delete(tables.messages).where(of.user == user, of.recording == recording))

    # What pages read

    async def calls(
        self,
        user: str,
        *,
        missed: bool = False,
        before: datetime | None = None,
        call: str = "",
        limit: int = 50,
    ) -> list[CallRow]:
        """The calls of a user, the latest first. missed: only such. before: that began earlier.
        call: only the one of this id.
        """
        of, recording = tables.calls.c, tables.recordings.c
        wanted = [of.user == user]
        if missed:
            wanted.append(of.missed.is_(True))
        if before is not None:
            wanted.append(of.began < before)
        if call:
            wanted.append(of.call == call)
        recorded = (
            select(func.max(recording.id))
            .where(recording.user == of.user, recording.call == of.call)
            .scalar_subquery()
        )
        rows = await self._do(
            select(tables.calls, recorded.label("recording"))
            .where(*wanted)
            .order_by(of.began.desc(), of.id.desc())
            .limit(limit)
        )
        return [CallRow(**row) for row in rows]

    async def missed(self, user: str) -> int:
        """How many missed calls a user has not seen yet."""
        of = tables.calls.c
        return await self._count(of.user == user, of.missed.is_(True), of.seen.is_(False))

    async def seen(self, user: str) -> None:
        """A user has seen its missed calls."""
        of = tables.calls.c
        calls = update(tables.calls).where(of.user == user, of.seen.is_(False))
        await self._do(calls.values(seen=True))

    async def kept_messages(self, user: str) -> list[MessageRow]:
        """The messages of a user, the latest first."""
        of = tables.messages.c
        return await self._messages(of.user == user, order=[of.began.desc(), of.id.desc()])

    async def kept_message(self, user: str, id: int) -> MessageRow | None:
        """A message of a user; None when it has none of that id."""
        of = tables.messages.c
        rows = await self._messages(of.user == user, of.id == id, order=[of.id])
        return rows[0] if rows else None

    async def unheard(self, user: str) -> int:
        """How many messages a user has not listened to yet."""
        of = tables.messages.c
        return await self._count(of.user == user, of.heard.is_(False))

    async def recordings(self, user: str) -> list[RecordingRow]:
        """The recordings of a user that are over, the latest first."""
        of = tables.recordings.c
        return await self._recordings(of.user == user, of.ended.is_not(None))

    async def recording(self, user: str, id: int) -> RecordingRow | None:
        """A recording of a user; None when it has none of that id."""
        of = tables.recordings.c
        rows = await self._recordings(of.user == user, of.id == id)
        return rows[0] if rows else None

    async def erase_recording(self, user: str, id: int) -> None:
        """A user wants a recording no more."""
        of = tables.recordings.c
        await self._do(delete(tables.recordings).where(of.user == user, of.id == id))

    async def forget(self, before: datetime) -> None:
        """Forget the calls that ended before a moment; messages and recordings stay."""
        await self._do(delete(tables.calls).where(tables.calls.c.ended < before))

    # How it is done

    async def _count(self, *wanted: ColumnElement[bool]) -> int:
        (row,) = await self._do(select(func.count().label("count")).where(*wanted))
        return int(row["count"])

    async def _messages(
        self, *wanted: ColumnElement[bool], order: list[ColumnElement[Any]]
    ) -> list[MessageRow]:
        rows = await self._do(select(tables.messages).where(*wanted).order_by(*order))
        return [MessageRow(**row) for row in rows]

    async def _recordings(self, *wanted: ColumnElement[bool]) -> list[RecordingRow]:
        of = tables.recordings.c
        statement = select(tables.recordings).where(*wanted)
        rows = await self._do(statement.order_by(of.began.desc(), of.id.desc()))
        return [RecordingRow(**row) for row in rows]


def of_peer(peer: Peer) -> dict[str, str]:
    """The columns of who is at the other side."""
    return {"peer_name": peer.name, "peer_number": peer.number, "peer_user": peer.user}
