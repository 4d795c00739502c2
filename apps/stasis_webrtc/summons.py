"""Devices that are rung by us: to make a call that was clicked, or to come back into one.

Rules: a device that answers enters the application as a call of its own, so nothing is lost when
the process ends meanwhile. One that does not come is given up once Asterisk has ended its channel.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from stasis import AriError, Conflict, Link, NotFound, StasisError
from stasis_webrtc.call import Call
from stasis_webrtc.order import NotPossible
from stasis_webrtc.party import Away, new_id
from stasis_webrtc.target import target_of
from stasis_webrtc.view import CallView, Peer, Reason

if TYPE_CHECKING:
    from stasis_webrtc.calls import Calls

__all__ = ["HEADER", "Summons", "caller_id", "channel_of", "summoned", "with_header"]

HEADER = "X-Stasis-Call"
"""The SIP header that tells a device which call an INVITE belongs to."""

# How often it is looked whether a device rings on, and whether one that was lost is there again.
LOOK_SECONDS = 1.0
MOST_LOOKS = 600


@frozen
class Summoned:
    """A device that rings so that it makes a call."""

    view: CallView
    endpoint: str
    channel_id: str
    asterisk: Link


class Summons:
    """The devices that are rung. calls: whose."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._ringing: dict[str, Summoned] = {}
        # Channels that devices which were lost may come back by.
        self._waited: set[str] = set()

    def views(self) -> Iterator[CallView]:
        """The calls that are about to be made."""
        for each in list(self._ringing.values()):
            yield each.view

    async def call(self, who: str, endpoint: str, to: str, asterisk: Link) -> str:
        """Ring a user's device, and call something for it once it has answered.

        who: the user. endpoint: the device. to: as it would be dialled. Returns the call's id.
        Raises NotPossible when the user may not call that, or the device is not there.
        ARI: POST /channels/{channelId}.
        """
        calls = self._calls
        user = await calls.directory.user(who)
        target = await target_of(to, calls.rules.plan, calls.directory, who)
        if target.kind == "nobody" or "," in to:
            raise NotPossible("bad_number", f"{to!r} is no number and nobody's name")
        if user is None or (target.grant and not user.grants.may_call(target.grant)):
            await calls.directory.refused(who, to, "may_not")
            raise NotPossible("may_not", f"{who} may not call {to!r}")
        id, now = new_id(), calls.now()
        callee = await calls.directory.user(target.name) if target.kind == "user" else None
        peer = Peer(target.dialled, target.dialled)
        if callee is not None:
            peer = Peer(callee.title or callee.name, callee.extension, callee.name)
        if target.kind != "emergency" and calls.count(who) >= calls.rules.limit:
            raise NotPossible("not_now", f"{who} has as many calls as may be")
        view = CallView(id, who, "ringing", "out", peer, now, now)
        channel_id = channel_of(id)
        # Before it rings: a page may answer at once.
        self._ringing[id] = Summoned(view, endpoint, channel_id, asterisk)
        try:
            await asterisk.ari.channels.originate_with_id(
                channel_id,
                endpoint=f"PJSIP/{endpoint}",
                app=calls.app,
                app_args=f"dial,{target.dialled},,{id}",
                caller_id=caller_id(peer.name, peer.number) or None,
                timeout=calls.rules.ring,
                variables=with_header(id),
            )
        except AriError as error:
            self._ringing.pop(id, None)
            raise NotPossible("not_now", f"the device {endpoint} cannot be rung: {error}") from None
        if id in self._ringing:
            calls.notices.tell(view)
            calls.spawn(self._look_after(id), lasting=True)
        return id

    def came(self, channel_id: str, id: str) -> None:
        """A device that was rung is here. id: of its call."""
        self._ringing.pop(id, None)
        self._waited.discard(channel_id)

    async def hang_up(self, user: str, id: str) -> bool:
        """Ring a device no more. Returns False when it is not rung."""
        found = self._ringing.get(id)
        if found is None or found.view.user != user:
            return False
        self._given_up(id, "cancelled")
        await hung_up(found.asterisk, found.channel_id)
        return True

    async def end(self, endpoint: str) -> None:
        """A device is no more, or its page was loaded anew: it is rung no more."""
        for id, found in list(self._ringing.items()):
            if found.endpoint == endpoint:
                self._given_up(id, "cancelled")
                await hung_up(found.asterisk, found.channel_id)

    async def _look_after(self, id: str) -> None:
        """Tell when a device does not answer."""
        while (found := self._ringing.get(id)) is not None:
            await asyncio.sleep(LOOK_SECONDS)
            if not await there(found.asterisk, found.channel_id):
                self._given_up(id, "noanswer")

    def _given_up(self, id: str, why: Reason) -> None:
        found = self._ringing.pop(id, None)
        if found is not None:
            now = self._calls.now()
            self._calls.notices.tell(evolve(found.view, state="ended", since=now, reason=why))

    async def bring_back(self, call: Call, away: Away) -> None:
        """Ring a device that was lost as soon as it is registered, until it is back or its time is
        over.

        ARI: POST /channels/{channelId}.
        """
        # The same in a new process, so that it rings once.
        channel_id = channel_of(away.id, away.until)
        self._waited.add(channel_id)
        while self._wanted(call, away):
            if await self._ring_again(call, away, channel_id):
                await self._while_it_rings(call, away, channel_id)
            await asyncio.sleep(LOOK_SECONDS)
        if channel_id in self._waited:
            self._waited.discard(channel_id)
            await hung_up(call.asterisk, channel_id)

    async def _while_it_rings(self, call: Call, away: Away, channel_id: str) -> None:
        for _ in range(MOST_LOOKS):
            await asyncio.sleep(LOOK_SECONDS / 2)
            if not (self._wanted(call, away) and await there(call.asterisk, channel_id)):
                return

    def _wanted(self, call: Call, away: Away) -> bool:
        late = self._calls.now().timestamp() >= away.until
        return call.away.get(away.id) is away and not late

    async def _ring_again(self, call: Call, away: Away, channel_id: str) -> bool:
        """Ring it, if it is there. Returns whether it rings."""
        calls = self._calls
        try:
            if away.endpoint not in await calls.directory.devices(away.user):
                return False
            left = away.until - calls.now().timestamp()
            await call.asterisk.ari.channels.originate_with_id(
                channel_id,
                endpoint=f"PJSIP/{away.endpoint}",
                app=calls.app,
                app_args=f"rejoin,{call.id},{away.id}",
                caller_id=caller_id(away.peer.name, away.peer.number) or None,
                timeout=max(1, round(left)),
                variables=with_header(away.id),
            )
        except Conflict:
            return True  # it rings already
        except StasisError:
            return False
        return True


