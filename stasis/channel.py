"""The channel handle: what is known of a flow's call, and everything that can be done with it.

A handle knows the channel's latest snapshot, kept up to date by the reader, and whether the
channel is still ours. What it can do comes from four places: media from `target.py`, commands
from `controls.py`, channels it makes from `outgoing.py`, and the composed verbs `ask`, `menu`
and `dial`, each from its own module.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

import structlog

from stasis import ask as asking
from stasis import dial as dialling
from stasis import menu as choosing
from stasis.ari.channels import Channel as Snapshot
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
from stasis.bridge import Bridge
from stasis.controls import Controls
from stasis.digits import Digits
from stasis.errors import AriError, ChannelGone, Conflict, NotFound
from stasis.outgoing import Outgoing
from stasis.owner import Owner
from stasis.router import Wait
from stasis.target import Target

__all__ = ["Channel"]

log = structlog.get_logger("stasis.channel")

T = TypeVar("T")
E = TypeVar("E", bound=Event)

# How long a channel that was created may take to be in Stasis, which it is at once.
ENTER_SECONDS = 5.0
# The words of a 404 that is about the channel, not about a variable or label of it.
NOT_FOUND = re.compile(r"channel (was )?not found", re.IGNORECASE)


class Channel(Target, Controls, Outgoing):
    """A channel in our Stasis application, or one that we are bringing there.

    id: Asterisk's unique id, or ours for a channel we made. args: the arguments of
    `Stasis(app,…)`. digits: what the caller has pressed and nobody has used. gone: why it is
    no longer ours, or None. sent_on: Asterisk has accepted to go on with it in the dialplan.
    handed_over: it is a call of its own now, and not its maker's any more.
    bridge_id: the bridge it is in. name, state, caller_number, caller_name and exten read the
    latest snapshot.
    """

    kind = "channel"

    def __init__(self, owner: Owner, channel_id: str, *, own: bool = True) -> None:
        super().__init__(owner, owner.ari.channels)
        self.id = channel_id
        self.args: tuple[str, ...] = ()
        self._digits: Digits | None = None
        self.gone: ChannelGone | None = None
        self.bridge_id: str | None = None
        self.snapshot = Snapshot(id=channel_id)
        self.cause: int | None = None
        self._own = own
        self._entered: Wait[StasisStart] | None = None
        self._hanging_up = False
        self._unsettled = False
        self.sent_on = False
        self.handed_over = False
        self.on_become: Callable[[], None] | None = None
        self._on_gone: tuple[Callable[[ChannelGone], None], ...] = ()
        self._waits: tuple[Wait[Any], ...] = ()

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
    def digits(self) -> Digits:
        """What the caller has pressed and nobody has used."""
        if self._digits is None:
            self._digits = Digits()
            if self.gone is not None:
                self._digits.fail(self.gone)
        return self._digits

    @property
    def hanging_up(self) -> bool:
        """Whether a hang-up was seen; it may have gone since."""
        return self._hanging_up

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
        means = MEANS.get(type(event))
        if means is not None:
            means(self, event)

    def _told_digit(self, event: ChannelDtmfReceived) -> None:
        self.digits.add(event)

    def _told_hangup(self, event: ChannelHangupRequest) -> None:
        self._hanging_up = True

    def _told_entered(self, event: ChannelEnteredBridge) -> None:
        self.bridge_id = event.bridge.id

    def _told_left(self, event: ChannelLeftBridge) -> None:
        if self.bridge_id == event.bridge.id:
            self.bridge_id = None

    def _told_start(self, event: StasisStart) -> None:
        self.args = tuple(event.args)

    def _told_destroyed(self, event: ChannelDestroyed) -> None:
        self.cause = event.cause
        self.lose(f"hung up: {event.cause_txt or event.cause}")
        self._owner.release(("channel", self.id))

    def _told_end(self, event: StasisEnd) -> None:
        self.lose("hung up" if self._hanging_up else "left Stasis")
        if self._own:
            # The dialplan may bring it back under the same id: that is a new call.
            self._owner.release(("channel", self.id))

    def become(self, event: StasisStart) -> None:
        """A transfer has put another channel in this one's place: the handle is that one now.

        Asterisk brings the new channel into the old one's bridge itself.
        """
        owner, old, new = self._owner, ("channel", self.id), ("channel", event.channel.id)
        closing = owner.owns(old)
        owner.release(old)
        owner.router.move(old, new)
        owner.disown(old)
        self.id = event.channel.id
        self.snapshot = event.channel
        self.claim()
        if closing:
            owner.own(new, self.hangup)
        if self.on_become is not None:
            self.on_become()

    def claim(self) -> None:
        """Its events are this flow's from now on."""
        self._owner.claim(("channel", self.id), self)

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
        if self._digits is not None:
            self._digits.fail(error)
        self._lose_media(error)
        self._owner.disown(("channel", self.id))
        waits, self._waits = self._waits, ()
        for wait in waits:
            wait.fail(error.again())
        calls, self._on_gone = self._on_gone, ()
        for call in calls:
            try:
                call(error)
            except Exception as fault:
                # Called by the reader: whoever else must hear of the end still does.
                log.error("on_gone failed", channel_id=self.id, exc_info=fault)

    def forget(self) -> None:
        """It never came to be."""
        self._owner.release(("channel", self.id))
        self.lose("could not be created")

    def let_go(self) -> None:
        """It is a call of its own now: to whoever has made it, it is gone."""
        self.handed_over = True
        self._owner.give_up(("channel", self.id))
        self.lose("handed over: it is a call of its own now")

    def on_gone(self, call: Callable[[ChannelGone], None]) -> None:
        """Have a function called, by the reader, when it goes. It must not wait."""
        if self.gone is not None:
            call(self.gone)
        else:
            self._on_gone = (*self._on_gone, call)

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
        self._waits = (*(each for each in self._waits if not each.settled), wait)
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
                await wait.within(self._owner.seconds(timeout))
            except ChannelGone:
                pass
            finally:
                wait.cancel()
        return self.gone or ChannelGone(self.id)

    # Composed verbs, each in its own module

    async def bridge(self, type: str = "mixing,dtmf_events", name: str = "") -> Bridge:
        """A new bridge, owned by this call's flow. See `Bridge.create`."""
        return await Bridge.create(self._owner, type, name)

    # The functions themselves are the methods, so each has its signature in one place.
    ask = asking.ask
    menu = choosing.menu
    dial = dialling.dial

    # Underneath

    @classmethod
    def made(cls, owner: Owner, channel_id: str, *, entered: bool = False) -> Channel:
        """A handle for a channel that its flow has made or is about to make; the flow owns it.

        entered: whether it is in Stasis already.
        """
        another = cls(owner, channel_id, own=False)
        another.claim()
        if not entered:
            what = f"channel {channel_id} entering Stasis"
            another._entered = another.expect(StasisStart, what=what)
        owner.own(("channel", channel_id), another.hangup)
        return another

    def _another(self, channel_id: str) -> Channel:
        return Channel.made(self._owner, channel_id)

    @property
    def own(self) -> bool:
        """Whether it is the call itself, and not one that its flow has made."""
        return self._own

    @property
    def awaited(self) -> bool:
        """Whether it is one that we made and that has not entered Stasis yet."""
        return self._entered is not None and not self._entered.settled

    async def quiet(self) -> None:
        """Stop what its flow plays to it and records of it."""
        for media in list(self._media):
            with suppress(AriError):
                await media.stop()

    def resume(self, snapshot: Snapshot, bridge_id: str | None) -> None:
        """What Asterisk says of it now, after a gap or a restart."""
        self.snapshot = snapshot
        self.bridge_id = bridge_id

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


# What an event says of its channel beside the snapshot; those that are not here say no more.
MEANS: dict[type[Event], Callable[[Channel, Any], None]] = {
    ChannelDtmfReceived: Channel._told_digit,
    ChannelHangupRequest: Channel._told_hangup,
    ChannelEnteredBridge: Channel._told_entered,
    ChannelLeftBridge: Channel._told_left,
    StasisStart: Channel._told_start,
    ChannelDestroyed: Channel._told_destroyed,
    StasisEnd: Channel._told_end,
}
