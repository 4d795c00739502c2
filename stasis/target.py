"""What media can be played to and recorded from: channels and bridges share these verbs.

ARI calls it the target of a playback or recording. Each verb chooses the id, claims it, arms
the wait for its end, and only then sends.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from typing import Any, ClassVar, Literal, TypeVar

from stasis.ari.events import RecordingFinished
from stasis.ari.recordings import LiveRecording as Live
from stasis.errors import ChannelGone, Conflict, NotFound, OutcomeUnknown
from stasis.identity import HOUSE
from stasis.insist import insisted
from stasis.media import checked_media, checked_name
from stasis.owner import ACTING, Owner
from stasis.playback import Playback
from stasis.recording import LiveRecording

__all__ = ["Target"]

T = TypeVar("T")


class Target(ABC):
    """Base of `Channel` and `Bridge`: playing, recording, and music on hold."""

    id: str
    kind: ClassVar[str]

    def __init__(self, owner: Owner, operations: Any) -> None:
        self._owner = owner
        self._operations = operations
        self._media: tuple[Playback | LiveRecording, ...] = ()

    @property
    def uri(self) -> str:
        """How media name their target, such as `channel:1700000000.1`."""
        return f"{self.kind}:{self.id}"

    @property
    def leaving(self) -> bool:
        """Whether it is about to go: a hang-up was seen, the end not yet."""
        return False

    @property
    def deserted(self) -> bool:
        """Whether nobody is there any more to hear what it plays: that ends then."""
        return False

    @abstractmethod
    async def _run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a command of this target to its end; its own loss becomes ChannelGone."""

    async def play(
        self,
        *media: str,
        language: str | None = None,
        offset: int = 0,
        skip: int = 3000,
    ) -> Playback:
        """Start playing; several media play one after the other.

        media: URIs such as `sound:hello-world`, `recording:name`, `digits:123`, `number:42`,
        `characters:abc`, `tone:ring;tonezone=de`. language: of sound files; None takes the
        channel's. offset: milliseconds to skip at the start. skip: milliseconds that `forward`
        and `reverse` of the playback skip.

        Returns the playback; await its `finished()` to hear it out.
        Raises InvalidRequest, InvalidState when the channel is not answered, ChannelGone.
        ARI: POST /channels/{channelId}/play/{playbackId}, or the same of /bridges.
        """
        for each in media:
            checked_media(each)
        playback = Playback(
            self._owner,
            self._owner.playback_id(),
            media,
            self.uri,
            lambda: self.leaving,
            lambda: self.deserted,
        )
        self._remember(playback)

        async def send() -> None:
            what = {"media": media, "lang": language, "offsetms": offset, "skipms": skip}
            await insisted(
                lambda: self._operations.play_with_id(self.id, playback.id, **what),
                lambda: playback.begun,
            )

        task = self._owner.command(self._run(send()))
        playback.sent(task)
        await self._made(playback, task)
        return playback

    async def record(
        self,
        name: str,
        *,
        format: str = "wav",
        max_duration: int = 0,
        max_silence: int = 0,
        if_exists: Literal["fail", "overwrite", "append"] = "fail",
        beep: bool = False,
        terminate_on: Literal["none", "any", "*", "#"] = "none",
    ) -> LiveRecording:
        """Start recording what is heard from it.

        name: in Asterisk's recording folder, without suffix. format: `wav`, `gsm`, … as the
        server has. max_duration, max_silence: seconds, 0 for no limit. if_exists: what to do
        with a recording of that name. beep: play a tone first. terminate_on: digit that ends it.

        Returns the recording; await its `finished()` for the result.
        Raises InvalidRequest, Conflict when the name exists, Unprocessable for an unknown
        format, ChannelGone. A channel in a bridge cannot be recorded: record the bridge, or
        snoop. A state that is resumed joins the recording of that name that it had begun; a
        room's (`asterisk.bridge`) is joined whenever this process has no handle of it.
        ARI: POST /channels/{channelId}/record, or the same of /bridges.
        """
        if self._owner.router.claimed(("recording", checked_name(name))) is not None:
            # Asterisk would say so too, but the claim of the one that runs must not be touched.
            raise Conflict("POST", f"/recordings/live/{name}", 409, "it is being recorded already")
        recording = LiveRecording(self._owner, name, format, self.uri)
        self._remember(recording)
        house = self._owner.token == HOUSE
        resumed = self._owner.resumed and not ACTING.get()

        def send() -> Coroutine[Any, Any, object]:
            return self._run(
                self._operations.record(
                    self.id,
                    name=name,
                    format=format,
                    max_duration_seconds=max_duration,
                    max_silence_seconds=max_silence,
                    if_exists=if_exists,
                    beep=beep,
                    terminate_on=terminate_on,
                )
            )

        async def sure() -> None:
            try:
                if resumed or house:
                    await self._joined(recording, send(), over=not house)
                else:
                    await send()
            except OutcomeUnknown:
                # Asterisk does not know it: it has not arrived, or is over, and then it is stored.
                await insisted(lambda: self._joined(recording, send(), over=True))

        task = self._owner.command(sure())
        recording.sent(task)
        await self._made(recording, task)
        return recording

    async def _joined(
        self, recording: LiveRecording, work: Coroutine[Any, Any, T], *, over: bool
    ) -> T | None:
        """Record, or go on with what was begun before a restart.

        over: one of that name that is stored is the one, and has ended meanwhile.
        """
        name, recordings = recording.name, self._owner.ari.recordings
        try:
            return await work
        except Conflict as taken:
            try:
                live = await recordings.get_live(name)
                recording.paused = live.state == "paused"
            except NotFound:
                if not over:
                    raise taken from None
                await recordings.get_stored(name)
                # It has ended while nobody looked.
                live = Live(name=name, target_uri=self.uri, state="done")
                self._owner.router.dispatch(
                    RecordingFinished(application=self._owner.app, recording=live)
                )
            if live.target_uri != self.uri:
                raise
        return None

    async def start_moh(self, music_class: str | None = None) -> None:
        """Play music on hold. music_class: of musiconhold.conf; None takes the default.

        ARI: POST /channels/{channelId}/moh, or the same of /bridges.
        """
        await self._owner.run(self._run(self._operations.start_moh(self.id, moh_class=music_class)))

    async def stop_moh(self) -> None:
        """Stop the music. ARI: DELETE /channels/{channelId}/moh, or the same of /bridges."""
        await self._owner.run(self._run(self._operations.stop_moh(self.id)))

    async def _made(self, media: Playback | LiveRecording, task: asyncio.Task[Any]) -> None:
        """Wait for the answer; the flow hears of the media only when its code has the handle."""
        self._owner.router.hold(media._key)
        try:
            await self._owner.done(task)
        except OutcomeUnknown:
            raise  # it may be there: its owner stops it
        except Exception:
            media.forget()
            raise
        finally:
            self._owner.router.deliver(media._key)

    def _remember(self, media: Playback | LiveRecording) -> None:
        router = self._owner.router
        self._media = (*(each for each in self._media if router.claimed(each._key)), media)

    def _lose_media(self, error: ChannelGone) -> None:
        """The target is gone: what played to it or recorded it has ended."""
        media, self._media = self._media, ()
        for each in media:
            each.channel_gone(error.again())