def channel_of(id: str, until: float = 0.0) -> str:
    """The channel by which a device is rung for a call. Pure.

    No device chooses the id of its channel, so this one tells that the device was rung by us.
    """
    return f"webrtc-{id}-{until:.0f}"


def summoned(channel_id: str, id: str) -> bool:
    """Whether a channel is one by which a device was rung for the call of this id. Pure."""
    return bool(id) and channel_id.startswith(f"webrtc-{id}-")


def with_header(id: str) -> dict[str, str]:
    """Channel variables that tell a device the id of its call. Pure."""
    return {f"PJSIP_HEADER(add,{HEADER})": id}


def caller_id(name: str, number: str) -> str:
    """A caller ID without the characters that would break it; empty for nobody. Pure."""
    shown = "".join(c for c in name if c.isprintable() and c not in '"\\<>').strip()
    called = "".join(c for c in number if c.isprintable() and c not in '"\\<> ')
    if not called:
        return f'"{shown}" <>' if shown else ""
    return f'"{shown}" <{called}>' if shown else called


async def there(asterisk: Link, channel_id: str) -> bool:
    """Whether a channel is there; when Asterisk does not answer it may be."""
    try:
        await asterisk.ari.channels.get(channel_id)
    except NotFound:
        return False
    except AriError:
        return True
    return True


async def hung_up(asterisk: Link, channel_id: str) -> None:
    """Hang a channel up; one that is gone is fine."""
    try:
        await asterisk.ari.channels.hangup(channel_id)
    except AriError:
        return
