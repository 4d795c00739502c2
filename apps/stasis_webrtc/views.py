"""How a party, one that is away and one that is rung see their call. Pure."""

from __future__ import annotations

from datetime import datetime

from stasis_webrtc.call import Call
from stasis_webrtc.party import Away, Party, moment
from stasis_webrtc.ringing import Ring
from stasis_webrtc.view import CallView, Reason, State

__all__ = ["of_away", "of_party", "of_ring"]


def of_party(call: Call, party: Party, now: datetime, why: Reason = "") -> CallView:
    """The call of a party. why: the reason, once it has ended."""
    data = party.data
    began, answered = moment(data.began) or now, moment(data.answered)
    state: State = "ended" if why else data.state
    return CallView(
        data.id,
        data.user,
        state,
        data.direction,
        data.peer,
        since=now if why else (answered or began) if party.connected else began,
        began=began,
        device=data.endpoint,
        held=data.held,
        held_by_other=party.connected and not why and call.waits(party),
        muted=data.muted,
        recording=not why and call.recorded,
        recording_by_me=not why and bool(data.recording),
        conference=data.room,
        reason=why,
        first=data.first,
    )


def of_away(call: Call, away: Away, now: datetime, why: Reason = "") -> CallView:
    """The call of one whose device is lost. why: the reason, once it has ended."""
    began, answered = moment(away.began) or now, moment(away.answered)
    return CallView(
        away.id,
        away.user,
        "ended" if why else "connected",
        away.direction,
        away.peer,
        since=now if why else answered or began,
        began=began,
        device=away.endpoint,
        held_by_other=any(each.data.held for each in call.parties.values()),
        muted=away.muted,
        recording=not why and call.recorded,
        rejoin=not why,
        reason=why,
        first=away.first,
    )


def of_ring(party: Party, ring: Ring, now: datetime, why: Reason = "") -> CallView:
    """The call of who is rung. party: for whom. why: the reason, once it has ended."""
    began = moment(ring.began) or now
    return CallView(
        ring.id,
        ring.user,
        "ended" if why else "ringing",
        "in",
        party.itself,
        since=now if why else began,
        began=began,
        reason=why,
    )
