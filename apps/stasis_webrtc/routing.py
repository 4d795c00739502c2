"""Where a call goes: who calls, what they called, whether they may, and who is rung for them.

Rules: what is decided is put into the party's data, and a state of the flow carries it out. A
device is known by its channel's name alone; what else the dialplan says is trusted. Who forwards
pays: where a call goes on to is granted to who forwards or transfers it, not to who calls.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

import structlog

from stasis import AriError, DialResult
from stasis_webrtc.calls import Calls
from stasis_webrtc.directory import User
from stasis_webrtc.party import Away, Party, new_call, new_id
from stasis_webrtc.recorder import recording_name
from stasis_webrtc.ringing import Ring, Way, reason_of, way_on, way_to
from stasis_webrtc.summons import HEADER, caller_id, summoned
from stasis_webrtc.target import Target, target_of
from stasis_webrtc.view import Peer, Reason

__all__ = ["Next", "endpoint_of", "onward", "routed", "shown", "unanswered"]

log = structlog.get_logger("stasis_webrtc")

Next: TypeAlias = Literal["ringing", "talking", "greeting", "mailbox", "parting"]
"""The state that comes next."""

# How long a call may take to be there again after a restart, for who comes into it.
JOIN_SECONDS = 3.0
ID = re.compile(r"[0-9A-Za-z-]{8,64}")


def endpoint_of(channel_name: str) -> str:
    """The PJSIP endpoint of a channel, `anna` of `PJSIP/anna-00000001`; empty for others. Pure."""
    technology, _, rest = channel_name.partition("/")
    return rest.rpartition("-")[0] if technology == "PJSIP" else ""


async def routed(party: Party, calls: Calls) -> Next:
    """Find out who has come, and where they go. Raises StasisError when users are not found."""
    verb, *args = [*said(party), "", "", "", "", ""][:6]
    if verb == "joined":
        return await joined(party, calls, *args[:5])
    if verb == "rejoin":
        return await rejoined(party, calls, *args[:2])
    data = party.data
    data.endpoint = endpoint_of(party.channel.name)
    owner = await calls.directory.owner(data.endpoint) if data.endpoint else None
    if verb == "dial":
        return await dialled(party, calls, args[0], owner or args[1], args[2], own=bool(owner))
    if verb == "ring":
        return await called(party, calls, args[0])
    log.error("the dialplan says neither dial nor ring; see the setup", args=party.channel.args)
    return part(party, "failed")


def said(party: Party) -> tuple[str, ...]:
    """The arguments. What was dialled is one of them, whatever commas are in it."""
    args, dialled = party.channel.args, party.channel.exten
    if "," in dialled and plain(dialled) in plain(",".join(args[1:])):
        return (*args[:1], dialled)
    return args


def plain(text: str) -> str:
    """A text without what Asterisk may leave out of an application's arguments. Pure."""
    return re.sub(r'["\\\s]', "", text)


async def dialled(party: Party, calls: Calls, number: str, who: str, id: str, *, own: bool) -> Next:
    """A user has dialled something. id: of the call, where we have rung the device for it. own:
    by a device of theirs.
    """
    data, channel_id = party.data, party.channel.id
    user = await calls.directory.user(who) if who else None
    if user is None or user.disabled:
        await calls.directory.refused(who, number, "forbidden")
        return part(party, "forbidden")
    ours = summoned(channel_id, id)
    data.id = id if ours else await header(party, calls, user.name)
    data.call, data.began = new_call(), calls.now().timestamp()
    data.user, data.by, data.direction = user.name, user.name, "out"
    data.name, data.number = user.title or user.name, user.extension or user.name
    data.peer = Peer("", number)
    if ours:
        calls.summons.came(channel_id, id)
        calls.guests.drop(id)
    full = calls.count(user.name) >= calls.rules.limit
    calls.come(party)
    if own and await calls.directory.owner(data.endpoint) != who:
        return part(party, "forbidden")  # its session has ended before this call was known
    target = await target_of(number, calls.rules.plan, calls.directory, user.name)
    callee = await calls.directory.user(target.name) if target.kind == "user" else None
    data.target = target
    data.peer = Peer("", target.dialled) if callee is None else seen_as(callee)
    calls.notices.tell_party(party)
    emergency = target.kind == "emergency"
    if not emergency and not (await granted(calls, user, target) and not full):
        return part(party, "forbidden")
    if target.kind == "messages":
        return "mailbox"
    return await onward(party, calls)


