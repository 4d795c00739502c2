"""The API: every thing of a PBX, the audit, and the feed of events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from stasis.web import Api, Asked, Grant, Operation
from stasis_pbx.audit import Audit, AuditEntry
from stasis_pbx.feed import EventFeed
from stasis_pbx.operations import FAILURES, Desk, operations
from stasis_pbx.scopes import AUDIT, Grants

__all__ = ["BASE", "api_of", "routes_of"]

BASE = "/pbx/api/v1"

ABOUT = (
    "Everything about a PBX: each operation is a method of `stasis.pbx.Pbx` and a command of"
    " `stasis`. A token has scopes: `GROUP:read`, `GROUP:write`, `GROUP:admin`."
)


class AuditQuery(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What of the audit. before: an id; what is older."""

    limit: Annotated[int, Meta(ge=1, le=500)] = 100
    before: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None
    who: Annotated[str, Meta(max_length=200)] = ""
    thing: Annotated[str, Meta(max_length=100)] = ""


class Audits:
    """The operation on the audit."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    def rows(self) -> list[Operation]:
        """The operations."""
        return [
            Operation(
                "GET",
                "/audit",
                self.list_audit,
                AUDIT,
                query=AuditQuery,
                answers=list[AuditEntry],
                tag="audit",
            )
        ]

    async def list_audit(self, asked: Asked[Grant, None]) -> Sequence[AuditEntry]:
        """List what was changed, by whom, the latest first."""
        of: AuditQuery = asked.query
        return await self._audit.list(limit=of.limit, before=of.before, who=of.who, thing=of.thing)


def api_of(at: Desk, grants: Grants, version: str) -> Api[Grant]:
    """The API."""
    return Api(
        "PBX",
        version=version,
        operations=[*operations(at), *Audits(at.audit).rows()],
        authenticate=grants.found,
        base=BASE,
        failures=FAILURES,
        about=ABOUT,
    )


def routes_of(at: Desk, grants: Grants, feed: EventFeed, version: str) -> list[web.RouteDef]:
    """The routes of the API and of the feed, which comes first: the API has the rest."""
    own: list[Any] = [web.get("/api/v1/events", feed.join)]
    return [*own, *api_of(at, grants, version).routes()]
