"""The feed: everything that happens in rooms, by WebSocket, to whoever may hear of it.

Rules: a token needs the scope `events`, and hears of the rooms it opens. First comes how all of
them are now. Who has no leave any more is cut off.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from aiohttp import web

from stasis.web import Feed
from stasis_conference.grant import Grant
from stasis_conference.grants import Grants
from stasis_conference.live import RoomEvent
from stasis_conference.roster import Roster

__all__ = ["RoomFeed"]

log = structlog.get_logger("stasis_conference")

SCOPE = "events"


class RoomFeed:
    """Tells what happens. grants: who may hear it. roster: how rooms are told."""

    def __init__(self, grants: Grants, roster: Roster) -> None:
        self._grants = grants
        self._roster = roster
        self._feed: Feed[Grant] = Feed(self._authenticate, snapshot=self._snapshot)

    def __len__(self) -> int:
        """How many listen."""
        return len(self._feed)

    def hear(self, event: RoomEvent) -> None:
        """Something has happened in a room."""
        if len(self._feed):
            told = self._roster.event(event)
            self._feed.tell(event.kind, told, lambda grant: grant.opens(event.room))

    async def join(self, request: web.Request) -> web.StreamResponse:
        """The handler of its route."""
        return await self._feed.join(request)

    async def review(self, of: Callable[[Grant], bool]) -> None:
        """Cut off those whose token counts no longer. of: whom to look at. Raises StoreError."""
        for grant in filter(of, self._feed.listening):
            if not await self._grants.still(grant):
                self._feed.end(lambda each, id=grant.id: each.id == id, "the token is revoked")  # type: ignore[misc]

    async def close(self) -> None:
        """Cut everybody off: the program stops."""
        await self._feed.close()

    async def _authenticate(self, token: str) -> Grant | None:
        grant = await self._grants.found(token)
        if grant is not None and SCOPE not in grant.scopes:
            log.warning("refused", who=grant.name, operation="events")
            return None
        return grant

    async def _snapshot(self, grant: Grant) -> Mapping[str, Any]:
        await self._roster.ready()
        return {"rooms": self._roster.all(grant.opens)}
