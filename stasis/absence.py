"""Is the call over? What is asked when Asterisk does not know a call's channel, or does not answer.

An error of a flow may only say that its call has ended, before that is told. Then the end is on
its way; and when it does not come, Asterisk is asked, so that no call is waited for in vain.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from stasis.ari.channels import Channel as Snapshot
from stasis.ari.events import StasisEnd
from stasis.errors import (
    AriError,
    ChannelGone,
    NotAri,
    NotBooted,
    NotFound,
    OutcomeUnknown,
    Unreachable,
)

if TYPE_CHECKING:
    from stasis.runner import Runner

__all__ = ["Absence"]

# What is raised when Asterisk itself does not answer, and how long its loss may take to be noticed.
NO_ANSWER = (Unreachable, OutcomeUnknown, NotBooted, NotAri)
NOTICED_SECONDS = 0.25
# How long the end of a call that Asterisk does not know may take to be told, before we ask.
PRESUME_SECONDS = 2.0
PRESUME_MOST = 30.0


class Absence:
    """Whether a call is over. call: which."""

    def __init__(self, call: Runner) -> None:
        self.call = call
        self._verifying: asyncio.Task[None] | None = None

    def is_end(self, error: BaseException) -> bool:
        """Whether an error only says that the call is over."""
        if isinstance(error, BaseExceptionGroup):
            return all(map(self.is_end, error.exceptions))
        return isinstance(error, ChannelGone) and (
            self.call.channel.gone is not None or error.channel_id == self.call.channel.id
        )

    async def over(self, error: BaseException) -> bool:
        """Whether the call is over, and what was raised only says so."""
        if self.is_end(error):
            self._presume()
            return True
        if isinstance(error, NO_ANSWER):
            # Asterisk itself may have gone, and with it the call: that is told in a moment.
            await asyncio.sleep(NOTICED_SECONDS)
            await self.call.owner.router.hearing.again()
            return self.call.channel.gone is not None
        return False

    def _presume(self) -> None:
        """Asterisk says that the call is gone: if that is not told soon, it is asked again."""
        if self.call.channel.gone is None and self._verifying is None:
            self._verifying = asyncio.create_task(self._verify())

    async def _verify(self) -> None:
        """Make sure that a call which Asterisk would not know is not waited for in vain."""
        wait = PRESUME_SECONDS
        while self.call.channel.gone is None:
            await asyncio.sleep(wait)
            wait = min(wait * 2, PRESUME_MOST)
            channels = self.call.owner.ari.channels
            try:
                snapshot = await channels.get(self.call.channel.id)
            except NotFound:
                snapshot = Snapshot(id=self.call.channel.id)
            except AriError:
                continue  # after the gap it is looked for
            if snapshot.name and snapshot.dialplan.app_name in ("Stasis", ""):
                # It is here, and its flow has taken it for gone.
                self.call.stop(self.call.flow.on_error)
            elif self.call.channel.gone is None:
                self.call.owner.router.dispatch(
                    StasisEnd(application=self.call.app, channel=snapshot)
                )
            return

    def close(self) -> None:
        """The call's runner has ended: nothing is to be asked any more."""
        if self._verifying is not None:
            self._verifying.cancel()
        del self.call
