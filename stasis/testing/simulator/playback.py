"""A playback: media played to a channel or a bridge, one after the other.

Rules: started when its turn comes, and told so; stopped, wound and paused while it plays; a
missing file fails, an unknown kind of media starts and is never heard of again, as on Asterisk.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from stasis.testing.simulator.machine import Machine

if TYPE_CHECKING:
    from stasis.testing.simulator.bridge import Bridge
    from stasis.testing.simulator.channel import Channel

__all__ = ["Playback"]

KINDS = ("sound", "recording", "number", "digits", "characters", "tone")
# Numbers and letters are said by another part of Asterisk, which cannot be stopped.
UNSTOPPABLE = ("number", "digits", "characters")

# Tones that every country has, and how others are written.
TONES = "dial busy ring congestion callwaiting dialrecall record info stutter".split()
CADENCE = re.compile(r"[!M\d]")

# Waits so long, or until the future is done, and returns whether it is; raises when its target ends
Waits = Callable[["float | None", "asyncio.Future[None]"], Awaitable[bool]]


class Playback:
    """One playback. target: what it plays to. media: URIs. skip: milliseconds of one winding."""

    def __init__(
        self,
        machine: Machine,
        playback_id: str,
        target: Channel | Bridge,
        media: list[str],
        language: str,
        skip: int,
        offset: int,
    ) -> None:
        self.machine = machine
        self.id = playback_id
        self.target = target
        self.media = media
        self.language = language
        self.state = "queued"
        self.at = 0
        self._skip = skip / 1000
        self._offset = offset / 1000
        self._left = 0.0
        self._whole = 0.0
        self._since = 0.0
        self._change: asyncio.Future[None] = machine.loop.create_future()
        self._stopped = False
        self._over = False
        machine.playbacks[playback_id] = self

    def json(self) -> dict[str, Any]:
        """As ARI's model Playback."""
        found: dict[str, Any] = {"id": self.id, "media_uri": self.media[self.at]}
        if self.at + 1 < len(self.media):
            found["next_media_uri"] = self.media[self.at + 1]
        kind = self.target.topic
        return found | {"target_uri": kind, "language": self.language, "state": self.state}

    def _tell(self, kind: str) -> None:
        self.machine.bus.publish(kind, {"playback": self.json()}, self.target.topic)

    async def run(self, waits: Waits, hears: Callable[[str], None]) -> None:
        """Its turn has come. waits: on the target. hears: the target's listeners hear media.

        Raises what `waits` raises, once the end is told.
        """
        if self._stopped:
            self.state = "done"
            self._end()
            return
        result = "failed"
        try:
            for at in range(len(self.media)):
                if at:
                    self.state = "continuing"
                    self._tell("PlaybackContinuing")
                self.at = at
                self.state = "playing"
                self._tell("PlaybackStarted")
                seconds = self._length(self.media[self.at])
                if seconds is None:
                    self._forget()
                    return
                if seconds == 0.0:
                    result = "failed"
                    continue
                hears(self.media[self.at])
                await self._play(seconds, waits)
                result = "done"
                if self._stopped:
                    break
        except BaseException:
            result = "failed"
            raise
        finally:
            if not self._over:
                self.state = result
                self._end()

    def fail(self) -> None:
        """Its target has ended before its turn came."""
        if self._over:
            return
        if not self._stopped:
            self.state = "playing"
            self._tell("PlaybackStarted")
        self.state = "done" if self._stopped else "failed"
        self._end()

    def _end(self) -> None:
        self._forget()
        self._tell("PlaybackFinished")

    def _forget(self) -> None:
        """It cannot be asked for any more. Another one of its id can."""
        self._over = True
        if self.machine.playbacks.get(self.id) is self:
            del self.machine.playbacks[self.id]

    def _length(self, uri: str) -> float | None:
        """Seconds; 0.0 for a missing file, None for what Asterisk does not know."""
        kind, colon, name = uri.partition(":")
        if not colon or kind not in KINDS:
            return None
        if kind == "tone":
            tone = name.partition(";")[0]
            return float("inf") if tone in TONES or CADENCE.match(tone) else 0.0
        if kind == "recording":
            path = self.machine.stored(name)
            return None if path is None else self.machine.stored_seconds(name)
        if kind == "sound":
            found = self.machine.sounds.find(name, self.language)
            return 0.0 if found is None else max(found.seconds, 0.02)
        return max(self.machine.sounds.said(kind, name, self.language), 0.02)

    async def _play(self, seconds: float, waits: Waits) -> None:
        self._whole, self._left, self._offset = seconds, max(seconds - self._offset, 0.0), 0.0
        while self._left > 0 and not self._stopped:
            self._change = self.machine.loop.create_future()
            self._since = self.machine.loop.time()
            endless = self.state == "paused" or self._left == float("inf")
            if not await waits(None if endless else self._left, self._change):
                return

    def _passed(self) -> None:
        """Count what has been played since the last change."""
        now = self.machine.loop.time()
        if self.state != "paused":
            self._left -= now - self._since
        self._since = now

    # Control

    @property
    def stoppable(self) -> bool:
        """Whether what plays now can be controlled."""
        return self.media[self.at].partition(":")[0] not in UNSTOPPABLE or self.state == "queued"

    def stop(self) -> None:
        """Stop it, or let it end at once when its turn comes."""
        self._stopped = True
        if self.state == "queued":
            self.state = "done"
        self._wake()

    def control(self, operation: str) -> bool:
        """Pause, unpause, restart, reverse or forward. Returns False when it is not playing."""
        if self.state not in ("playing", "paused"):
            return operation == "restart" and self.state == "queued"
        self._passed()
        match operation:
            case "pause":
                self.state = "paused"
            case "unpause" if self.state == "paused":
                self.state = "playing"
                self._tell("PlaybackStarted")
            case "restart":
                self._left = self._whole
                if self.state == "paused":
                    self.state = "playing"
                    self._tell("PlaybackStarted")
            case "reverse":
                self._left = min(self._left + self._skip, self._whole)
            case "forward":
                # Beyond the end it begins again.
                self._left = self._left - self._skip if self._left > self._skip else self._whole
        self._wake()
        return True

    def _wake(self) -> None:
        if not self._change.done():
            self._change.set_result(None)
