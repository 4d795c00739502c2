"""The grants that were given: by hand, and by logging in with the PIN of a room.

Rules: a log-in by PIN lasts no longer than the PIN.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from stasis.web import Grants as AnyGrants
from stasis.web import KeptGrants, hash_of
from stasis_conference.grant import ALL_ROOMS, MARK, MODERATOR_SCOPES, Grant
from stasis_conference.rows import RoomRow

__all__ = ["Grants"]

SESSION = timedelta(hours=8)
"""How long a log-in by PIN lasts."""


class Room(Protocol):
    """Finds a room; see `Store.room`."""

    async def __call__(self, name: str) -> RoomRow | None: ...


class Grants(AnyGrants[Grant]):
    """All of them.

    kept: where. room: finds a room, whose PIN a log-in depends on. now: the time.
    """

    def __init__(self, kept: KeptGrants[Grant], room: Room, now: Callable[[], datetime]) -> None:
        super().__init__(kept, now, MARK)
        self._room = room

    async def make(
        self,
        name: str,
        scopes: Collection[str],
        rooms: Sequence[str] = ALL_ROOMS,
        lasts: timedelta | None = None,
        *,
        pin: str = "",
    ) -> tuple[str, Grant]:
        """Grant something. lasts: how long; None for ever. pin: as of `Grant`.

        Returns the token, which is nowhere else, and the grant. Raises StoreError.
        """
        now = self._now()
        return await self.give(
            Grant(
                name=name,
                scopes=frozenset(scopes),
                rooms=tuple(rooms),
                created=now,
                expires=None if lasts is None else now + lasts,
                pin=pin,
            )
        )

    async def log_in(self, row: RoomRow, caller: str) -> tuple[str, Grant]:
        """Grant what a moderator of this room may. caller: who; the PIN was looked at before.

        Returns and raises as `make`.
        """
        name = f"moderator of {row.name}, {caller}"
        return await self.make(
            name, MODERATOR_SCOPES, [row.name], SESSION, pin=hash_of(row.moderator_pin)
        )

    async def holds(self, grant: Grant) -> bool:
        """Whether it counts: not revoked, not over, its PIN not changed. Raises StoreError."""
        if not await super().holds(grant):
            return False
        if not grant.pin:
            return True
        row = await self._room(grant.rooms[0])
        return row is not None and hash_of(row.moderator_pin) == grant.pin
