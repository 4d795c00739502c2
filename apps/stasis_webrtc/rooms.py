"""The conference rooms, where stasis_conference runs beside us.

It is asked as any other plugin is: by its public attributes. Without it there are no rooms.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol, cast

from stasis import Plugin
from stasis_webrtc.body import Room, RoomLine, RoomMember

__all__ = ["Rooms"]


class Conference(Protocol):
    """What is asked of stasis_conference. rooms: those that live; store: those that are planned."""

    rooms: Any
    store: Any
    listeners: list[Callable[[Any], None]]


class Rooms:
    """The rooms.

    others: the plugins that run beside us. pattern: a regular expression of names that are rooms
    though nobody has planned them; empty for none.
    """

    def __init__(self, others: Callable[[], Mapping[str, Plugin]], pattern: str) -> None:
        self._others = others
        self._pattern = re.compile(pattern) if pattern else None

    @property
    def conference(self) -> Conference | None:
        """The plugin; None when it does not run."""
        return cast("Conference | None", self._others().get("conference"))

    @contextmanager
    def heard(self, happened: Callable[[str], None]) -> Iterator[None]:
        """Meanwhile something is told of each room in which something happens."""
        conference = self.conference

        def hear(event: Any) -> None:
            happened(event.room)

        if conference is not None:
            conference.listeners.append(hear)
        try:
            yield
        finally:
            if conference is not None:
                conference.listeners.remove(hear)

    async def there(self, name: str) -> bool:
        """Whether there is such a room: planned, alive, or of the pattern. Raises StoreError."""
        conference = self.conference
        if conference is None:
            return False
        if name in conference.rooms.live:
            return True
        if await conference.store.room(name) is not None:
            return True
        return self._pattern is not None and self._pattern.fullmatch(name) is not None

    async def lines(self) -> list[RoomLine]:
        """The rooms that are planned or alive, by name. Raises StoreError."""
        conference = self.conference
        if conference is None:
            return []
        titles = {row.name: row.title for row in await conference.store.rooms()}
        live = conference.rooms.live
        return [
            RoomLine(
                room=name,
                title=live[name].title if name in live else titles[name],
                members=len(live[name].members) if name in live else 0,
                locked=name in live and live[name].live.locked,
            )
            for name in sorted({*titles, *live})
        ]

    async def room(self, name: str, endpoints: Iterable[str]) -> Room | None:
        """A room and who is in it; None when there is none. endpoints: of who asks.

        Raises StoreError.
        """
        if not await self.there(name):
            return None
        assert self.conference is not None
        live = self.conference.rooms.live.get(name)
        if live is None:
            row = await self.conference.store.room(name)
            title = "" if row is None else row.title
            return Room(room=name, title=title, locked=False, recording=False, members=[])
        own = tuple(f"PJSIP/{endpoint}-" for endpoint in endpoints)
        members = [
            RoomMember(
                id=member.id,
                name=member.channel.caller_name,
                number=member.channel.caller_number,
                moderator=member.moderator,
                muted=member.data.muted,
                talking=member.talking,
                me=bool(own) and member.channel.name.startswith(own),
            )
            for member in live.members.values()
        ]
        return Room(
            room=name,
            title=live.title,
            locked=live.live.locked,
            recording=bool(live.live.recording),
            members=members,
        )
