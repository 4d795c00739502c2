"""The calls that live: made when somebody calls, over when nobody is left in them.

Rules: they are rebuilt from what is kept with each channel, so a new process finds them as the
parties are resumed, one by one. Whoever is left alone by the others is hung up, unless somebody is
on the way. Every change is told to listeners, from each user's point of view.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import structlog

from stasis import AriError, ChannelGone, WaitTimeout
from stasis_webrtc.call import Call
from stasis_webrtc.directory import Directory
from stasis_webrtc.guests import Guests
from stasis_webrtc.ledger import Called, Ledger, Message, written
from stasis_webrtc.lost import Lost
from stasis_webrtc.notices import Notices
from stasis_webrtc.order import NotPossible
from stasis_webrtc.party import Departure, Party, moment, new_id
from stasis_webrtc.recorder import Recorder
from stasis_webrtc.ringing import Ring
from stasis_webrtc.rules import Rules
from stasis_webrtc.summons import Summons
from stasis_webrtc.view import CallView, Listener, Peer, Reason
from stasis_webrtc.views import of_party, of_ring
from stasis_webrtc.work import Work

__all__ = ["Calls"]

log = structlog.get_logger("stasis_webrtc")

# How long somebody who was handed over may take to be in the call.
EXPECT_SECONDS = 5.0
# How long it may take to hand who has answered over, when who has called is gone meanwhile.
HAND_OVER_SECONDS = 1.0
# How often it is looked whether a call is there again after a restart.
LOOK_SECONDS = 0.1
# Why others than who was called have not talked with them: then they have missed a call.
MISSED = ("noanswer", "cancelled", "busy", "unavailable")


class Calls:
    """All calls of one application.

    directory: who is who. ledger: where it is written down. rules: of calls. now: the moment.
    app: the Stasis application. notices: what listeners are told of every change;
    message_listeners: of messages that were left. live: by the calls' own ids.
    summons: devices that are rung by us. guests: who is in a conference. lost:
    devices that may come back.
    """

    def __init__(
        self,
        directory: Directory,
        ledger: Ledger,
        rules: Rules,
        now: Callable[[], datetime],
        app: str = "webrtc",
        listeners: Sequence[Listener] = (),
        message_listeners: Sequence[Callable[[Message], None]] = (),
    ) -> None:
        self.directory = directory
        self.ledger = ledger
        self.rules = rules
        self.now = now
        self.app = app
        self.notices = Notices(self, listeners)
        self.message_listeners = message_listeners
        self.live: dict[str, Call] = {}
        self.summons = Summons(self)
        self.guests = Guests(self)
        self.lost = Lost(self)
        self._work = Work()
        self._watches: dict[str, asyncio.Task[None]] = {}

    # Who is there

    def parties(self) -> Iterator[Party]:
        """Everybody in a call."""
        for call in list(self.live.values()):
            yield from list(call.parties.values())

    def party(self, user: str, id: str) -> Party | None:
        """The party that a user is in the call of this id."""
        for party in self.parties():
            if party.data.user == user and party.id == id:
                return party
        return None

    def ringing(self, user: str) -> Iterator[tuple[Party, Ring]]:
        """What rings at a user: who calls, and what is rung."""
        for party in self.parties():
            ring = party.data.ring
            if ring is not None and ring.user == user:
                yield party, ring

    def views(self, user: str) -> list[CallView]:
        """The calls of a user now, the oldest first."""
        return self.notices.views(user)

    def talks(self, user: str, endpoint: str) -> bool:
        """Whether a user's device has a call; what only rings at it is none."""
        return any(view.device == endpoint for view in self.views(user))

    def count(self, user: str) -> int:
        """How many calls a user has now."""
        return len(self.views(user))

    # Coming

    def come(self, party: Party) -> Call:
        """Somebody is in a call, or goes on with it in a new process."""
        call = self.live.get(party.data.call)
        if call is None:
            call = Call(party.data.call, party.asterisk, self.app, self.rules.music)
            call.recorder = Recorder(call, self.ledger, self.rules, self.now)
            call.expected = asyncio.get_running_loop().time() + EXPECT_SECONDS
            self.live[call.id] = call
            self._watches[call.id] = self.spawn(call.recorder.watch(), lasting=True)
        if call.parties.get(party.id) is not party:
            call.enter(party)
            for each in call.parties.values():
                if each.data.ring is not None and each.data.ring.id in call.parties:
                    each.data.ring = None  # who was rung is here
            for away in party.data.away:
                if away.id not in call.away and away.id not in call.parties:
                    call.away[away.id] = away
                    self.lost.look_for(call, away)
        return call

    def call_of(self, party: Party) -> Call | None:
        """The call that a party is in."""
        call = self.live.get(party.data.call)
        return call if call is not None and call.parties.get(party.id) is party else None

    async def joined(self, call_id: str, seconds: float) -> Call | None:
        """The call that somebody comes into; after a restart it may not be there yet.

        seconds: how long it may take.
        """
        for _ in range(round(seconds / LOOK_SECONDS)):
            if call_id in self.live:
                break
            await asyncio.sleep(LOOK_SECONDS)
        return self.live.get(call_id)

    async def connect(self, party: Party, *, again: bool = False) -> None:
        """A party talks from now on. again: of a new process, or on another channel.

        Raises ChannelGone, AriError. ARI: POST /bridges/{bridgeId}/addChannel.
        """
        if party.replaced:
            return  # its device was lost meanwhile: another channel takes its place
        call = self.come(party)
        data = party.data
        party.forget_departures()
        if not party.connected:
            data.state = "connected"
            data.answered = data.answered or self.now().timestamp()
        if data.ring is not None and not party.answered:
            await self.rung(party, "hangup")  # they have answered, and were gone at once
        elif data.ring is not None:
            data.ring.answered = True
        data.talks_to, data.back, data.hops = None, "", []
        if all(each.connected for each in call.others(party.id) if isinstance(each, Party)):
            call.expected = 0.0 if call.others(party.id) else call.expected
        self.meet(call)
        await party.keep()
        await party.restore(again=again)
        await call.place()
        if data.recording:
            await call.recorder.resume(party)
        self.notices.tell_call(call)
        self.spawn(self._alone(call, party, EXPECT_SECONDS), lasting=True)

    def meet(self, call: Call) -> None:
        """Let each party know whom it talks with."""
        for party in call.parties.values():
            others = call.others(party.id)
            if not party.connected or not others:
                continue
            one = others[0]
            party.data.peer = one.itself
            party.data.first = party.data.first or one.itself
            party.data.away = list(call.away.values())

    async def move(self, party: Party, call: Call) -> None:
        """Bring a party into another call.

        Raises AriError. ARI: POST /bridges/{bridgeId}/addChannel.
        """
        before = self.call_of(party)
        party.data.call = call.id
        party.data.away, party.data.held = [], False
        if before is not None:  # at every moment it is in one of the two
            del before.parties[party.id]
        call.parties[party.id] = party
        self.meet(call)
        try:
            if before is not None:
                await before.recorder.stop(party)
            await party.keep()
            await call.place()
        finally:
            self.notices.tell_call(call)
            if before is not None:
                self.spawn(self.review(before))

    async def rings(self, party: Party) -> None:
        """Somebody is rung for a party from now on."""
        ring, data = party.data.ring, party.data
        assert ring is not None
        data.state = "ringing"
        data.peer = Peer(ring.name, ring.number, ring.user)
        await party.keep()
        if ring.user:
            self.notices.tell(of_ring(party, ring, self.now()))
        self.notices.tell_party(party)

    async def rung(self, party: Party, why: Reason = "") -> None:
        """Who was rung rings no more. why: the reason; empty when it was answered."""
        ring, party.data.ring = party.data.ring, None
        if ring is None or not ring.user or not why:
            return
        now = self.now()
        view = of_ring(party, ring, now, why)
        self.notices.tell(view)
        missed = why in MISSED
        row = Called(ring.user, ring.id, "in", view.peer, view.began, None, now, why, missed)
        await written(self.ledger.called(row))

    async def missed(self, party: Party, user: str, why: Reason) -> None:
        """A user was called and could not even be rung."""
        now = self.now()
        row = Called(user, new_id(), "in", party.itself, now, None, now, why, why in MISSED)
        await written(self.ledger.called(row))

    # Going

    async def leave(self, party: Party, why: Reason) -> None:
        """A party leaves its call, and is done with. What is to be done is done, though the channel
        ends meanwhile.
        """
        work = self.spawn(self._left(party, why))
        await asyncio.shield(work)

    async def over(self, party: Party) -> None:
        """The channel of a party has ended."""
        call = self.call_of(party)
        if call is None or party.replaced:
            return
        data = party.data
        if not data.why and party.connected and data.user and await party.lost():
            await self.lost.lose(call, party)
            return
        await self.leave(party, data.why or ("hangup" if party.connected else "cancelled"))

    async def _left(self, party: Party, why: Reason) -> None:
        call = self.call_of(party)
        if call is None:
            return
        del call.parties[party.id]
        await call.recorder.stop(party)
        if party.data.talks_to is not None:
            with suppress(ChannelGone, WaitTimeout):
                await party.data.talks_to.ended(HAND_OVER_SECONDS)
        if not party.answered:  # else who was rung tells itself how it ends
            await self.rung(party, why if why in MISSED else "cancelled")
        if party.id not in self.guests:
            self.notices.tell(of_party(call, party, self.now(), why))
            await self.write(party.data, why)
        await self.review(call)

    async def write(self, data: Any, why: Reason) -> None:
        """Write down a call that is over, of a party or one that is away."""
        if data.user:
            began, answered = moment(data.began), moment(data.answered)
            now = self.now()
            peer = data.first or data.peer
            row = Called(data.user, data.id, data.direction, peer, began or now, answered, now, why)
            await written(self.ledger.called(row))

    async def _alone(self, call: Call, party: Party, seconds: float) -> None:
        await asyncio.sleep(seconds)
        ring = party.data.ring
        if self.call_of(party) is call and ring is not None and ring.answered:
            await self.rung(party, "hangup")  # they have not come
        await self.review(call)

    async def review(self, call: Call) -> None:
        """Hang up who was left alone, and end a call in which nobody is."""
        if self.live.get(call.id) is not call:
            return
        alone = len(call.parties) + len(call.away) == 1
        if alone and call.expected <= asyncio.get_running_loop().time():
            for party in call.parties.values():
                if party.connected:
                    party.depart(Departure("parting", "hangup"))
            for away in list(call.away.values()):
                await self.lost.give_up(call, away)
        if call.empty and self.live.get(call.id) is call:
            del self.live[call.id]
            self._watches.pop(call.id).cancel()
            await call.recorder.stop()
            await call.close()
            return
        with suppress(AriError):
            await call.place()
        self.meet(call)
        self.notices.tell_call(call)

    def expect(self, call: Call, seconds: float = EXPECT_SECONDS) -> None:
        """Somebody is on the way into a call: who is alone in it meanwhile is not hung up."""
        call.expected = max(call.expected, asyncio.get_running_loop().time() + seconds)

    # What users do

    async def reclaim(self, user: str, endpoint: str, *, ringing: bool = True) -> None:
        """A user's device has registered anew, or is about to; see `Lost.reclaim`."""
        await self.lost.reclaim(user, endpoint, ringing=ringing)

    async def hang_up(self, user: str, id: str) -> None:
        """End a call of a user, whatever it does now.

        Raises NotPossible when there is no such call. ARI: DELETE /channels/{channelId}.
        """
        party = self.party(user, id)
        if party is not None and party.connected:
            party.depart(Departure("parting", "hangup"))
            return
        if party is not None:
            party.data.why = "cancelled"
            return await party.channel.hangup()
        for caller, ring in self.ringing(user):
            if ring.id == id:
                ring.rejected = True
                if caller.dialling is not None:
                    await caller.dialling.cancel()
                return
        for call in list(self.live.values()):
            if (away := call.away.get(id)) is not None and away.user == user:
                return await self.lost.give_up(call, away)
        if not (await self.guests.hang_up(user, id) or await self.summons.hang_up(user, id)):
            raise NotPossible("no_call", "there is no such call")

    # Beside the calls

    def spawn(self, work: Coroutine[Any, Any, Any], *, lasting: bool = False) -> asyncio.Task[Any]:
        """Do something that no call waits for; see `Work.spawn`."""
        return self._work.spawn(work, lasting=lasting)

    async def stop(self) -> None:
        """The process ends. Calls stay as they are, for the next one."""
        await self._work.stop()
        self.live.clear()
