"""stasis by its public names: typed events, a task and a flow for each channel, nothing left out.

It runs as `stasis run` runs it, with the defaults but for the log's level, and for as many HTTP
connections as requests are sent at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from itertools import repeat
from typing import Any, ClassVar

import stasis
from bench.clients.gauge import END, GO, Gauge
from bench.tape import KINDS
from stasis.config import AsteriskConfig, HttpConfig, LogConfig
from stasis.logs import set_up
from stasis.section import Secret

EVENTS: tuple[type[stasis.Event], ...] = tuple(getattr(stasis, name) for name in KINDS)
# Seconds without a step after which what is missing counts as lost.
PATIENCE = 5.0


class Digits(stasis.Flow):
    """A call as most are: it stays, and acts on what the caller presses."""

    plugin: Bench

    async def listening(self, event: stasis.Event) -> None:
        self.plugin.gauge.arrived()

    async def acts(self, event: Any) -> None:
        self.plugin.acted += 1

    start = listening
    table: ClassVar[Any] = {listening: {stasis.ChannelDtmfReceived: stasis.Do(acts)}}


class Everything(Digits):
    """A call whose code acts on each of its events."""

    table: ClassVar[Any] = {Digits.listening: {kind: stasis.Do(Digits.acts) for kind in EVENTS}}


class Timed(Everything):
    """How old an event is when the call's code has it."""

    async def acts(self, event: Any) -> None:
        self.plugin.gauge.heard(event.channel.accountcode)
        self.plugin.acted += 1


class Busy(Everything):
    """Its code is busy with the first event; then it looks whether the others are in order."""

    heard = 0

    async def acts(self, event: Any) -> None:
        if self.heard == 0:
            await asyncio.sleep(self.plugin.gauge.scenario["hold"])
        self.plugin.disorder += int(event.channel.accountcode[:8]) != self.heard
        self.heard += 1
        self.plugin.acted += 1


class Whole(stasis.Flow):
    """A whole call on a real Asterisk."""

    plugin: Bench

    async def calling(self, event: stasis.Event) -> None:
        await self.channel.answer()
        await self.channel.hangup()

    async def ended(self, event: stasis.Event | None) -> None:
        self.plugin.gauge.events += 1
        self.plugin.lines.release()

    start = calling


