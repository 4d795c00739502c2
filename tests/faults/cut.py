"""The event socket is cut at random moments while calls live: every call goes on to its end.

Usage: python -m tests.faults.cut [--lab NAME] [--calls N] [--faults N] [--seed S] [--transport T].
Cuts are RST, FIN, and silent half-open ones; besides, replies of requests that Asterisk has carried
out are lost. Last, how long a half-open socket stays unnoticed with the default configuration.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import attrs

from stasis import Link
from stasis.config import AsteriskConfig, Config
from stasis.testing import Fault, FaultProxy
from stasis.testing.fault import How
from tests.asterisk.servers import Server
from tests.faults.caller import KINDS
from tests.faults.calls import CallsConfig, CallsPlugin
from tests.faults.crowd import Crowd
from tests.faults.journal import Reader
from tests.faults.office import Office
from tests.faults.scenario import Options, Result, main, running, tell, until

__all__ = ["cut", "half_open", "quick"]

OPTIONS = Options(calls=100, faults=50)

Change = Callable[[AsteriskConfig], AsteriskConfig]

CUTS: tuple[How, ...] = ("rst", "fin", "silent")
BACK_SECONDS = 10.0
HALF_OPEN_SECONDS = 20.0
# A reply is lost now and then; each of these is one that a call sends in the middle of its life.
LOSSES = (
    Fault("between", method="POST|DELETE", path="/channels/|/bridges/", probability=0.02),
    Fault("before", method="POST|DELETE", path="/channels/|/bridges/", probability=0.01),
)


def through(server: Server, proxy: FaultProxy, change: Change) -> Config:
    """The configuration of a program that reaches Asterisk through the proxy."""
    config = server.config()
    asterisk = attrs.evolve(change(config.asterisk), url=proxy.url)
    return attrs.evolve(config, asterisk=asterisk)


def quick(config: AsteriskConfig) -> AsteriskConfig:
    """Fifty cuts in two minutes: by default, reconnecting would slow down to every 30 s.

    A starved Asterisk may be silent for a second: that must not count as a cut. With much more
    hardly a caller would be heard between two cuts.
    """
    return attrs.evolve(config, ping_interval=1.0, ping_timeout=2.0, backoff_max=1.0)


def default(config: AsteriskConfig) -> AsteriskConfig:
    """As it comes."""
    return config


async def cut(server: Server, options: Options) -> Result:
    """Run it. options: calls at once, and how many cuts."""
    result = Result("cut", faults=options.faults)
    rng = random.Random(options.seed)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "journal"
        plugin = CallsPlugin(CallsConfig(str(path)))
        async with (
            FaultProxy("127.0.0.1", server.lab.http_port, seed=options.seed) as proxy,
            Reader.follow(path) as reader,
            Office().open(server) as office,
            running(through(server, proxy, quick), plugin) as link,
        ):
            crowd = Crowd(office, reader, rng, options.calls, KINDS, stay=4.0)
            calling = asyncio.create_task(crowd.run())
            try:
                await until(lambda: crowd.alive() >= options.calls * 0.8, 60, "no calls")
                proxy.arm(*LOSSES)
                kinds = Counter[str]()
                seconds: list[float] = []
                for number in range(options.faults):
                    await asyncio.sleep(rng.uniform(0.0, 1.5))
                    how = CUTS[number % 3] if number < 3 else rng.choice(CUTS)
                    kinds[how] += 1
                    seconds.append(await one(proxy, link, how))
                    tell(
                        f"cut {number + 1} of {options.faults}, {how}: back after"
                        f" {seconds[-1]:.1f} s; {crowd.alive()} calls"
                    )
                proxy.disarm()
            finally:
                crowd.enough.set()
                await calling
            await until(lambda: not link.runners, 30, "not every flow has ended")
            await crowd.sum_up(result)
            result.more |= {
                "cuts": dict(kinds),
                "replies_lost": proxy.counts["between"],
                "requests_lost": proxy.counts["before"],
                "gaps": len(plugin.gaps),
                "seconds_deaf_at_most": round(max(seconds), 1),
            }
            if len(plugin.gaps) != options.faults:
                result.problems.append(f"{len(plugin.gaps)} gaps of {options.faults} cuts")
            result.problems += twice(reader)
            proxy.thaw()
    return result


async def whole(server: Server, options: Options) -> Result:
    """The cuts, and then the default configuration's bound."""
    result = await cut(server, options)
    seconds = await half_open(server)
    result.more["half_open_seconds"] = round(seconds, 1)
    if seconds > HALF_OPEN_SECONDS:
        result.problems.append("a half-open socket was noticed too late")
    return result


async def one(proxy: FaultProxy, link: Link, how: How) -> float:
    """Cut all sockets once, and wait until the program hears again. Returns the seconds."""
    before, begun = link.counts["gaps"], monotonic()
    assert await proxy.cut(how)
    await until(
        lambda: link.counts["gaps"] > before and link.state.value == "ready",
        BACK_SECONDS,
        f"the link is not back after {how}",
    )
    return monotonic() - begun


def twice(reader: Reader) -> list[str]:
    """Calls that were told of one gap more than once."""
    found = []
    for name in reader.calls:
        starts = Counter(line.detail["start"] for line in reader.of(name, "gap"))
        if any(count > 1 for count in starts.values()):
            found.append(f"{name}: one gap was told more than once")
    return found


async def half_open(server: Server, change: Change = default) -> float:
    """Freeze the socket of a program. Returns after how many seconds it has noticed."""
    with TemporaryDirectory() as folder:
        plugin = CallsPlugin(CallsConfig(str(Path(folder) / "journal")))
        async with (
            FaultProxy("127.0.0.1", server.lab.http_port) as proxy,
            running(through(server, proxy, change), plugin) as link,
        ):
            begun = monotonic()
            await proxy.cut("silent")
            await link.state.reached("gap", timeout=3 * HALF_OPEN_SECONDS)
            noticed = monotonic() - begun
            await link.state.reached("ready", timeout=BACK_SECONDS)
            tell(f"half-open: noticed after {noticed:.1f} s")
            return noticed


if __name__ == "__main__":
    main("cut", whole, OPTIONS)
