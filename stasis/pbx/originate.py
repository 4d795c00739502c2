"""A call that is made: how it is asked for, and what became of it.

Asterisk tells that in two ways, and neither says all: the reason of OriginateResponse is 0 for a
busy Local channel, and the cause of the hang-up is missing when nobody has answered in time.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

from stasis.ami import Ami, AmiError, OutcomeUnknown, actions, events
from stasis.dialstatus import DialStatus, of_end
from stasis.pbx.hearing import heard

__all__ = ["OriginateOutcome", "Originated", "caller_id", "hang_up", "originate", "outcome_of"]

OriginateOutcome: TypeAlias = DialStatus | Literal["STARTED"]
"""What became of a call that was made; STARTED: nobody has waited for it."""

# The reasons of an OriginateResponse that say more than the cause of the hang-up does.
REASONS: Mapping[int, DialStatus] = {1: "NOANSWER", 3: "NOANSWER", 5: "BUSY", 8: "CONGESTION"}
# What an outcome means that Asterisk has named no cause of.
TEXTS: Mapping[DialStatus, str] = {
    "BUSY": "it is busy",
    "CANCEL": "it was called off",
    "CHANUNAVAIL": "it could not be called at all: is its name right, and is it registered?",
    "CONGESTION": "it could not be called now",
    "NOANSWER": "nobody has answered in time",
}
# How long the hang-up of a call that has failed may take; some have none.
ENDS_SECONDS = 0.5
# How long a cancelled one is kept by it.
HANG_UP_SECONDS = 2.0


class Originated(msgspec.Struct, frozen=True, kw_only=True):
    """A call that was made.

    outcome: ANSWER, BUSY, NOANSWER, CONGESTION, CHANUNAVAIL (not reached at all) or CANCEL, as in
    DIALSTATUS; STARTED when it was not waited for. channel: its name once it is answered, else
    what was dialled. id: the channel's id, chosen here. cause: of Q.850, of a call that was not
    answered; None when Asterisk has named none. cause_text: what it means, or else the outcome.
    """

    outcome: OriginateOutcome
    channel: str
    id: str
    cause: int | None = None
    cause_text: str = ""


async def originate(
    ami: Ami,
    device: str,
    *,
    caller: str = "",
    timeout: float = 30.0,
    variables: Mapping[str, str] | None = None,
    wait: bool = True,
    exten: str | None = None,
    context: str | None = None,
    priority: int | None = None,
    application: str | None = None,
    data: str | None = None,
    id: str = "",
) -> Originated:
    """Call a device; when it answers it goes to an extension, or to an application.

    caller: as `caller_id` writes it. timeout: seconds that it may ring. wait: until it has
    answered or not; cancelled meanwhile, it is hung up. id: the channel's; else a new one.

    Returns what became of it. Raises AmiError. AMI: Originate, OriginateResponse, Hangup.
    """
    id = id or f"stasis-call-{uuid.uuid4().hex}"
    action = actions.Originate(
        channel=device,
        exten=exten,
        context=context,
        priority=priority,
        application=application,
        data=data or None,
        timeout=max(1, int(timeout * 1000)),
        caller_id=caller or None,
        variable=variables or None,
        channel_id=id,
    )
    if not wait:
        await ami.send(action)
        return Originated(outcome="STARTED", channel=device, id=id)
    async with ami.events(events.Hangup, where=lambda event: event.uniqueid == id) as ends:
        try:
            told = await ami.originate(action)
        except asyncio.CancelledError:
            await hang_up(ami, id)
            raise
        ended = None
        if told.response != "Success":
            with contextlib.suppress(OutcomeUnknown):
                ended = await heard(ends, events.Hangup, ENDS_SECONDS)
    return outcome_of(told, ended)


async def hang_up(ami: Ami, channel: str) -> None:
    """Hang up what nobody waits for any more, as far as Asterisk is reached. channel: or its id."""
    with contextlib.suppress(AmiError):
        await ami.send(actions.Hangup(channel=channel), timeout=HANG_UP_SECONDS)


def outcome_of(told: events.OriginateResponse, ended: events.Hangup | None) -> Originated:
    """What became of a call. ended: the hang-up of its channel, when one was heard."""
    if told.response == "Success":
        return Originated(outcome="ANSWER", channel=told.channel, id=told.uniqueid)
    cause = ended.cause if ended is not None and ended.cause else None
    outcome = REASONS.get(told.reason or 0) or of_end(cause or 0, dialled=cause is not None)
    return Originated(
        outcome=outcome,
        channel=told.channel,
        id=told.uniqueid,
        cause=cause,
        cause_text=(ended.cause_txt if ended is not None and cause else "") or TEXTS[outcome],
    )


def caller_id(number: str, name: str) -> str:
    """A caller's number and name as Asterisk reads them; "" for neither."""
    if name:
        return f'"{name}" <{number}>'
    return f"<{number}>" if number else ""
