"""Strays: what flows have made and belongs to no call that lives. It is counted, and closed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

import structlog

from stasis.ari import Ari
from stasis.census import Census, is_out
from stasis.errors import AriError
from stasis.found import found_in
from stasis.identity import HOUSE, Identity, identity_of
from stasis.keep import Keep
from stasis.metrics import Meter
from stasis.router import Router
from stasis.tasks import Spawn

__all__ = ["Strays", "strays_in"]

log = structlog.get_logger("stasis.strays")


class Strays:
    """Of one Asterisk.

    tokens: gives those of the calls that run; what their flows make carries them. spawn: starts a
    task beside the reader. closed: how many were.
    """

    def __init__(
        self,
        ari: Ari,
        router: Router,
        keep: Keep,
        meter: Meter,
        tokens: Callable[[], set[str]],
        spawn: Spawn,
    ) -> None:
        self.closed = 0
        self._ari = ari
        self._router = router
        self._keep = keep
        self._meter = meter
        self._tokens = tokens
        self._spawn = spawn
        self._suspects: set[str] = set()

    async def count(self, apps: Iterable[str]) -> None:
        """Report what belongs to no call that lives, and that did not the last time either.

        apps: those that are registered here.
        Raises AriError when Asterisk cannot be asked.
        """
        census = await Census.take(self._ari, apps)
        calls = {found.snapshot.id for found in await found_in(census, self._router, self._keep)}
        strays = strays_in(census, census.heard, self._tokens(), self._router, calls)
        ids = {id for id, _ in strays}
        self._meter.strays = len(ids & self._suspects)
        if self._meter.strays:
            log.warning("strays: see `stasis strays`", ids=sorted(ids & self._suspects)[:10])
        self._suspects = ids

    def close(self, census: Census, calls: Collection[str]) -> None:
        """Close all that a census shows. calls: ids of channels that are calls, or go."""
        for id, identity in strays_in(census, census.heard, self._tokens(), self._router, calls):
            self.closed += 1
            self._spawn(self._close(id, identity.kind))

    async def _close(self, id: str, kind: str) -> None:
        log.warning("closing what belongs to no call", kind=kind, id=id)
        try:
            if kind == "bridge":
                await self._ari.bridges.destroy(id)
            else:
                await self._ari.channels.hangup(id)
        except AriError as error:
            log.debug("could not be closed", id=id, error=str(error))


def strays_in(
    census: Census,
    apps: Iterable[str],
    tokens: Collection[str],
    router: Router,
    calls: Collection[str] = (),
) -> list[tuple[str, Identity]]:
    """What flows of our applications have made, whose call is over and that nobody has claimed.

    tokens: of the calls that live. calls: ids of channels that are calls, though a flow has made
    them. Rooms are no strays while somebody is in them, nor are channels
    that were sent on in the dialplan. An application of one call (`app:channel`) has none: other
    calls of the same flow have links of their own.
    """
    ours = {app for app in apps if ":" not in app}
    ids = ((id, identity_of(id)) for id in (*census.channels, *census.bridges))
    return [
        (id, found)
        for id, found in ids
        if found is not None
        and found.app in ours
        and found.token not in tokens
        and id not in calls
        and router.claimed(("bridge" if found.kind == "bridge" else "channel", id)) is None
        and not (id in census.channels and is_out(census.channels[id]))
        and not (found.token == HOUSE and id in census.bridges and census.bridges[id].channels)
    ]
