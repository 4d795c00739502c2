"""What is written down of live rooms. A database that is gone is told once and stops no call.

Rules: what cannot be written is lost for the history and for a restart, never for who talks; as
soon as the database answers, all is written again.
"""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime
from typing import TypeVar

import structlog

from stasis_conference.live import LiveRoom
from stasis_conference.member import Member
from stasis_conference.rows import LiveRow, RecordingRow
from stasis_conference.store import Store, StoreError

__all__ = ["Ledger"]

log = structlog.get_logger("stasis_conference")

T = TypeVar("T")


class Ledger:
    """Writes down what happens in rooms. store: where."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._down = False

    async def live(self, room: str) -> LiveRow:
        """What was kept of a live room."""
        return await self._tried(self.store.live(room), LiveRow())

    async def all_live(self) -> dict[str, LiveRow]:
        """What was kept of all live rooms."""
        return await self._tried(self.store.all_live(), {})

    async def save(self, room: LiveRoom) -> None:
        """Keep what a new process must know of the room."""
        await self._tried(self.store.save_live(room.name, room.live), None)

    async def begin(self, room: LiveRoom) -> int | None:
        """A conference begins. Returns its session, None when that could not be written."""
        return await self._tried(self.store.begin_session(room.name, room.now()), None)

    async def end(self, name: str, session: int | None, at: datetime, why: str) -> None:
        """A conference is over, and nothing of it is live."""
        if session is not None:
            await self._tried(self.store.end_session(session, at, why), None)
        await self._tried(self.store.save_live(name, LiveRow()), None)

    async def joined(self, room: LiveRoom, member: Member) -> int:
        """A member is inside. Returns its membership, 0 when that could not be written."""
        if room.live.session is None:
            return 0
        channel = member.channel
        work = self.store.joined(
            room.live.session,
            channel.id,
            channel.caller_name,
            channel.caller_number,
            member.moderator,
            room.now(),
        )
        return await self._tried(work, 0)

    async def left(self, room: LiveRoom, member: Member, why: str) -> None:
        """A member has left."""
        membership = member.data.membership
        if membership:
            await self._tried(self.store.left(membership, room.now(), why, member.speaking), None)

    async def lose(self, room: LiveRoom, before: datetime) -> bool:
        """Write down that members have left who joined before a moment and are not inside.

        Returns whether a moderator was among them.
        """
        there = {each.data.membership for each in room.members.values()}
        lost = [
            stay
            for session in await self._tried(self.store.history(room.name, limit=1), [])
            for stay in session.memberships
            if stay.left is None and stay.joined < before and stay.id not in there
        ]
        for stay in lost:
            await self._tried(self.store.left(stay.id, room.now(), "lost", stay.speaking), None)
        return any(stay.moderator for stay in lost)

    async def recorded(
        self,
        room: LiveRoom,
        name: str,
        begun: datetime,
        ended: datetime | None = None,
        seconds: float = 0.0,
    ) -> None:
        """A recording runs, or is over."""
        session = room.live.session
        if session is not None:
            await self._tried(self.store.recorded(session, name, begun, ended, seconds), None)

    async def recording(self, room: LiveRoom, name: str) -> RecordingRow | None:
        """What was written of a recording of the conference that is on."""
        for session in await self._tried(self.store.history(room.name, limit=1), []):
            for each in session.recordings:
                if each.name == name:
                    return each
        return None

    async def _tried(self, work: Awaitable[T], otherwise: T) -> T:
        try:
            found = await work
        except StoreError as error:
            tell = log.debug if self._down else log.error
            tell("the database does not answer; conferences go on", error=str(error))
            self._down = True
            return otherwise
        self._down = False
        return found
