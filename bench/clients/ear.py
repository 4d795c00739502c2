"""What the clients of the Python peers share: they hear events, and know when all is over.

Only the standard library: each runs in its peer's environment. How a peer hands its events over is
the business of its own module; here they are counted, put in order for their channel, and timed.
What a peer logs as an error is counted too, and its first one told: a fast client that has stopped
hearing must not look like a fast client.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from bench.clients.gauge import END, GO, Gauge

__all__ = ["Ear", "Mistakes", "called", "rested"]

# Where the code of a channel has every event; elsewhere its digits only.
EVERY = frozenset({"handlers", "paced", "busy"})

# Seconds without an event after which the missing ones are lost, and for a scenario at most.
QUIET, PATIENCE = 2.0, 100.0


class Line:
    """The code of one channel.

    channel: the peer's own object for it, if it makes one. heard: how many of its events.
    held: its first one has come.
    """

    __slots__ = ("channel", "heard", "held")

    def __init__(self, channel: object) -> None:
        self.channel = channel
        self.heard = 0
        self.held = False


class Mistakes(logging.Handler):
    """Counts what a peer logs as an error. first: its words."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.count = 0
        self.first = ""

    def emit(self, record: logging.LogRecord) -> None:
        """One more."""
        self.count += 1
        if not self.first:
            self.first = f"{record.name}: {record.getMessage()}"


