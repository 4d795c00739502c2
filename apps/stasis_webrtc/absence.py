"""Pages that are gone: what their devices talk in is lost soon, not when the sound times out.

Rule: a page is gone when its device is not registered and none of its session hears the feed, both
for some seconds together. One that was only loaded again is back before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog

from stasis import StasisError
from stasis_webrtc.phones import PhoneEvent

__all__ = ["Absence"]

log = structlog.get_logger("stasis_webrtc")

# How long both may be away, and how often it is looked.
ABSENT_SECONDS = 5.0
LOOK_SECONDS = 0.5


class Absence:
    """Looks after devices that are no longer registered.

    registered: whether an endpoint is. listens: whether a page of a session hears the feed.
    talks: whether a user's device has a call. lost: what is done when its page is gone. spawn: does
    something that nobody waits for.
    """

    def __init__(
        self,
        registered: Callable[[str], bool],
        listens: Callable[[str], bool],
        talks: Callable[[str, str], bool],
        lost: Callable[[str, str], Awaitable[None]],
        spawn: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        self._registered = registered
        self._listens = listens
        self._talks = talks
        self._lost = lost
        self._spawn = spawn
        self._looked_at: set[str] = set()

    def phone(self, event: PhoneEvent) -> None:
        """A device has changed."""
        if event.kind == "lost" and event.session and event.endpoint not in self._looked_at:
            self._looked_at.add(event.endpoint)
            self._spawn(self._look_after(event))

    async def _look_after(self, event: PhoneEvent) -> None:
        """Wait until the device is back, or nobody needs it any more, or its page is gone."""
        user, endpoint = event.user, event.endpoint
        left = ABSENT_SECONDS
        try:
            while left > 0:
                await asyncio.sleep(LOOK_SECONDS)
                if self._registered(endpoint) or not self._talks(user, endpoint):
                    return
                left = ABSENT_SECONDS if self._listens(event.session) else left - LOOK_SECONDS
            log.info("a page is gone in a call", user=user, endpoint=endpoint)
            await self._lost(user, endpoint)
        except StasisError as error:
            log.warning("a device's calls were not ended", user=user, error=str(error))
        finally:
            self._looked_at.discard(endpoint)
