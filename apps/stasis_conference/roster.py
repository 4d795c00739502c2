"""How live rooms and their members are told to others: whole, and as they are at this moment."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from stasis_conference.body import Live, LiveState, Member
from stasis_conference.live import LiveRoom, RoomEvent

__all__ = ["KINDS", "Roster", "told"]

KINDS: Mapping[str, str] = {
    "began": "the first is inside; details: session",
    "ended": "the last has gone; details: why",
    "waiting": "somebody waits in the lobby",
    "joined": "somebody is inside",
    "left": "somebody has left; details: why",
    "refused": "somebody may not come in; details: why",
    "muted": "nobody hears the member any more",
    "unmuted": "the member is heard again",
    "deafened": "the member hears nobody any more",
    "undeafened": "the member hears the others again",
    "held": "the member hears music, out of the room",
    "resumed": "the member is back among the others",
    "volume": "the member is heard, or hears, louder or less loud",
    "talking": "the member has begun to talk",
    "silent": "the member has ended to talk",
    "speaker": "the member is the speaker now",
    "moving": "the member goes to another room; details: to",
    "locked": "only moderators may come in",
    "unlocked": "everybody may come in",
    "recording": "the recording runs; details: name",
    "recording_paused": "the recording leaves out what is said; details: name",
    "recorded": "the recording is over; details: name, seconds",
    "announced": "something is played, to the member or to everybody; details: media",
    "inviting": "somebody is called; details: endpoint, channel",
    "not_invited": "who was called does not come; details: endpoint, channel, status, cause",
    "warned": "the time limit comes near; details: seconds",
    "grace": "the last moderator has gone, and has until then to come back; details: until",
}
"""What is told of rooms, and what each kind means."""


class Roster:
    """Tells of live rooms.

    rooms: those that live, by name. began: looks up when the conferences that are on began.
    """

    def __init__(
        self,
        rooms: Callable[[], Mapping[str, LiveRoom]],
        began: Callable[[], Awaitable[Mapping[str, datetime]]],
    ) -> None:
        self._rooms = rooms
        self._look_up = began
        self._began: dict[str, datetime] = {}

    def hear(self, event: RoomEvent) -> None:
        """Something has happened: remember when a conference began."""
        if event.kind == "began":
            self._began[event.room] = event.at
        elif event.kind == "ended":
            self._began.pop(event.room, None)

    async def ready(self) -> None:
        """Find out when rooms began that a process before this one has seen begin.

        Raises StoreError.
        """
        rooms = self._rooms()
        if any(r.live.session is not None and r.name not in self._began for r in rooms.values()):
            found = await self._look_up()
            self._began = {name: at for name, at in found.items() if name in rooms} | self._began

    def state(self, room: LiveRoom) -> LiveState:
        """A room as it is now."""
        return LiveState(**self._state(room))

    def live(self, room: LiveRoom) -> Live:
        """The same with its members."""
        members = [self.member(room, each) for each in room.everybody()]
        return Live(**self._state(room), members=members)

    def member(self, room: LiveRoom, member: Any) -> Member:
        """A member as it is now."""
        return told(member.told(), waiting=member.id in room.waiting)

    def all(self, opens: Callable[[str], bool]) -> list[Live]:
        """All rooms that live and that somebody may see, by name. opens: whether they may."""
        rooms = self._rooms()
        return [self.live(rooms[name]) for name in sorted(rooms) if opens(name)]

    def event(self, event: RoomEvent) -> dict[str, Any]:
        """What is told of an event: `room`, `at`, `member`, `details`, and `live`: how the room
        is now; null once it is over.
        """
        room = self._rooms().get(event.room)
        live = None if room is None or event.kind == "ended" else self.state(room)
        return {"at": event.at, **self.happened(event), "live": live}

    def happened(self, event: RoomEvent) -> dict[str, Any]:
        """The same, for those who hear of it later: without how the room is now."""
        member = None
        if event.member is not None:
            room = self._rooms().get(event.room)
            waiting = room is not None and event.member["id"] in room.waiting
            member = told(event.member, waiting=waiting)
        return {"room": event.room, "member": member, "details": dict(event.details)}

    def _state(self, room: LiveRoom) -> dict[str, Any]:
        live = room.live
        return {
            "room": room.name,
            "title": room.title,
            "locked": live.locked,
            "recording": room.recorder.state,
            "recording_name": live.recording,
            "recording_seconds": round(room.recorder.seconds, 1),
            "paused": live.paused,
            "record": room.profile.record,
            "speaker": room.speaker.id if room.speaker is not None else None,
            "began": self._began.get(room.name),
            "ends_at": live.ends_at,
            "grace_until": live.grace_until,
            "capacity": room.profile.capacity,
        }


def told(member: Mapping[str, Any], *, waiting: bool) -> Member:
    """A member as `Member.told` has it, for others."""
    joined = member["joined"]
    moment = None if joined is None else datetime.fromtimestamp(joined, UTC)
    return Member(**{**member, "joined": moment, "waiting": waiting})
