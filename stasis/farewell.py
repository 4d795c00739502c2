"""Farewells: channels that nobody here runs, and that must not stay in silence.

They go on in the dialplan or are hung up, beside the reader and for as long as it takes. Until
then they are no calls that a new process, or this one after a gap, would find.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from stasis.ari import Ari
from stasis.census import is_out
from stasis.errors import (
    AriError,
    Conflict,
    NotBooted,
    NotFound,
    OutcomeUnknown,
    StasisError,
    Unreachable,
)
from stasis.tasks import Spawn
from stasis.transport.connect import Backoff

__all__ = ["Farewells"]

log = structlog.get_logger("stasis.farewell")


class Farewells:
    """Of one Asterisk.

    spawn: starts a task beside the reader. backoff: makes the waits of what is tried again. over:
    told of each that was seen off. ids: of the channels that are being seen off.
    """

    def __init__(
        self,
        ari: Ari,
        spawn: Spawn,
        backoff: Callable[[], Backoff],
        over: Callable[[str], None],
    ) -> None:
        self.ids: set[str] = set()
        self._ari = ari
        self._spawn = spawn
        self._backoff = backoff
        self._over = over

    def begin(self, channel_id: str, how: Callable[[str], Awaitable[None]]) -> None:
        """See a channel off. how: what is done with it."""
        self.ids.add(channel_id)

        async def see_off() -> None:
            try:
                await how(channel_id)
            finally:
                if channel_id in self.ids:
                    self._over(channel_id)
                self.ids.discard(channel_id)

        self._spawn(see_off())

    def let_go(self) -> None:
        """Leave every channel as it is: it is another process' now."""
        self.ids.clear()

    async def turn_away(self, channel_id: str) -> None:
        """Let it go on in the dialplan. ARI: POST /channels/{channelId}/continue."""
        try:
            await self._ari.channels.continue_in_dialplan(channel_id)
        except (NotFound, Conflict):
            return  # it has gone, or is in the dialplan already
        except StasisError as error:
            log.warning("could not go on in the dialplan", channel=channel_id, error=str(error))
            await self.hang_up(channel_id)

    async def hang_up(self, channel_id: str, *, sent_on: bool = False) -> None:
        """Hang it up, as soon as Asterisk can be reached. ARI: DELETE /channels/{channelId}.

        sent_on: it may be in the dialplan, and only its end was not heard; there it stays.
        """
        backoff = self._backoff()
        while channel_id in self.ids:
            try:
                if sent_on and is_out(await self._ari.channels.get(channel_id)):
                    return
                return await self._ari.channels.hangup(channel_id)
            except (Unreachable, OutcomeUnknown, NotBooted) as error:
                wait = backoff.next()
                log.warning("cannot hang up yet", channel=channel_id, error=error.reason)
                await asyncio.sleep(wait)
            except AriError:
                return
