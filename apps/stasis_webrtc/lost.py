"""Devices that are lost in a call, and that may come back: the others hear music meanwhile.

Rules: a device is lost when its page was loaded anew or is gone, or when Asterisk hears nothing of
it any more; one that hangs up is not. Who is lost is kept with the others in the call, so a new
process goes on waiting for the same moment. The device is rung, and what answers takes the place
again.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from stasis import AriError, ChannelGone, StasisError
from stasis_webrtc.call import Call
from stasis_webrtc.party import Away, Party
from stasis_webrtc.ringing import Ring
from stasis_webrtc.view import Reason
from stasis_webrtc.views import of_away

if TYPE_CHECKING:
    from stasis_webrtc.calls import Calls

__all__ = ["Lost"]

log = structlog.get_logger("stasis_webrtc")

# How often it is looked whether a device that was called is there again.
LOOK_SECONDS = 0.5


class Lost:
    """What becomes of lost devices. calls: whose."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def reclaim(self, user: str, endpoint: str, *, ringing: bool = True) -> None:
        """None of a device's calls has an end there any more: its page was loaded anew.

        What it calls is cancelled. What talks goes on: the device is rung as soon as it is
        registered, and takes its place again; so it is where it was called. ringing: whether
        what rings at it rings anew; False leaves it as it is.

        ARI: DELETE /channels/{channelId}, POST /channels/{channelId}.
        """
        calls = self._calls
        await calls.guests.reclaim(user, endpoint)
        await calls.summons.end(endpoint)
        for party in list(calls.parties()):
            call = calls.call_of(party)
            if party.data.user != user or party.data.endpoint != endpoint or call is None:
                continue
            if party.id in calls.guests:
                continue  # on its way into a conference, and seen to already
            if party.connected:
                await self.lose(call, party)
            else:
                party.data.why = "cancelled"
            await party.channel.hangup()
        if not ringing:
            return
        for caller, ring in list(calls.ringing(user)):
            if f"PJSIP/{endpoint}" in ring.endpoints and not ring.answered:
                calls.spawn(self._ring_anew(caller, ring, user, endpoint), lasting=True)

    async def _ring_anew(self, caller: Party, ring: Ring, user: str, endpoint: str) -> None:
        """A page was loaded again while it was called: ring it once more, once it is there."""
        calls = self._calls
        while caller.data.ring is ring and not ring.answered:
            with suppress(StasisError):
                if endpoint in await calls.directory.devices(user):
                    break
            await asyncio.sleep(LOOK_SECONDS)
        if caller.data.ring is ring and caller.dialling is not None and not ring.rejected:
            ring.anew = True
            await caller.dialling.cancel()

    async def end(self, user: str, endpoint: str) -> None:
        """A device is no more, as its session has ended: so are its calls, and it rings no more.

        What cannot be ended is logged. ARI: DELETE /channels/{channelId}.
        """
        calls = self._calls
        await calls.summons.end(endpoint)
        for caller, _ in calls.ringing(user):
            rung = () if caller.dialling is None else caller.dialling.channels
            for channel in rung:
                if channel.name.startswith(f"PJSIP/{endpoint}-"):
                    with suppress(AriError):
                        await channel.hangup()
        for view in calls.views(user):
            if view.device == endpoint:
                try:
                    await calls.hang_up(user, view.id)
                except StasisError as error:
                    log.warning("a call was not ended", user=user, error=str(error))

    async def lose(self, call: Call, party: Party) -> None:
        """The device of a party is lost: the others hear music until it is back, or given up."""
        calls = self._calls
        party.replaced = True
        away = party.gone_for(calls.now() + timedelta(seconds=calls.rules.rejoin))
        del call.parties[party.id]
        await call.recorder.stop(party)
        call.away[away.id] = away
        calls.meet(call)
        for other in list(call.parties.values()):
            with suppress(AriError, ChannelGone):
                await other.keep()
        with suppress(AriError):
            await call.place()
        calls.notices.tell_call(call)
        self.look_for(call, away)

    def look_for(self, call: Call, away: Away) -> None:
        """Ring a device that was lost, once it is there, until it is back or its time is over."""
        self._calls.spawn(self._bring_back(call, away), lasting=True)

    async def _bring_back(self, call: Call, away: Away) -> None:
        await self._calls.summons.bring_back(call, away)
        if call.away.get(away.id) is away:
            await self.give_up(call, away)

    async def give_up(self, call: Call, away: Away, why: Reason = "hangup") -> None:
        """A device that was lost does not come back."""
        calls = self._calls
        if call.away.pop(away.id, None) is None:
            return
        calls.notices.tell(of_away(call, away, calls.now(), why))
        await calls.write(away, why)
        calls.meet(call)
        await calls.review(call)
