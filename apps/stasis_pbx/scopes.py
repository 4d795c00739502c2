"""What a token may do: the scopes of all things, and patterns of them.

Rules: a scope is `GROUP:read`, `GROUP:write` or `GROUP:admin`. A token may have patterns, such as
`queues:*` or `*:read`: they count for the things that there are when it is used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import filter as matching

from attrs import evolve

from stasis.pbx import GROUPS, things_of
from stasis.web import Grant
from stasis.web import Grants as AnyGrants

__all__ = ["AUDIT", "EVENTS", "MARK", "SCOPES", "Grants", "unknown"]

MARK = "stpbx_"
"""How a token begins."""

AUDIT = "audit:read"
EVENTS = "events:read"


def scopes() -> dict[str, str]:
    """All scopes, and what each lets one do."""
    names: dict[str, list[str]] = {}
    for group in GROUPS:
        for thing in things_of(group).values():
            names.setdefault(thing.scope, []).append(f"{group.name}.{thing.name}")
    found = {scope: ", ".join(things) for scope, things in names.items()}
    return {**found, EVENTS: "hear of what happens, by WebSocket", AUDIT: "see who has done what"}


SCOPES: Mapping[str, str] = scopes()
"""All scopes, and what each lets one do."""


def opened(patterns: Iterable[str]) -> frozenset[str]:
    """The scopes that patterns stand for."""
    return frozenset(scope for each in patterns for scope in matching(SCOPES, each))


def unknown(patterns: Iterable[str]) -> list[str]:
    """Those that stand for no scope."""
    return [each for each in patterns if not matching(SCOPES, each)]


class Grants(AnyGrants[Grant]):
    """All of them; a grant that is found has the scopes that its patterns stand for."""

    async def found(self, token: str) -> Grant | None:
        """What a token grants now; None: nothing. Raises StoreError."""
        grant = await super().found(token)
        return None if grant is None else evolve(grant, scopes=opened(grant.scopes))
