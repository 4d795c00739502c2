"""A playback: media that Asterisk plays to a channel or into a bridge."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import structlog
from attrs import frozen

from stasis.ari.events import Event, PlaybackFinished, PlaybackStarted
from stasis.errors import AriError, ChannelGone, NotFound, NotPlayed, WaitTimeout
from stasis.owner import PLAYBACKS, Media, Owner

if TYPE_CHECKING:
    from stasis.router import Wait

__all__ = ["Playback", "PlaybackResult"]

log = structlog.get_logger("stasis.playback")

# How long the end of an older process' playback may take to be told.
OLD_SECONDS = 2.0


@frozen
class PlaybackResult:
    """How a playback ended.

    state: `done` played to its end, `failed` could not be played (the file is missing), or
    `stopped` by us. media_uri: the medium it ended with.
    """

    state: Literal["done", "failed", "stopped"]
    media_uri: str
    playback_id: str

    def check(self) -> PlaybackResult:
        """Itself, unless it failed. Raises NotPlayed."""
        if self.state == "failed":
            raise NotPlayed(self.media_uri, self.playback_id)
        return self


class Playback(Media):
    """A running playback. Made by `play` of a channel or a bridge, which own it.

    It belongs to the state that started it: leaving the state stops it.
    """

    def __init__(
        self,
        owner: Owner,
        playback_id: str,
        media: tuple[str, ...],
        target_uri: str,
        leaving: Callable[[], bool],
        deserted: Callable[[], bool] = lambda: False,
    ) -> None:
        self.id = playback_id
        self._leaving = leaving
        self._deserted = deserted
        self.media = media
        self.target_uri = target_uri
        self.started = False
        self._owner = owner
        self._stopped = False
        self._key = ("playback", playback_id)
        self._sending: asyncio.Task[Any] | None = None
        owner.claim(self._key, self)
        owner.play(self)
        self._end: Wait[PlaybackFinished] = owner.expect(
            self._key, PlaybackFinished, what=f"end of playback {playback_id}"
        )

    def __repr__(self) -> str:
        return f"<Playback {self.id} {' '.join(self.media)}>"

    @property
    def begun(self) -> bool:
        """Whether an event has told of it."""
        return self.started or self._end.settled

    @property
    def over(self) -> bool:
        """Whether it has ended, or nobody is to hear of it any more."""
        return self._end.settled or self._stopped

    def sent(self, task: asyncio.Task[Any]) -> None:
        """The request that creates it is on its way."""
        self._sending = task

    def apply(self, event: Event) -> None:
        """The reader tells what became of it."""
        if isinstance(event, PlaybackStarted):
            self.started = True
        elif isinstance(event, PlaybackFinished):
            ended = self._stopped or self._leaving() or self._deserted()
            if event.playback.state == "failed" and not ended:
                log.warning(
                    "could not be played; is the sound there?",
                    media=event.playback.media_uri,
                    target=event.playback.target_uri,
                )
            self._owner.release(self._key)

    def abandon(self) -> None:
        """Its state was left: later events find nobody."""
        self._stopped = True
        self._owner.release(self._key)

    def forget(self) -> None:
        """It never began."""
        self._end.cancel()
        self._owner.release(self._key)
        self._owner.played(self.id)

    def channel_gone(self, error: ChannelGone) -> None:
        """What it played to is gone."""
        self._end.fail(error)
        self._owner.release(self._key)
        self._owner.played(self.id)

    async def finished(self, timeout: float | None = None) -> PlaybackResult:
        """Wait until it has ended, for whatever reason.

        timeout: seconds; None takes `engine.wait_timeout`.

        Raises WaitTimeout, ChannelGone. ARI: the PlaybackFinished event.
        """
        event = await self._end.within(self._owner.seconds(timeout))
        if event.playback.state == "failed" and self._leaving():
            # A hang-up fails what plays, a moment before StasisEnd says why.
            raise ChannelGone(event.playback.target_uri.partition(":")[2], "hung up")
        if self._stopped and event.playback.state != "failed":
            state: Literal["done", "failed", "stopped"] = "stopped"
        else:
            state = "failed" if event.playback.state == "failed" else "done"
        # An end that was missed in a gap tells no medium.
        return PlaybackResult(state, event.playback.media_uri or self.media[-1], self.id)

    async def stop(self) -> None:
        """Stop it. One that has ended already is fine.

        ARI: DELETE /playbacks/{playbackId}. `number:`, `digits:` and `characters:` cannot be
        stopped by Asterisk: those play to their end, and ServerError is raised.
        """
        self._stopped = True
        if self._end.settled:
            return
        if self._sending is not None and not self._sending.done():
            await asyncio.wait({self._sending})
        try:
            await self._owner.run(self._owner.ari.playbacks.stop(self.id))
        except NotFound:
            pass

    async def pause(self) -> None:
        """Hold it where it is. ARI: POST /playbacks/{playbackId}/control, `pause`.

        Raises Conflict while it is still queued, NotFound when it has ended.
        """
        await self._control("pause")

    async def unpause(self) -> None:
        """Go on. Asterisk sends PlaybackStarted once more. ARI: control, `unpause`."""
        await self._control("unpause")

    async def restart(self) -> None:
        """From the beginning again. ARI: control, `restart`."""
        await self._control("restart")

    async def forward(self) -> None:
        """Skip ahead by the `skipms` it was started with. ARI: control, `forward`."""
        await self._control("forward")

    async def reverse(self) -> None:
        """Skip back by the `skipms` it was started with. ARI: control, `reverse`."""
        await self._control("reverse")

    async def _control(self, operation: str) -> None:
        await self._owner.run(self._owner.ari.playbacks.control(self.id, operation=operation))


async def stop_old(owner: Owner) -> None:
    """Stop what a process that is gone has started to play: its ids can be guessed.

    Waits for their ends, since the state that is entered again gives the same ids again.
    """

    async def stop(number: int) -> None:
        playback_id = f"playback-{owner.media_token}-{number}"
        end = owner.router.expect(("playback", playback_id), PlaybackFinished)
        try:
            await owner.ari.playbacks.stop(playback_id)
            await end.within(OLD_SECONDS)
        except (AriError, WaitTimeout):
            pass  # it has ended, or it is one that Asterisk cannot stop
        finally:
            end.cancel()

    await asyncio.gather(*map(stop, range(PLAYBACKS)))
