"""One call's task: from state to state until it is over. The only place that runs a flow's code.

Rules: events go one at a time in the order they came; a trigger leaves its state at once, the
body is cancelled at its await and the state's media stop; the channel's own end raises
ChannelGone in the body and then runs `ended`, exactly once; whatever goes wrong in a flow stays
in this runner, and the call is left as the flow's policy says.
"""

from __future__ import annotations

import asyncio
import copy
import logging
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import structlog

from stasis.absence import Absence
from stasis.ari import Ari
from stasis.ari.events import (
    ChannelDtmfReceived,
    Event,
    StasisStart,
)
from stasis.body import Action, Body
from stasis.channel import Channel
from stasis.config import EngineConfig
from stasis.errors import (
    AriError,
    ChannelGone,
    Conflict,
    FlowError,
    InboxOverflow,
    InvalidParameter,
    NotFound,
)
from stasis.flow import Flow, Leave
from stasis.inbox import Inbox
from stasis.keep import Keep
from stasis.leaving import leave
from stasis.owner import Owner
from stasis.playback import stop_old
from stasis.program import Program
from stasis.record import Record, packed
from stasis.router import Router
from stasis.stay import ALWAYS, ENDS, Item, Stay, Step, Stop
from stasis.trigger import Gap, Resumed, Trigger
from stasis.walk import OnWalk, Walked, tell

__all__ = ["Runner"]

log = structlog.get_logger("stasis.runner")

# What finds room in a full inbox.
ROOM = frozenset({*ENDS, Gap, Resumed})
# What becomes of a call that cannot be resumed, by the configuration's word.
LOST: dict[str, Leave | None] = {
    "restart": None,
    "continue": Leave(then="continue"),
    "hangup": Leave(reason="failure"),
}
# Of a call that has heard no other channel end.
NO_ENDS: Mapping[str, tuple[Event, ...]] = {}
# Frames of our own files in a traceback tell a flow's author nothing.
PACKAGE = str(Path(__file__).parent)


def tells_debug() -> bool:
    """Whether the log tells of what is of that level; one that cannot say so is told all."""
    try:
        return bool(log.is_enabled_for(logging.DEBUG))
    except AttributeError:  # structlog can be set up with loggers that have no levels
        return True


