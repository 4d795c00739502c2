"""Recordings: MixMonitor on any channel, and what is stored.

MixMonitor writes into the monitor folder, and only ARI gives files away, those of its recording
folder. So it is told to write there: what it has recorded is one of ARI's stored recordings, and
can be listed, fetched and deleted from afar.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Literal, TypeAlias

import msgspec

from stasis.ami import ActionFailed, actions
from stasis.errors import NotFound
from stasis.pbx.download import Download
from stasis.pbx.errors import Missing, Refused
from stasis.pbx.group import Group
from stasis.pbx.thing import thing
from stasis.pbx.values import ChannelName, FileName, MixMonitorId, RecordingName
from stasis.pbx.ways import Ways

__all__ = ["RecordingFormat", "Recordings", "RunningRecording", "StoredRecording"]

MIXMONITOR = "app_mixmonitor.so"
# From the monitor folder to ARI's recordings: both are in Asterisk's spool folder.
FOLDER = "../recording"
# The channel variable that has the id of the newest one.
ID = "STASIS_MIXMONITOR"
CHUNK = 65_536
# How often and how long it is looked for the file of one that has just begun.
LOOKS, LOOK_SECONDS = 20, 0.05

SIDES = ("both", "read", "write")
Side: TypeAlias = Literal["both", "read", "write"]
"""What of a channel: read is what it says, write what it hears."""

RecordingFormat: TypeAlias = Literal["wav", "WAV", "gsm", "ulaw", "alaw", "sln", "sln16", "g722"]
"""The file's format, as Asterisk names its ending. WAV is GSM in a WAV file."""

KINDS = {"wav": "audio/wav", "WAV": "audio/wav", "gsm": "audio/gsm", "ulaw": "audio/basic"}
ANY_KIND = "application/octet-stream"


class RunningRecording(msgspec.Struct, frozen=True, kw_only=True):
    """A channel that is recorded. recording: the name of what is stored in the end; "" for one
    outside of ARI's folder. id: of the MixMonitor. side: both, read (what it says) or write.
    """

    channel: str
    recording: str
    side: str
    id: str


class StoredRecording(msgspec.Struct, frozen=True, kw_only=True):
    """A recording in ARI's folder."""

    recording: str
    format: str


