"""A fence: an event of our own, sent behind everything that has happened until now.

Asterisk sends the events of one application in order. When the fence has come back, all that was
published before it has been heard: only then may an answer be compared with what events told.
It is also the one proof that events reach us at all, and tells how late they are.
"""

from __future__ import annotations

import asyncio
import uuid

from stasis.ari import Ari
from stasis.ari.events import ChannelUserevent, Event
from stasis.errors import OutcomeUnknown

__all__ = ["Fences"]

PREFIX = "StasisFence-"


class Fences:
    """The fences that are out on one Asterisk."""

    def __init__(self, ari: Ari) -> None:
        self._ari = ari
        self._out: dict[str, asyncio.Future[None]] = {}

    def came(self, event: Event) -> bool:
        """Whether the event is a fence; nobody else needs to hear it."""
        if not isinstance(event, ChannelUserevent) or not event.eventname.startswith(PREFIX):
            return False
        future = self._out.get(event.eventname)
        if future is not None and not future.done():
            future.set_result(None)
        return True

    async def passed(self, app: str, seconds: float) -> float:
        """Send a fence and wait until it is back. app: whose events. seconds: to wait at most.

        Returns the seconds it took. Raises OutcomeUnknown when it does not come back: then the
        application is not ours, or events do not reach us; and whatever the request raises.
        ARI: POST /events/user/{eventName}, and the ChannelUserevent it makes.
        """
        loop = asyncio.get_running_loop()
        name = f"{PREFIX}{uuid.uuid4()}"
        self._out[name] = future = loop.create_future()
        begun = loop.time()
        try:
            async with asyncio.timeout(seconds):
                await self._ari.events.user_event(name, application=app)
                await future
        except TimeoutError:
            raise OutcomeUnknown(
                "POST",
                f"/events/user/{PREFIX}…",
                f"an event of application {app!r} did not come back in {seconds:g} s: events do"
                " not reach us; is another program running the application?",
            ) from None
        finally:
            del self._out[name]
        return loop.time() - begun
