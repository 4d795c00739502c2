"""The Stasis application handle: what Asterisk tells it, beside the channels it has."""

from __future__ import annotations

from collections.abc import Iterable

from stasis.ari import Ari
from stasis.ari.applications import Application as Snapshot

__all__ = ["Application"]


class Application:
    """A Stasis application, ours or another.

    name: as in `Stasis(name)`.
    """

    def __init__(self, ari: Ari, name: str) -> None:
        self.name = name
        self._ari = ari

    def __repr__(self) -> str:
        return f"<Application {self.name}>"

    async def get(self) -> Snapshot:
        """Its channels, bridges, endpoints and filters. Raises NotFound when nobody has it.

        ARI: GET /applications/{applicationName}.
        """
        return await self._ari.applications.get(self.name)

    async def subscribe(self, *sources: str) -> Snapshot:
        """Hear more: `channel:<id>`, `bridge:<id>`, `endpoint:PJSIP/alice`, `deviceState:<name>`;
        with nothing behind the colon, all of that kind.

        Raises InvalidParameter, NotFound, Unprocessable for an unknown object.
        ARI: POST /applications/{applicationName}/subscription.
        """
        return await self._ari.applications.subscribe(self.name, event_source=sources)

    async def unsubscribe(self, *sources: str) -> Snapshot:
        """Hear them no more. ARI: DELETE /applications/{applicationName}/subscription."""
        return await self._ari.applications.unsubscribe(self.name, event_source=sources)

    async def filter(
        self, *, allowed: Iterable[str] = (), disallowed: Iterable[str] = ()
    ) -> Snapshot:
        """Have only these kinds of events sent, or none of those.

        allowed, disallowed: event type names; both empty removes the filter. A disallowed kind
        is never sent. ARI: PUT /applications/{applicationName}/eventFilter (16.3).
        """
        lists = {
            "allowed": [{"type": name} for name in allowed],
            "disallowed": [{"type": name} for name in disallowed],
        }
        return await self._ari.applications.filter(self.name, filter=lists)
