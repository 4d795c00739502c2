"""What actions do to a whole call: each by a function of the same name."""

from __future__ import annotations

from stasis_webrtc.order import NotPossible, Order
from stasis_webrtc.party import Departure, Party
from stasis_webrtc.target import Target, target_of

__all__ = ["attend", "conference", "hangup", "record", "stop_record", "transfer"]


async def transfer(order: Order) -> None:
    """Send who is at the other side elsewhere, and be out of it.

    Raises NotPossible when who asks may not call there.
    """
    target = await allowed(order, order.to)
    others = talking_to(order)
    for other in others:
        await send_on(order, other, target)
    order.party.depart(Departure("parting", "transferred"))


async def attend(order: Order) -> None:
    """Bring who is at the other side together with that of another call, and be out of both.

    Where that call still rings, it rings for the others then.
    Raises NotPossible when there is no such call.
    """
    calls, party = order.calls, order.party
    second = calls.party(party.data.user, order.other)
    there = None if second is None else calls.call_of(second)
    if second is None or there is None or second is party:
        raise NotPossible("no_call", f"attend: there is no other call {order.other!r}")
    others = talking_to(order)
    if not second.connected:
        target = second.data.target
        if target is None or second.data.ring is None:
            raise NotPossible("not_now", "attend: the other call neither talks nor rings")
        second.data.why = "transferred"
        await second.channel.hangup()
        for other in others:
            await send_on(order, other, target)
        party.depart(Departure("parting", "transferred"))
        return
    if there is order.call or not there.others(second.id):
        raise NotPossible("not_now", "attend: there is nobody in the other call")
    second.data.held = False
    try:
        for other in others:
            await calls.move(other, there)
    finally:
        party.depart(Departure("parting", "transferred"))
        second.depart(Departure("parting", "transferred"))


async def conference(order: Order) -> None:
    """Go into a conference, all of them or only who asks. Raises NotPossible."""
    target = await allowed(order, order.room)
    if target.kind != "room":
        raise NotPossible("bad_number", f"conference: there is no room {order.room!r}")
    going = [order.party, *(talking_to(order) if order.everybody else [])]
    for party in going:
        party.data.room = target.name
        party.depart(Departure("parting", "hangup"))


async def record(order: Order) -> None:
    """Record the call from now on. Raises NotPossible when who asks may not, or it is so."""
    user = await order.calls.directory.user(order.party.data.user)
    if user is None or not user.grants.may_record:
        await order.calls.directory.refused(order.party.data.user, "record", "may_not")
        raise NotPossible("may_not", "record: you may not record calls")
    if not await order.call.recorder.start(order.party):
        raise NotPossible("not_now", "record: the call is recorded already")
    order.calls.notices.tell_call(order.call)


async def stop_record(order: Order) -> None:
    """End the recording that one has begun. Raises NotPossible when there is none."""
    if not await order.call.recorder.stop(order.party):
        raise NotPossible("not_now", "stop_record: you record nothing")
    order.calls.notices.tell_call(order.call)


async def hangup(order: Order) -> None:
    """The call is over."""
    await order.calls.hang_up(order.party.data.user, order.party.id)


async def allowed(order: Order, to: str) -> Target:
    """Where to go, as it would be dialled. Raises NotPossible when who asks may not."""
    calls, who = order.calls, order.party.data.user
    target = await target_of(to, calls.rules.plan, calls.directory, who)
    if target.kind in ("nobody", "messages"):
        raise NotPossible("bad_number", f"{order.action}: {to!r} is no number and nobody's name")
    user = await calls.directory.user(who)
    if user is None or (target.grant and not user.grants.may_call(target.grant)):
        await calls.directory.refused(who, to, "may_not")
        raise NotPossible("may_not", f"{order.action}: you may not call {to!r}")
    return target


def talking_to(order: Order) -> list[Party]:
    """Who else is in the call. Raises NotPossible when that is nobody."""
    others = [each for each in order.call.others(order.party.id) if isinstance(each, Party)]
    if not others or not all(each.connected for each in others):
        raise NotPossible("not_now", f"{order.action}: there is nobody at the other side now")
    return others


async def send_on(order: Order, other: Party, target: Target) -> None:
    """Have another party call something, by the grants of who asks."""
    data = other.data
    data.target, data.by, data.back = target, order.party.data.user, order.party.data.user
    data.hops, data.held, data.missed = [], False, ""
    data.state = "ringing"  # so it is not alone, and nobody brings it back into the bridge
    await other.keep()
    other.depart(Departure("onward"))
