"""The grants that were given: made, found by their tokens, revoked.

Rules: a token is shown once, when it is made, and is in no log. The store is asked at each use,
so that a revocation counts at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

import structlog
from attrs import evolve

from stasis.web.grant import Grant, fresh_token, hash_of

__all__ = ["Grants", "KeptGrants"]

log = structlog.get_logger("stasis.web")

G = TypeVar("G", bound=Grant)

# How exactly it is known when a token was last used.
USE = timedelta(minutes=1)
# How long one that counts no longer can still be seen.
SHOWN = timedelta(days=30)
# No token is longer; nothing longer is looked for.
LENGTH = 128


class KeptGrants(Protocol[G]):
    """What is needed of a store; see `stasis.sql.GrantStore`."""

    async def add(self, hash: str, grant: G) -> G:
        """Keep a new one. Returns it with its id."""
        ...

    async def found(self, hash: str) -> G | None:
        """The grant of a token's hash."""
        ...

    async def get(self, id: int) -> G | None:
        """The grant of that id."""
        ...

    async def list(self, limit: int, after: int = 0) -> Sequence[G]:
        """At most so many, by their ids. after: the last that is known."""
        ...

    async def revoke(self, id: int, at: datetime) -> None:
        """It counts no longer."""
        ...

    async def use(self, id: int, at: datetime) -> None:
        """It was used."""
        ...

    async def forget(self, before: datetime) -> None:
        """Forget those that were revoked or over before a moment."""
        ...


class Grants(Generic[G]):
    """All of them.

    kept: where. now: the time. mark: how a token begins; see `fresh_token`.
    """

    def __init__(self, kept: KeptGrants[G], now: Callable[[], datetime], mark: str) -> None:
        self.kept = kept
        self._now = now
        self._mark = mark

    async def give(self, grant: G) -> tuple[str, G]:
        """Grant something. grant: without an id.

        Returns the token, which is nowhere else, and the grant. Raises StoreError.
        """
        token = fresh_token(self._mark)
        made = await self.kept.add(hash_of(token), grant)
        log.info("a token was made", token=made.id, name=made.name)
        return token, made

    async def found(self, token: str) -> G | None:
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

    async def still(self, grant: G) -> bool:
        """Whether a grant that was found before counts now. Raises StoreError."""
        found = await self.kept.get(grant.id)
        return found is not None and await self.holds(found)

    async def holds(self, grant: G) -> bool:
        """Whether it counts: not revoked, not over. A plugin's own may ask for more."""
        return grant.holds(self._now())

    async def revoke(self, grant: G) -> None:
        """It counts no longer. Raises StoreError."""
        await self.kept.revoke(grant.id, self._now())
        log.info("a token was revoked", token=grant.id, name=grant.name)

    async def sweep(self) -> None:
        """Forget those that have not counted for long. Raises StoreError."""
        await self.kept.forget(self._now() - SHOWN)
