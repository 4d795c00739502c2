"""A member: one caller who is in a room, or on the way there.

Rules: what must outlive the process is in `MemberData`, kept with the call; it is kept before
Asterisk is told, so that a new process does again what was cut short. What plays to a member
holds up every other command of its channel, so it is stopped first.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Literal

import structlog
from attrs import define, frozen

from stasis import AriError, Channel, Playback, WaitTimeout

__all__ = ["Departure", "Member", "MemberData", "gain"]

log = structlog.get_logger("stasis_conference")

# No announcement to one member is longer.
SAY_SECONDS = 120.0
VOLUME = 10
"""Steps up or down from the volume that a channel has by itself."""


@define
class MemberData:
    """What is kept of a member.

    id: its own, also after a transfer has put another channel in its place. room: its name.
    profile: of the member. invited: it was called into the room. quiet: nobody is told that it
    comes or goes. spoken: the stored recording of its name; empty without. muted: nobody
    hears it. deaf: it hears nobody. held: it is out of the room, with music. talk_volume,
    listen_volume: steps, as of `gain`. membership: its row in the store; 0 while it is not inside.
    joined: when it came in, seconds since 1970; 0 before. speaking: seconds that it has talked.
    why: the reason it leaves, once it does. onward: where it goes then.
    """

    id: str = ""
    room: str = ""
    profile: str = ""
    moderator: bool = False
    invited: bool = False
    quiet: bool = False
    spoken: str = ""
    muted: bool = False
    deaf: bool = False
    held: bool = False
    talk_volume: int = 0
    listen_volume: int = 0
    membership: int = 0
    joined: float = 0.0
    speaking: float = 0.0
    why: str = ""
    onward: str = ""


@frozen
class Departure:
    """Why a member has to leave the state it is in, and where it goes.

    to: the outcome of its state. why: for it, the history and the events. room: the other room.
    """

    to: Literal["lobby", "inside", "parting"]
    why: str = ""
    room: str = ""


class Member:
    """A caller's place in a room.

    channel: of the call. data: as kept. keep: writes the data down. language: of what is said to
    it; None takes the channel's. talking: whether it talks now. departures: what calls it away
    from the state it is in, in order.
    """

    def __init__(
        self,
        channel: Channel,
        data: MemberData,
        keep: Callable[[], Awaitable[None]],
        language: str | None = None,
    ) -> None:
        self.channel = channel
        self.data = data
        self.language = language
        self.talking = False
        self.departures: asyncio.Queue[Departure] = asyncio.Queue()
        self._keep = keep
        self._since = 0.0
        self._kept = 0.0
        self._voice: Playback | None = None
        if not data.id:
            data.id = secrets.token_hex(6)

    def __repr__(self) -> str:
        return f"<Member {self.id} of {self.data.room} {self.channel.id}>"

    @property
    def id(self) -> str:
        """Its own id, which no other member has."""
        return self.data.id

    @property
    def moderator(self) -> bool:
        """Whether it is one."""
        return self.data.moderator

    def told(self) -> dict[str, Any]:
        """What is told of it to listeners; volumes in steps, `speaking` in seconds."""
        data = self.data
        return {
            "id": data.id,
            "channel": self.channel.id,
            "name": self.channel.caller_name,
            "number": self.channel.caller_number,
            "profile": data.profile,
            "moderator": data.moderator,
            "muted": data.muted,
            "deaf": data.deaf,
            "held": data.held,
            "talking": self.talking,
            "talk_volume": data.talk_volume,
            "listen_volume": data.listen_volume,
            "joined": data.joined or None,
            "speaking": round(self.speaking, 1),
        }

    # What is said to it

    async def tell(self, media: Sequence[str]) -> Playback | None:
        """Play something to this member alone, instead of what plays; None when it cannot be.

        Raises ChannelGone. ARI: POST /channels/{channelId}/play/{playbackId}.
        """
        await self.hush()
        if not media:
            return None
        try:
            self._voice = await self.channel.play(*media, language=self.language)
        except AriError as error:
            log.warning("not said to a member", member=self.id, media=media, error=str(error))
        return self._voice

    async def say(self, media: Sequence[str]) -> None:
        """Play something to this member alone, and wait until it is over. Raises ChannelGone."""
        voice = await self.tell(media)
        if voice is not None:
            try:
                await voice.finished(SAY_SECONDS)
            except WaitTimeout:
                log.warning("an announcement does not end; going on", media=media)
                await self.hush()

    async def hush(self) -> None:
        """Stop what plays to it. ARI: DELETE /playbacks/{playbackId}."""
        voice, self._voice = self._voice, None
        if voice is not None:
            with suppress(AriError):  # `number:` and its like cannot be stopped
                await voice.stop()

    # What is done to it

    async def keep(self) -> None:
        """Write its data down. ARI: POST /channels/{channelId}/variable."""
        self._kept = asyncio.get_running_loop().time()
        await self._keep()

    async def mute(self, muted: bool) -> None:
        """Whether nobody hears it. ARI: POST or DELETE /channels/{channelId}/mute."""
        await self.hush()
        self.data.muted = muted
        if muted:
            self.silent()
        await self.keep()
        await (self.channel.mute if muted else self.channel.unmute)("in")

    async def deafen(self, deaf: bool) -> None:
        """Whether it hears nobody. ARI: POST or DELETE /channels/{channelId}/mute."""
        await self.hush()
        self.data.deaf = deaf
        await self.keep()
        await (self.channel.mute if deaf else self.channel.unmute)("out")

    async def louder(self, way: Literal["talk", "listen"], steps: int) -> None:
        """Change how loud it is heard (`talk`) or hears (`listen`). steps: below 0, less loud.

        ARI: POST /channels/{channelId}/variable, VOLUME(RX) or VOLUME(TX).
        """
        name = f"{way}_volume"
        step = max(-VOLUME, min(VOLUME, getattr(self.data, name) + steps))
        await self.hush()
        setattr(self.data, name, step)
        await self.keep()
        function = "RX" if way == "talk" else "TX"
        await self.channel.set_variable(f"VOLUME({function})", gain(step))

    async def restore(self, *, again: bool) -> None:
        """Do what its data say. again: it may be done already, or its opposite be not: a process
        may have ended between the two.

        ARI: as of `mute`, `deafen` and `louder`.
        """
        data, channel = self.data, self.channel
        if data.muted or again:
            await (channel.mute if data.muted else channel.unmute)("in")
        if data.deaf or again:
            await (channel.mute if data.deaf else channel.unmute)("out")
        for function, step in (("RX", data.talk_volume), ("TX", data.listen_volume)):
            if step:
                await channel.set_variable(f"VOLUME({function})", gain(step))

    async def release(self) -> None:
        """Undo all of it, before the call goes on elsewhere.

        ARI: as of `restore`, and TALK_DETECT.
        """
        data, channel = self.data, self.channel
        if data.muted:
            await channel.unmute("in")
        if data.deaf:
            await channel.unmute("out")
        for function, step in (("RX", data.talk_volume), ("TX", data.listen_volume)):
            if step:
                await channel.set_variable(f"VOLUME({function})", "0")
        await channel.set_variable("TALK_DETECT(remove)", "1")

    def depart(self, departure: Departure) -> None:
        """Have it leave the state it is in, soon."""
        self.departures.put_nowait(departure)

    async def called_away(self, *outcomes: str) -> Departure:
        """Wait until it has to leave its state. outcomes: that the state has; others are old."""
        while True:
            departure = await self.departures.get()
            if departure.to in outcomes:
                return departure

    # What it says

    def speaks(self) -> None:
        """It has begun to talk."""
        if not self.talking:
            self.talking = True
            self._since = asyncio.get_running_loop().time()

    def silent(self, seconds: float | None = None) -> bool:
        """It has ended to talk. seconds: how long it did; None counts from when it began.

        Returns whether it did talk.
        """
        if not self.talking:
            return False
        passed = asyncio.get_running_loop().time() - self._since
        self.talking = False
        self.data.speaking += passed if seconds is None else seconds
        return True

    @property
    def speaking(self) -> float:
        """Seconds it has talked until now."""
        now = asyncio.get_running_loop().time() - self._since if self.talking else 0.0
        return self.data.speaking + now

    def since_kept(self) -> float:
        """Seconds since its data were written down."""
        return asyncio.get_running_loop().time() - self._kept

    def begin_again(self, room: str) -> None:
        """It is on its way into a room, another one or the same. What it is stays."""
        data = self.data
        data.room, data.membership, data.joined, data.speaking = room, 0, 0.0, 0.0
        data.held = False

    def joined_at(self, now: datetime) -> None:
        """It is inside from this moment on."""
        self.data.joined = now.timestamp()


def gain(step: int) -> str:
    """A volume as Asterisk's function VOLUME takes it: a factor, or below 0 a divisor.

    step: 0 leaves the sound as it is, 1 doubles it, -1 halves it, 2 triples it, and so on.
    """
    return str(step + (step > 0) - (step < 0))
