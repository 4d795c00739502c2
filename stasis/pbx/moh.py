"""Music on hold: its classes and files, the class of a channel, and music at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec

from stasis.ami import NoSuch, actions
from stasis.errors import NotSent, ResponseError
from stasis.pbx.config_edit import ConfigFiles
from stasis.pbx.config_file import AddSection, Edit, RemoveSection
from stasis.pbx.dialplan import NO_RECORD, UNRECORDED
from stasis.pbx.errors import BadValue, Missing, Refused
from stasis.pbx.group import Group
from stasis.pbx.moh_player import PAUSE, Player, PlayerFolder, command
from stasis.pbx.moh_shown import MusicClass, MusicFile, classes_of, files_of
from stasis.pbx.originate import originate
from stasis.pbx.playback import audible
from stasis.pbx.thing import thing
from stasis.pbx.values import (
    ChannelName,
    ClassName,
    ConfigName,
    FolderPath,
    StreamUrl,
)
from stasis.pbx.ways import Ways

__all__ = ["ChannelMusic", "Moh"]

FILE, MODULE = "musiconhold.conf", "res_musiconhold"
# Where the music comes from that is whispered to a channel; made when it is first needed. Two Local
# channels, one behind the other: one that plays music and spies at once drops the music.
CONTEXT, VARIABLE = "stasis-moh", "STASIS_MOH"
SOURCE = (
    ("whisper", 1, *UNRECORDED),
    ("whisper", 2, "Dial", f"Local/music@{CONTEXT}/n"),
    ("music", 1, *UNRECORDED),
    ("music", 2, "Answer", ""),
    ("music", 3, "MusicOnHold", f"${{{VARIABLE}}}"),
)
GENERAL = "general"
# So much of the program's line Asterisk keeps.
LONGEST = 255

Volume = Annotated[int, msgspec.Meta(ge=1, le=200, description="percent")]


class ChannelMusic(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel would hear on hold. music_class: "" when none is set: then it is default."""

    channel: str
    music_class: str


