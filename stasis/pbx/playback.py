"""Playback: any sound to any channel, also to one that talks or is in the dialplan.

A Local channel plays, and its other half whispers into the channel: ChanSpy, whose only place in
the dialplan is made here when it is first needed. The channel goes on with what it does, and only
it hears the sound, mixed with what it hears anyway. A channel that is sent no sound at all has
nothing to mix into: that is refused, with what to do.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable, Sequence

import msgspec

from stasis.ami import Ami, actions, events
from stasis.pbx.dialplan import NO_RECORD, UNRECORDED, steps
from stasis.pbx.errors import Missing, Refused
from stasis.pbx.group import Group
from stasis.pbx.originate import Originated, caller_id, hang_up, originate
from stasis.pbx.sound import SOON_SECONDS, failed, spoken_in, unplayable
from stasis.pbx.thing import thing
from stasis.pbx.values import (
    ChannelName,
    Device,
    Digits,
    Extension,
    Language,
    Moment,
    Name,
    Number,
    PlaybackId,
    Seconds,
    SoundNames,
    TimeFormat,
    Zone,
)

__all__ = ["Playback", "Playing"]

CHANSPY = "app_chanspy.so"
CONTEXT, WHISPER = "stasis-playback", "whisper"
# Who is whispered to, on the Local channel.
TARGET = "STASIS_PLAYBACK"
# Quiet, whisper and do not listen, this one channel alone, end with it.
STEPS = (UNRECORDED, ("ChanSpy", f"${{{TARGET}}},qWuSE"))
PREFIX = "stasis-playback-"
# How often and how long a channel is watched for sound that is sent to it: a busy server, or the
# phone that it comes from, may pause for most of a second.
WATCHES, WATCH_SECONDS = 10, 0.1
# How long a playback is waited for.
LONGEST_SECONDS = 3600.0


class Playing(msgspec.Struct, frozen=True, kw_only=True):
    """A playback. id: for `stop`. channel: who hears it. application, data: what plays it."""

    id: str
    channel: str
    application: str
    data: str


class Playback(Group):
    """Playback: sounds, numbers, digits, date and time, to any channel."""

    name = "playback"

    @thing("GET /playback")
    async def list(self) -> Sequence[Playing]:
        """List what is played to channels now.

        Returns it. Raises PbxError. AMI: Status.
        """
        return playing_of(await self.items(actions.Status(variables=TARGET)))

    @thing("POST /playback/channels/{channel}/sounds", needs=CHANSPY)
    async def play(
        self,
        channel: ChannelName,
        sounds: SoundNames,
        *,
        language: Language = "",
        wait: bool = False,
    ) -> Playing:
        """Play sounds to a channel.

        sounds: names without their ending, below the sounds folder. language: of the sounds; else
        Asterisk's own. wait: until they are over; cancelled meanwhile, they are stopped.

        Returns the playback. Raises Missing when there is no such channel or sound, Refused when
        the channel is sent no sound that this could be mixed into; PbxError.
        AMI: Originate of Playback, ChanSpy.
        """
        data = "&".join(sounds)
        return await self._play("playback.play", channel, "Playback", data, language, wait)

    @thing("POST /playback/channels/{channel}/number", needs=CHANSPY)
    async def say_number(
        self, channel: ChannelName, number: Number, *, language: Language = "", wait: bool = False
    ) -> Playing:
        """Say a number to a channel: 1234 is one thousand two hundred thirty-four.

        The rest: as of `play`. Raises Missing, Refused; PbxError. AMI: Originate of SayNumber.
        """
        what = ("SayNumber", str(number))
        return await self._play("playback.say_number", channel, *what, language, wait)

    @thing("POST /playback/channels/{channel}/digits", needs=CHANSPY)
    async def say_digits(
        self, channel: ChannelName, digits: Digits, *, language: Language = "", wait: bool = False
    ) -> Playing:
        """Say digits to a channel: 1234 is one two three four.

        The rest: as of `play`. Raises Missing, Refused; PbxError. AMI: Originate of SayDigits.
        """
        what = ("SayDigits", digits)
        return await self._play("playback.say_digits", channel, *what, language, wait)

    @thing("POST /playback/channels/{channel}/time", needs=CHANSPY)
    async def say_time(
        self,
        channel: ChannelName,
        *,
        moment: Moment | None = None,
        zone: Zone = "",
        format: TimeFormat = "",
        language: Language = "",
        wait: bool = False,
    ) -> Playing:
        """Say a date and time to a channel.

        moment: seconds since 1970; else now. zone: else the server's. format: letters as in
        voicemail.conf, such as IMp for the time alone; else the date and the time.

        The rest: as of `play`. Raises Missing, Refused; PbxError. AMI: Originate of SayUnixTime.
        """
        data = ",".join(["" if moment is None else str(moment), zone, format]).rstrip(",")
        return await self._play("playback.say_time", channel, "SayUnixTime", data, language, wait)

    @thing("DELETE /playback/{playback}")
    async def stop(self, playback: PlaybackId) -> None:
        """Stop a playback.

        playback: its id. Raises Missing when it is over; PbxError. AMI: Hangup.
        """
        for each in await self.items(actions.CoreShowChannels()):
            if each.uniqueid == playback:
                await self.ask(actions.Hangup(channel=each.channel))
                return
        raise Missing("playback.stop", f"{playback} is over")

    @thing("POST /playback/devices")
    async def call(
        self,
        device: Device,
        sounds: SoundNames,
        *,
        caller_number: Extension = "",
        caller_name: Name = "",
        language: Language = "",
        timeout: Seconds = 30.0,
    ) -> Originated:
        """Call a device, play sounds to it, and hang up.

        sounds, language: as of `play`. caller_number, caller_name: what it is shown. timeout:
        seconds that it may ring.

        Returns what became of the call, when it is answered or not. Raises PbxError.
        AMI: Originate of Playback.
        """
        return await originate(
            await self.ways.ami(),
            device,
            caller=caller_id(caller_number, caller_name),
            timeout=timeout,
            variables=spoken_in(language),
            application="Playback",
            data="&".join(sounds),
        )

    async def _play(
        self, thing: str, channel: str, application: str, data: str, language: str, wait: bool
    ) -> Playing:
        ami = await self.ways.ami()
        await audible(ami, thing, channel)
        await steps(ami, CONTEXT, WHISPER, STEPS)
        id = f"{PREFIX}{secrets.token_hex(8)}"
        kinds = (events.VarSet, events.Hangup)
        async with ami.events(*kinds, where=lambda event: event.uniqueid == id) as stream:
            await originate(
                ami,
                f"Local/{WHISPER}@{CONTEXT}/n",
                variables={TARGET: channel, **NO_RECORD, **spoken_in(language)},
                application=application,
                data=data,
                id=id,
                wait=False,
            )
            try:
                bad = await failed(stream, LONGEST_SECONDS if wait else SOON_SECONDS)
            except asyncio.CancelledError:
                await hang_up(ami, id)
                raise
        if bad:
            if application == "Playback" and (wrong := await unplayable(ami, data, language)):
                data = ", ".join(wrong)
            raise Missing(thing, f"Asterisk cannot play {data}: is there such a sound?")
        return Playing(id=id, channel=channel, application=application, data=data)


async def audible(ami: Ami, thing: str, channel: str) -> None:
    """Raises Missing when there is no such channel, Refused when it is sent no sound; AmiError.

    In a bridge it is; else the packets that are sent are counted, where Asterisk counts them.
    """
    found = await ami.list(actions.Status(channel=channel))
    if not found:
        raise Missing(thing, f"there is no channel {channel}")
    if found[0].bridge_id:
        return
    before = await sent(ami, channel)
    for _ in range(WATCHES):
        await asyncio.sleep(WATCH_SECONDS)
        if not before or before != await sent(ami, channel):
            return
    raise Refused(
        thing,
        f"{channel} is sent no sound now, in {found[0].app or 'no application'}, so nothing can"
        " be mixed into it: set transmit_silence = yes in [options] of asterisk.conf and"
        " restart Asterisk, or redirect the channel to an extension that plays",
    )


async def sent(ami: Ami, channel: str) -> str:
    """How many packets were sent to a channel; "" when that is not counted."""
    told = await ami.send(actions.Getvar(channel=channel, variable="CHANNEL(rtcp,txcount)"))
    return told.value


def playing_of(items: Iterable[events.Status]) -> list[Playing]:
    """The playbacks among all channels."""
    return [
        Playing(
            id=each.uniqueid,
            channel=next(
                (
                    value
                    for name, _, value in (
                        pair.partition("=") for pair in each.fields.all("Variable")
                    )
                    if name == TARGET
                ),
                "",
            ),
            application=each.app,
            data=each.data,
        )
        for each in items
        if each.uniqueid.startswith(PREFIX) and not each.uniqueid.endswith(";2")
    ]
