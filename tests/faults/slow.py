"""Slow and broken flows run beside healthy ones, which must not notice.

Usage: python -m tests.faults.slow [--lab NAME] [--calls N] [--faults N] [--seed S]. calls: healthy
ones, whose digits are timed from Asterisk to the flow. faults: broken calls beside them. Then one
blocks the event loop itself, and must be named; last, the program must stop all the same.
"""

from __future__ import annotations

import asyncio
import json
import random
import signal
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

from stasis import StasisError
from tests.asterisk.servers import Server
from tests.faults.broken import BLOCKED_SECONDS
from tests.faults.caller import Caller, Lost, TurnedAway, state
from tests.faults.journal import Reader
from tests.faults.office import Office
from tests.faults.process import Child
from tests.faults.scenario import Options, Result, main, tell, until

__all__ = ["slow"]

OPTIONS = Options(calls=20, faults=120)

# Who is hung up by the flow's policy; the others stay until their caller hangs up.
POLICY = ("raisesatonce", "raiseslater", "raisesinaction", "raisesodd")
STAYING = ("sleeps", "raisesinended", "raisesincleanup", "never", "stubborn", "swallows", "leaks")
KINDS = POLICY + STAYING
LEAVE_SECONDS = 1
# From the fault, or the hang-up, to the end of the flow: its cleanup, `ended`, and closing.
CLOSE_SECONDS = 8.0
LAG_SECONDS = 0.05
STOP_SECONDS = 20.0


async def slow(server: Server, options: Options) -> Result:
    """Run it. options: healthy calls, and how many broken ones."""
    result = Result("slow", faults=options.faults, calls=options.calls)
    rng = random.Random(options.seed)
    with TemporaryDirectory() as folder:
        path, log = Path(folder) / "journal", Path(folder) / "log"
        with log.open("wb") as out:
            child = Child(
                *(server, "tests.faults.broken:BrokenPlugin", path, out),
                STASIS_ENGINE_LEAVE_TIMEOUT=str(LEAVE_SECONDS),
            )
            async with (
                Reader.follow(path) as reader,
                Office().open(server) as office,
                child.alive(),
            ):
                place = Place(office, reader, rng)
                await beside(place, options, result)
                await blocked(place, log, result)
                await stopped(place, child, result)
                for name, lines in reader.calls.items():
                    ends = sum(line.what == "ended" for line in lines)
                    if ends != 1 and not name.startswith("last"):
                        result.problems.append(f"{name}: `ended` ran {ends} times")
                strays = await office.strays()
                result.strays = len(strays)
                result.problems += strays[:10]
    return result


class Place:
    """Where callers come from."""

    def __init__(self, office: Office, reader: Reader, rng: random.Random) -> None:
        self.office = office
        self.reader = reader
        self.rng = rng

    async def caller(self, name: str, app: str) -> Caller:
        """A caller who has been answered by this flow."""
        rng = random.Random(self.rng.random())
        caller = Caller(self.office, self.reader, name, "menu", rng, app=app)
        await caller.come()
        return caller


