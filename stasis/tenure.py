"""Who runs our applications: we say so on the server, and look before we take them.

To connect is to take an application from whoever has it, so nobody connects without having
looked: at the start, after a long loss, and when another program has taken an application.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from stasis.ari import Ari
from stasis.errors import AriError, StasisError
from stasis.lease import Holder, Lease
from stasis.tasks import Spawn

__all__ = ["Tenure"]

# How long it may take to tell the server that we run its applications no longer.
RELEASE_SECONDS = 1.0


class Tenure:
    """Our hold on some applications of one Asterisk.

    lease: what is written there. held: whether we have said that we run them.
    """

    def __init__(self, ari: Ari, apps: Sequence[str], seconds: float, spawn: Spawn) -> None:
        self.lease = Lease(ari, list(apps), seconds)
        self.held = False
        self._spawn = spawn
        self._beating: asyncio.Task[None] | None = None

    def rename(self, apps: Sequence[str]) -> None:
        """These are the applications now."""
        self.lease.apps = list(apps)

    async def other(self) -> tuple[str, Holder] | None:
        """Which application another living process runs, and which. Raises AriError."""
        return await self.lease.other()

    async def lost(self) -> str | None:
        """Which application another process has taken over while we could not reach Asterisk.

        Raises AriError.
        """
        other = await self.lease.other() if self.held else None
        return None if other is None else other[0]

    def begin(self, apps: Sequence[str]) -> None:
        """Say from now on that we run these."""
        if self._beating is None and apps:
            self.held = True
            self.rename(apps)
            self._beating = self._spawn(self.lease.run(), name="stasis lease")

    def tell_stopping(self, step: int) -> None:
        """Whoever asks who runs the applications sees how far our stop has come."""
        self.lease.stopping = step
        if self._beating is not None:
            self._spawn(self._renew(), name="stasis lease")

    def end(self) -> None:
        """We run the applications no longer, or somebody else does: no further signs of life."""
        beating, self._beating = self._beating, None
        if beating is not None:
            beating.cancel()

    async def release(self) -> None:
        """Take back what we have said, if Asterisk takes it soon; it runs out by itself."""
        self.end()
        if self.held:
            with suppress(StasisError, TimeoutError):
                async with asyncio.timeout(RELEASE_SECONDS):
                    await self.lease.release()

    async def _renew(self) -> None:
        with suppress(AriError):
            await self.lease.renew()