class Moh(Group):
    """Music on hold: classes, files, and music on a channel."""

    name = "moh"

    def __init__(self, ways: Ways) -> None:
        super().__init__(ways)
        self.config = ConfigFiles(ways)

    @thing("GET /moh/classes", needs="res_musiconhold.so")
    async def classes(self) -> Sequence[MusicClass]:
        """List the classes that can be heard.

        A class whose folder is not there or is empty is not among them. Raises PbxError.
        CLI: moh show classes.
        """
        return classes_of(await self.ways.command("moh show classes"))

    @thing("GET /moh/files", needs="res_musiconhold.so")
    async def files(self, music_class: ClassName = "") -> Sequence[MusicFile]:
        """List the files of all classes, or of one.

        Raises Missing when there is no such class; PbxError. CLI: moh show files.
        """
        found = files_of(await self.ways.command("moh show files"))
        if not music_class:
            return found
        if music_class not in {each.name for each in await self.classes()}:
            raise Missing("moh.files", f"there is no class {music_class}")
        return [each for each in found if each.music_class == music_class]

    @thing("GET /moh/channels/{channel}")
    async def get(self, channel: ChannelName) -> ChannelMusic:
        """Tell the class that is set on a channel.

        Raises Missing when there is no such channel; PbxError. AMI: Getvar of CHANNEL(musicclass).
        """
        action = actions.Getvar(channel=channel, variable="CHANNEL(musicclass)")
        return ChannelMusic(channel=channel, music_class=(await self.ask(action)).value)

    @thing("PUT /moh/channels/{channel}")
    async def set(self, channel: ChannelName, music_class: ClassName) -> ChannelMusic:
        """Set the class that a channel hears when it is put on hold or waits.

        Music that plays already goes on. Raises Missing when there is no such class or channel;
        PbxError. AMI: Setvar of CHANNEL(musicclass).
        """
        await self._wanted("moh.set", music_class)
        action = actions.Setvar(channel=channel, variable="CHANNEL(musicclass)", value=music_class)
        await self.ask(action)
        return ChannelMusic(channel=channel, music_class=music_class)

    @thing("POST /moh/channels/{channel}/start", needs="app_chanspy.so")
    async def start(self, channel: ChannelName, music_class: ClassName = "default") -> None:
        """Play music to a channel, from now on until `stop`.

        To a channel in Stasis as ARI does it. To any other it is whispered: a call goes on
        meanwhile, and the music is heard over it, by this side alone. Does nothing when music was
        started already. Raises Missing when there is no such class or channel, Refused when the
        channel is sent no sound that it could be mixed into; PbxError. ARI: channels.startMoh.
        AMI: DialplanExtensionAdd, Originate of ChanSpy.
        """
        await self._wanted("moh.start", music_class)
        unique = await self._unique(channel)
        if await self._in_stasis(unique, music_class):
            return
        whisper = f"{CONTEXT}-{unique}"
        if await self._there(whisper):
            return
        await audible(await self.ways.ami(), "moh.start", channel)
        for extension, priority, application, data in SOURCE:
            await self.ask(
                actions.DialplanExtensionAdd(
                    context=CONTEXT,
                    extension=extension,
                    priority=priority,
                    application=application,
                    application_data=data,
                    replace=True,
                )
            )
        told = await originate(
            await self.ways.ami(),
            f"Local/whisper@{CONTEXT}/n",
            application="ChanSpy",
            data=f"{channel},qWuES",
            variables={f"__{VARIABLE}": music_class, **NO_RECORD},
            id=whisper,
        )
        # Another may have started it in the same moment: an id is taken once.
        if told.outcome != "ANSWER" and not await self._there(whisper):
            raise Refused("moh.start", f"no music could be played to {channel}")

    @thing("POST /moh/channels/{channel}/stop")
    async def stop(self, channel: ChannelName) -> None:
        """Stop the music that `start` has started; also when there is none.

        Raises Missing when there is no such channel; PbxError. ARI: channels.stopMoh. AMI: Hangup.
        """
        unique = await self._unique(channel)
        await self._in_stasis(unique, None)
        whisper = f"{CONTEXT}-{unique}"
        try:
            await self.ask(actions.Hangup(channel=whisper))
        except NoSuch:
            return

    @thing("POST /moh/reload", needs="res_musiconhold.so")
    async def reload(self) -> Sequence[MusicClass]:
        """Read musiconhold.conf and the folders again.

        Returns the classes there are then. Raises PbxError. AMI: Reload.
        """
        await self.config.reload(MODULE)
        return await self.classes()

    @thing("POST /moh/streams", needs="res_musiconhold.so", scope="admin")
    async def add_stream(
        self,
        music_class: ConfigName,
        url: StreamUrl,
        *,
        player: Player = "mpg123",
        folder: PlayerFolder = "/usr/bin",
        volume: Volume = 100,
    ) -> MusicClass:
        """Add a class that plays a stream, such as one of Icecast.

        The player has to be on the server, in that folder: Asterisk starts it at once, whether
        anybody listens or not. When it ends, or is not there, it is tried again every 20 s.
        Raises Refused when there is such a class; PbxError.
        AMI: UpdateConfig of musiconhold.conf, Reload.
        """
        line = command(player, folder, url, volume)
        if len(line) > LONGEST:
            raise BadValue("moh.add_stream", f"url: {len(line) - LONGEST} characters too long")
        lines = [
            ("mode", "custom"),
            ("application", line),
            ("directory", PAUSE),
            ("format", "slin"),
        ]
        return await self._added(
            "moh.add_stream", AddSection(section=music_class, lines=lines), "it is not among them"
        )

    @thing("POST /moh/classes", needs="res_musiconhold.so", scope="admin")
    async def add_files(
        self,
        music_class: ConfigName,
        directory: FolderPath,
        *,
        sort: Literal["alpha", "random"] = "alpha",
    ) -> MusicClass:
        """Add a class that plays the sound files of a folder on the server.

        Raises Refused when there is such a class, or no sound file that Asterisk may read; then
        musiconhold.conf is as it was before; PbxError.
        AMI: UpdateConfig of musiconhold.conf, Reload.
        """
        lines = [("mode", "files"), ("directory", directory), ("sort", sort)]
        return await self._added(
            "moh.add_files",
            AddSection(section=music_class, lines=lines),
            f"{directory} has no sound files that Asterisk may read",
        )

    @thing(
        "DELETE /moh/classes/{music_class}",
        needs="res_musiconhold.so",
        scope="admin",
        confirm="whoever hears this class hears nothing more; and Asterisk 22 may crash when its"
        " player does not run and it was not made by add_stream",
    )
    async def remove(self, music_class: ConfigName, *, confirm: bool = False) -> None:
        """Remove a class from musiconhold.conf. The files stay.

        Raises Missing when it is not there; PbxError. AMI: UpdateConfig, Reload.
        """
        if music_class.casefold() == GENERAL:
            raise Missing("moh.remove", f"[{music_class}] of {FILE} is no class, but its settings")
        await self.config.edit(FILE, [RemoveSection(section=music_class)], reload=MODULE)

    @thing("POST /moh/undo", needs="res_musiconhold.so", scope="admin")
    async def undo(self) -> Sequence[MusicClass]:
        """Put musiconhold.conf back as it was before the last class was added or removed here.

        Returns the classes there are then. Raises Missing when nothing was; PbxError.
        AMI: UpdateConfig, Reload.
        """
        await self.config.undo(FILE, reload=MODULE)
        return await self.classes()

    async def _added(self, where: str, edit: Edit, reason: str) -> MusicClass:
        await self.config.edit(FILE, [edit], reload=MODULE)
        for each in await self.classes():
            if each.name == edit.section:
                return each
        await self.config.undo(FILE, reload=MODULE)
        raise Refused(where, f"Asterisk does not play the class {edit.section}: {reason}")

    async def _wanted(self, where: str, music_class: str) -> None:
        if music_class not in {each.name for each in await self.classes()}:
            raise Missing(where, f"there is no class {music_class}; `moh.classes` lists them")

    async def _unique(self, channel: str) -> str:
        """A channel's id. Raises NoSuch."""
        return (await self.ask(actions.Getvar(channel=channel, variable="UNIQUEID"))).value

    async def _there(self, channel: str) -> bool:
        try:
            await self._unique(channel)
        except NoSuch:
            return False
        return True

    async def _in_stasis(self, unique: str, music_class: str | None) -> bool:
        """Start or stop the music of a channel in Stasis; False when it is not there."""
        ari = await self.ways.ari()
        try:
            if music_class is None:
                await ari.channels.stop_moh(unique)
            else:
                await ari.channels.start_moh(unique, moh_class=music_class)
        except (ResponseError, NotSent):
            return False
        return True
