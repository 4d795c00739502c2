"""The grants that were given: made, found by their tokens, revoked.

Rules: a token is shown once, when it is made, and is in no log. The store is asked at each use,
so that a revocation counts at once. A log-in by PIN lasts no longer than the PIN.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from attrs import evolve

from stasis_conference.grant import (
    ALL_ROOMS,
    MODERATOR_SCOPES,
    Grant,
    fresh_token,
    hash_of,
)
from stasis_conference.rows import RoomRow

__all__ = ["Grants", "Kept"]

log = structlog.get_logger("stasis_conference")

SESSION = timedelta(hours=8)
"""How long a log-in by PIN lasts."""

# How exactly it is known when a token was last used.
USE = timedelta(minutes=1)
# How long one that counts no longer can still be seen.
SHOWN = timedelta(days=30)
# No token is longer; nothing longer is looked for.
LENGTH = 128


class Kept(Protocol):
    """What is needed of a store; see `GrantStore`."""

    async def add(self, hash: str, grant: Grant) -> Grant: ...
    async def found(self, hash: str) -> Grant | None: ...
    async def get(self, id: int) -> Grant | None: ...
    async def list(self, limit: int, after: int = 0) -> Sequence[Grant]: ...
    async def revoke(self, id: int, at: datetime) -> None: ...
    async def use(self, id: int, at: datetime) -> None: ...
    async def forget(self, before: datetime) -> None: ...


class Room(Protocol):
    """Finds a room; see `Store.room`."""

    async def __call__(self, name: str) -> RoomRow | None: ...


class Grants:
    """All of them.

    kept: where. room: finds a room, whose PIN a log-in depends on. now: the time.
    """

    def __init__(self, kept: Kept, room: Room, now: Callable[[], datetime]) -> None:
        self.kept = kept
        self._room = room
        self._now = now

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
        token, now = fresh_token(), self._now()
        expires = None if lasts is None else now + lasts
        wanted = Grant(0, name, frozenset(scopes), tuple(rooms), now, expires, pin=pin)
        grant = await self.kept.add(hash_of(token), wanted)
        log.info("a token was made", token=grant.id, name=name, rooms=list(rooms))
        return token, grant

    async def log_in(self, row: RoomRow, caller: str) -> tuple[str, Grant]:
        """Grant what a moderator of this room may. caller: who; the PIN was looked at before.

        Returns and raises as `make`.
        """
        name = f"moderator of {row.name}, {caller}"
        return await self.make(
            name, MODERATOR_SCOPES, [row.name], SESSION, pin=hash_of(row.moderator_pin)
        )

    async def found(self, token: str) -> Grant | None:
        """What a token grants now; None: nothing. Raises StoreError."""
        if len(token) > LENGTH:
            return None
        grant = await self.kept.found(hash_of(token))
        if grant is None or not await self.holds(grant):
            return None
        now = self._now()
        if grant.used is None or now - grant.used >= USE:
            await self.kept.use(grant.id, now)
            grant = evolve(grant, used=now)
        return grant

    async def still(self, grant: Grant) -> bool:
        """Whether a grant that was found before counts now. Raises StoreError."""
        found = await self.kept.get(grant.id)
        return found is not None and await self.holds(found)

    async def holds(self, grant: Grant) -> bool:
        """Whether it counts: not revoked, not over, its PIN not changed. Raises StoreError."""
        if not grant.holds(self._now()):
            return False
        if not grant.pin:
            return True
        row = await self._room(grant.rooms[0])
        return row is not None and hash_of(row.moderator_pin) == grant.pin

    async def revoke(self, grant: Grant) -> None:
        """It counts no longer. Raises StoreError."""
        await self.kept.revoke(grant.id, self._now())
        log.info("a token was revoked", token=grant.id, name=grant.name)

    async def sweep(self) -> None:
        """Forget those that have not counted for long. Raises StoreError."""
        await self.kept.forget(self._now() - SHOWN)