async def beside(place: Place, options: Options, result: Result) -> None:
    """Healthy calls and broken ones at the same time."""
    enough = asyncio.Event()
    healthy = [
        asyncio.create_task(press(place, f"healthy{n}", enough)) for n in range(options.calls)
    ]
    await until(lambda: len(place.reader.calls) >= options.calls, 30, "no healthy calls")
    begun = monotonic()
    left = iter(range(options.faults))

    async def seat() -> None:
        for number in left:
            kind = KINDS[number % len(KINDS)]
            lost = await broken(place, f"{kind}{number}", kind)
            if lost:
                tell(f"LOST {kind}{number}: {lost}")
                result.lost += 1
            elif number % 20 == 0:
                tell(f"broken call {number} of {options.faults}")

    await asyncio.gather(*(seat() for _ in range(len(KINDS))))
    enough.set()
    result.lost += (await asyncio.gather(*healthy)).count(False)
    place.reader.look()
    lags = sorted(
        line.detail["lag"]
        for name, lines in place.reader.calls.items()
        for line in lines
        if name.startswith("healthy") and line.what == "heard" and line.at > begun
    )
    result.more |= {
        "digits": len(lags),
        "lag_p50_ms": round(1000 * lags[len(lags) // 2], 1),
        "lag_p99_ms": round(1000 * lags[len(lags) * 99 // 100], 1),
        "lag_max_ms": round(1000 * lags[-1], 1),
    }
    if lags[len(lags) * 99 // 100] > LAG_SECONDS:
        result.problems.append("the healthy calls were delayed")


async def press(place: Place, name: str, enough: asyncio.Event) -> bool:
    """A healthy call: it presses until it is enough. Returns whether every digit was heard."""
    try:
        caller = await place.caller(name, "healthy")
        while not enough.is_set():
            await caller.show()
            await asyncio.sleep(caller.rng.uniform(0.1, 0.4))
        await caller.end("by the caller")
    except (Lost, TurnedAway, StasisError) as error:
        tell(f"LOST {name}: {error!r}")
        return False
    return True


async def broken(place: Place, name: str, kind: str) -> str:
    """A broken call, which is closed in time all the same. Returns what went wrong, or nothing."""
    try:
        if kind in POLICY:
            await closed(place, name, kind)
            return ""
        caller = await place.caller(name, kind)
        if kind in ("stubborn", "raisesincleanup"):
            await caller.proof(state("second"), "the second state")
        await asyncio.sleep(caller.rng.uniform(0, 1))
        if kind == "sleeps":
            await caller.channel.send_dtmf("1")
        caller.leaving = True
        await caller.channel.hangup()
        await caller.proof(lambda line: line.what == "ended", "`ended`", 0, CLOSE_SECONDS)
    except (Lost, TurnedAway, StasisError, TimeoutError) as error:
        return f"{error!r}"
    return ""


async def closed(place: Place, name: str, kind: str) -> None:
    """A call that its flow's policy hangs up, perhaps before the caller has heard anything."""
    channel_id, _ = await place.office.call(name, "", kind)
    until_when = monotonic() + CLOSE_SECONDS
    while not place.reader.of(name, "ended") or await place.office.there(channel_id):
        if monotonic() > until_when:
            raise Lost("not closed by policy")
        await place.reader.news(0.2)


async def blocked(place: Place, log: Path, result: Result) -> None:
    """A flow blocks the loop: the log says which, and on which line."""
    caller = await place.caller("blocks", "blocks")
    await caller.show()
    await caller.end("by the caller")
    # The thread that tells of it does so a moment later.
    with suppress(TimeoutError):
        await until(lambda: any(map(names_it, told_of(log))), 5, "nobody is named")
    told = told_of(log)
    result.more["blocked"] = told[0] if told else None
    if not any(names_it(each) for each in told):
        result.problems.append(f"who blocks the loop was not named: {told}")


def told_of(log: Path) -> list[dict[str, Any]]:
    """What a log in JSON tells of a blocked event loop, up to its last whole line."""
    lines = [json.loads(line) for line in log.read_bytes().split(b"\n")[:-1] if line[:1] == b"{"]
    return [each for each in lines if each["event"] == "the event loop was blocked"]


def names_it(line: dict[str, Any]) -> bool:
    """Whether a line of the log names the flow that blocks, and where."""
    return (
        line.get("app") == "blocks"
        and line.get("flow") == "Blocks"
        and line.get("state") == "menu"
        and "broken.py:" in line["at"]
        and line["function"].endswith("act")
        and "time.sleep(BLOCKED_SECONDS)" in line["line"]
        and line.get("seconds", 0) >= BLOCKED_SECONDS / 2
    )


async def stopped(place: Place, child: Child, result: Result) -> None:
    """The program stops, whatever its flows do: asked once, and twice."""
    await asyncio.gather(*(place.caller(f"last-{kind}", kind) for kind in STAYING))
    begun = monotonic()
    for _ in range(2):
        child.signal(signal.SIGTERM)
        await asyncio.sleep(LEAVE_SECONDS / 2)
    try:
        status = await child.ended(STOP_SECONDS)
        if status:
            result.problems.append(f"the program ended with {status}")
    except TimeoutError:
        result.problems.append(f"the program does not stop within {STOP_SECONDS:g} s")
    result.more["seconds_to_stop"] = round(monotonic() - begun, 1)


if __name__ == "__main__":
    main("slow", slow, OPTIONS)
