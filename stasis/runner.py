"""One channel's task: inbox → row → state. The only place where a flow's code is called.

Rules: events go one at a time in the order they came; a trigger leaves its state at once, the
body is cancelled at its await and the state's media stop; the channel's own end raises
ChannelGone in the body and then runs `ended`, exactly once; whatever goes wrong in a flow stays
in this runner, and the call is left as the flow's policy says.
"""

from __future__ import annotations

import asyncio
import copy
import traceback
from collections import deque
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import structlog
from attrs import frozen

from stasis.ari import Ari
from stasis.ari.channels import Channel as Snapshot
from stasis.ari.events import (
    ChannelDestroyed,
    ChannelDtmfReceived,
    Event,
    PlaybackFinished,
    StasisEnd,
    StasisStart,
)
from stasis.body import Body
from stasis.channel import Channel
from stasis.config import EngineConfig
from stasis.errors import (
    AriError,
    ChannelGone,
    Conflict,
    FlowError,
    InboxOverflow,
    NotAri,
    NotBooted,
    NotFound,
    OutcomeUnknown,
    Unreachable,
)
from stasis.flow import (
    EMPTY,
    After,
    Do,
    Done,
    Elapsed,
    Flow,
    Gap,
    Leave,
    Other,
    Outcome,
    Resumed,
    Row,
)
from stasis.inbox import Inbox
from stasis.keep import Keep
from stasis.leaving import leave
from stasis.owner import ACTING, Owner
from stasis.playback import stop_old
from stasis.program import Program
from stasis.record import Record, packed
from stasis.router import Router
from stasis.subject import PLAYBACK, subject

__all__ = ["Runner"]

log = structlog.get_logger("stasis.runner")

# How long entering a state may wait for its record to be kept; it goes on being kept then.
KEEP_SECONDS = 1.0
# What becomes of a call that cannot be resumed, by the configuration's word.
LOST: dict[str, Leave | None] = {
    "restart": None,
    "continue": Leave(then="continue"),
    "hangup": Leave(reason="failure"),
}
# What is raised when Asterisk itself does not answer, and how long its loss may take to be noticed.
NO_ANSWER = (Unreachable, OutcomeUnknown, NotBooted, NotAri)
NOTICED_SECONDS = 0.25
# How long the end of a call that Asterisk does not know may take to be told, before we ask.
PRESUME_SECONDS = 2.0
PRESUME_MOST = 30.0
# What ends a channel: it has left us, and then it is gone.
ENDS = (StasisEnd, ChannelDestroyed)
# Frames of our own files in a traceback tell a flow's author nothing.
PACKAGE = str(Path(__file__).parent)


@frozen
class Fired:
    """A timer of the state with this body has fired."""

    after: After
    body: Body[Any]


@frozen
class Returned:
    """This state's body has returned or raised."""

    body: Body[Any]


@frozen
class Stop:
    """The program stops: look up from the inbox."""


Item: TypeAlias = Event | Fired | Returned | Stop


@frozen
class Step:
    """What follows a state: another one, or the end. leave: how to leave a call that lives."""

    state: str | None
    event: Event | None = None
    leave: Leave | None = None