class Runner:
    """Runs one call.

    app: the Stasis application it entered. program: its flow. keep: where its record is kept.
    asterisk: what the flow sees as its `asterisk`. on_walk: who is told of its steps. failure:
    the first that the flow has raised, or None. old_media: an older process may have started
    playbacks that still play. stale: what is kept of the call has an older form. letting_go:
    another process goes on with the call.

    For its states: acting, the action that runs; wanted, while its task waits for an item, the
    kinds of events that the state's row names, or None for all; told, whether the log tells of
    what has no trigger; stopping, how the call is to be left; passed,
    digits that no state has used; ends, of other channels. Nothing outlives the call.
    """

    def __init__(
        self,
        channel_id: str,
        app: str,
        program: Program,
        ari: Ari,
        router: Router,
        config: EngineConfig,
        keep: Keep,
        asterisk: Any = None,
        on_walk: Sequence[OnWalk] = (),
    ) -> None:
        # The name that all its calls share, and not the one of its event.
        self.app = app = sys.intern(app)
        self.state = ""
        self.inbox: Inbox[Item] = Inbox(config.inbox)
        self.owner = Owner(channel_id, app, ari, router, config, self)
        self.channel = Channel(self.owner, channel_id)
        self.channel.claim()
        self.channel.on_gone(self._gone)
        self._program = program
        self._asterisk = asterisk
        self._on_walk = on_walk
        self.flow = self._flow()
        self.channel.on_become = self.owner.on_turn = self._keep_soon
        self._keep = keep
        self._keeping: asyncio.Lock | None = None
        self._keepers = 0
        self._came_with: str | None = None
        self.letting_go = False
        self.config = config
        self.acting: Action | None = None
        self.wanted: frozenset[type[Event]] | None = None
        self.stopping: Leave | None = None
        self.failure: BaseException | None = None
        self._begun = 0.0
        self.told = tells_debug()
        self._absence: Absence | None = None
        self.old_media = False
        self.stale = False
        self._anew = False
        self.passed: list[ChannelDtmfReceived] = []
        self.ends: Mapping[str, tuple[Event, ...]] = NO_ENDS

    def __repr__(self) -> str:
        return f"<Runner {self.channel.id} {type(self.flow).__name__}.{self.state}>"

    def hear(self, event: Event) -> None:
        """Called by the reader. The events that end a channel find room in a full inbox."""
        kind, wanted = type(event), self.wanted
        if (
            wanted is not None
            and kind not in wanted
            and kind not in ALWAYS
            and self.inbox.items is None
        ):
            # Nothing waits, so the state is what it is now, and this means nothing to it.
            if self.told:
                self._tell_dropped(event)
            return
        if not self.inbox.put(event, always=kind in ROOM) and self.acting is not None:
            self.acting.interrupt(InboxOverflow(self.channel.id, self.inbox.limit))

    def _tell_dropped(self, event: Event) -> None:
        """Tell the log what would be told in the call's own task."""
        log.debug(
            "no trigger",
            event_type=event.type,
            channel=self.channel.id,
            app=self.app,
            flow=type(self.flow).__name__,
            state=self.state,
        )

    def stop(self, leave: Leave) -> None:
        """End the call soon: leave its state, then leave the call so."""
        self.stopping = leave
        self.inbox.put(Stop(), always=True)
        if self.acting is not None:
            self.acting.interrupt(ChannelGone(self.channel.id, "the program stops"))

    def let_go(self) -> None:
        """Another process goes on with the call: end here, and touch nothing on the server.

        Whoever runs it cancels its task then.
        """
        self.letting_go = True
        self.owner.let_go()
        self.cut()

    def cut(self) -> None:
        """Its task is about to be cancelled: its code gets time to clean up, and not for ever."""
        if self.acting is not None:
            self.acting.cut(self.config.leave_timeout)

    def begin_anew(self) -> None:
        """What was kept of the call is of no use: it starts from the start, with nothing left."""
        self._anew = True

    def came_with(self, record: Record) -> None:
        """Its channel was made with its first record: it need not be written again."""
        self.owner.token, self.owner.media_token = record.token, record.media
        self._came_with = msgspec.structs.replace(record, id="").encode()

    async def keep(self) -> None:
        """Keep the record of the call as it is now. Raises FlowError when it cannot be kept."""
        self._keeping = self._keeping or asyncio.Lock()
        self._keepers += 1
        try:
            async with self._keeping:
                await self._keep_now()
        finally:
            self._keepers -= 1
            if not self._keepers:
                self._keeping = None

    async def _keep_now(self) -> None:
        if self.channel.gone is not None or self.letting_go:
            return
        flow, owner = self.flow, self.owner
        name = type(flow).__name__
        text = Record(
            app=self.app,
            flow=name,
            state=self.state,
            token=owner.token,
            entry=owner.entry,
            media=owner.media_token,
            args=self.channel.args,
            version=flow.version,
            data=None if flow.data is None else packed(flow.data, name),
        ).encode()
        came_with, self._came_with = self._came_with, None
        if text == came_with:
            return
        try:
            await self._keep.save(self.channel.id, text)
        except (NotFound, Conflict, InvalidParameter):
            log.debug("not kept: the call is leaving")
        except (AriError, OSError) as error:
            log.warning("not kept: a restart now would begin the call anew", error=str(error))

    def _keep_soon(self) -> None:
        self.owner.command(self.keep())

    async def run(self) -> None:
        """From StasisStart to the end: states, then leaving, `ended`, and closing."""
        structlog.contextvars.bind_contextvars(
            channel=self.channel.id, app=self.app, flow=type(self.flow).__name__
        )
        self._begun = asyncio.get_running_loop().time()
        log.info("call", args=self.channel.args, caller=self.channel.caller_number)
        last: Event | None = None
        try:
            if self.old_media:
                await stop_old(self.owner)
            if self._anew:
                await self.owner.close_made()
            step = await self._first_step()
            # From state to state, here: a coroutine of its own would be one more for each call.
            while step.state is not None:
                resumed = isinstance(step.event, Resumed)
                stay = self._enter(step.state, step)
                del step  # its event, and all that Asterisk sent with it, is the body's alone
                try:
                    step = await stay.until()
                except Exception as error:
                    if not resumed or isinstance(error, InboxOverflow):
                        raise
                    step = await self._lose(error)
            last = step.event
            if step.leave is not None:
                await leave(self.channel, self.owner, step.leave)
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            # Also what is no Exception: whatever a flow raises, its caller is not left in silence.
            self.report(error)
            await leave(self.channel, self.owner, self.flow.on_error)
        finally:
            if self._absence is not None:
                self._absence.close()
            # A call that is over must be freed at once, not when the collector finds its circle.
            self.channel.on_become = self.flow._keep = None
            if self.letting_go:
                self.inbox.close()
                log.info("the call goes on elsewhere")
            else:
                await self._close(last)

    async def _close(self, last: Event | None) -> None:
        """The call is over: tell its flow, close what it made, and forget it."""
        try:
            await self._end(last)
        finally:
            if self.state:
                self.tell(self.state, None if last is None else type(last), "")
            await self.owner.close()
            self.inbox.close()
            try:
                await self._keep.forget(self.channel.id)
            except (AriError, OSError) as error:
                log.warning("what was kept of the call could not be deleted", error=str(error))
            log.info(
                "call ended",
                reason=self.channel.gone.reason if self.channel.gone else "not known",
                seconds=round(asyncio.get_running_loop().time() - self._begun, 1),
            )

    async def _first_step(self) -> Step:
        """Where the call begins: in its flow's first state, or where an older process was."""
        first = await self.inbox.get()
        if self.stopping is not None:
            return Step(None, leave=self.stopping)
        if isinstance(first, Resumed):
            return Step(first.state, first)
        return Step(self.flow.start.__name__, first if isinstance(first, Event) else None)

    def _enter(self, state: str, step: Step) -> Stay:
        left, self.state = self.state, state
        structlog.contextvars.bind_contextvars(state=state)
        self.tell(left, step.trigger, state)
        return Stay(self, state, step.event)

    @property
    def absence(self) -> Absence:
        """What tells whether the call is over; made when it is asked."""
        self._absence = self._absence or Absence(self)
        return self._absence

    def tell(self, state: str, trigger: Trigger | None, target: str, action: str = "") -> None:
        """Tell who looks on of a step; the parameters are fields of `Walked`."""
        if not self._on_walk:
            return
        at = asyncio.get_running_loop().time()
        flow = self._program.runnable
        tell(
            self._on_walk,
            Walked(
                self.channel.id,
                self.app,
                flow,
                state,
                trigger,
                target,
                at,
                action,
                None if target else self.failure,
            ),
        )

    async def _lose(self, error: Exception) -> Step:
        """The state could not go on after a restart: the call follows `on_lost`."""
        policy = self.on_lost
        self.report(error)
        log.warning("the call cannot be resumed", becomes=policy.then if policy else "restart")
        if policy is not None:
            return Step(None, leave=policy)
        await self.owner.close_made()
        self.flow = self._flow()
        return Step(self.flow.start.__name__, self._first())

    @property
    def on_lost(self) -> Leave | None:
        """How the call is left when it cannot be resumed; None when it begins anew."""
        policy = self.flow.on_lost
        policy = LOST[self.config.on_lost] if policy is None else policy
        return None if policy == "restart" else policy

    def _first(self) -> Event:
        """The event with which the call begins anew."""
        return StasisStart(
            application=self.app, channel=self.channel.snapshot, args=self.channel.args
        )

    def _flow(self) -> Flow:
        """A new flow object for the call."""
        flow = self._program.flow()
        flow.channel = self.channel
        flow.app = self.app
        flow.plugin = self._program.plugin
        flow._keep = self
        if self._asterisk is not None:
            flow.asterisk = self._asterisk
        # Not by `vars`, which gives the object a dict of its own for good.
        if flow.data is type(flow).data is not None:
            flow.data = copy.deepcopy(flow.data)
        return flow

    def _gone(self, error: ChannelGone) -> None:
        if self.acting is not None:
            self.acting.interrupt(error)

    def report(self, error: BaseException) -> None:
        """Tell the log what went wrong in the flow, and where in its own code."""
        self.failure = self.failure or error
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename.startswith(PACKAGE):
            trace = trace.tb_next
        log.error(
            "the flow failed",
            error=f"{type(error).__name__}: {error}",
            exception="".join(traceback.format_exception(type(error), error, trace)).rstrip(),
        )

    async def _end(self, event: Event | None) -> None:
        """Run the flow's `ended`, within its time."""
        if type(self.flow).ended is Flow.ended:
            return
        ending = Body(self.flow.ended(event), name=f"{self.channel.id} ended")
        try:
            # Most end in their first step: no timer then, whose rest would stay in the loop.
            await asyncio.sleep(0)
            in_time = await ending.over(self.config.leave_timeout)
        finally:
            await ending.leave(self.config.leave_timeout)
        if not in_time:
            log.error("`ended` took too long and was cancelled")
            self.failure = self.failure or FlowError("`ended` took too long and was cancelled")
        elif not ending.task.cancelled():
            error = ending.task.exception()
            if isinstance(error, Exception) and not isinstance(error, ChannelGone):
                self.report(error)
