"""How a conference ends: by its time limit, or when the last moderator has gone and stays away.

Rules: which deadline comes next is decided by pure `next_due`; one task for each room waits for
it, and looks again when something has changed. The deadlines are moments that are kept with the
room, so a new process goes on waiting for the same ones. That a room ends when it is empty is
seen by `Rooms`.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Literal

from attrs import frozen

from stasis_conference.ledger import Ledger
from stasis_conference.live import LiveRoom
from stasis_conference.member import Departure
from stasis_conference.profile import RoomProfile
from stasis_conference.rows import LiveRow

__all__ = ["Due", "Ending", "limit_of", "next_due"]


@frozen(order=True)
class Due:
    """What comes next. what: `warning`, `limit`, or `grace` (no moderator came back)."""

    at: datetime
    what: Literal["warning", "limit", "grace"]


def limit_of(profile: RoomProfile, began: datetime) -> datetime | None:
    """When a conference that began then reaches its limit; None without one. Pure."""
    return began + timedelta(seconds=profile.limit) if profile.limit else None


def next_due(profile: RoomProfile, live: LiveRow, after: datetime) -> Due | None:
    """What comes next; None when nothing does. after: warnings until then were given. Pure."""
    dues: list[Due] = []
    if live.ends_at is not None:
        dues.append(Due(live.ends_at, "limit"))
        warnings = (live.ends_at - timedelta(seconds=each) for each in profile.warnings)
        dues += [Due(at, "warning") for at in warnings if after < at < live.ends_at]
    if live.grace_until is not None:
        dues.append(Due(live.grace_until, "grace"))
    return min(dues, default=None)


class Ending:
    """Ends one room in its time."""

    def __init__(self, room: LiveRoom, ledger: Ledger) -> None:
        self.room = room
        self._ledger = ledger
        self._changed = asyncio.Event()
        self._warned = room.now()

    async def review(self, *, left: bool = False) -> None:
        """Who is inside has changed. left: a moderator has just left."""
        room = self.room
        if room.moderators:
            if room.live.grace_until is not None:
                room.keep(grace_until=None)
                await self._ledger.save(room)
            room.open_lobby()
        elif left and room.members:
            await self._alone()
        self._changed.set()

    async def _alone(self) -> None:
        """The last moderator has left."""
        room, profile = self.room, self.room.profile
        if profile.ends_with_moderator and not profile.grace:
            room.clear("no_moderator")
            return
        if profile.ends_with_moderator:
            until = room.now() + timedelta(seconds=profile.grace)
            room.keep(grace_until=until)
            await self._ledger.save(room)
            room.tell("grace", until=until.isoformat())
            await room.announce(profile.sounds.moderator_left)
        elif profile.wait_for_moderator:
            for each in list(room.members.values()):
                each.depart(Departure("lobby", "moderator_left"))

    async def run(self) -> None:
        """Wait for one deadline after the other, until the room ends."""
        while True:
            self._changed.clear()
            now = self.room.now()
            due = next_due(self.room.profile, self.room.live, self._warned)
            if due is None or due.at > now:
                seconds = None if due is None else (due.at - now).total_seconds()
                try:
                    async with asyncio.timeout(seconds):
                        await self._changed.wait()
                except TimeoutError:
                    pass
                continue
            await self._come(due)

    async def _come(self, due: Due) -> None:
        room = self.room
        if due.what == "warning":
            self._warned = due.at
            left = (room.live.ends_at - due.at).total_seconds() if room.live.ends_at else 0
            room.tell("warned", seconds=round(left))
            await room.announce(room.profile.sounds.warning)
            return
        changes = {"limit": "ends_at", "grace": "grace_until"}
        room.keep(**{changes[due.what]: None})
        await self._ledger.save(room)
        room.clear("limit" if due.what == "limit" else "no_moderator")
