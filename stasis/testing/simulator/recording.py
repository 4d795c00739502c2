"""A recording: of a channel or a bridge, into a real file.

Rules: the file holds what time has passed, not what was said; pauses are not in it. Asterisk
tells `done` also of one that was cancelled; the file is then not there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.wave import append, seconds_of, write

if TYPE_CHECKING:
    from stasis.testing.simulator.bridge import Bridge
    from stasis.testing.simulator.channel import Channel

__all__ = ["Recording"]

# A channel that sends nothing is given up after so long.
DEAF_SECONDS = 4.0
Waits = Callable[["float | None", "asyncio.Future[None]"], Awaitable[bool]]


class Recording:
    """One recording. limit, silence: seconds, 0 for none. ends_on: digits that end it.

    append: an older file of the name goes on. deaf: nothing comes to be recorded.
    """

    def __init__(
        self,
        machine: Machine,
        name: str,
        kind: str,
        target: Channel | Bridge,
        *,
        limit: int,
        silence: int,
        ends_on: str,
        append: bool,
        beep: bool,
    ) -> None:
        self.machine = machine
        self.name = name
        self.format = kind
        self.target = target
        self.limit = limit
        self.silence = silence
        self.ends_on = ends_on
        self.append = append
        self.beep = beep
        self.state = "queued"
        self.cause = ""
        self.deaf = False
        self.keeps = True
        self.voices: list[tuple[float, float]] = []
        self._seconds = 0.0
        self._since = 0.0
        self._quiet = 0.0
        self._change: asyncio.Future[None] = machine.loop.create_future()
        self._ends = False
        machine.recordings[name] = self

    def json(self, **more: Any) -> dict[str, Any]:
        """As ARI's model LiveRecording."""
        found: dict[str, Any] = {
            "name": self.name,
            "format": self.format,
            "state": self.state,
            "target_uri": self.target.topic,
        }
        if self.cause:
            found["cause"] = self.cause
        return found | more

    def tell(self, kind: str, **more: Any) -> None:
        """Publish an event of this recording."""
        self.machine.bus.publish(kind, {"recording": self.json(**more)}, self.target.topic)

    def fail(self, cause: str) -> None:
        """It cannot be."""
        self.machine.recordings.pop(self.name, None)
        self.state, self.cause = "failed", cause
        self.tell("RecordingFailed")

    def give_up(self) -> None:
        """Its target has ended before its turn came."""
        if self.name in self.machine.recordings:
            self.state = "recording"
            self.tell("RecordingStarted")
            self._end()

    async def run(self, waits: Waits) -> None:
        """Its turn has come. waits: on the target.

        Raises what `waits` raises, once the end is told.
        """
        self.state = "recording"
        self.tell("RecordingStarted")
        self._since = self.machine.loop.time()
        try:
            while not self._ends:
                self._change = self.machine.loop.create_future()
                left = self._time_left()
                if left is not None and left <= 0:
                    break
                if not await waits(left, self._change):
                    self._count()
                    break
                self._count()
        finally:
            self._count()
            self._end()

    def _time_left(self) -> float | None:
        """Seconds until it ends by itself; None when nothing ends it."""
        if self.deaf:
            return DEAF_SECONDS - self._quiet
        limits = []
        if self.state == "recording":
            if self.limit:
                limits.append(self.limit - self._seconds)
            if self.silence:
                limits.append(self.silence - self._quiet)
        return min(limits, default=None)

    def _count(self) -> None:
        now = self.machine.loop.time()
        passed, self._since = now - self._since, now
        if self.state == "recording":
            if not self.deaf:
                self._seconds += passed
            self._quiet += passed

    def _end(self) -> None:
        self.machine.recordings.pop(self.name, None)
        self.state = "done"
        path = self.machine.path_of(self.name, self.format)
        if self.keeps:
            path.parent.mkdir(parents=True, exist_ok=True)
            if self.append and path.exists():
                append(path, self._seconds, self.voices)
            else:
                write(path, self._seconds, self.voices)
            duration = int(seconds_of(path) + 0.01)
        else:
            duration = int(self._seconds + 0.01)
        more: dict[str, Any] = {"duration": duration}
        if self.silence:
            talking = round(sum(end - start for start, end in self.voices))
            more |= {"talking_duration": talking, "silence_duration": max(duration - talking, 0)}
        self.tell("RecordingFinished", **more)

    # What ends and changes it

    def stop(self, *, keep: bool = True) -> None:
        """Stop it. keep: False throws the file away."""
        if self.state == "queued":
            self.state = "canceled"  # that is what GET says; it starts all the same
            return
        self.keeps = keep
        self._ends = True
        self._wake()

    def hear_digit(self, digit: str) -> None:
        """The caller has pressed a digit."""
        if self.ends_on == "any" or digit == self.ends_on:
            self._ends = True
            self._wake()

    def hear_voice(self, seconds: float) -> None:
        """Somebody speaks for so long, from now."""
        self._count()
        self.voices.append((self._seconds, self._seconds + seconds))
        self._quiet = -seconds
        self._wake()

    def pause(self, paused: bool) -> None:
        """Pause it, or go on."""
        self._count()
        self.state = "paused" if paused else "recording"
        self._wake()

    @property
    def running(self) -> bool:
        """Whether its turn has come."""
        return self.state in ("recording", "paused")

    def _wake(self) -> None:
        if not self._change.done():
            self._change.set_result(None)