class Recordings(Group):
    """Recordings: channels recorded, and stored files fetched and deleted."""

    name = "recordings"

    def __init__(self, ways: Ways) -> None:
        super().__init__(ways)
        self._beginning: set[str] = set()

    @thing("POST /recordings/channels/{channel}", needs=MIXMONITOR)
    async def start(
        self,
        channel: ChannelName,
        recording: FileName,
        *,
        format: RecordingFormat = "wav",
        side: Side = "both",
        bridged: bool = False,
        append: bool = False,
    ) -> RunningRecording:
        """Record a channel, whatever it does. A channel can be recorded more than once.

        recording: the name of what is stored. side: both, read (what the channel says) or write
        (what it hears). bridged: only while it talks with somebody. append: to a stored one.

        Returns the recording, which ends with the channel, or by `stop`. Raises Missing when
        there is no such channel, Refused when one of that name is stored; PbxError.
        AMI: MixMonitor; ARI: GET /recordings/stored/{recording}.
        """
        if not append and recording in self._beginning:
            raise Refused("recordings.start", f"{recording} is being begun: take another name")
        self._beginning.add(recording)
        try:
            if not append and await self._stored(recording) is not None:
                raise Refused(
                    "recordings.start",
                    f"{recording} is stored already: take another name, or append to it",
                )
            file = f"{FOLDER}/{recording}.{format}"
            options = f"{'b' if bridged else ''}{'a' if append else ''}i({ID})"
            if side != "both":
                options += f"{'r' if side == 'read' else 't'}({file})"
            told = await self.ask(
                actions.MixMonitor(
                    channel=channel, file=file if side == "both" else None, options=options
                )
            )
            if not append:
                await self._begun(recording)
        finally:
            self._beginning.discard(recording)
        return RunningRecording(
            channel=channel, recording=recording, side=side, id=told.mix_monitor_id
        )

    @thing("GET /recordings/channels/{channel}", needs=MIXMONITOR)
    async def running(self, channel: ChannelName) -> Sequence[RunningRecording]:
        """List the recordings of a channel that run.

        Returns them. Raises Missing when there is no such channel; PbxError.
        AMI: Status; CLI: mixmonitor list.
        """
        await self.items(actions.Status(channel=channel))
        for _ in range(LOOKS):
            lines = await self.ways.command(f"mixmonitor list {channel}")
            found = running_of(channel, lines)
            if None not in found:
                break
            await asyncio.sleep(LOOK_SECONDS)
        return [each for each in found if each is not None]

    @thing("DELETE /recordings/channels/{channel}", needs=MIXMONITOR)
    async def stop(self, channel: ChannelName, *, id: MixMonitorId = "") -> None:
        """Stop recording a channel. The file is whole a moment later.

        id: of one recording, as `start` and `running` tell it; else the newest.

        Raises Missing when there is no such channel, Refused when it is not recorded; PbxError.
        AMI: StopMixMonitor.
        """
        if id not in ("", *(each.id for each in await self.running(channel))):
            raise Missing("recordings.stop", f"{channel} has no recording {id}")
        try:
            await self.ask(actions.StopMixMonitor(channel=channel, mix_monitor_id=id or None))
        except ActionFailed as error:
            if type(error) is not ActionFailed:  # no such channel, or no permission
                raise
            raise Refused("recordings.stop", f"{channel} is not recorded") from None

    @thing("POST /recordings/channels/{channel}/mute", needs=MIXMONITOR)
    async def mute(self, channel: ChannelName, *, side: Side = "both") -> None:
        """Record silence instead of a channel, in all its recordings, until `unmute`.

        side: what of it: read is what it says, write what it hears.

        Raises Missing when there is no such channel, Refused when it is not recorded; PbxError.
        AMI: MixMonitorMute.
        """
        await self._mute("recordings.mute", channel, side, True)

    @thing("DELETE /recordings/channels/{channel}/mute", needs=MIXMONITOR)
    async def unmute(self, channel: ChannelName, *, side: Side = "both") -> None:
        """Record a channel's sound again.

        side: as of `mute`. Raises Missing when there is no such channel, Refused when it is not
        recorded; PbxError. AMI: MixMonitorMute.
        """
        await self._mute("recordings.unmute", channel, side, False)

    @thing("GET /recordings/stored")
    async def list(self) -> Sequence[StoredRecording]:
        """List what is stored: by ARI, by ConfBridge, and by `start`.

        Returns it, by name. Raises PbxError. ARI: GET /recordings/stored.
        """
        found = await (await self.ways.ari()).recordings.list_stored()
        return [
            StoredRecording(recording=each.name, format=each.format)
            for each in sorted(found, key=lambda each: (each.name, each.format))
        ]

    @thing("GET /recordings/stored/{recording}/file")
    async def download(self, recording: RecordingName) -> Download:
        """Fetch a stored recording.

        Returns the file. Raises Missing when there is none; PbxError.
        ARI: GET /recordings/stored/{recording}/file.
        """
        stored = await self._wanted("recordings.download", recording)
        data = await (await self.ways.ari()).recordings.get_stored_file(recording)
        return Download(
            name=f"{recording.rpartition('/')[2]}.{stored.format}",
            kind=KINDS.get(stored.format, ANY_KIND),
            chunks=chunks(data),
            size=len(data),
        )

    @thing("DELETE /recordings/stored/{recording}", confirm="the recording is lost for good")
    async def delete(self, recording: RecordingName, *, confirm: bool = False) -> None:
        """Delete a stored recording.

        Raises Missing when there is none, NotConfirmed; PbxError.
        ARI: DELETE /recordings/stored/{recording}.
        """
        await self._wanted("recordings.delete", recording)
        await (await self.ways.ari()).recordings.delete_stored(recording)

    async def _mute(self, thing: str, channel: str, side: str, state: bool) -> None:
        if not await self.running(channel):
            raise Refused(thing, f"{channel} is not recorded")
        await self.ask(actions.MixMonitorMute(channel=channel, direction=side, state=state))

    async def _begun(self, recording: str) -> None:
        """Wait for its file: from then on Asterisk tells whoever asks that the name is taken."""
        for _ in range(LOOKS):
            if await self._stored(recording) is not None:
                return
            await asyncio.sleep(LOOK_SECONDS)

    async def _stored(self, recording: str) -> StoredRecording | None:
        try:
            found = await (await self.ways.ari()).recordings.get_stored(recording)
        except NotFound:
            return None
        return StoredRecording(recording=found.name, format=found.format)

    async def _wanted(self, thing: str, recording: str) -> StoredRecording:
        if (found := await self._stored(recording)) is None:
            raise Missing(thing, f"no recording {recording} is stored")
        return found


async def chunks(data: bytes) -> AsyncIterator[bytes]:
    """A file in pieces."""
    for at in range(0, len(data), CHUNK):
        yield data[at : at + CHUNK]


# A MixMonitor's id, and the files of both sides, of what is read, and of what is written.
LINE = re.compile(r"(0x[0-9a-fA-F]+)\t([^\t]*)\t([^\t]*)\t([^\t]*)")


def running_of(channel: str, lines: Iterable[str]) -> list[RunningRecording | None]:
    """What `mixmonitor list` says of a channel; None for one that has only just begun.

    Asterisk tells its file a moment later.
    """
    found: list[RunningRecording | None] = []
    for match in filter(None, map(LINE.match, lines)):
        files = [each.strip() for each in match.groups()[1:]]
        for side, file in zip(SIDES, files, strict=True):
            if file:
                _, inside, name = file.rpartition(f"{FOLDER}/")
                found.append(
                    RunningRecording(
                        channel=channel, recording=name if inside else "", side=side, id=match[1]
                    )
                )
        if not any(files):
            found.append(None)
    return found