async def called(party: Party, calls: Calls, who: str) -> Next:
    """Somebody outside calls a user."""
    data, channel = party.data, party.channel
    data.id, data.call, data.began = new_id(), new_call(), calls.now().timestamp()
    data.direction = "out"
    data.name, data.number = channel.caller_name, channel.caller_number
    data.target = Target("user", who, who)
    calls.come(party)
    return await onward(party, calls)


async def joined(
    party: Party, calls: Calls, call_id: str, id: str, who: str, number: str, began: str
) -> Next:
    """Who was rung for a party has answered."""
    data = party.data
    data.id, data.call, data.direction, data.began = id, call_id, "in", float(began)
    data.user, data.number = who, number
    data.endpoint = endpoint_of(party.channel.name) if who else ""
    there = await calls.joined(call_id, JOIN_SECONDS)
    calls.come(party)  # also where the call is over: it is told so, and written down
    user = await calls.directory.user(who) if who else None
    if user is not None:
        data.name, data.number = user.title or user.name, user.extension or user.name
    if who and await calls.directory.owner(data.endpoint) != who:
        return part(party, "forbidden")
    return part(party, "cancelled") if there is None else "talking"


async def rejoined(party: Party, calls: Calls, call_id: str, id: str) -> Next:
    """A device that was lost is back."""
    calls.summons.came(party.channel.id, id)
    call = await calls.joined(call_id, JOIN_SECONDS)
    away = None if call is None else call.away.get(id)
    if away is None or away.endpoint != endpoint_of(party.channel.name):
        party.data.id = id
        return part(party, "cancelled")
    assert call is not None
    del call.away[id]
    take_place(party, call_id, away)
    calls.come(party)
    return "talking"


def take_place(party: Party, call_id: str, away: Away) -> None:
    """Be what one that is away has been."""
    data = party.data
    data.id, data.call, data.user, data.endpoint = away.id, call_id, away.user, away.endpoint
    data.name, data.number, data.direction, data.peer = (
        away.name,
        away.number,
        away.direction,
        away.peer,
    )
    data.first = away.first
    data.began, data.answered = away.began, away.answered
    data.held, data.muted, data.state = away.held, away.muted, "connected"


async def onward(party: Party, calls: Calls) -> Next:
    """Go where the party's target is."""
    target = party.data.target
    assert target is not None
    way, user = await reach(party, calls, target)
    return await follow(party, calls, way, user)


async def unanswered(party: Party, calls: Calls, result: DialResult) -> Next:
    """Who was rung has not answered: forward, let a message be left, or give up."""
    data, ring = party.data, party.data.ring
    assert ring is not None
    if ring.anew and not ring.rejected:
        ring.anew = False
        ring.seconds = max(1, round(ring.began + calls.rules.ring - calls.now().timestamp()))
        there = await calls.directory.devices(ring.user)
        ring.endpoints = [f"PJSIP/{each}" for each in there] or ring.endpoints
        return "ringing"
    why = reason_of(result, ring)
    log.info("nobody has answered", user=ring.user, number=ring.number, why=why)
    await calls.rung(party, why)
    user = await calls.directory.user(ring.user) if ring.user else None
    if ring.back:
        user = await calls.directory.user(data.missed) if data.missed else None
        way = Way("end" if user is None else "message", why=data.missed_why)
    elif user is None:
        way = Way("end", why=why)
    else:
        way = way_on(user, why)
    return await follow(party, calls, way, user)


async def reach(party: Party, calls: Calls, target: Target) -> tuple[Way, User | None]:
    """How to reach a target: where somebody is to be rung, it is in the data. The user, if any."""
    data, rules = party.data, calls.rules
    if target.kind == "service":
        data.room, data.service = target.dialled, target.name
        return Way("end", why="hangup"), None
    if target.kind == "room":
        data.room = target.name
        return Way("end", why="hangup"), None
    if target.kind in ("outside", "emergency"):
        endpoint = rules.dial(target.name, emergency=target.kind == "emergency")
        if not endpoint:
            log.error("no outside number can be called: [plugin.webrtc] outside", to=target.name)
            return Way("end", why="unavailable"), None
        data.ring = ring(calls, endpoints=[endpoint], number=target.name)
        data.ring.seconds = rules.outside_ring
        return Way("ring"), None
    user = await calls.directory.user(target.name) if target.kind == "user" else None
    if user is None or user.name in data.hops or len(data.hops) >= rules.hops:
        if user is not None:
            log.warning("forwarding goes round, or too far", user=user.name, hops=data.hops)
        return Way("end", why="unavailable"), None
    data.hops.append(user.name)
    endpoints = await calls.directory.devices(user.name)
    full = calls.count(user.name) >= rules.limit
    way = way_to(user, registered=bool(endpoints), full=full)
    if way.do == "ring":
        data.ring = ring(calls, user, [f"PJSIP/{each}" for each in endpoints])
    elif user.grants.may_receive and not (user.disabled or user.forward_always):
        await calls.missed(party, user.name, way.why)
    return way, user