class Runner:
    """Runs one call.

    app: the Stasis application it entered. program: its flow. keep: where its record is kept.
    asterisk: what the flow sees as its `asterisk`.
    failure: the first that the flow has raised, or None. old_media: an older process may have
    started playbacks that still play. stale: what is kept of the call has an older form. Nothing
    outlives the call.
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
    ) -> None:
        self.app = app
        self.state = ""
        self.inbox: Inbox[Item] = Inbox(config.inbox)
        self.owner = Owner(channel_id, app, ari, router, config, self)
        self.channel = Channel(self.owner, channel_id)
        self.channel.claim()
        self.channel.on_gone(self._gone)
        self._program = program
        self._asterisk = asterisk
        self.flow = self._flow()
        self.channel.on_become = self.owner.on_turn = self._keep_soon
        self._keep = keep
        self._keeping = asyncio.Lock()
        self.letting_go = False
        self._config = config
        self._acting: Body[Any] | None = None
        self._stopping: Leave | None = None
        self.failure: BaseException | None = None
        self._begun = 0.0
        self._read: Body[Any] | None = None
        self._verifying: asyncio.Task[None] | None = None
        self.old_media = False
        self.stale = False
        self._anew = False
        self._passed: list[ChannelDtmfReceived] = []
        self._ends: dict[str, list[Event]] = {}

    def __repr__(self) -> str:
        return f"<Runner {self.channel.id} {type(self.flow).__name__}.{self.state}>"

    def hear(self, event: Event) -> None:
        """Called by the reader. The events that end a channel find room in a full inbox."""
        always = isinstance(event, (*ENDS, Gap, Resumed))
        if not self.inbox.put(event, always=always) and self._acting is not None:
            self._acting.interrupt(InboxOverflow(self.channel.id, self.inbox.limit))

    def stop(self, leave: Leave) -> None:
        """End the call soon: leave its state, then leave the call so."""
        self._stopping = leave
        self.inbox.put(Stop(), always=True)
        if self._acting is not None:
            self._acting.interrupt(ChannelGone(self.channel.id, "the program stops"))

    def let_go(self) -> None:
        """Another process goes on with the call: end here, and touch nothing on the server.

        Whoever runs it cancels its task then.
        """
        self.letting_go = True
        self.owner.let_go()

    def begin_anew(self) -> None:
        """What was kept of the call is of no use: it starts from the start, with nothing left."""
        self._anew = True

    async def keep(self) -> None:
        """Keep the record of the call as it is now. Raises FlowError when it cannot be kept."""
        async with self._keeping:
            if self.channel.gone is not None or self.letting_go:
                return
            flow, owner = self.flow, self.owner
            name = type(flow).__name__
            record = Record(
                app=self.app,
                flow=name,
                state=self.state,
                token=owner.token,
                entry=owner.entry,
                media=owner.media_token,
                args=self.channel.args,
                version=flow.version,
                data=None if flow.data is None else packed(flow.data, name),
            )
            try:
                await self._keep.save(self.channel.id, record.encode())
            except (NotFound, Conflict):
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
            step = await self._walk()
            last = step.event
            if step.leave is not None:
                await leave(self.channel, self.owner, step.leave)
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            # Also what is no Exception: whatever a flow raises, its caller is not left in silence.
            self._report(error)
            await leave(self.channel, self.owner, self.flow.on_error)
        finally:
            if self._verifying is not None:
                self._verifying.cancel()
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

    async def _walk(self) -> Step:
        """Go from state to state until the call is over."""
        first = await self.inbox.get()
        if self._stopping is not None:
            step = Step(None, leave=self._stopping)
        elif isinstance(first, Resumed):
            step = Step(first.state, first)
        else:
            step = Step(self.flow.start.__name__, first if isinstance(first, Event) else None)
        while step.state is not None:
            try:
                step = await self._stay(step.state, step.event)
            except Exception as error:
                if not isinstance(step.event, Resumed) or isinstance(error, InboxOverflow):
                    raise
                step = await self._lose(error)
        return step

    async def _lose(self, error: Exception) -> Step:
        """The state could not go on after a restart: the call follows `on_lost`."""
        policy = self.on_lost
        self._report(error)
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
        policy = LOST[self._config.on_lost] if policy is None else policy
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
        flow.plugin = self._program.plugin
        flow._keep = self.keep
        if self._asterisk is not None:
            flow.asterisk = self._asterisk
        if "data" not in vars(flow):
            flow.data = copy.deepcopy(type(flow).data)
        return flow

    async def _stay(self, state: str, event: Event | None) -> Step:
        """Be in one state: run its body, and listen until a trigger leads out."""
        self.state = state
        structlog.contextvars.bind_contextvars(state=state)
        log.debug("enters state")
        again = isinstance(event, Resumed)
        self.owner.enter(again=again)
        if not again or self.stale:
            # Before the body's first command: what plays, and what is recorded, would keep
            # Asterisk from setting a variable.
            await self.owner.done_within(KEEP_SECONDS, self.keep())
        row = self.flow.rows.get(state, EMPTY)
        body = Body(getattr(self.flow, state)(event), name=f"{self.channel.id} {state}")
        body.task.add_done_callback(lambda _: self.inbox.put(Returned(body), always=True))
        loop = asyncio.get_running_loop()
        timers = [
            loop.call_later(after.seconds, partial(self.inbox.put, Fired(after, body), always=True))
            for after in row.timers
        ]
        try:
            # Whatever waits in the inbox, a state that is entered begins: up to its first await.
            await asyncio.sleep(0)
            return await self._listen(row, body)
        finally:
            for timer in timers:
                timer.cancel()
            if not await body.leave(self._config.leave_timeout):
                log.error("the state's code does not end when it is left", state=state)
            elif self._read is not body and not body.task.cancelled():
                error = body.task.exception()
                if error is not None and not self._is_end(error):
                    # Its cleanup failed, or it failed when it was about to be left.
                    self._report(error)
            await self.owner.stop_media()

    async def _listen(self, row: Row, body: Body[Any]) -> Step:
        """Take items from the inbox until one leads out of the state."""
        again: deque[ChannelDtmfReceived] = deque()
        if row.takes_digits:
            # Typed ahead: no earlier state and no question has used these.
            again.extend(d for d in self._passed if d in self.channel.digits)
            self._passed = []
        try:
            return await self._take(row, body, again)
        finally:
            self._passed.extend(again)  # the first has led out; the others are the next state's

    async def _take(self, row: Row, body: Body[Any], again: deque[ChannelDtmfReceived]) -> Step:
        """The digits typed ahead first, then the inbox."""
        while True:
            item: Item = again.popleft() if again else await self.inbox.get()
            # After the wait, so that nothing is begun which nobody would interrupt any more.
            if self.inbox.overflown:
                raise InboxOverflow(self.channel.id, self.inbox.limit)
            if self._stopping is not None:
                return Step(None, leave=self._stopping)
            if isinstance(item, Event):
                step = await self._hear(row, body, item)
            elif isinstance(item, Returned):
                step = await self._returned(row, body) if item.body is body else None
            elif isinstance(item, Fired):
                step = None
                if item.body is body:
                    step = await self._follow(row, item.after, Elapsed(seconds=item.after.seconds))
            else:
                step = None  # a Stop: it only wakes
            if step is not None:
                return step

    async def _hear(self, row: Row, body: Body[Any], event: Event) -> Step | None:
        """One event: the end, a trigger, or nothing to this state."""
        own = subject(event) in (None, self.channel.id)
        if own and isinstance(event, ENDS):
            body.interrupt(self.channel.gone or ChannelGone(self.channel.id))
            await body.over(self._config.leave_timeout)
            return Step(None, event)
        if isinstance(event, PLAYBACK) and event.playback.id not in self.owner.media:
            return None  # of a state that was left
        if isinstance(event, PlaybackFinished):
            self.owner.media.pop(event.playback.id, None)
        if own and isinstance(event, ChannelDtmfReceived):
            if event not in self.channel.digits:
                return None  # a question has used it
            if self.channel.digits.asking:
                self._pass(event)
                return None
        if not own and isinstance(event, ENDS):
            self._ends.setdefault(event.channel.id, []).append(event)
        trigger = row.match(event, own=own)
        if trigger is None:
            if own and isinstance(event, ChannelDtmfReceived):
                self._pass(event)
            log.debug("no trigger", event_type=event.type)
            return None
        if own and isinstance(event, ChannelDtmfReceived):
            self.channel.digits.discard(event)
        return await self._follow(row, trigger, event)

    def _pass(self, digit: ChannelDtmfReceived) -> None:
        self._passed = [d for d in self._passed if d in self.channel.digits]
        self._passed.append(digit)

    async def _follow(self, row: Row, trigger: Any, event: Event) -> Step | None:
        """The trigger's target: an action that stays, or the next state."""
        target = row.edges[trigger]
        if not isinstance(target, Do):
            return Step(target, event)
        if self.channel.gone is not None:
            return None  # its end is in the inbox, and an action now would only keep it there
        name = target.method.__name__
        token = ACTING.set(True)
        action = Body(getattr(self.flow, name)(event), name=f"{self.channel.id} {name}")
        ACTING.reset(token)
        self._acting = action
        try:
            await asyncio.wait({action.task})
        finally:
            self._acting = None
            await action.leave(self._config.leave_timeout)
        if not action.task.cancelled():
            error = action.task.exception()
            if error is not None and not await self._over(error):
                raise error
        return None

    async def _returned(self, row: Row, body: Body[Any]) -> Step | None:
        """The body has ended: an outcome, Done, the end of a final state, or an error."""
        self._read = body
        if body.task.cancelled():
            raise FlowError(
                f"{type(self.flow).__name__}.{self.state}: something that it awaited was cancelled"
            )
        error = body.task.exception()
        if error is not None:
            if await self._over(error):
                return None  # StasisEnd is in the inbox, or on its way
            if isinstance(error, ChannelGone):
                # Another channel has gone; the row may know what then. Its end may have been heard
                # already, in the state before, and does not come again.
                for end in self._ends.get(error.channel_id, ()):
                    if (trigger := row.match(end, own=False)) is not None:
                        return await self._follow(row, trigger, end)
                if self._end_is_coming(row, error.channel_id):
                    return None
            raise error
        outcome = body.task.result()
        if not row.edges:
            return Step(None, leave=self.flow.on_done)
        if outcome is None:
            return await self._follow(row, Done, Outcome()) if Done in row.edges else None
        if outcome not in row.edges:
            raise FlowError(
                f"{type(self.flow).__name__}.{self.state} returned {outcome!r}, which its row does"
                f" not have; known: {[t for t in row.edges if isinstance(t, str)]}"
            )
        return await self._follow(row, outcome, Outcome(outcome=outcome))

    async def _over(self, error: BaseException) -> bool:
        """Whether the call is over, and what was raised only says so."""
        if self._is_end(error):
            self._presume()
            return True
        if isinstance(error, NO_ANSWER):
            # Asterisk itself may have gone, and with it the call: that is told in a moment.
            await asyncio.sleep(NOTICED_SECONDS)
            await self.owner.router.hearing.again()
            return self.channel.gone is not None
        return False

    def _presume(self) -> None:
        """Asterisk says that the call is gone: if that is not told soon, it is asked again."""
        if self.channel.gone is None and self._verifying is None:
            self._verifying = asyncio.create_task(self._verify())

    async def _verify(self) -> None:
        """Make sure that a call which Asterisk would not know is not waited for in vain."""
        wait = PRESUME_SECONDS
        while self.channel.gone is None:
            await asyncio.sleep(wait)
            wait = min(wait * 2, PRESUME_MOST)
            channels = self.owner.ari.channels
            try:
                snapshot = await channels.get(self.channel.id)
            except NotFound:
                snapshot = Snapshot(id=self.channel.id)
            except AriError:
                continue  # after the gap it is looked for
            if snapshot.name and snapshot.dialplan.app_name in ("Stasis", ""):
                # It is here, and its flow has taken it for gone.
                self.stop(self.flow.on_error)
            elif self.channel.gone is None:
                self.owner.router.dispatch(StasisEnd(application=self.app, channel=snapshot))
            return

    def _end_is_coming(self, row: Row, channel_id: str) -> bool:
        """Whether another channel's end, as the row knows it, has yet to be heard."""
        claim = self.owner.router.claimed(("channel", channel_id))
        waiting = (item for item in self.inbox if isinstance(item, ENDS))
        if (claim is None or claim.hearer is not self) and all(
            end.channel.id != channel_id for end in waiting
        ):
            return False
        heard = {type(end) for end in self._ends.get(channel_id, ())}
        return any(
            isinstance(t, Other) and t.kind in ENDS and t.kind not in heard for t in row.edges
        )

    def _is_end(self, error: BaseException) -> bool:
        """Whether an error only says that the call is over."""
        if isinstance(error, BaseExceptionGroup):
            return all(map(self._is_end, error.exceptions))
        return isinstance(error, ChannelGone) and (
            self.channel.gone is not None or error.channel_id == self.channel.id
        )

    def _gone(self, error: ChannelGone) -> None:
        if self._acting is not None:
            self._acting.interrupt(error)

    def _report(self, error: BaseException) -> None:
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
        ending = Body(self.flow.ended(event), name=f"{self.channel.id} ended")
        try:
            in_time = await ending.over(self._config.leave_timeout)
        finally:
            await ending.leave(0)
        if not in_time:
            log.error("`ended` took too long and was cancelled")
        elif not ending.task.cancelled():
            error = ending.task.exception()
            if isinstance(error, Exception) and not isinstance(error, ChannelGone):
                self._report(error)
