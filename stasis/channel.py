"""The channel handle: the commands a flow gives to its call.

A handle knows the channel's latest snapshot, kept up to date by the reader, and whether the
channel is still ours. After it has gone every command raises ChannelGone without asking the
server; `hangup` is content.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from typing import Any, Literal, TypeVar

import structlog

from stasis import ask as asking
from stasis import dial as dialling
from stasis import menu as choosing
from stasis.ari.channels import Channel as Snapshot
from stasis.ari.channels import RTPstat
from stasis.ari.events import (
    ChannelDestroyed,
    ChannelDtmfReceived,
    ChannelEnteredBridge,
    ChannelHangupRequest,
    ChannelLeftBridge,
    Event,
    StasisEnd,
    StasisStart,
)
from stasis.ari.version import Since
from stasis.bridge import Bridge
from stasis.digits import Digits
from stasis.errors import ChannelGone, Conflict, InvalidRequest, NotFound
from stasis.outgoing import Outgoing
from stasis.owner import GONE, Owner
from stasis.router import Wait
from stasis.target import Target

__all__ = ["Channel"]

log = structlog.get_logger("stasis.channel")

T = TypeVar("T")
E = TypeVar("E", bound=Event)

DTMF = frozenset("0123456789*#ABCDabcd")
# From these on a variable is set when Asterisk answers.
SETS_AT_ONCE = Since("20.20", "22.10", "23.4")
# How long a channel that was created may take to be in Stasis, which it is at once.
ENTER_SECONDS = 5.0
# The words of a 404 that is about the channel, not about a variable or label of it.
NOT_FOUND = re.compile(r"channel (was )?not found", re.IGNORECASE)


class Channel(Target, Outgoing):
    """A channel in our Stasis application, or one that we are bringing there.

    id: Asterisk's unique id, or ours for a channel we made. args: the arguments of
    `Stasis(app,…)`. digits: what the caller has pressed and nobody has used. gone: why it is
    no longer ours, or None. bridge_id: the bridge it is in. name, state, caller_number,
    caller_name and exten read the latest snapshot.
    """

    def __init__(self, owner: Owner, channel_id: str, *, own: bool = True) -> None:
        super().__init__(owner, owner.ari.channels)
        self.id = channel_id
        self.args: tuple[str, ...] = ()
        self.digits = Digits()
        self.gone: ChannelGone | None = None
        self.bridge_id: str | None = None
        self.snapshot = Snapshot(id=channel_id)
        self.cause: int | None = None
        self._own = own
        self._entered: Wait[StasisStart] | None = None
        self._hanging_up = False
        self._unsettled = False
        self._on_gone: list[Callable[[ChannelGone], None]] = []
        self._waits: list[Wait[Any]] = []

    def __repr__(self) -> str:
        return f"<Channel {self.id} {self.snapshot.name} {self.snapshot.state}>"

    # What is known of it

    @property
    def name(self) -> str:
        """Technology and resource, such as `PJSIP/alice-00000001`. May change in a transfer."""
        return self.snapshot.name

    @property
    def state(self) -> str:
        """`Down`, `Ring`, `Ringing`, `Up`, …; ARI's ChannelState."""
        return self.snapshot.state

    @property
    def caller_number(self) -> str:
        """The caller's number, or an empty text."""
        return self.snapshot.caller.number

    @property
    def caller_name(self) -> str:
        """The caller's name as sent by the caller: any Unicode, so escape it before showing it."""
        return self.snapshot.caller.name

    @property
    def exten(self) -> str:
        """The extension in the dialplan from which it entered."""
        return self.snapshot.dialplan.exten

    @property
    def leaving(self) -> bool:
        """Whether a hang-up was seen, or it has gone."""
        return self._hanging_up or self.gone is not None

    # What the reader tells

    def apply(self, event: Event) -> None:
        """Keep up to date; called by the reader before the flow hears the event."""
        snapshot = getattr(event, "channel", None)
        if snapshot is None or snapshot.id != self.id:
            return
        self.snapshot = snapshot
        if isinstance(event, ChannelDtmfReceived):
            self.digits.add(event)
        elif isinstance(event, ChannelHangupRequest):
            self._hanging_up = True
        elif isinstance(event, ChannelEnteredBridge):
            self.bridge_id = event.bridge.id
        elif isinstance(event, ChannelLeftBridge):
            if self.bridge_id == event.bridge.id:
                self.bridge_id = None
        elif isinstance(event, StasisStart):
            self.args = tuple(event.args)
        elif isinstance(event, ChannelDestroyed):
            self.cause = event.cause
            self.lose(f"hung up: {event.cause_txt or event.cause}")
            self._owner.router.release(("channel", self.id))
        elif isinstance(event, StasisEnd):
            self.lose("hung up" if self._hanging_up else "left Stasis")
            if self._own:
                # The dialplan may bring it back under the same id: that is a new call.
                self._owner.router.release(("channel", self.id))

    def become(self, event: StasisStart) -> None:
        """A transfer has put another channel in this one's place: the handle is that one now.

        Asterisk brings the new channel into the old one's bridge itself.
        """
        owner, old, new = self._owner, ("channel", self.id), ("channel", event.channel.id)
        closing = owner.owns(old)
        owner.router.release(old)
        owner.router.move(old, new)
        owner.disown(old)
        self.id = event.channel.id
        self.snapshot = event.channel
        self.claim()
        if closing:
            owner.own(new, self.hangup)

    def claim(self) -> None:
        """Its events are this flow's from now on."""
        self._owner.claim(("channel", self.id), self.apply, self.become)

    def refresh(self, snapshot: Snapshot) -> None:
        """Take over what an answer of Asterisk says; events that came first are newer."""
        if not self.snapshot.name:
            self.snapshot = snapshot

    def lose(self, reason: str) -> None:
        """It is no longer ours: everything that waits for it ends with ChannelGone."""
        if self.gone is not None:
            return
        self.gone = error = ChannelGone(self.id, reason)
        self.bridge_id = None
        self.digits.fail(error)
        self._lose_media(error)
        self._owner.disown(("channel", self.id))
        waits, self._waits = self._waits, []
        for wait in waits:
            wait.fail(error.again())
        calls, self._on_gone = self._on_gone, []
        for call in calls:
            try:
                call(error)
            except Exception as fault:
                # Called by the reader: whoever else must hear of the end still does.
                log.error("on_gone failed", channel_id=self.id, exc_info=fault)

    def forget(self) -> None:
        """It never came to be."""
        self._owner.router.release(("channel", self.id))
        self.lose("could not be created")

    def on_gone(self, call: Callable[[ChannelGone], None]) -> None:
        """Have a function called, by the reader, when it goes. It must not wait."""
        if self.gone is not None:
            call(self.gone)
        else:
            self._on_gone.append(call)

    # Waiting

    def expect(
        self, *kinds: type[E], where: Callable[[E], bool] | None = None, what: str = ""
    ) -> Wait[E]:
        """Arm a wait for an event of this channel; await it with `within(seconds)`.

        kinds: event classes. where: a further condition. what: the wait in words, for errors.
        It ends with ChannelGone when the channel goes, unless the going is what it waits for.
        """
        wait = self._owner.expect(("channel", self.id), *kinds, where=where, what=what)
        if self.gone is not None:
            wait.fail(self.gone.again())
        self._waits = [each for each in self._waits if not each.settled]
        self._waits.append(wait)
        return wait

    async def entered(self, timeout: float = ENTER_SECONDS) -> None:
        """Wait until a channel that we made is in Stasis; commands for it would fail before.

        timeout: seconds. A call of our own is there from its start.
        Raises ChannelGone when it failed first, WaitTimeout. ARI: StasisStart.
        """
        if self._entered is not None:
            await self._entered.within(timeout)

    async def ended(self, timeout: float | None = None) -> ChannelGone:
        """Wait until it is gone, and return why. timeout: seconds; None takes the longest.

        Raises WaitTimeout. ARI: StasisEnd or ChannelDestroyed.
        """
        if self.gone is None:
            wait = self.expect(StasisEnd, ChannelDestroyed, what=f"end of channel {self.id}")
            try:
                await wait.within(timeout or self._owner.config.wait_timeout)
            except ChannelGone:
                pass
        return self.gone or ChannelGone(self.id)

    # Commands

    async def answer(self) -> None:
        """Answer; an answered channel is fine. ARI: POST /channels/{channelId}/answer."""
        await self._command(self._owner.ari.channels.answer(self.id))

    async def ring(self) -> None:
        """Let the caller hear ringing. ARI: POST /channels/{channelId}/ring."""
        await self._command(self._owner.ari.channels.ring(self.id))

    async def ring_stop(self) -> None:
        """Stop the ringing. ARI: DELETE /channels/{channelId}/ring."""
        await self._command(self._owner.ari.channels.ring_stop(self.id))

    async def progress(self) -> None:
        """Indicate progress (183), for early media. ARI: POST …/progress (20.16, 22.6)."""
        await self._command(self._owner.ari.channels.progress(self.id))

    async def hangup(self, reason: str = "normal", *, cause: int | None = None) -> None:
        """Hang up; one that is gone is fine.

        reason: `normal`, `busy`, `congestion`, `no_answer`, `rejected`, `unallocated`, … as ARI
        names them. cause: a Q.850 number instead (Asterisk 18 and later).
        ARI: DELETE /channels/{channelId}.
        """
        if self.gone is not None:
            return
        try:
            await self._owner.run(
                self._owner.ari.channels.hangup(
                    self.id,
                    reason=None if cause is not None else reason,
                    reason_code=None if cause is None else str(cause),
                )
            )
        except GONE:
            pass

    async def continue_in_dialplan(
        self,
        context: str | None = None,
        extension: str | None = None,
        priority: int | None = None,
        label: str | None = None,
    ) -> None:
        """Leave Stasis and go on in the dialplan, at the next priority unless told otherwise.

        Raises NotFound for an unknown label, InvalidState when not answered.
        ARI: POST /channels/{channelId}/continue.
        """
        await self._command(
            self._owner.ari.channels.continue_in_dialplan(
                self.id, context=context, extension=extension, priority=priority, label=label
            )
        )

    async def redirect(self, endpoint: str) -> None:
        """Send the other side elsewhere (SIP 302 or REFER). endpoint: of the same technology.

        Raises Unprocessable when the technology differs. ARI: POST …/redirect.
        """
        await self._command(self._owner.ari.channels.redirect(self.id, endpoint=endpoint))

    async def move(self, app: str, args: str | None = None) -> None:
        """Hand the call to another Stasis application. args: comma-joined.

        Asterisk answers with success in any case; ApplicationMoveFailed tells when that
        application is not there, and the channel stays. ARI: POST …/move (16.3).
        """
        await self._command(self._owner.ari.channels.move(self.id, app=app, app_args=args))

    async def send_dtmf(
        self,
        digits: str,
        *,
        before: int = 0,
        between: int = 100,
        duration: int = 100,
        after: int = 0,
    ) -> None:
        """Send digits. before, between, duration, after: milliseconds.

        Raises InvalidRequest for anything but 0–9, *, #, A–D. ARI: POST …/dtmf.
        """
        if not digits or not DTMF.issuperset(digits):
            raise InvalidRequest("POST", f"/channels/{self.id}/dtmf", f"no digits: {digits!r}")
        await self._command(
            self._owner.ari.channels.send_dtmf(
                self.id, dtmf=digits, before=before, between=between, duration=duration, after=after
            )
        )

    async def mute(self, direction: Literal["both", "in", "out"] = "both") -> None:
        """Mute. direction: `in` what it says, `out` what it hears. ARI: POST …/mute."""
        await self._command(self._owner.ari.channels.mute(self.id, direction=direction))

    async def unmute(self, direction: Literal["both", "in", "out"] = "both") -> None:
        """Unmute. ARI: DELETE …/mute."""
        await self._command(self._owner.ari.channels.unmute(self.id, direction=direction))

    async def hold(self) -> None:
        """Put the other side on hold. ARI: POST …/hold."""
        await self._command(self._owner.ari.channels.hold(self.id))

    async def unhold(self) -> None:
        """Take the other side off hold. ARI: DELETE …/hold."""
        await self._command(self._owner.ari.channels.unhold(self.id))

    async def start_silence(self) -> None:
        """Play silence, so that media flows. ARI: POST …/silence."""
        await self._command(self._owner.ari.channels.start_silence(self.id))

    async def stop_silence(self) -> None:
        """Stop the silence. ARI: DELETE …/silence."""
        await self._command(self._owner.ari.channels.stop_silence(self.id))

    async def get_variable(self, name: str) -> str | None:
        """A channel variable or function such as `CHANNEL(language)`; None when it is not set.

        ARI: GET /channels/{channelId}/variable.
        """
        await self._variables_settled()
        try:
            found = await self._command(
                self._owner.ari.channels.get_channel_var(self.id, variable=name)
            )
        except NotFound:
            return None
        return found.value

    async def set_variable(self, name: str, value: str) -> None:
        """Set a channel variable or function. ARI: POST /channels/{channelId}/variable.

        Any character but control characters may stand in the value.
        """
        await self._command(
            self._owner.ari.channels.set_channel_var(self.id, variable=name, value=value)
        )
        version = self._owner.ari.version
        self._unsettled = version is None or not SETS_AT_ONCE.holds(version)

    async def _variables_settled(self) -> None:
        """Older servers queue a set and answer a get at once: wait for the queue in between.

        Answering an answered channel changes nothing, and its reply comes from the queue's end.
        """
        if self._unsettled and self.state == "Up":
            await self._command(self._owner.ari.channels.answer(self.id))
            self._unsettled = False

    async def rtp_statistics(self) -> RTPstat:
        """Packets, loss, jitter and round-trip time. ARI: GET …/rtp_statistics (16.4).

        Raises Forbidden for a channel without RTP, NotFound while none has flowed.
        """
        return await self._command(self._owner.ari.channels.rtp_statistics(self.id))

    async def ring_out(self, timeout: int = 0) -> None:
        """Dial a channel that `create` has made. timeout: seconds, 0 for none.

        Returns at once; Dial events of it tell RINGING, ANSWER, BUSY, ….
        Raises Conflict when it is dialled already. ARI: POST /channels/{channelId}/dial.
        """
        await self._command(self._owner.ari.channels.dial(self.id, timeout=timeout))

    async def get(self) -> Snapshot:
        """What Asterisk says of it now. ARI: GET /channels/{channelId}. Raises ChannelGone."""
        return await self._command(self._owner.ari.channels.get(self.id))

    # Composed verbs, each in its own module

    async def bridge(self, type: str = "mixing,dtmf_events", name: str = "") -> Bridge:
        """A new bridge, owned by this call's flow. See `Bridge.create`."""
        return await Bridge.create(self._owner, type, name)

    # The functions themselves are the methods, so each has its signature in one place.
    ask = asking.ask
    menu = choosing.menu
    dial = dialling.dial

    # Underneath

    def _another(self, channel_id: str) -> Channel:
        another = Channel(self._owner, channel_id, own=False)
        another.claim()
        another._entered = another.expect(StasisStart, what=f"channel {channel_id} entering Stasis")
        self._owner.own(("channel", channel_id), another.hangup)
        return another

    async def _make(
        self,
        send: Callable[[str], Coroutine[Any, Any, Snapshot]],
        kind: str = "channel",
        *,
        enters: bool = False,
    ) -> Channel:
        return await self._run(super()._make(send, kind, enters=enters))

    async def _command(self, work: Coroutine[Any, Any, T]) -> T:
        return await self._owner.run(self._run(work))

    async def _run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a request; «channel not found» and «not in Stasis» become ChannelGone."""
        if self.gone is not None:
            work.close()
            raise self.gone.again()
        try:
            return await work
        except NotFound as error:
            if self.gone is not None or NOT_FOUND.search(error.message):
                raise self._why_gone("hung up") from None
            raise
        except Conflict as error:
            if self.gone is not None or "not in stasis" in error.message.lower():
                raise self._why_gone("not in Stasis") from None
            raise

    def _why_gone(self, reason: str) -> ChannelGone:
        return ChannelGone(self.id, reason) if self.gone is None else self.gone.again()
