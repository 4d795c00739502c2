"""A party: one channel in a call, of a user's device or of somebody outside.

Rules: what must outlive the process is in `PartyData`, kept with the channel; it is kept before
Asterisk is told, so that a new process does again what was cut short.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Literal
from uuid import uuid4

from attrs import define, field, frozen

from stasis import (
    Channel,
    ChannelGone,
    ChannelHangupRequest,
    Dialling,
    Link,
    Wait,
    WaitTimeout,
)
from stasis_webrtc.ringing import Ring
from stasis_webrtc.target import Target
from stasis_webrtc.view import Direction, Peer, Reason

__all__ = ["Away", "Departure", "Party", "PartyData", "moment", "new_call", "new_id"]

# Q.850 causes of a channel whose other end is lost, not of one that hangs up.
LOST = frozenset({18, 20, 27, 38, 41, 44, 102})
# Asterisk's own flag: the channel's device has given up, as when no sound comes any more.
DEVICE = 1


@define
class Away:
    """A party whose device is lost, and that may come back. until: seconds since 1970; the rest as
    of PartyData.
    """

    id: str = ""
    user: str = ""
    name: str = ""
    number: str = ""
    endpoint: str = ""
    direction: Direction = "in"
    peer: Peer = field(factory=Peer)
    began: float = 0.0
    answered: float = 0.0
    held: bool = False
    muted: bool = False
    until: float = 0.0
    first: Peer | None = None

    @property
    def itself(self) -> Peer:
        """What others see of it."""
        return Peer(self.name, self.number, self.user)


@define
class PartyData:
    """What is kept of a party.

    id: of the call as the party sees it. call: of the talk that it is in. user: whose device; empty
    for somebody outside. name, number: as others see it. endpoint: the device. direction: `out` for
    who has called. state: as of CallView. peer: whom it talks with, or last did. first: whom it
    talked with first; None before. began, answered: seconds since 1970. held: it has the others on
    hold. muted: nobody hears it. target: whom it calls. by: whose grants count for that. ring: who
    rings for it now. hops: the users that were tried. back: the user to be rung when a transfer
    fails. missed, missed_why: who was not reached before, and why. talks_to: the channel that has
    answered it. away: who was lost in the same call. recording: what it records; empty for nothing.
    recording_began: when. room: the conference it goes to; service: the application instead, then
    `room` is its number. message: the recording of a message; empty without. message_for: whose.
    message_began: when. why: the reason it ends.
    """

    id: str = ""
    call: str = ""
    user: str = ""
    name: str = ""
    number: str = ""
    endpoint: str = ""
    direction: Direction = "out"
    state: Literal["ringing", "connected"] = "ringing"
    peer: Peer = field(factory=Peer)
    first: Peer | None = None
    began: float = 0.0
    answered: float = 0.0
    held: bool = False
    muted: bool = False
    target: Target | None = None
    by: str = ""
    ring: Ring | None = None
    hops: list[str] = field(factory=list)
    back: str = ""
    missed: str = ""
    missed_why: Reason = ""
    talks_to: Channel | None = None
    away: list[Away] = field(factory=list)
    recording: str = ""
    recording_began: float = 0.0
    room: str = ""
    service: str = ""
    message: str = ""
    message_for: str = ""
    message_began: float = 0.0
    why: Reason = ""


@frozen
class Departure:
    """Why a party has to leave the talk it is in, and the state that it goes to."""

    to: Literal["onward", "parting"]
    why: Reason = ""


class Party:
    """A channel in a call.

    channel: its own. data: as kept. keep: writes the data down. asterisk: where it is. dialling:
    what rings for it. leaving: it is on its way out. replaced: another channel takes its place, so
    its end is none of the party's.
    """

    def __init__(
        self,
        channel: Channel,
        data: PartyData,
        keep: Callable[[], Awaitable[None]],
        asterisk: Link,
    ) -> None:
        self.channel = channel
        self.data = data
        self.keep = keep
        self.asterisk = asterisk
        self.dialling: Dialling | None = None
        self.leaving = False
        self.replaced = False
        self.departures: asyncio.Queue[Departure] = asyncio.Queue()
        self._end: Wait[ChannelHangupRequest] = channel.expect(
            ChannelHangupRequest, what=f"hang-up of {channel.id}"
        )

    def __repr__(self) -> str:
        return f"<Party {self.data.user or self.data.number} of {self.data.call} {self.channel.id}>"

    @property
    def id(self) -> str:
        """Of the call as this party sees it."""
        return self.data.id

    @property
    def connected(self) -> bool:
        """Whether it talks, or could."""
        return self.data.state == "connected"

    @property
    def itself(self) -> Peer:
        """What others see of it."""
        return Peer(self.data.name, self.data.number, self.data.user)

    @property
    def answered(self) -> bool:
        """Whether who is rung for it has answered, and tells itself what becomes of it."""
        ring, channel = self.data.ring, self.data.talks_to
        handed_over = channel is not None and channel.handed_over
        return handed_over or (ring is not None and ring.answered)

    def depart(self, departure: Departure) -> None:
        """Have it leave the talk, soon."""
        self.departures.put_nowait(departure)

    def forget_departures(self) -> None:
        """A new talk: what called it away from the last one is old."""
        self.departures = asyncio.Queue()

    async def called_away(self) -> Departure:
        """Wait until it has to leave the talk."""
        return await self.departures.get()

    async def mute(self, muted: bool) -> None:
        """Whether nobody hears it. ARI: POST or DELETE /channels/{channelId}/mute."""
        self.data.muted = muted
        await self.keep()
        await (self.channel.mute if muted else self.channel.unmute)("in")

    async def restore(self, *, again: bool) -> None:
        """Do what its data say. again: of a new process, or on another channel.

        ARI: POST or DELETE /channels/{channelId}/mute.
        """
        if self.data.muted or again:
            await (self.channel.mute if self.data.muted else self.channel.unmute)("in")

    async def lost(self) -> bool:
        """Whether the channel has ended because its device is lost, and not because it hung up."""
        try:
            end = await self._end.within(0)
        except (ChannelGone, WaitTimeout):
            return False
        return bool(end.cause & DEVICE) if end.soft else end.cause in LOST

    def gone_for(self, until: datetime) -> Away:
        """What is to be known of it while its device is lost."""
        data = self.data
        return Away(
            data.id,
            data.user,
            data.name,
            data.number,
            data.endpoint,
            data.direction,
            data.peer,
            data.began,
            data.answered,
            data.held,
            data.muted,
            until.timestamp(),
            data.first,
        )


def new_id() -> str:
    """An id that no other call has."""
    return str(uuid4())


def new_call() -> str:
    """An id that no other talk has."""
    return secrets.token_hex(8)


def moment(seconds: float) -> datetime | None:
    """Seconds since 1970 as a moment; None for 0."""
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
