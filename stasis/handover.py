"""Hand-over: a channel that a flow has made becomes a call of its own.

The record on the channel is the hand-over. It is written first, with no state, and from then on
every process takes the channel for a call that has yet to begin, whose flow it begins. So there is
no moment in which the channel is nobody's, whenever a process is killed. Within one application
nothing else is asked of Asterisk; another one it has to be moved to.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context

import structlog

from stasis.ari import Ari
from stasis.ari.channels import Channel as Snapshot
from stasis.ari.events import ApplicationMoveFailed, ChannelDestroyed, StasisEnd
from stasis.channel import Channel
from stasis.errors import (
    AriError,
    ChannelGone,
    NotFound,
    OutcomeUnknown,
    WaitTimeout,
)
from stasis.identity import new_token
from stasis.keep import Keep
from stasis.owner import ACTING
from stasis.program import Program
from stasis.record import Record
from stasis.router import Router

__all__ = ["Handovers", "is_in"]

log = structlog.get_logger("stasis.handover")

# How long a channel may take to be in another application.
MOVE_SECONDS = 10.0


class Handovers:
    """The hand-overs of one Asterisk.

    program: what an application of ours runs. begin: starts a call, from its record, its channel
    and the bridge that it is in; called without a wait in between, so that no event is lost.
    apart: whether another process has our calls now. moving: ids of channels on their way.
    """

    def __init__(
        self,
        keep: Keep,
        ari: Ari,
        router: Router,
        program: Callable[[str], Program | None],
        begin: Callable[[Record, Snapshot, str | None], None],
        apart: Callable[[], bool],
    ) -> None:
        self.moving: set[str] = set()
        self._keep = keep
        self._ari = ari
        self._router = router
        self._program = program
        self._begin = begin
        self._apart = apart

    async def give(self, channel: Channel, app: str, args: tuple[str, ...]) -> None:
        """Make a channel of a flow a call. See `Channel.hand_over`."""
        if channel.awaited:
            raise ChannelGone(channel.id, "not in Stasis yet: it can be handed over once it is")
        await channel.quiet()
        record = self._record(app, args)
        await self._save(channel.id, record)
        if channel.gone is not None:
            raise channel.gone.again()
        if app != channel._owner.app:
            await self._give_elsewhere(channel, record)
        elif self._apart():
            raise ChannelGone(channel.id, "another program has taken the calls")
        else:
            snapshot, bridge_id = channel.snapshot, channel.bridge_id
            channel.let_go()
            # Not as a part of the task that has asked for it: it is a call like any other.
            context = copy_context()
            context.run(forget_call)
            context.run(self._begin, record, snapshot, bridge_id)

    async def finish(self, channel_id: str, record: Record) -> None:
        """Bring a channel into the application that it was handed to, by a process that is gone.

        Raises AriError.
        """
        await self._move(channel_id, record)

    def _record(self, app: str, args: tuple[str, ...]) -> Record:
        program = self._program(app)
        return Record(
            app=app,
            flow=program.flow.__name__ if program is not None else "",
            state="",
            token=new_token(),
            entry=0,
            media=new_token(),
            args=args,
            version=program.flow.version if program is not None else 1,
        )

    async def _save(self, channel_id: str, record: Record) -> None:
        text = record.encode()
        try:
            try:
                await self._keep.save(channel_id, text)
            except OutcomeUnknown:
                await self._keep.save(channel_id, text)  # it does the same twice
        except OSError as error:
            log.warning("not kept: a restart now would end this call", error=str(error))

    async def _give_elsewhere(self, channel: Channel, record: Record) -> None:
        key, owner = ("channel", channel.id), channel._owner
        owner.ignore(key)  # that it leaves is no end to its flow
        try:
            await self._move(channel.id, record)
        except AriError as error:
            if channel.gone is None:
                channel.claim()
                if not isinstance(error, OutcomeUnknown):
                    await self._take_back(channel.id)
            raise
        if channel.hanging_up and channel.gone is not None:
            raise channel.gone.again()
        channel.let_go()

    async def _take_back(self, channel_id: str) -> None:
        """It stays with the flow that has made it: nothing is kept of it."""
        with suppress(AriError, OSError):
            await self._keep.save(channel_id, "")
            await self._keep.forget(channel_id)

    async def _move(self, channel_id: str, record: Record) -> None:
        """Raises NotFound when nobody runs that application, OutcomeUnknown."""
        app = record.app
        wait = self._router.expect(
            ("channel", channel_id),
            StasisEnd,
            ApplicationMoveFailed,
            ChannelDestroyed,
            where=lambda event: event.application != app or isinstance(event, ChannelDestroyed),
            what=f"channel {channel_id} entering {app}",
        )
        self.moving.add(channel_id)
        try:
            with suppress(OutcomeUnknown):  # events tell
                await self._ari.channels.move(
                    channel_id, app=app, app_args=",".join(record.args) or None
                )
            event = await wait.within(MOVE_SECONDS)
        except WaitTimeout as error:
            raise OutcomeUnknown("POST", f"/channels/{channel_id}/move", str(error)) from None
        finally:
            self.moving.discard(channel_id)
            wait.cancel()
        if isinstance(event, ApplicationMoveFailed):
            raise NotFound(
                "POST",
                f"/channels/{channel_id}/move",
                404,
                f"nobody runs the application {app!r}; the channel stays",
            )


def forget_call() -> None:
    """What runs from here on belongs to no call and no action of one."""
    ACTING.set(False)
    structlog.contextvars.unbind_contextvars("channel", "app", "flow", "state")


async def is_in(ari: Ari, app: str, channel_id: str) -> bool:
    """Whether an application, of whatever program, has the channel. Raises AriError.

    ARI: GET /applications/{applicationName}.
    """
    try:
        return channel_id in (await ari.applications.get(app)).channel_ids
    except NotFound:
        return False
