"""The recording of a room: on demand or from the beginning, paused by hand or without a moderator.

Rules: what is wanted is decided by pure `wanted`; `review` brings Asterisk there, whatever it
does now, so a new process goes on with a recording that runs. The name is chosen once and kept
with the room; one that has ended meanwhile is continued in the same file. How long one is that
ran over a restart is counted without the pauses before it.
"""

from __future__ import annotations

import asyncio
import secrets
from datetime import datetime
from typing import Literal, TypeAlias

import structlog

from stasis import AriError, NotFound
from stasis_conference.ledger import Ledger
from stasis_conference.live import LiveRoom

__all__ = ["Recorder", "Want", "recording_name", "wanted"]

log = structlog.get_logger("stasis_conference")

# How often it is looked whether Asterisk still records: it ends when it hears nothing for 4 s.
WATCH_SECONDS = 2.0

Want: TypeAlias = Literal["off", "running", "paused"]
"""What a room's recording is to do."""


def wanted(room: LiveRoom, *, begun: bool, heard: bool = True) -> Want:
    """What the recording is to do now. Pure.

    begun: whether there is something to pause. heard: whether somebody is in the bridge; Asterisk
    ends the recording of one in which nobody makes a sound.
    """
    if not room.live.recording or not (begun or heard):
        return "off"
    alone = room.profile.record_needs_moderator and not room.moderators
    if room.live.paused or alone:
        return "paused" if begun else "off"
    return "running"


def recording_name(room: LiveRoom, moment: datetime) -> str:
    """A name that no other recording has, and that sorts by time."""
    return f"{room.profile.record_folder}/{room.name}/{moment:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"


class Recorder:
    """Records one room.

    name: of the recording that this process has begun or found; empty without one.
    """

    def __init__(self, room: LiveRoom, ledger: Ledger) -> None:
        self.room = room
        self.name = ""
        self._ledger = ledger
        self._does: Want = "off"
        self._lock = asyncio.Lock()
        self._begun: datetime | None = None
        self._seconds = 0.0
        self._since: float | None = None

    @property
    def state(self) -> Want:
        """What it does now."""
        return self._does

    @property
    def seconds(self) -> float:
        """How much is recorded of the recording that runs; pauses before a restart count in."""
        now = asyncio.get_running_loop().time()
        return self._seconds + (0.0 if self._since is None else now - self._since)

    async def start(self) -> bool:
        """Have the room recorded from now on. Returns False when that is not allowed, or is so.

        ARI: POST /bridges/{bridgeId}/record.
        """
        room = self.room
        if room.profile.record == "off" or room.live.recording:
            return False
        room.keep(recording=recording_name(room, room.now()), paused=False)
        await self._ledger.save(room)
        await self.review()
        return True

    async def stop(self) -> bool:
        """End the recording. Returns False when there is none.

        ARI: POST /recordings/live/{recordingName}/stop.
        """
        room = self.room
        if not room.live.recording:
            return False
        room.keep(recording="", paused=False)
        await self._ledger.save(room)
        await self.review()
        return True

    async def pause(self, paused: bool) -> bool:
        """Leave out what is said, or no longer. Returns False without a recording.

        ARI: POST or DELETE /recordings/live/{recordingName}/pause.
        """
        room = self.room
        if not room.live.recording or room.live.paused == paused:
            return False
        room.keep(paused=paused)
        await self._ledger.save(room)
        await self.review()
        return True

    async def resume(self) -> None:
        """A new process: look what the recording that is kept with the room does on Asterisk.

        ARI: GET /recordings/live/{recordingName}.
        """
        name = self.room.live.recording
        if not name:
            return
        try:
            found = await self.room.asterisk.ari.recordings.get_live(name)
        except NotFound:
            return
        self.name = name
        row = await self._ledger.recording(self.room, name)
        if row is not None:
            self._begun = row.begun
            self._seconds = max((self.room.now() - row.begun).total_seconds(), 0.0)
        self._turn("paused" if found.state == "paused" else "running")

    async def review(self) -> None:
        """Bring the recording to what is wanted now. What fails is logged and tried next time."""
        async with self._lock:
            heard = bool(self.room.bridge.channels)
            want = wanted(self.room, begun=bool(self.name), heard=heard)
            if self.name and self.name != self.room.live.recording:
                want = "off"
            if want == self._does:
                return
            try:
                await self._bring(want)
            except AriError as error:
                log.error("the recording", room=self.room.name, wanted=want, error=str(error))

    async def watch(self) -> None:
        """As long as the room lives: go on with a recording that Asterisk has ended by itself.

        ARI: GET /recordings/live/{recordingName}.
        """
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            if self._does != "running":
                continue
            try:
                await self.room.asterisk.ari.recordings.get_live(self.name)
            except NotFound:
                async with self._lock:
                    await self._gone_on()
            except AriError:
                continue  # after the gap it is looked for

    async def _gone_on(self) -> None:
        """Record into the same file again, unless it was ended meanwhile."""
        if self._does != "running" or self.name != self.room.live.recording:
            return
        try:
            await self._record(self.name)
        except AriError as error:
            log.error("the recording has ended", room=self.room.name, error=str(error))

    async def _bring(self, want: Want) -> None:
        recordings, room = self.room.asterisk.ari.recordings, self.room
        if want == "off":
            await self._end()
            return
        if not self.name:
            await self._begin(room.live.recording)
            return
        try:
            await (recordings.unpause if want == "running" else recordings.pause)(self.name)
        except NotFound:
            # It has ended by itself, as when its bridge was destroyed.
            self.name = ""
            self._turn("off")
            if want == "running":
                await self._begin(room.live.recording)
            return
        self._turn(want)
        room.tell("recording" if want == "running" else "recording_paused", name=self.name)

    async def _begin(self, name: str) -> None:
        room = self.room
        await self._record(name)
        self.name = name
        self._turn("running")
        self._begun = room.now()
        await self._ledger.recorded(room, name, self._begun)
        room.tell("recording", name=name)
        await room.announce(room.profile.sounds.recording)

    async def _record(self, name: str) -> None:
        room = self.room
        await room.asterisk.ari.bridges.record(
            room.bridge.id, name=name, format=room.profile.record_format, if_exists="append"
        )

    async def _end(self) -> None:
        room, name = self.room, self.name
        self.name = ""
        self._turn("off")
        try:
            await room.asterisk.ari.recordings.stop(name)
        except NotFound:
            pass
        seconds, self._seconds = self._seconds, 0.0
        now = room.now()
        await self._ledger.recorded(room, name, self._begun or now, now, seconds)
        room.tell("recorded", name=name, seconds=round(seconds, 1))

    def _turn(self, does: Want) -> None:
        self._count(does)
        self._does = does

    def _count(self, does: Want) -> None:
        """Count the seconds in which it runs."""
        now = asyncio.get_running_loop().time()
        if self._since is not None:
            self._seconds += now - self._since
        self._since = now if does == "running" else None
