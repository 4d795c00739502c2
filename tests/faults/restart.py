"""Asterisk is restarted under load: every flow ends once, and the program takes calls again.

Usage: python -m tests.faults.restart [--lab NAME] [--calls N] [--faults N] [--seed S]. Every other
restart is a crash (SIGKILL). The program itself is never restarted.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import attrs

from stasis import Link
from stasis.errors import StasisError
from tests.asterisk.servers import Server
from tests.faults.caller import KINDS, Caller, Lost, TurnedAway
from tests.faults.calls import CallsConfig, CallsPlugin
from tests.faults.journal import Reader
from tests.faults.office import Office
from tests.faults.scenario import Options, Result, main, running, tell, until

OPTIONS = Options(calls=50, faults=6)

# Calls that are just coming in when Asterisk goes.
RUSH = 10
AFTERWARDS = 5
# From the order to restart until calls are taken again; Asterisk itself takes one or two.
BACK_SECONDS = 10.0


async def restart(server: Server, options: Options) -> Result:
    """Run it. options: calls at each restart, and how many restarts."""
    result = Result("restart", faults=options.faults)
    rng = random.Random(options.seed)
    config = server.config()
    # A person waits for this: half a minute between two tries is for servers.
    quick = attrs.evolve(config.asterisk, backoff_max=2.0)
    config = attrs.evolve(config, asterisk=quick)
    reasons: Counter[str] = Counter()
    back: list[float] = []
    with TemporaryDirectory() as folder:
        path = Path(folder) / "journal"
        plugin = CallsPlugin(CallsConfig(str(path)))
        async with (
            Reader.follow(path) as reader,
            Office().open(server, backoff_max=2.0) as office,
            running(config, plugin) as link,
        ):
            for number in range(options.faults):
                result.lost += await fill(office, reader, rng, options.calls, f"r{number}")
                rush = [
                    asyncio.create_task(come(caller(office, reader, rng, n, f"r{number}rush")))
                    for n in range(RUSH)
                ]
                kill = number % 2 == 0
                tell(f"restart {number + 1} of {options.faults}, {'crash' if kill else 'polite'}")
                begun = monotonic()
                await asyncio.to_thread(server.lab.restart, kill=kill)
                for each in link, office.link:
                    await until(partial(is_back, each, number), 60, "the link is not ready again")
                back.append(monotonic() - begun)
                await asyncio.gather(*rush)
                await until(lambda: not link.runners, 20, "not every flow has ended")
                result.lost += await afterwards(office, reader, rng, f"r{number}after")
            await until(lambda: not link.runners, 30, "not every flow has ended")
            result.problems += reader.unfinished()
            for name, lines in reader.calls.items():
                ends = [line for line in lines if line.what == "ended"]
                for end in ends:
                    reason = end.detail["gone"].partition(": ")[2]
                    reasons[reason] += 1
                    if not reason:
                        result.problems.append(f"{name}: ended without ChannelGone")
            result.calls = len(reader.calls)
            strays = await office.strays()
            result.strays = len(strays)
            result.problems += strays[:10]
    if max(back) > BACK_SECONDS:
        result.problems.append(f"a link was back only after {max(back):.1f} s")
    result.more |= {"reasons": dict(reasons), "seconds_back": round(max(back), 1)}
    return result


def is_back(link: Link, number: int) -> bool:
    """Whether a link is there again after so many restarts and this one."""
    return link.counts["gaps"] > number and link.state.value == "ready"


def caller(office: Office, reader: Reader, rng: random.Random, number: int, name: str) -> Caller:
    """One of a row of callers."""
    kind = KINDS[number % len(KINDS)]
    dice = random.Random(rng.random())
    return Caller(office, reader, f"{name}-{number}", kind, dice, f"room-{name}-{number // 25}")


async def come(each: Caller) -> None:
    """Call and go somewhere, as far as it gets."""
    with suppress(Lost, TurnedAway, StasisError):
        await each.come()
        await each.enter()


async def fill(office: Office, reader: Reader, rng: random.Random, size: int, name: str) -> int:
    """Bring so many callers to their places. Returns how many did not get there."""

    async def place(number: int) -> bool:
        each = caller(office, reader, rng, number, name)
        await asyncio.sleep(number / 20)
        try:
            await each.come()
            await each.enter()
            await each.show()
        except (Lost, TurnedAway, StasisError) as error:
            tell(f"LOST {each.name} {each.kind}: {error!r}; {reader.story(each.name)}")
            return False
        return True

    return (await asyncio.gather(*map(place, range(size)))).count(False)


async def afterwards(office: Office, reader: Reader, rng: random.Random, name: str) -> int:
    """New calls are taken, to their very end. Returns how many were not."""
    verdicts = await asyncio.gather(
        *(caller(office, reader, rng, n, name).run(0.5) for n in range(AFTERWARDS))
    )
    for verdict in verdicts:
        if verdict.lost or not verdict.taken:
            tell(f"LOST {verdict}")
    return sum(bool(each.lost) or not each.taken for each in verdicts)


if __name__ == "__main__":
    main("restart", restart, OPTIONS)
