"""Parties who are in a conference now: their channels are the conference's, their calls still ours.

Rules: what is to be known of them stands in a variable of the channel, so a new process finds them.
That one has left is seen by looking.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec
from attrs import define, evolve

from stasis import AriError, Link, StasisError
from stasis_webrtc.ledger import Called, written
from stasis_webrtc.party import Party, moment
from stasis_webrtc.summons import caller_id, channel_of, hung_up, there, with_header
from stasis_webrtc.view import CallView, Peer

if TYPE_CHECKING:
    from stasis_webrtc.calls import Calls

__all__ = ["Guests"]

VARIABLE = "STASIS_WEBRTC_GUEST"
# How often it is looked whether a guest is still there.
LOOK_SECONDS = 1.0


@define
class Guest:
    """One in a conference. channel_id: its channel. until: its device is lost, and may come back
    until then, seconds since 1970; 0 where it is there.
    """

    view: CallView
    channel_id: str
    asterisk: Link
    until: float = 0.0


class Guests:
    """All of them. calls: whose."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._guests: dict[str, Guest] = {}

    def __contains__(self, id: str) -> bool:
        """Whether the call of this id is in a conference."""
        return id in self._guests

    def views(self) -> Iterator[CallView]:
        """Their calls."""
        for each in list(self._guests.values()):
            yield each.view

    async def go(self, party: Party) -> None:
        """A party goes into a conference; its channel is ours until it has been moved.

        Raises ChannelGone, AriError. ARI: POST /channels/{channelId}/variable.
        """
        data, now = party.data, self._calls.now()
        if not data.user or party.replaced:
            return
        # A service is who they talk with; in a conference it stays who was there before.
        peer = Peer("", data.room) if data.service else data.peer
        view = CallView(
            data.id,
            data.user,
            "connected",
            data.direction,
            peer,
            moment(data.answered) or now,
            moment(data.began) or now,
            data.endpoint,
            conference="" if data.service else data.room,
            first=data.first,
        )
        await party.channel.set_variable(VARIABLE, msgspec.json.encode(view).decode())
        if not party.replaced:
            self._come(Guest(view, party.channel.id, party.asterisk))

    async def find(self, asterisk: Link) -> None:
        """A new process: who is in a conference since an older one. Raises AriError.

        ARI: GET /channels, GET /channels/{channelId}/variable.
        """
        ours = {runner.channel.id for runner in asterisk.runners if runner.app == self._calls.app}
        for channel in await asterisk.ari.channels.list():
            if channel.id in ours or not channel.name.startswith("PJSIP/"):
                continue
            with suppress(AriError, msgspec.MsgspecError):
                found = await asterisk.ari.channels.get_channel_var(channel.id, variable=VARIABLE)
                view = msgspec.json.decode(found.value, type=CallView)
                if view.id not in self._guests:
                    self._come(Guest(view, channel.id, asterisk))

    def _come(self, guest: Guest) -> None:
        self._guests[guest.view.id] = guest
        self._calls.notices.tell(guest.view)
        self._calls.spawn(self._look_after(guest), lasting=True)

    async def _look_after(self, guest: Guest) -> None:
        """Tell when one has left."""
        while self._guests.get(guest.view.id) is guest:
            await asyncio.sleep(LOOK_SECONDS)
            late = guest.until < self._calls.now().timestamp()
            if late and not await there(guest.asterisk, guest.channel_id):
                await self._gone(guest)

    async def _gone(self, guest: Guest) -> None:
        if self._guests.get(guest.view.id) is not guest:
            return
        del self._guests[guest.view.id]
        view, now = guest.view, self._calls.now()
        self._calls.notices.tell(evolve(view, state="ended", since=now, reason="hangup"))
        peer = view.first or view.peer
        row = Called(
            view.user, view.id, view.direction, peer, view.began, view.since, now, "hangup"
        )
        await written(self._calls.ledger.called(row))

    def drop(self, id: str) -> None:
        """One has not gone into a conference after all."""
        self._guests.pop(id, None)

    async def hang_up(self, user: str, id: str) -> bool:
        """End the call of one. Returns False when there is none."""
        guest = self._guests.get(id)
        if guest is None or guest.view.user != user:
            return False
        await hung_up(guest.asterisk, guest.channel_id)
        return True

    async def reclaim(self, user: str, endpoint: str) -> None:
        """A device was lost: ring it as soon as it is back, and bring it into its conference.

        ARI: DELETE /channels/{channelId}, POST /channels/{channelId}.
        """
        for guest in list(self._guests.values()):
            view, until = guest.view, self._calls.now().timestamp() + self._calls.rules.rejoin
            if view.user == user and view.device == endpoint and not guest.until:
                guest.until, guest.view = until, evolve(view, rejoin=True)
                self._calls.notices.tell(guest.view)
                await hung_up(guest.asterisk, guest.channel_id)
                self._calls.spawn(self._bring_back(guest), lasting=True)

    async def _bring_back(self, guest: Guest) -> None:
        """Have a device dial its conference again, until it has or its time is over."""
        view, calls = guest.view, self._calls
        while self._guests.get(view.id) is guest:
            left = guest.until - calls.now().timestamp()
            if left <= 0:
                return
            with suppress(StasisError):
                if view.device in await calls.directory.devices(view.user):
                    guest.channel_id = channel_of(view.id, guest.until)
                    await guest.asterisk.ari.channels.originate_with_id(
                        guest.channel_id,
                        endpoint=f"PJSIP/{view.device}",
                        app=calls.app,
                        app_args=f"dial,{view.conference or view.peer.number},,{view.id}",
                        caller_id=caller_id(view.conference, view.conference) or None,
                        timeout=max(1, round(left)),
                        variables=with_header(view.id),
                    )
                    return
            await asyncio.sleep(LOOK_SECONDS)