class Bench(stasis.Plugin):
    """Runs one scenario.

    gauge: what measures. acted: how often the code of calls has run. disorder: how often with
    another event than the next. stall: most seconds between two events that the reader took.
    lines: how many further calls may be live. rss: as it was at each step.
    """

    name = "bench"
    hears: ClassVar[tuple[type[stasis.Event], ...]] = (stasis.ChannelUserevent,)

    def __init__(self, gauge: Gauge) -> None:
        super().__init__(None)
        self.gauge = gauge
        self.acted = self.disorder = 0
        self.stall = self._last = 0.0
        self._begun, self._over = asyncio.Event(), asyncio.Event()
        self._counted = 0
        self.rss: list[int] = []
        self.lines = asyncio.Semaphore(gauge.scenario.get("at_once", 1))
        if gauge.name == "busy":
            type(self).hears = EVENTS  # the steps of the reader itself are measured

    def flows(self) -> Mapping[str, stasis.Runnable]:
        return {self.gauge.app: FLOWS.get(self.gauge.name, Digits)}

    def heard(self, event: stasis.Event, asterisk: stasis.Link) -> None:
        now = time.perf_counter()
        if self._last:
            self.stall = max(self.stall, now - self._last)
            self._last = now
        if not isinstance(event, stasis.ChannelUserevent) or event.channel is not None:
            return
        if event.eventname == GO:
            self._counted = asterisk.counts["events"]
            if self.gauge.name == "memory":
                self.rss.append(self.gauge.rss())  # now: the next event may end a call
            self.gauge.begin(event.userevent)
            self._last = time.perf_counter() if self.gauge.name == "busy" else 0.0
            self._begun.set()
        elif event.eventname == END:
            self.gauge.events = asterisk.counts["events"] - self._counted - 1
            self._last = 0.0
            self._over.set()
        else:
            self._counted += 1  # one of the engine's own: is no event of the server's

    async def scenario(self, link: stasis.Link) -> None:
        """Everything from `ready` to the report."""
        self.rss.append(self.gauge.rss())
        self.gauge.ready()
        await SCENARIOS[self.gauge.name](self, link)

    async def counted(self, link: stasis.Link) -> None:
        """burst, growth, handlers, paced, busy: until the last event's code has run."""
        await self._over.wait()
        expected = self.gauge.expected
        acts = expected["digits" if FLOWS.get(self.gauge.name, Digits) is Digits else "events"]
        await self._until(acts)
        self.gauge.end()
        if self.gauge.name == "busy":
            self.gauge.events = self.acted
            stall = round(self.stall * 1000, 2)
            self.gauge.report(disorder=self.disorder, stall=stall)
        self.gauge.report()

    async def _until(self, acts: int) -> None:
        """Wait until the calls' code has run that often, or does not go on."""
        before, since = -1, time.perf_counter()
        while self.acted < acts and time.perf_counter() - since < PATIENCE:
            if self.acted != before:
                before, since = self.acted, time.perf_counter()
            await asyncio.sleep(0.001)
        if self.acted < acts:
            self.gauge.events = min(self.gauge.events, self.acted)

    async def rest(self, link: stasis.Link) -> None:
        """rest: typed answers."""
        await self._begun.wait()
        scenario = self.gauge.scenario
        numbers = iter(range(scenario["requests"]))

        async def some() -> None:
            for number in numbers:
                found = await link.ari.channels.get(f"{number:011}")
                assert found.state == "Up"
                self.gauge.events += 1

        await asyncio.gather(*(some() for _ in repeat(None, scenario["at_once"])))
        self.gauge.end()
        self.gauge.report()

    async def memory(self, link: stasis.Link) -> None:
        """memory: the calls come, stay, and go."""
        for _ in range(self.gauge.scenario["cycles"]):
            await self._over.wait()
            self._over.clear()
            await link.idle()
            await asyncio.sleep(0.05)
            self.rss.append(self.gauge.rss())
            self.gauge.say("gone")
        self.gauge.end()
        self.gauge.report(rss=self.rss)

    async def call(self, link: stasis.Link) -> None:
        """call: each is originated, answered and hung up by us."""
        scenario = self.gauge.scenario
        numbers = iter(range(scenario["calls"]))

        async def some() -> None:
            for _ in numbers:
                await self.lines.acquire()
                await link.originate(scenario["endpoint"], self.gauge.app)

        self.gauge.begin()
        await asyncio.gather(*(some() for _ in repeat(None, scenario["at_once"])))
        for _ in range(scenario["at_once"]):
            await self.lines.acquire()
        await link.idle()
        self.gauge.end()
        self.gauge.report()


FLOWS: dict[str, stasis.Runnable] = {
    "handlers": Everything,
    "paced": Timed,
    "busy": Busy,
    "call": Whole,
}
SCENARIOS: dict[str, Callable[[Bench, stasis.Link], Awaitable[None]]] = {
    "burst": Bench.counted,
    "growth": Bench.counted,
    "handlers": Bench.counted,
    "paced": Bench.counted,
    "busy": Bench.counted,
    "rest": Bench.rest,
    "memory": Bench.memory,
    "call": Bench.call,
}


async def main() -> None:
    """One scenario, on the Asterisk of the command line."""
    gauge = Gauge()
    scenario = gauge.scenario
    asterisk = AsteriskConfig(
        url=gauge.url,
        username=gauge.username,
        password=Secret(gauge.password),
        transport=scenario.get("transport", "http"),
        connections=max(20, scenario.get("at_once", 0)),
    )
    log = LogConfig(level="warning", format="json")
    config = stasis.Config(asterisk=asterisk, http=HttpConfig(port=0), log=log)
    set_up(config.log)
    bench = Bench(gauge)
    await stasis.run(config, [bench], ready=bench.scenario)


def new_loop(name: str) -> asyncio.AbstractEventLoop:
    """An event loop: asyncio's own, or uvloop's."""
    if name == "uvloop":
        import uvloop

        return uvloop.new_event_loop()
    return asyncio.new_event_loop()


if __name__ == "__main__":
    chosen = Gauge().scenario.get("loop", "asyncio")
    with asyncio.Runner(loop_factory=lambda: new_loop(chosen)) as runner:
        runner.run(main())
