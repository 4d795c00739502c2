"""ConfBridge: Asterisk's own conferences, where the dialplan says `ConfBridge(NAME)`.

Asterisk takes the beginning of a channel's name for the first channel that has it; here a name is
one channel's, or it is refused.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

import msgspec

from stasis.ami import NoSuch, actions
from stasis.pbx.call import known
from stasis.pbx.errors import Missing, Refused
from stasis.pbx.group import Group
from stasis.pbx.recordings import FOLDER, RecordingFormat
from stasis.pbx.thing import thing
from stasis.pbx.values import ChannelName, Conference, FileName

__all__ = ["ConfBridge", "ConferenceInfo", "ConferenceRecording", "Participant"]

MODULE = "app_confbridge.so"
# How often and how long it is looked for a file that was begun.
LOOKS, LOOK_SECONDS = 40, 0.05


class ConferenceInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A conference that somebody is in. muted: who comes in is muted."""

    conference: str
    participants: int
    marked: int
    locked: bool
    muted: bool


class Participant(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in a conference. waiting: for a marked user. seconds: since it was answered."""

    channel: str
    caller_number: str
    caller_name: str
    muted: bool
    talking: bool
    admin: bool
    marked: bool
    waiting: bool
    seconds: int


class ConferenceRecording(msgspec.Struct, frozen=True, kw_only=True):
    """A recording that was begun, or goes on. recording: the name of what is stored; "" when no
    file was seen yet.
    """

    recording: str
    format: str


class ConfBridge(Group):
    """ConfBridge: who is in Asterisk's own conferences, and who is heard there."""

    name = "confbridge"

    @thing("GET /confbridge", needs=MODULE)
    async def list(self) -> Sequence[ConferenceInfo]:
        """List the conferences that somebody is in.

        Returns them. Raises PbxError. AMI: ConfbridgeListRooms.
        """
        return [
            ConferenceInfo(
                conference=each.conference,
                participants=each.parties or 0,
                marked=each.marked or 0,
                locked=bool(each.locked),
                muted=bool(each.muted),
            )
            for each in await self.items(actions.ConfbridgeListRooms())
        ]

    @thing("GET /confbridge/{conference}/participants", needs=MODULE)
    async def participants(self, conference: Conference) -> Sequence[Participant]:
        """List who is in a conference.

        Returns them. Raises Missing when nobody is; PbxError. AMI: ConfbridgeList.
        """
        return await self._participants("confbridge.participants", conference)

    @thing("DELETE /confbridge/{conference}/participants/{channel}", needs=MODULE)
    async def kick(self, conference: Conference, channel: ChannelName) -> None:
        """Put somebody out; the call goes on in the dialplan.

        Raises Missing when the channel is not in the conference; PbxError. AMI: ConfbridgeKick.
        """
        await self._inside("confbridge.kick", conference, channel)
        await self.ask(actions.ConfbridgeKick(conference=conference, channel=channel))

    @thing(
        "DELETE /confbridge/{conference}/participants",
        needs=MODULE,
        confirm="everybody is put out of the conference",
    )
    async def kick_all(
        self, conference: Conference, *, admins: bool = True, confirm: bool = False
    ) -> None:
        """Put everybody out.

        admins: these too. Raises Missing when nobody is in it; PbxError. AMI: ConfbridgeKick.
        """
        await self.ask(actions.ConfbridgeKick(conference=conference, channel=everybody(admins)))

    @thing("POST /confbridge/{conference}/participants/{channel}/mute", needs=MODULE)
    async def mute(self, conference: Conference, channel: ChannelName) -> None:
        """Let somebody not be heard.

        Raises Missing when the channel is not in the conference; PbxError. AMI: ConfbridgeMute.
        """
        await self._inside("confbridge.mute", conference, channel)
        await self.ask(actions.ConfbridgeMute(conference=conference, channel=channel))

    @thing("DELETE /confbridge/{conference}/participants/{channel}/mute", needs=MODULE)
    async def unmute(self, conference: Conference, channel: ChannelName) -> None:
        """Let somebody be heard again.

        Raises Missing when the channel is not in the conference; PbxError. AMI: ConfbridgeUnmute.
        """
        await self._inside("confbridge.unmute", conference, channel)
        await self.ask(actions.ConfbridgeUnmute(conference=conference, channel=channel))

    @thing("POST /confbridge/{conference}/mute", needs=MODULE)
    async def mute_all(self, conference: Conference, *, admins: bool = False) -> None:
        """Let nobody be heard who is in it now.

        admins: these too. Raises Missing when nobody is in it; PbxError. AMI: ConfbridgeMute.
        """
        await self.ask(actions.ConfbridgeMute(conference=conference, channel=everybody(admins)))

    @thing("DELETE /confbridge/{conference}/mute", needs=MODULE)
    async def unmute_all(self, conference: Conference, *, admins: bool = True) -> None:
        """Let everybody be heard again.

        admins: these too. Raises Missing when nobody is in it; PbxError. AMI: ConfbridgeUnmute.
        """
        await self.ask(actions.ConfbridgeUnmute(conference=conference, channel=everybody(admins)))

    @thing("POST /confbridge/{conference}/lock", needs=MODULE)
    async def lock(self, conference: Conference) -> None:
        """Let nobody else in but admins.

        Raises Missing when nobody is in it; PbxError. AMI: ConfbridgeLock.
        """
        await self.ask(actions.ConfbridgeLock(conference=conference))

    @thing("DELETE /confbridge/{conference}/lock", needs=MODULE)
    async def unlock(self, conference: Conference) -> None:
        """Let others in again.

        Raises Missing when nobody is in it; PbxError. AMI: ConfbridgeUnlock.
        """
        await self.ask(actions.ConfbridgeUnlock(conference=conference))

    @thing("POST /confbridge/{conference}/recording", needs=MODULE)
    async def record(
        self,
        conference: Conference,
        *,
        recording: FileName | None = None,
        format: RecordingFormat = "wav",
    ) -> ConferenceRecording:
        """Record a conference. The file is one of the stored recordings.

        recording: the beginning of its name; else the conference's. Asterisk adds the time, unless
        the bridge's profile says `record_file_timestamp=no`. Asked for the same name again in the
        same conference, it goes on with the file that it has, unless the profile says otherwise.

        Returns its name. Raises Missing when nobody is in the conference, Refused when it is
        recorded already; PbxError. AMI: ConfbridgeStartRecord; ARI: GET /recordings/stored.
        """
        name = recording or conference
        before = await self._stored(name)
        await self.ask(
            actions.ConfbridgeStartRecord(
                conference=conference, record_file=f"{FOLDER}/{name}.{format}"
            )
        )
        for _ in range(LOOKS):
            if fresh := await self._stored(name) - before:
                return ConferenceRecording(recording=max(fresh), format=format)
            await asyncio.sleep(LOOK_SECONDS)
        return ConferenceRecording(recording=max(before, default=""), format=format)

    @thing("DELETE /confbridge/{conference}/recording", needs=MODULE)
    async def stop_record(self, conference: Conference) -> None:
        """Record a conference no longer.

        Raises Missing when nobody is in it, Refused when it is not recorded; PbxError. AMI:
        ConfbridgeStopRecord.
        """
        await self.ask(actions.ConfbridgeStopRecord(conference=conference))

    @thing("PUT /confbridge/{conference}/video", needs=MODULE)
    async def video(self, conference: Conference, channel: ChannelName) -> None:
        """Show everybody the video of one channel.

        Raises Missing when the channel is not in the conference; PbxError. AMI:
        ConfbridgeSetSingleVideoSrc.
        """
        await self._inside("confbridge.video", conference, channel)
        await self.ask(actions.ConfbridgeSetSingleVideoSrc(conference=conference, channel=channel))

    async def _participants(self, where: str, conference: str) -> Sequence[Participant]:
        """Who is in a conference. Raises Missing."""
        try:
            told = await self.items(actions.ConfbridgeList(conference=conference))
        except NoSuch:
            told = None
        if not told:
            raise Missing(where, f"nobody is in a conference {conference}")
        return [
            Participant(
                channel=each.channel,
                caller_number=known(each.caller_id_num),
                caller_name=known(each.caller_id_name),
                muted=bool(each.muted),
                talking=bool(each.talking),
                admin=bool(each.admin),
                marked=bool(each.marked_user),
                waiting=bool(each.waiting),
                seconds=each.answered_time or 0,
            )
            for each in told
        ]

    async def _inside(self, where: str, conference: str, channel: str) -> None:
        """Raises Missing when a channel is not inside, Refused when others are meant too."""
        inside = [each.channel for each in await self._participants(where, conference)]
        if channel not in inside:
            raise Missing(where, f"{channel} is not in the conference {conference}")
        alike = [each for each in inside if each.startswith(channel) and each != channel]
        if alike:
            raise Refused(where, f"Asterisk could take {alike[0]} for it: hang that up, or wait")

    async def _stored(self, name: str) -> frozenset[str]:
        """The stored recordings of a name, with or without the time that Asterisk adds."""
        wanted = re.compile(re.escape(name) + r"(-[0-9]+)?")
        stored = await (await self.ways.ari()).recordings.list_stored()
        return frozenset(each.name for each in stored if wanted.fullmatch(each.name))


def everybody(admins: bool) -> str:
    """Asterisk's word for everybody, or for those who are no admins."""
    return "all" if admins else "participants"
