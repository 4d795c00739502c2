"""Recordings: one that runs (`LiveRecording`), and one that is stored (`StoredRecording`)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Literal

from attrs import frozen

from stasis.ari.events import Event, RecordingFailed, RecordingFinished
from stasis.errors import ChannelGone, Conflict, NotFound, NotRecorded
from stasis.media import checked_name
from stasis.owner import Owner

if TYPE_CHECKING:
    from stasis.router import Wait

__all__ = ["LiveRecording", "RecordingResult", "StoredRecording"]


@frozen
class RecordingResult:
    """How a recording ended.

    state: `done` (stored), `canceled` by us (nothing is kept). duration: seconds as Asterisk
    counts them, None when its end was missed in a gap. talking, silence: seconds of each, where
    `max_silence` was given, else None. stored: what was stored; None when canceled.
    """

    state: Literal["done", "canceled"]
    duration: int | None
    talking: int | None
    silence: int | None
    stored: StoredRecording | None


class StoredRecording:
    """A recording in Asterisk's recording folder.

    name: its name, without the format's suffix; `/` separates folders.
    """

    def __init__(self, owner: Owner, name: str, format: str = "") -> None:
        self.name = checked_name(name)
        self.format = format
        self.media_uri = f"recording:{name}"
        self._owner = owner

    def __repr__(self) -> str:
        return f"<StoredRecording {self.name}>"

    async def download(self) -> bytes:
        """The file's bytes, always over HTTP. ARI: GET /recordings/stored/{name}/file.

        Raises NotFound, Forbidden.
        """
        return await self._owner.run(self._owner.ari.recordings.get_stored_file(self.name))

    async def copy(self, name: str) -> StoredRecording:
        """Copy it under another name. ARI: POST /recordings/stored/{name}/copy.

        Raises Conflict when that name exists, NotFound, InvalidRequest.
        """
        checked_name(name)
        await self._owner.run(
            self._owner.ari.recordings.copy_stored(self.name, destination_recording_name=name)
        )
        return StoredRecording(self._owner, name, self.format)

    async def delete(self) -> None:
        """Delete the file; one that is not there is fine. ARI: DELETE /recordings/stored/{name}."""
        try:
            await self._owner.run(self._owner.ari.recordings.delete_stored(self.name))
        except NotFound:
            pass


class LiveRecording:
    """A running recording. Made by `record` of a channel or a bridge; stops with its flow.

    paused: whether it leaves out what is said now.
    """

    def __init__(self, owner: Owner, name: str, format: str, target_uri: str = "") -> None:
        self.name = checked_name(name)
        self.format = format
        self.target_uri = target_uri
        self._owner = owner
        self._key = ("recording", name)
        self.paused = False
        self._canceled = False
        self._over = False
        self._sending: asyncio.Task[Any] | None = None
        owner.claim(self._key, self)
        owner.own(self._key, self.stop)
        self._end: Wait[Event] = owner.expect(
            self._key, RecordingFinished, RecordingFailed, what=f"end of recording {name}"
        )

    def __repr__(self) -> str:
        return f"<LiveRecording {self.name}>"

    def sent(self, task: asyncio.Task[Any]) -> None:
        """The request that creates it is on its way."""
        self._sending = task

    def apply(self, event: Event) -> None:
        """The reader tells what became of it."""
        if isinstance(event, (RecordingFinished, RecordingFailed)):
            self.forget()

    def forget(self) -> None:
        """It is over, or never began: then nobody waits for its end."""
        self._over = True
        self._end.cancel()
        self._owner.release(self._key)
        self._owner.disown(self._key)

    def channel_gone(self, error: ChannelGone) -> None:
        """What it recorded is gone; Asterisk stores what it has."""
        self._end.fail(error)
        self.forget()

    async def finished(self, timeout: float | None = None) -> RecordingResult:
        """Wait until it has ended, then make sure that something was stored.

        Asterisk says «done» also when the disk was full or the file could not be opened, so
        the stored recording is looked up. timeout: seconds; None takes `engine.wait_timeout`.

        Raises NotRecorded, WaitTimeout, ChannelGone. ARI: RecordingFinished, then
        GET /recordings/stored/{name}.
        """
        event = await self._end.within(self._owner.seconds(timeout))
        if isinstance(event, RecordingFailed):
            raise NotRecorded(self.name, event.recording.cause or "Asterisk gave no reason")
        assert isinstance(event, RecordingFinished)
        live = event.recording
        # The model's 0 would say that nobody talked; an end that was missed tells no length.
        told = event.raw.get("recording", {}) if event.frame else {}
        duration = told.get("duration")
        talking, silence = told.get("talking_duration"), told.get("silence_duration")
        if self._canceled:
            return RecordingResult("canceled", duration, talking, silence, None)
        try:
            await self._owner.run(self._owner.ari.recordings.get_stored(self.name))
        except NotFound:
            raise NotRecorded(
                self.name,
                "Asterisk said done but stored no file; is its recording folder"
                " (/var/spool/asterisk/recording) there, writable, and the disk not full?",
            ) from None
        # An end that was missed in a gap tells no format.
        stored = StoredRecording(self._owner, self.name, live.format or self.format)
        return RecordingResult("done", duration, talking, silence, stored)

    async def stop(self) -> None:
        """Stop and keep it; one that has ended is fine. ARI: POST /recordings/live/{name}/stop."""
        await self._end_with(self._owner.ari.recordings.stop)

    async def cancel(self) -> None:
        """Stop and keep nothing. ARI: DELETE /recordings/live/{name}."""
        self._canceled = True
        await self._end_with(self._owner.ari.recordings.cancel)

    async def _end_with(self, operation: Any) -> None:
        # Not by its wait: that ends with the flow, and the recording is stopped after that.
        if self._over:
            return
        if self._sending is not None and not self._sending.done():
            await asyncio.wait({self._sending})
        try:
            await self._owner.run(operation(self.name))
        except NotFound:
            pass

    async def pause(self) -> None:
        """Leave out what is said from now. Pausing twice is fine.

        ARI: POST /recordings/live/{name}/pause.
        """
        await self._twice_is_fine(self._owner.ari.recordings.pause)
        self.paused = True

    async def unpause(self) -> None:
        """Record again. ARI: DELETE /recordings/live/{name}/pause."""
        await self._twice_is_fine(self._owner.ari.recordings.unpause)
        self.paused = False

    async def mute(self) -> None:
        """Record silence from now. ARI: POST /recordings/live/{name}/mute."""
        await self._twice_is_fine(self._owner.ari.recordings.mute)

    async def unmute(self) -> None:
        """Record sound again. ARI: DELETE /recordings/live/{name}/mute."""
        await self._twice_is_fine(self._owner.ari.recordings.unmute)

    async def _twice_is_fine(self, operation: Any) -> None:
        try:
            await self._owner.run(operation(self.name))
        except Conflict:
            pass