class Ear:
    """Hears for all channels of one client.

    gauge: which it counts on. lines: the live channels' code, by the channel's id. every: a
    channel's code has every event. hold: seconds that its first one takes. begun: BenchGo has come.
    """

    def __init__(self, gauge: Gauge) -> None:
        self.gauge = gauge
        self.lines: dict[str, Line] = {}
        self.every = gauge.name in EVERY
        self.hold = float(gauge.scenario.get("hold", 0.0)) if gauge.name == "busy" else 0.0
        self.mistakes = Mistakes()
        # As in production: what a peer says of each event or request would count as its CPU.
        logging.getLogger().addHandler(self.mistakes)
        logging.getLogger().setLevel(logging.WARNING)
        self._latency = gauge.name == "paced"
        self._disorder = 0
        self._stall = 0.0
        self._taken = 0.0
        self._rss: list[int] = []
        self._cycles = int(gauge.scenario.get("cycles", 1))
        self.begun = asyncio.Event()
        self._ended = asyncio.Event()

    def ready(self) -> None:
        """The client is connected and listens."""
        if self.gauge.name == "memory":
            self._rss.append(self.gauge.rss())
        # For a client that fails before BenchGo.
        self.gauge.begin()
        self.gauge.ready()

    def entered(self, channel: str, object: object = None) -> None:
        """A channel has entered. object: the peer's own for it, which its code keeps."""
        self.lines[channel] = Line(object)
        self.gauge.arrived()

    def left(self, channel: str) -> None:
        """A channel has left, and its code with it."""
        self.lines.pop(channel, None)

    def told(self, name: str, fields: dict[str, Any]) -> None:
        """A ChannelUserevent without a channel: what is measured begins, or ends."""
        if name == GO:
            if self.gauge.name == "memory":
                self._rss.append(self.gauge.rss())
            self.gauge.begin(fields if fields["events"] else None)
            self._taken = time.perf_counter()
            self.begun.set()
        elif name == END:
            self._ended.set()

    def event(self, channel: str, mark: str, digit: bool) -> None:
        """An event of a channel. mark: its `accountcode`. digit: it is a ChannelDtmfReceived."""
        self.gauge.events += 1
        if self.every or digit:
            self._code(channel, mark)

    async def held(self, channel: str, mark: str) -> None:
        """The same in `busy`: the first event of a channel takes its time, before it counts."""
        line = self.lines[channel]
        if not line.held:
            line.held = True
            await asyncio.sleep(self.hold)
        self.gauge.events += 1
        self._code(channel, mark)

    def taken(self) -> None:
        """The client has taken an event from its reader."""
        now = time.perf_counter()
        self._stall = max(self._stall, now - self._taken)
        self._taken = now

    def _code(self, channel: str, mark: str) -> None:
        line = self.lines[channel]
        if self.every:
            # Of digits alone the numbers have gaps.
            self._disorder += int(mark[:8]) != line.heard
        line.heard += 1
        if self._latency:
            self.gauge.heard(mark)

    async def over(
        self, work: Awaitable[None] | None = None, reader: asyncio.Future[Any] | None = None
    ) -> None:
        """Wait for the end of the scenario, and report.

        work: what the scenario asks us to do; without it we hear until all is over.
        reader: the client's; if it ends first, the client has failed.
        """
        if work is None:
            work = self._memory() if self.gauge.name == "memory" else self._events()
        working = asyncio.ensure_future(work)
        waits = {working} if reader is None else {working, reader}
        patience = float(self.gauge.scenario.get("patience", PATIENCE))
        done, _ = await asyncio.wait(waits, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        if working in done:
            self.report("" if working.exception() is None else failure(working))
        working.cancel()
        await asyncio.wait({working})
        why = f"its reader has ended: {failure(done.pop())}" if done else ""
        self.report(why or f"not over after {patience:.0f} s")

    async def _events(self) -> None:
        await self._ended.wait()
        expected = self.gauge.expected.get("events", 0)
        await self._settled(lambda: expected - self.gauge.events)

    async def _memory(self) -> None:
        for _ in range(self._cycles):
            await self._ended.wait()
            self._ended.clear()
            await self._settled(lambda: len(self.lines))
            self._rss.append(self.gauge.rss())
            self.gauge.say("gone")

    async def _settled(self, left: Callable[[], int]) -> None:
        """Wait until nothing is left to come, or until no more of it comes."""
        loop = asyncio.get_running_loop()
        before, since = left(), loop.time()
        while (now := left()) > 0 and loop.time() - since < QUIET + self.hold:
            if now != before:
                before, since = now, loop.time()
            await asyncio.sleep(0.01)

    def report(self, failed: str = "", **more: Any) -> None:
        """Tell what was measured, and end the process. failed: why it did not get to the end."""
        self.gauge.end()
        if self.gauge.name == "busy":
            more |= {"disorder": self._disorder, "stall": round(self._stall * 1000, 1)}
        elif self.every:
            more["disorder"] = self._disorder
        if self._rss:
            more["rss"] = self._rss
        more["mistakes"] = self.mistakes.count
        if failed or self.mistakes.first:
            more["error"] = (failed or self.mistakes.first)[:300]
        self.gauge.report(**more)


def failure(done: asyncio.Future[Any]) -> str:
    """Why a task has ended; of a group of errors the first."""
    error: BaseException | None = None if done.cancelled() else done.exception()
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return "without an error" if error is None else f"{type(error).__name__}: {error}".rstrip(": ")


async def rested(ear: Ear, get: Callable[[str], Awaitable[Any]]) -> None:
    """The scenario `rest`. get: ask for the channel of an id."""
    await ear.begun.wait()
    left = iter(range(int(ear.gauge.scenario["requests"])))

    async def ask() -> None:
        for number in left:
            await get(f"{number:011}")
            ear.gauge.events += 1

    await asyncio.gather(*(ask() for _ in range(int(ear.gauge.scenario["at_once"]))))


async def called(
    ear: Ear, originate: Callable[[], Awaitable[Any]], ended: asyncio.Semaphore
) -> None:
    """The scenario `call`. originate: begin one call. ended: released at each StasisEnd."""
    scenario = ear.gauge.scenario
    at_once = int(scenario["at_once"])
    left = iter(range(int(scenario["calls"])))

    async def some() -> None:
        # As many place calls at once as may be live: one alone would hold them up.
        for _ in left:
            await ended.acquire()
            await originate()

    ear.gauge.begin()
    for _ in range(at_once):
        ended.release()
    await asyncio.gather(*(some() for _ in range(at_once)))
    for _ in range(at_once):
        await ended.acquire()
    ear.gauge.events = int(scenario["calls"])
