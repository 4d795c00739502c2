"""What a call does: one flow for each channel, of who calls and of who has answered.

Rules: `routing` finds out who it is and where it goes, `ringing` rings somebody for it, `talking`
is the talk, `greeting` and `message` are for who reaches nobody, `mailbox` for who listens to
messages, `parting` the way out. A state can be entered again after a restart: what it needs is in
`data`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Literal, Protocol

import structlog

from stasis import (
    AriError,
    ChannelDestroyed,
    ChannelGone,
    ChannelHold,
    ChannelUnhold,
    Do,
    Event,
    Flow,
    Gap,
    Leave,
    LiveRecording,
    Other,
    RecordingResult,
    Resumed,
    StasisError,
    StasisStart,
    WaitTimeout,
)
from stasis_webrtc.action import perform
from stasis_webrtc.calls import Calls
from stasis_webrtc.message import file_message, listen, say
from stasis_webrtc.order import NotPossible
from stasis_webrtc.party import Party, PartyData
from stasis_webrtc.ringing import REJECTED
from stasis_webrtc.routing import Next, onward, part, routed, shown, unanswered
from stasis_webrtc.summons import with_header
from stasis_webrtc.view import Reason

__all__ = ["Phone"]

log = structlog.get_logger("stasis_webrtc")

# What a recording takes longer than its message, and how long its end may be told after it.
BEEP_SECONDS, END_SECONDS = 30.0, 2.0
# How long the call may take to go on in a conference.
MOVE_SECONDS = 5.0
# How a channel is hung up, as ARI names it, by the reason.
HANGUPS: Mapping[Reason, str] = {
    "busy": "busy",
    "noanswer": "no_answer",
    "rejected": "rejected",
    "forbidden": "rejected",
    "unavailable": "unallocated",
    "failed": "failure",
}


class HasCalls(Protocol):
    """What a plugin that runs this flow has. calls: all of the application."""

    calls: Calls


class Phone(Flow):
    """A channel's call. party: its place. live: the message that is recorded."""

    plugin: HasCalls
    data = PartyData()
    party: Party | None = None
    live: LiveRecording | None = None

    async def routing(self, event: Event) -> Next:
        """Find out who this is, and where they want to go."""
        try:
            return await routed(self.here(), self.calls)
        except (ChannelGone, WaitTimeout):
            raise
        except StasisError as error:
            log.error("a call goes nowhere: who is who is not known", error=str(error))
            return part(self.here(), "failed")

    async def onward(self, event: Event) -> Next:
        """Somebody was sent on by who talked with them."""
        call = self.calls.come(self.here())
        await call.step_out(self.here())
        return await onward(self.here(), self.calls)

    async def ringing(self, event: Event) -> Next:
        """Ring somebody; what rings already goes on ringing."""
        party, calls, ring = self.here(), self.calls, self.data.ring
        assert ring is not None
        call = calls.come(party)
        if self.data.talks_to is None:
            await calls.rings(party)
            party.dialling = await self.channel.dial(
                *ring.endpoints,
                timeout=ring.seconds,
                caller_id=await shown(party, calls),
                variables=with_header(ring.id) if ring.user else None,
            )
            if ring.rejected:  # while they were about to be rung
                await party.dialling.cancel()
            result = await party.dialling.answered()
            if result.channel is None:
                return await unanswered(party, calls, result)
            self.data.talks_to = result.channel
        calls.expect(call)
        with suppress(ChannelGone):
            await self.data.talks_to.hand_over(
                "joined", call.id, ring.id, ring.user, ring.number, str(ring.began)
            )
        return "talking"

    async def talking(self, event: Event) -> Literal["onward", "parting"]:
        """Talk, until something calls the party away."""
        party = self.here()
        if self.channel.state != "Up":
            await self.channel.answer()
        again = isinstance(event, Resumed) or bool(self.data.answered)
        await self.calls.connect(party, again=again)
        departure = await party.called_away()
        if departure.to == "parting":
            return part(party, departure.why)
        return "onward"

    async def greeting(self, event: Event) -> Literal["message"]:
        """Say that a message may be left."""
        self.calls.come(self.here())
        await self.channel.answer()
        user = await self.calls.directory.user(self.data.message_for)
        own = (user.greeting,) if user is not None and user.greeting else ()
        rules = self.calls.rules
        await say(self.channel, own or rules.words.get("greeting", ()), rules.language)
        self.data.message_began = self.calls.now().timestamp()
        return "message"

    async def message(self, event: Event) -> Literal["parting"]:
        """Record it. A recording that runs already goes on, with all that was said."""
        rules = self.calls.rules
        self.calls.come(self.here())
        self.live = await self.channel.record(
            self.data.message,
            format=rules.format,
            beep=True,
            max_duration=rules.message_seconds,
            max_silence=rules.message_silence,
            terminate_on="#",
        )
        result = await self.recorded(rules.message_seconds + BEEP_SECONDS)
        # It is kept, though the caller hangs up meanwhile.
        filing = self.calls.spawn(file_message(self.here(), self.calls, result))
        if await asyncio.shield(filing):
            await say(self.channel, rules.words.get("saved", ()), rules.language)
        return "parting"

    async def mailbox(self, event: Event) -> Literal["parting"]:
        """Let a user listen to their messages."""
        party = self.here()
        self.calls.come(party)
        await self.channel.answer()
        try:
            await listen(party, self.calls)
        except ChannelGone:
            raise
        except StasisError as error:
            log.error("messages cannot be listened to", user=self.data.user, error=str(error))
            return part(party, "failed")
        return part(party, "hangup")

    async def parting(self, event: Event) -> None:
        """Say why, and go; or into a conference."""
        party, calls = self.here(), self.calls
        party.leaving = True
        call = calls.call_of(party)
        if call is None and isinstance(event, Resumed) and self.data.call:
            call = calls.come(party)
        if call is not None:
            await call.step_out(party)
        if self.data.room and await self.moved(party):
            return
        why = self.data.why or "hangup"
        if not self.data.answered:
            await say(self.channel, calls.rules.words.get(why, ()), calls.rules.language)
        await calls.leave(party, why)
        await self.channel.hangup("normal" if self.data.answered else HANGUPS.get(why, "normal"))
        with suppress(WaitTimeout):  # whoever hangs up once more would say another reason
            await self.channel.ended(END_SECONDS)

    async def ended(self, event: Event | None) -> None:
        """The channel has gone."""
        party = self.here()
        if self.data.message and self.live is not None:
            result = None
            with suppress(StasisError):
                result = await self.recorded(END_SECONDS)
            await file_message(party, self.calls, result)
        await self.calls.over(party)

    # What a phone does by itself

    async def hold(self, event: Event) -> None:
        """The phone holds the call."""
        await self.perform("hold")

    async def unhold(self, event: Event) -> None:
        """It takes it back."""
        await self.perform("unhold")

    async def declined(self, event: Event) -> None:
        """One of a user's devices has gone: when they do not want the call, no other rings."""
        assert isinstance(event, ChannelDestroyed)
        party, ring = self.here(), self.data.ring
        if event.cause == REJECTED and ring is not None and party.dialling is not None:
            ring.rejected = True
            await party.dialling.cancel()

    async def look_again(self, event: Event) -> None:
        """Events were lost, or a transfer has put another phone in this place: be what it was."""
        call = self.calls.call_of(self.here())
        if call is not None:
            with suppress(AriError):
                await self.here().restore(again=True)
                await call.place()

    # Ways

    async def perform(self, action: str) -> None:
        """Do what a phone wants; where that is not possible, nothing happens."""
        try:
            await perform(self.calls, self.here(), action)
        except (NotPossible, AriError) as error:
            log.debug("not done", action=action, error=str(error))

    async def moved(self, party: Party) -> bool:
        """Go into a conference, or to another service. Returns False when there is none."""
        calls, data = self.calls, self.data
        app = data.service or calls.rules.conference
        try:
            await self.asterisk.ari.applications.get(app)
            if self.data.muted:
                await self.channel.unmute("in")
            await calls.guests.go(party)
            await self.channel.move(app, *(() if data.service else (data.room,)))
            await self.channel.ended(MOVE_SECONDS)
        except (AriError, WaitTimeout) as error:
            log.warning("nobody runs this application", app=app, error=str(error))
            calls.guests.drop(party.id)
            data.room, data.service, data.why = "", "", "failed"
            return False
        return True

    async def recorded(self, seconds: float) -> RecordingResult | None:
        """Wait for the end of a message; None when it was not told or nothing was stored."""
        assert self.live is not None
        try:
            return await self.live.finished(seconds)
        except (ChannelGone, WaitTimeout):
            raise
        except StasisError as error:
            log.warning("how long a message is was not told", error=str(error))
            return None

    def here(self) -> Party:
        """The party, made anew in a new process."""
        if self.party is None:
            self.party = Party(self.channel, self.data, self.keep, self.asterisk)
        return self.party

    @property
    def calls(self) -> Calls:
        """All calls of the application."""
        return self.plugin.calls

    start = routing
    onward_row = {
        "ringing": ringing,
        "talking": talking,
        "greeting": greeting,
        "mailbox": mailbox,
        "parting": parting,
    }
    table = {
        routing: onward_row,
        onward: onward_row,
        ringing: {**onward_row, Other(ChannelDestroyed): Do(declined), Gap: Do(look_again)},
        talking: {
            "onward": onward,
            "parting": parting,
            ChannelHold: Do(hold),
            ChannelUnhold: Do(unhold),
            StasisStart: Do(look_again),
            Gap: Do(look_again),
        },
        greeting: {"message": message},
        message: {"parting": parting},
        mailbox: {"parting": parting},
    }
    on_error = Leave(prompt="sound:im-sorry", reason="failure")
