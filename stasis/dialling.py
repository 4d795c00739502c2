"""Endpoints that ring for a caller: the first answer wins, and each one's outcome is told.

Rules: it belongs to the state that began it, like a playback: leaving the state hangs up whoever
still rings, and leaves who has answered. Every decision is made in the reader, event by event,
so that an answer and the end of the state cannot cross.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Literal

import structlog
from attrs import frozen

from stasis.ari.events import ChannelDestroyed, Dial, Event, StasisStart
from stasis.bridge import Bridge
from stasis.dialstatus import DialStatus, of_all, of_end, of_word
from stasis.errors import AllocationFailed, AriError, ChannelGone, InvalidState, OutcomeUnknown
from stasis.owner import Media, new_id

if TYPE_CHECKING:
    from stasis.channel import Channel
    from stasis.router import Wait

__all__ = ["Attempt", "DialResult", "Dialling"]

log = structlog.get_logger("stasis.dialling")

# Asterisk ends an unanswered call itself; what it has not told this long after, it will not tell.
GRACE_SECONDS = 5.0
# What went wrong with the call, not with our request.
CALL_FAILED = (AllocationFailed, OutcomeUnknown, ChannelGone)


@frozen
class DialResult:
    """What came of dialling.

    status: `ANSWER`, or of all that failed the one that says most: `NOANSWER`, `BUSY` (or
    declined), `CONGESTION`, `CHANUNAVAIL` (not reachable); `CANCEL` when we gave up. channel:
    who answered, else None. cause: Q.850 of the last to fail, where Asterisk told it. seconds:
    from dialling to the outcome. statuses: the outcome of each endpoint; `CANCEL` for losers.
    bridge: with early media the bridge that both are in.
    """

    status: DialStatus
    channel: Channel | None
    cause: int | None
    seconds: float
    statuses: Mapping[str, DialStatus]
    bridge: Bridge | None = None


class Attempt:
    """One endpoint that rings.

    channel: once it exists. status: once it is known. dialled: whether Asterisk has begun to.
    word: how a Dial event says it will end. entered: set once it is in Stasis, or over.
    sending: the request. wait: what tells how it goes.
    """

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.channel: Channel | None = None
        self.status: DialStatus | None = None
        self.word: DialStatus | None = None
        self.dialled = False
        self.entered = asyncio.Event()
        self.sending: asyncio.Task[Channel] | None = None
        self.wait: Wait[Event] | None = None


class Dialling(Media):
    """Endpoints that ring for a caller. Made by `channel.dial`."""

    def __init__(
        self, caller: Channel, endpoints: tuple[str, ...], timeout: float, early: bool
    ) -> None:
        self.id = new_id("dial")
        self._caller = caller
        self._owner = caller._owner
        self._loop = asyncio.get_running_loop()
        self.attempts = [Attempt(endpoint) for endpoint in dict.fromkeys(endpoints)]
        self._started = self._loop.time()
        self._seconds = 0.0
        self._cause: int | None = None
        self._winner: Attempt | None = None
        self._canceled = False
        self.early = early
        self.bridge: Bridge | None = None
        self._sound: Literal["ring", "music"] | None = None
        self._decided: asyncio.Future[None] = self._loop.create_future()
        # Whoever never awaits it must not leave «exception was never retrieved» behind.
        self._decided.add_done_callback(lambda f: f.cancelled() or f.exception())
        self._quieting: asyncio.Task[None] | None = None
        self._timer = self._loop.call_later(timeout + GRACE_SECONDS, self._expire)
        self._owner.play(self)
        caller.on_gone(self._lose)

    def __repr__(self) -> str:
        told = ", ".join(f"{a.endpoint} {a.status or 'rings'}" for a in self.attempts)
        return f"<Dialling {told}>"

    @classmethod
    def resumed(
        cls,
        caller: Channel,
        told: Mapping[str, Any],
        channel_of: Callable[[str], Channel],
        bridge: Bridge | None,
    ) -> Dialling:
        """What `told` has written down before a restart of the program, as it was decided.

        channel_of: the handle of a channel by its id. bridge: what was made for early media.
        """
        attempts = told["attempts"]
        endpoints = tuple(str(endpoint) for endpoint, _, _ in attempts)
        dialling = cls(caller, endpoints, 0.0, bool(told["early"]))
        dialling._timer.cancel()
        dialling._owner.played(dialling.id)
        dialling.bridge = bridge
        for attempt, (_, channel_id, status) in zip(dialling.attempts, attempts, strict=True):
            attempt.status = status or "CANCEL"
            if channel_id is not None and attempt.status == "ANSWER":
                attempt.channel = channel = channel_of(channel_id)
                attempt.sending = dialling._owner.command(already(channel))
                dialling._winner = attempt
        dialling._canceled = told["status"] == "CANCEL"
        dialling._decided.set_result(None)
        return dialling

    def told(self) -> dict[str, Any]:
        """What is written down of it, so that a new process can go on."""
        attempts = [
            (a.endpoint, a.channel.id if a.channel is not None else None, a.status)
            for a in self.attempts
        ]
        return {
            "attempts": attempts,
            "early": self.early,
            "bridge": self.bridge.id if self.bridge is not None else None,
            "status": "CANCEL" if self._canceled else "",
        }

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels that dialling has made so far, in the order of the endpoints."""
        return tuple(a.channel for a in self.attempts if a.channel is not None)

    async def answered(self) -> DialResult:
        """Wait until somebody has answered or all have failed. May be awaited again.

        Raises ChannelGone when the caller hangs up first; whoever rings is hung up then.
        ARI: StasisStart, Dial and ChannelDestroyed of the dialled channels.
        """
        await asyncio.shield(self._decided)
        if self._quieting is not None:
            await self._owner.done(self._quieting)
        statuses: dict[str, DialStatus] = {a.endpoint: a.status or "CANCEL" for a in self.attempts}
        if self._winner is not None and self._winner.sending is not None:
            channel = await self._owner.done(self._winner.sending)
            return DialResult("ANSWER", channel, None, self._seconds, statuses, self.bridge)
        status = "CANCEL" if self._canceled else of_all(statuses.values())
        return DialResult(status, None, self._cause, self._seconds, statuses)

    async def connect(self) -> Bridge:
        """Let the caller talk with who answered: answer the caller, and bring both into a bridge.

        Returns the bridge; it ends with the caller's flow. Waits for an answer like `answered`.
        Raises RuntimeError when nobody has answered, ChannelGone when one of the two has left.
        ARI: POST /channels/{channelId}/answer, and what `Bridge.add` uses.
        """
        result = await self.answered()
        if result.channel is None:
            raise RuntimeError(f"nobody to connect with: {result.status}")
        if self._caller.state != "Up":
            await self._caller.answer()
        if result.bridge is not None:
            return result.bridge
        bridge = await self._caller.bridge()
        await bridge.add(self._caller, result.channel)
        return bridge

    async def cancel(self) -> None:
        """Give up: hang up whoever rings. Who has answered stays. The result is `CANCEL`.

        ARI: DELETE /channels/{channelId}.
        """
        if self._decided.done():
            return
        self._canceled = True
        hanging_up = [self._hang_up(attempt) for attempt in self._give_up()]
        self._decide()
        if hanging_up:
            await asyncio.wait(hanging_up)

    async def stop(self) -> None:
        """Its state was left; see `cancel`."""
        await self.cancel()

    # Sending

    def begin(self, attempt: Attempt, sending: Coroutine[Any, Any, Channel]) -> None:
        """Start an endpoint's request."""
        attempt.sending = self._owner.command(sending)
        attempt.sending.add_done_callback(lambda task: self._sent(attempt, task))

    def watch(self, attempt: Attempt, channel_id: str) -> None:
        """Hear what becomes of an endpoint; armed before its first request is sent."""
        if attempt.wait is not None:
            return
        attempt.wait = self._owner.expect(
            ("channel", channel_id),
            StasisStart,
            Dial,
            ChannelDestroyed,
            where=lambda event: self._hear(attempt, channel_id, event),
        )

    async def sound(self, ring: bool, music: str | None) -> None:
        """What the caller hears meanwhile."""
        try:
            if music is not None:
                self._sound = "music"
                await self._caller.start_moh(music or None)
            elif ring:
                self._sound = "ring"
                await self._caller.ring()
        except InvalidState as error:
            log.debug("the caller hears no ringing", error=str(error))

    async def sent(self) -> None:
        """Wait until every request was answered. Raises what is no matter of the called side."""
        sending = [a.sending for a in self.attempts if a.sending is not None]
        await asyncio.wait(sending)
        for task in sending:
            error = task.exception()
            if error is not None and not isinstance(error, CALL_FAILED):
                await self.cancel()
                raise error

    def _sent(self, attempt: Attempt, task: asyncio.Task[Channel]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and not (isinstance(error, ChannelGone) and attempt.dialled):
            # One that rang and is gone: its end, on its way, says why.
            self._fail(attempt, "CHANUNAVAIL")
            self._hang_up(attempt)

    # What the reader tells

    def _hear(self, attempt: Attempt, channel_id: str, event: Event) -> bool:
        """Whether the endpoint's outcome is known now."""
        if attempt.status is not None:
            return True
        if isinstance(event, StasisStart):
            if event.channel.id == channel_id:
                attempt.entered.set()
                if not self.early:
                    self._answer(attempt)
        elif isinstance(event, Dial) and event.peer.id == channel_id:
            attempt.dialled = True
            if event.dialstatus == "ANSWER":
                if self.early:
                    self._answer(attempt)
            elif (status := of_word(event.dialstatus)) is not None:
                attempt.word = status
                if self.early:
                    # One that was created stays in Stasis when it was busy.
                    self._hang_up(attempt)
                    self._fail(attempt, status)
        elif isinstance(event, ChannelDestroyed):
            status = attempt.word or of_end(event.cause, attempt.dialled)
            self._fail(attempt, status, event.cause)
        return attempt.status is not None

    def _answer(self, attempt: Attempt) -> None:
        attempt.status = "ANSWER"
        self._winner = attempt
        for loser in self._give_up():
            self._hang_up(loser, "answered_elsewhere")
        self._decide()

    def _fail(self, attempt: Attempt, status: DialStatus, cause: int | None = None) -> None:
        if attempt.status is not None:
            return
        attempt.status = status
        attempt.entered.set()
        self._cause = cause or self._cause
        if all(each.status is not None for each in self.attempts):
            self._decide()

    def _expire(self) -> None:
        """Asterisk has not told how it ended."""
        if not self._owner.router.hearing.now:
            # It may have, and we did not hear it: after the gap it is compared.
            self._timer = self._loop.call_later(GRACE_SECONDS, self._expire)
            return
        for attempt in self._give_up("NOANSWER"):
            self._hang_up(attempt, "no_answer")
        self._decide()

    def _lose(self, error: ChannelGone) -> None:
        """The caller is gone."""
        if not self._decided.done():
            for attempt in self._give_up():
                self._hang_up(attempt)
            self._decide(error)

    def _give_up(self, status: DialStatus = "CANCEL") -> list[Attempt]:
        """Whoever still rings, counted as `status` from now on."""
        ringing = [attempt for attempt in self.attempts if attempt.status is None]
        for attempt in ringing:
            attempt.status = status
            attempt.entered.set()
            if attempt.wait is not None:
                # Its end is no trigger: it would part those who are talking by then.
                self._owner.ignore(attempt.wait.key)
        return ringing

    def _decide(self, error: ChannelGone | None = None) -> None:
        """It is over, whatever the outcome."""
        if self._decided.done():
            return
        self._seconds = self._loop.time() - self._started
        self._timer.cancel()
        self._owner.played(self.id)
        for attempt in self.attempts:
            if attempt.wait is not None:
                # Later: the router is still going through its waits.
                self._loop.call_soon(attempt.wait.cancel)
        if error is not None:
            self._decided.set_exception(error)
            return
        self._decided.set_result(None)
        self._quieting = self._owner.command(self._quiet())

    async def _quiet(self) -> None:
        """End what the caller heard meanwhile."""
        try:
            if self._sound == "music":
                await self._caller.stop_moh()
            elif self._sound == "ring":
                await self._caller.ring_stop()
            if self._winner is None and self.early:
                await asyncio.wait({a.sending for a in self.attempts if a.sending is not None})
                if self.bridge is not None:
                    await self.bridge.destroy()
        except (AriError, ChannelGone) as error:
            log.debug("after dialling", error=str(error))

    def _hang_up(self, attempt: Attempt, reason: str = "normal") -> asyncio.Task[None]:
        return self._owner.command(self._end(attempt, reason))

    async def _end(self, attempt: Attempt, reason: str) -> None:
        """Hang up one endpoint, once its request has been answered."""
        if attempt.sending is not None:
            await asyncio.wait({attempt.sending})
        if attempt.channel is None:
            return
        try:
            await attempt.channel.hangup(reason)
        except AriError as error:
            log.warning("could not hang up", channel_id=attempt.channel.id, error=str(error))


async def already(channel: Channel) -> Channel:
    """The answer of a request that was answered before a restart."""
    return channel