async def follow(party: Party, calls: Calls, way: Way, user: User | None) -> Next:
    """Go the way. user: whom it is about."""
    data = party.data
    while way.do == "forward":
        assert user is not None
        to = await target_of(way.to, calls.rules.plan, calls.directory, user.name)
        if to.kind == "messages":
            way = Way("message" if user.messages else "end", why=way.why)
        # Who calls may be a stranger: nobody but a user itself calls an emergency number.
        elif to.kind == "emergency" or not await granted(calls, user, to):
            way = Way("message" if user.messages else "end", why="unavailable")
        else:
            data.by = user.name
            found, other = await reach(party, calls, to)
            way, user = found, other or user
    if way.do == "ring":
        return "ringing"
    if data.room:
        return part(party, "hangup")
    if data.back:
        there = await back(party, calls, way, user)
        if there is not None:
            return there
    if way.do == "message" and user is not None and calls.rules.message_seconds:
        data.message = recording_name(calls.rules.message_folder, user.name, calls.now())
        data.message_for, data.why, data.peer = user.name, way.why, seen_as(user)
        calls.notices.tell_party(party)
        return "greeting"
    return part(party, way.why or "failed")


async def back(party: Party, calls: Calls, way: Way, user: User | None) -> Next | None:
    """A transfer has failed: ring who has transferred. None when they are not there."""
    data = party.data
    back, data.back = data.back, ""
    data.missed = user.name if way.do == "message" and user is not None else ""
    data.missed_why = way.why
    whose = await calls.directory.user(back)
    endpoints = await calls.directory.devices(back)
    if whose is None or not endpoints or whose.disabled:
        return None
    data.ring = ring(calls, whose, [f"PJSIP/{each}" for each in endpoints])
    data.ring.back = True
    return "ringing"


def ring(
    calls: Calls, user: User | None = None, endpoints: list[str] | None = None, number: str = ""
) -> Ring:
    """Who is to be rung: a user, or an outside number."""
    found = Ring(new_id(), number=number, endpoints=endpoints or [], seconds=calls.rules.ring)
    found.began = calls.now().timestamp()
    if user is not None:
        peer = seen_as(user)
        found.user, found.name, found.number = peer.user, peer.name, peer.number
    return found


def seen_as(user: User) -> Peer:
    """A user as who calls them sees them. Pure."""
    return Peer(user.title or user.name, user.extension or user.name, user.name)


async def shown(party: Party, calls: Calls) -> str:
    """The caller ID that who is rung sees."""
    data = party.data
    if data.ring is not None and not data.ring.user:
        user = await calls.directory.user(data.by) if data.by else None
        return (user.outside if user is not None else "") or calls.rules.number
    return caller_id(data.name, data.number)


async def granted(calls: Calls, user: User, target: Target) -> bool:
    """Whether a user may call a target. A refusal is written down."""
    if target.kind == "nobody" or not target.grant or user.grants.may_call(target.grant):
        return True
    await calls.directory.refused(user.name, target.dialled, "forbidden")
    return False


async def header(party: Party, calls: Calls, user: str) -> str:
    """The id that the device has chosen for its call, or a new one."""
    try:
        found = await party.channel.get_variable(f"PJSIP_HEADER(read,{HEADER})") or ""
    except AriError:
        found = ""
    taken = {*(each.id for each in calls.parties()), *(each.id for each in calls.views(user))}
    return found if ID.fullmatch(found) and found not in taken else new_id()


def part(party: Party, why: Reason) -> Literal["parting"]:
    """Remember why, and go."""
    party.data.why = why
    return "parting"
