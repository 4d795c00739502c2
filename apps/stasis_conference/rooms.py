"""The rooms that live now: made when the first comes, ended when the last has gone.

Rules: a room is opened and closed under a lock of its own, so that nobody comes into one that is
just ending. After a restart of the process the calls that are resumed come in again, one by one,
and the room is the one that they were in: its bridge is there, and what is kept of it is in the
store. A room that was kept and whose bridge is empty is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any
from weakref import WeakValueDictionary

import structlog
from attrs import frozen

from stasis import AriError, Link
from stasis_conference.ending import Ending, limit_of
from stasis_conference.entry import announce_left
from stasis_conference.invitations import Invitations
from stasis_conference.ledger import Ledger
from stasis_conference.live import Listener, LiveRoom, Refusal
from stasis_conference.member import Member
from stasis_conference.profile import RoomProfile
from stasis_conference.recorder import Recorder, recording_name

__all__ = ["RoomPlan", "Rooms"]

log = structlog.get_logger("stasis_conference")

# Why all leave at once: then nobody is told that one does.
OVER = ("ended", "limit", "no_moderator")
# How long what is still being said or written may take when the process stops.
STOP_SECONDS = 2.0


@frozen
class RoomPlan:
    """What a room is to be like.

    title: for people; may be empty. asks_pin: whether it has a PIN. open_to_members: whether
    members need none. there: whether there is such a room; one that is not asks for a PIN as well,
    so that nobody finds out which there are.
    """

    name: str
    profile: RoomProfile
    title: str = ""
    asks_pin: bool = False
    open_to_members: bool = False
    there: bool = True


class Rooms:
    """All rooms that live.

    live: by name. plan: what a room is to be like; None when there may be no such room. listeners:
    hear of everything that happens in them. invitations: who is called. dial_out: as theirs.
    """

    def __init__(
        self,
        plan: Callable[[str], Awaitable[RoomPlan | None]],
        ledger: Ledger,
        now: Callable[[], datetime],
        listeners: Sequence[Listener] = (),
        dial_out: str = "",
    ) -> None:
        self.live: dict[str, LiveRoom] = {}
        self.plan = plan
        self._ledger = ledger
        self._now = now
        self._listeners = listeners
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._watches: dict[str, list[asyncio.Task[Any]]] = {}
        self.invitations = Invitations(self.spawn, dial_out)

    # Coming

    async def come(
        self, member: Member, plan: RoomPlan, asterisk: Link, app: str, *, again: bool = False
    ) -> LiveRoom | Refusal:
        """Somebody is at the door. plan: of the room. again: was in it when the process ended.

        Returns the room, with the member in its lobby, or why it may not come in.
        Raises AriError when the room's bridge cannot be made. ARI: POST /bridges/{bridgeId}.
        """
        async with self._lock(plan.name):
            room = self.live.get(plan.name)
            if room is None:
                room = await self._opened(plan, asterisk, app, again=again)
            refusal: Refusal | None = None
            if room.asterisk is not asterisk:
                log.error("a room lives on one Asterisk", room=room.name, call_on=asterisk.name)
                refusal = "elsewhere"
            elif not again:
                refusal = room.refusal(moderator=member.moderator)
            if refusal is not None:
                room.tell("refused", member, why=refusal)
                if room.empty:
                    await self._close(room, "empty")
                return refusal
            room.come(member)
            self.invitations.come(member.channel.id)
        return room

    async def let_in(self, room: LiveRoom, member: Member) -> None:
        """From the lobby to the inside. One who was inside before a restart is inside again."""
        async with self._lock(room.name):
            if not room.holds(member):
                return
            room.let_in(member)
            if room.live.session is None and len(room.members) == 1:
                await self._begin(room)
            if not member.data.membership:
                member.data.membership = await self._ledger.joined(room, member)
                member.joined_at(room.now())
                room.tell("joined", member)
            await room.ending.review()
            await room.recorder.review()

    async def _opened(self, plan: RoomPlan, asterisk: Link, app: str, *, again: bool) -> LiveRoom:
        """Open a room, or go on with it after a restart."""
        room = LiveRoom(
            plan.name,
            plan.profile,
            asterisk,
            app,
            now=self._now,
            listeners=self._listeners,
            title=plan.title,
        )
        room.live = await self._ledger.live(room.name)
        room.bridge = await asterisk.bridge(app, f"conference {room.name}")
        if room.live.session is not None and not again and not room.bridge.channels:
            # All have gone while no process looked.
            await self._ledger.end(room.name, room.live.session, room.now(), "lost")
            room.live = await self._ledger.live(room.name)
        room.recorder = Recorder(room, self._ledger)
        room.ending = Ending(room, self._ledger)
        if room.live.recording:
            with suppress(AriError):
                await room.recorder.resume()
        self.live[room.name] = room
        self._watches[room.name] = [
            self.spawn(room.ending.run(), f"conference {room.name} ending"),
            self.spawn(room.recorder.watch(), f"conference {room.name} recorder"),
        ]
        return room

    async def _begin(self, room: LiveRoom) -> None:
        """The first is inside."""
        now = room.now()
        session = await self._ledger.begin(room)
        name = recording_name(room, now) if room.profile.record == "auto" else ""
        room.keep(session=session, ends_at=limit_of(room.profile, now), recording=name)
        await self._ledger.save(room)
        room.tell("began", session=session)

    # Going

    async def leave(self, member: Member, why: str) -> bool:
        """Somebody leaves its room. why: for the history.

        What is to be done then is done, though the call of the caller ends meanwhile.
        Returns whether it was there.
        """
        room = self.live.get(member.data.room)
        if room is None or not room.holds(member):
            return False
        moderator = member.moderator
        member.silent()
        inside = room.drop(member)
        last = inside and moderator and not room.moderators
        work = self.spawn(self._left(room, member, why, inside=inside, last=last))
        await asyncio.shield(work)
        return True

    async def send_out(self, room: LiveRoom, member: Member) -> None:
        """From the inside to the lobby: the moderator has left."""
        async with self._lock(room.name):
            if member.id not in room.members:
                return
            room.send_out(member)
            member.silent()
            await self._ledger.left(room, member, "moderator_left")
            member.begin_again(room.name)
            room.tell("left", member, why="moderator_left")

    async def _left(
        self, room: LiveRoom, member: Member, why: str, *, inside: bool, last: bool
    ) -> None:
        async with self._lock(room.name):
            if inside:
                await self._ledger.left(room, member, why)
            room.tell("left", member, why=why)
            room.parting.discard(member)
            if not room.empty:
                await room.ending.review(left=last)
                await room.recorder.review()
            elif not room.parting:  # the others who left at once are written down
                await self._close(room, why if why in OVER else "empty")
        told = inside and why not in OVER and not member.data.quiet
        spoken = member.data.spoken
        self.spawn(announce_left(room, spoken, told=told, forget=why != "moved"))
        await room.music()

    async def _close(self, room: LiveRoom, why: str) -> None:
        """The last has gone. What cannot be done is logged: nobody is there to hear of it."""
        self.live.pop(room.name, None)
        for task in self._watches.pop(room.name, ()):
            task.cancel()
        session = room.live.session
        room.keep(recording="", paused=False)
        await room.recorder.review()
        await self._ledger.end(room.name, session, room.now(), why)
        await self.invitations.withdraw(room)
        await room.hush()
        for bridge in room.bridges():
            try:
                await bridge.destroy()
            except AriError as error:
                log.warning("a room's bridge is left", room=room.name, error=str(error))
        room.tell("ended", why=why)

    # Beside the calls

    async def save(self, room: LiveRoom) -> None:
        """Keep what a new process must know of a room."""
        await self._ledger.save(room)

    def spawn(self, work: Coroutine[Any, Any, Any], name: str | None = None) -> asyncio.Task[Any]:
        """Do something that no call waits for. What goes wrong in it is logged."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._over)
        return task

    def _over(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a room's work has failed", work=task.get_name(), exc_info=error)

    async def settle(self, after: float) -> None:
        """End what was kept of rooms and members that did not come back after a restart.

        after: seconds for who resumes.
        """
        before = self._now()
        await asyncio.sleep(after)
        for name, row in (await self._ledger.all_live()).items():
            async with self._lock(name):
                room = self.live.get(name)
                if room is None:
                    await self._ledger.end(name, row.session, self._now(), "lost")
                else:
                    lost = await self._ledger.lose(room, before)
                    moderator = lost and not room.moderators
                    await room.ending.review(left=moderator)

    async def stop(self) -> None:
        """The process ends. Rooms in which somebody is stay as they are, for the next one."""
        for task in (each for watches in self._watches.values() for each in watches):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_SECONDS)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.live.clear()

    def _lock(self, name: str) -> asyncio.Lock:
        return self._locks.setdefault(name, asyncio.Lock())
