"""A recording: of a channel or a bridge, into a real file.

Rules: the file holds what time has passed, not what was said; pauses are not in it. Asterisk
tells `done` also of one that was cancelled; the file is then not there.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from stasis.testing.simulator.channel import spoken
from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.pair import Half
from stasis.testing.simulator.wave import append, seconds_of, write

if TYPE_CHECKING:
    from stasis.testing.simulator.bridge import Bridge
    from stasis.testing.simulator.channel import Channel

__all__ = ["Recording"]

# A channel that sends nothing is given up after so long.
DEAF_SECONDS = 4.0
# Formats of 16000 samples a second.
TWICE = ("wav16", "sln16")
Waits = Callable[["float | None", "asyncio.Future[None]"], Awaitable[bool]]


class Recording:
    """One recording. limit, silence: seconds, 0 for none. ends_on: digits that end it.

    append: an older file of the name goes on. It hears all the time, or, after `listen`, as long
    as its channel's far end sends something; an empty bridge sends what is played to it.
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
        self.keeps = True
        self.voices: list[tuple[float, float]] = []
        self._seconds = 0.0
        self._since = 0.0
        self._quiet = 0.0
        self._heard_until = math.inf
        self._beeping = False
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
        try:
            if self.beep:
                self._beeping = True
                await waits(self.machine.sounds.seconds("beep"), self._change)
                self._beeping = False
            self._since = self.machine.loop.time()
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
            if not self._beeping:
                self._count()
            self._end()

    def _time_left(self) -> float | None:
        """Seconds until it ends by itself; None when nothing ends it."""
        limits = []
        if self._heard_until < math.inf:
            limits.append(self._heard_until + DEAF_SECONDS - self._since)
        if self.state == "recording":
            if self.limit:
                limits.append(self.limit - self._seconds)
            if self.silence:
                limits.append(self.silence - self._quiet)
        left = min(limits, default=math.inf)
        return None if left == math.inf else left

    def _count(self) -> None:
        now = self.machine.loop.time()
        passed, self._since = now - self._since, now
        if self.state == "recording":
            self._seconds += max(min(passed, passed + self._heard_until - now), 0.0)
            self._quiet += passed

    def _end(self) -> None:
        self.machine.recordings.pop(self.name, None)
        self.state = "done"
        path = self.machine.path_of(self.name, self.format)
        before = seconds_of(path) if self.append and path.exists() else 0.0
        if self.keeps:
            path.parent.mkdir(parents=True, exist_ok=True)
            # The silence that ended it is no part of the file.
            over = self.silence if self.silence and self._quiet >= self.silence else 0
            seconds = max(self._seconds - over, 0.0)
            voices = [(start, min(end, seconds)) for start, end in self.voices if start < seconds]
            if before:
                append(path, seconds, voices)
            else:
                write(path, seconds, voices)
        # Asterisk counts samples, and takes them for those of 8000 a second.
        faster = 2 if self.format in TWICE else 1
        duration = int((before + self._seconds) * faster + 0.01)
        more: dict[str, Any] = {"duration": duration}
        if self.silence:
            spoken_for = sum(min(end, self._seconds) - start for start, end in self.voices)
            silent = int(max(self._seconds - spoken_for - 0.02, 0.0))
            more |= {"talking_duration": max(duration - silent, 0), "silence_duration": silent}
        self.tell("RecordingFinished", **more)

    # What ends and changes it

    def stop(self, *, keep: bool = True) -> None:
        """Stop it. keep: False throws the file away."""
        if self.state == "queued":
            self.state = "canceled"  # that is what GET says; it starts all the same
            return
        if self._beeping:
            return  # the beep swallows it
        self.keeps = keep
        self._ends = True
        self._wake()

    def hear_digit(self, digit: str) -> None:
        """The caller has pressed a digit."""
        if self.ends_on == "any" or digit == self.ends_on:
            self._ends = True
            self._wake()

    def listen(self, channel: Channel) -> None:
        """Hear what the far end of a channel sends: a phone always something, others when they do.

        A channel that is not answered sends nothing.
        """
        now = self.machine.loop.time()
        if channel.state in ("Down", "Ringing"):
            self._heard_until = now
        elif isinstance(channel.far, Half):
            self._heard_until = self._since = now
            if channel.arriving is not None:
                what, since = channel.arriving
                self.hear_sound(what, now - since)

    def hear_nothing(self) -> None:
        """Nobody sends anything for now."""
        self._heard_until = self._since = self.machine.loop.time()

    def hear_on(self) -> None:
        """Somebody sends from now on."""
        if self._heard_until < math.inf:
            self._count()
            self._heard_until = math.inf
            self._wake()

    def hear_sound(self, what: str, ago: float = 0.0) -> None:
        """Something is sent that began so many seconds ago: `sound:x`, `tone:440/1000,0/2000`."""
        lasts, voice = length_of(self.machine, what)
        if self.state == "recording":
            self._count()
        if self._heard_until < math.inf:
            self._heard_until = max(self.machine.loop.time() + lasts - ago, self._heard_until)
        self.hear_voice(max(voice - ago, 0.0))

    def hear_voice(self, seconds: float) -> None:
        """Somebody speaks for so long, from now."""
        if self.state == "recording":
            self._count()
        self.voices.append((self._seconds, self._seconds + seconds))
        self._quiet = -seconds
        self._wake()

    def pause(self, paused: bool) -> None:
        """Pause it, or go on."""
        self._count()
        if self._heard_until < math.inf:
            self._heard_until = max(self.machine.loop.time(), self._heard_until)
        self.state = "paused" if paused else "recording"
        self._wake()

    @property
    def running(self) -> bool:
        """Whether its turn has come."""
        return self.state in ("recording", "paused")

    def _wake(self) -> None:
        if not self._change.done():
            self._change.set_result(None)


def length_of(machine: Machine, what: str) -> tuple[float, float]:
    """How long something is sent, and how long of it is no silence. Seconds."""
    kind, _, name = what.partition(":")
    if kind == "voice":
        return math.inf, float(name)  # a phone goes on sending, if silence
    if kind in ("sound", "recording"):
        seconds = machine.sounds.seconds(name) if kind == "sound" else machine.stored_seconds(name)
        return seconds, seconds
    tone = spoken(what)
    return math.inf, tone / 1000 if tone else math.inf
