"""One state that a call is in: its body, its timers, and the events that it hears.

A trigger leaves the state at once: the body is cancelled at its await and the state's media stop.
The channel's own end raises ChannelGone in the body.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import structlog
from attrs import frozen

from stasis.ari.events import (
    ChannelDestroyed,
    ChannelDtmfReceived,
    Event,
    PlaybackFinished,
    StasisEnd,
)
from stasis.body import Action, Body
from stasis.errors import ChannelGone, FlowError, InboxOverflow
from stasis.flow import Leave
from stasis.owner import ACTING
from stasis.subject import PLAYBACK, subject
from stasis.table import EMPTY, Do
from stasis.trigger import After, Done, Elapsed, Other, Outcome, Resumed, Trigger

if TYPE_CHECKING:
    from stasis.runner import Runner

__all__ = ["ENDS", "Item", "Stay", "Step", "Stop"]

log = structlog.get_logger("stasis.stay")

# How long entering a state may wait for its record to be kept; it goes on being kept then.
KEEP_SECONDS = 1.0
# What ends a channel: it has left us, and then it is gone.
ENDS = (StasisEnd, ChannelDestroyed)
# What means something in each state, whatever its row says.
ALWAYS = frozenset({*ENDS, PlaybackFinished, ChannelDtmfReceived})
# Where more than the row decides.
PARTICULAR = frozenset({*ALWAYS, *PLAYBACK})


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
    """What follows a state: another one, or the end.

    leave: how to leave a call that lives. trigger: the table's key that has led to the state.
    """

    state: str | None
    event: Event | None = None
    leave: Leave | None = None
    trigger: Trigger | None = None


class Stay:
    """A call's stay in one state.

    call: whose. name: the state's. row: what leads out.
    """

    __slots__ = ("_event", "_read", "_task", "call", "name", "row")

    def __init__(self, call: Runner, name: str, event: Event | None) -> None:
        self.call = call
        self.name = name
        self._event = event
        self.row = call.flow.rows.get(name, EMPTY)
        self._read = False
        task = asyncio.current_task()
        assert task is not None, "a call runs in a task of its own"
        self._task = task

    def __str__(self) -> str:
        return f"{type(self.call.flow).__name__}.{self.name}"

    async def until(self) -> Step:
        """Run the body, and take items until one leads out: digits typed ahead, then the inbox.

        It is what a call waits in, so it is one coroutine, and keeps nothing that has been used.
        """
        call = self.call
        body, timers = await self._enter()
        again: list[ChannelDtmfReceived] = []
        try:
            # Whatever waits in the inbox, a state that is entered begins: up to its first await.
            await asyncio.sleep(0)
            again = self._typed_ahead()
            while True:
                item: Item | None = None
                if again:
                    item = again.pop(0)
                else:
                    call.wanted = self.row.kinds  # what else comes wakes nobody
                    try:
                        item = await call.inbox.get()
                    finally:
                        call.wanted = None
                # After the wait: nothing is begun which nobody would interrupt any more.
                if call.inbox.overflown:
                    raise InboxOverflow(call.channel.id, call.inbox.limit)
                if call.stopping is not None:
                    return Step(None, leave=call.stopping)
                follows = (
                    self._hear(body, item) if isinstance(item, Event) else self._take(body, item)
                )
                if follows is not None and (step := await follows) is not None:
                    return step
                del follows  # else it would be kept as long as the call waits
        finally:
            call.passed += again  # the first has led out; the others are the next state's
            await self._leave(body, timers)

    async def _enter(self) -> tuple[Body[Any], tuple[asyncio.TimerHandle, ...]]:
        """Keep that the state is entered, and start its body and its timers."""
        call = self.call
        again = isinstance(self._event, Resumed)
        call.owner.enter(again=again)
        if not again or call.stale:
            # Before the body's first command: what plays, and what is recorded, would keep
            # Asterisk from setting a variable.
            await call.owner.done_within(KEEP_SECONDS, call.keep())
        # Not before it is kept: whoever reads this may count on it.
        log.debug("enters state")
        work = getattr(call.flow, self.name)(self._event)
        self._event = None  # the body has it
        body: Body[Any] = Body(work, name=f"{call.channel.id} {self.name}")
        body.task.add_done_callback(partial(self._note, Returned(body)))
        later = asyncio.get_running_loop().call_later
        return body, tuple(
            later(after.seconds, self._note, Fired(after, body)) for after in self.row.timers
        )

    async def _leave(self, body: Body[Any], timers: tuple[asyncio.TimerHandle, ...]) -> None:
        """End the body, the timers, and what the state plays."""
        call = self.call
        for timer in timers:
            timer.cancel()
        if not await body.leave(call.config.leave_timeout):
            log.error("the state's code does not end when it is left", state=self.name)
            call.failure = call.failure or FlowError(
                f"the code of the state {self.name!r} does not end when it is left"
            )
        elif not self._read and not body.task.cancelled():
            error = body.task.exception()
            if error is not None and not call.absence.is_end(error):
                # Its cleanup failed, or it failed when it was about to be left.
                call.report(error)
        await call.owner.stop_media()

    def _note(self, item: Item, _: object = None) -> None:
        self.call.inbox.put(item, always=True)

    def _typed_ahead(self) -> list[ChannelDtmfReceived]:
        """The digits that no earlier state and no question has used, where they mean something."""
        call = self.call
        if not self.row.takes_digits or not call.passed:
            return []
        passed, call.passed = call.passed, []
        return [digit for digit in passed if digit in call.channel.digits]

    async def _take(self, body: Body[Any], item: Fired | Returned | Stop) -> Step | None:
        """One of our own notes. Returns what follows the state, None while it goes on."""
        if isinstance(item, Returned):
            if item.body is not body:
                return None
            step = await self._returned(body)
            if step is None:
                body.forget()
            return step
        if isinstance(item, Fired) and item.body is body:
            return await self._follow(item.after, Elapsed(seconds=item.after.seconds))
        return None  # a Stop: it only wakes

    def _hear(self, body: Body[Any], event: Event) -> Coroutine[Any, Any, Step | None] | None:
        """One event: the end, a trigger, or nothing to this state. Returns what is to be done."""
        about = subject(event)
        own = about is None or about == self.call.channel.id
        if type(event) not in PARTICULAR:
            trigger = self.row.match(event, own=own)
            if trigger is not None:
                return self._follow(trigger, event)
            self._tell_unmatched(event)
            return None
        if own and isinstance(event, ENDS):
            return self._end(body, event)
        if isinstance(event, PLAYBACK) and event.playback.id not in self.call.owner.media:
            return None  # of a state that was left
        if isinstance(event, PlaybackFinished):
            self.call.owner.media.pop(event.playback.id, None)
        digit = event if own and isinstance(event, ChannelDtmfReceived) else None
        if digit is not None:
            digits = self.call.channel.digits
            if digit not in digits:
                return None  # a question has used it
            if digits.asking:
                self._pass(digit)
                return None
        if not own and isinstance(event, ENDS):
            ends, about = self.call.ends, event.channel.id
            self.call.ends = {**ends, about: (*ends.get(about, ()), event)}
        trigger = self.row.match(event, own=own)
        if trigger is None:
            if digit is not None:
                self._pass(digit)
            self._tell_unmatched(event)
            return None
        if digit is not None:
            digits.discard(digit)
        return self._follow(trigger, event)

    async def _end(self, body: Body[Any], event: Event) -> Step:
        """The channel's own end."""
        body.interrupt(self.call.channel.gone or ChannelGone(self.call.channel.id))
        await body.over(self.call.config.leave_timeout)
        return Step(None, event)

    def _tell_unmatched(self, event: Event) -> None:
        if self.call.told:
            log.debug("no trigger", event_type=event.type)

    def _pass(self, digit: ChannelDtmfReceived) -> None:
        self.call.passed = [d for d in self.call.passed if d in self.call.channel.digits]
        self.call.passed.append(digit)

    async def _follow(self, trigger: Any, event: Event) -> Step | None:
        """The trigger's target: an action that stays, or the next state."""
        target = self.row.edges[trigger]
        if not isinstance(target, Do):
            return Step(target, event, trigger=trigger)
        if self.call.channel.gone is not None:
            return None  # its end is in the inbox, and an action now would only keep it there
        name = target.method.__name__
        self.call.tell(self.name, trigger, self.name, action=name)
        context = copy_context()
        context.run(ACTING.set, True)
        action = Action(getattr(self.call.flow, name)(event), self._task, context)
        self.call.acting = action
        try:
            try:
                await action.run()
            finally:
                self.call.acting = None  # before its error is looked at, which may take time
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            if not await self.call.absence.over(error):
                raise
        return None

    async def _returned(self, body: Body[Any]) -> Step | None:
        """The body has ended: an outcome, Done, the end of a final state, or an error."""
        self._read = True
        if body.task.cancelled():
            raise FlowError(f"{self}: something that it awaited was cancelled")
        error = body.task.exception()
        if error is not None:
            if await self.call.absence.over(error):
                return None  # StasisEnd is in the inbox, or on its way
            if isinstance(error, ChannelGone):
                # Another channel has gone; the row may know what then. Its end may have been heard
                # already, in the state before, and does not come again.
                for end in self.call.ends.get(error.channel_id, ()):
                    if (trigger := self.row.match(end, own=False)) is not None:
                        return await self._follow(trigger, end)
                if self._end_is_coming(error.channel_id):
                    return None
            raise error
        outcome = body.task.result()
        if not self.row.edges:
            return Step(None, leave=self.call.flow.on_done)
        if outcome is None:
            return await self._follow(Done, Outcome()) if Done in self.row.edges else None
        if outcome not in self.row.edges:
            raise FlowError(
                f"{self} returned {outcome!r}, which its row does not have; known:"
                f" {[t for t in self.row.edges if isinstance(t, str)]}"
            )
        return await self._follow(outcome, Outcome(outcome=outcome))

    def _end_is_coming(self, channel_id: str) -> bool:
        """Whether another channel's end, as the row knows it, has yet to be heard."""
        claim = self.call.owner.router.claimed(("channel", channel_id))
        waiting = (item for item in self.call.inbox if isinstance(item, ENDS))
        if (claim is None or claim.hearer is not self.call) and all(
            end.channel.id != channel_id for end in waiting
        ):
            return False
        heard = {type(end) for end in self.call.ends.get(channel_id, ())}
        return any(
            isinstance(t, Other) and t.kind in ENDS and t.kind not in heard for t in self.row.edges
        )
