"""Nothing that arrives can crash the process: a real link is fed frames made strange.

    python -m tests.faults.fuzz --frames 1000000 --seed 1

Two kinds of calls live meanwhile. Strange frames name the ids of the `victims`, which may end at
any moment and are called anew. No strange frame can name a `bystander`: each of them has to go its
whole way (menu, recording, bridge), and to end exactly once. One JSON line tells how it went; what
does not hold is raised as `Broken`, with everything that was wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import sys
from collections import Counter
from collections.abc import Coroutine
from time import perf_counter
from typing import Any

import structlog

from stasis.flow import Leave
from tests.faults.world import Broken, World

BYSTANDERS = 20
# How much the process may have grown when the last frame was read, in MB.
GROWTH = 64.0
# Lines of one text at most in the log, beside one for each call.
LINES = 200
# Seconds without any bystander's progress, after which one is stuck.
STUCK = 120.0


class Lines:
    """Counts the log's lines by level and text, and keeps those that tell of a defect.

    A victim's flow may fail for what it was told, and so may a call of an id that is no id: that
    is its own affair. What is to be reported is not, nor what a bystander's call complains of.
    """

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self.defects: list[str] = []
        self.failures: Counter[str] = Counter()

    def __call__(self, logger: Any, method: str, event: Any) -> Any:
        """A processor of structlog: the last one."""
        text = str(event.get("event"))
        self.counts[method, text] += 1
        if method not in EXPECTED:
            wrong = str(event.get("exc_info") or event.get("exception") or event.get("error"))
            bystander = str(event.get("channel")).startswith("bystander")
            if "please report" in text or bystander:
                self.defects.append(f"{text}: {wrong[:3000]}")
            self.failures[f"{text}: {wrong[-150:]}"] += 1
        raise structlog.DropEvent


EXPECTED = {"debug", "info"}


async def fuzz(frames: int, seed: int) -> dict[str, Any]:
    """Feed a link so many strange frames. Returns what is printed. Raises Broken."""
    lines = Lines()
    before = structlog.get_config()
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, lines], cache_logger_on_first_use=False
    )
    world = World(frames, seed)
    try:
        begun = perf_counter()
        problems = await run(world)
        seconds = perf_counter() - begun
    finally:
        structlog.configure(**before)
    grown = max(world.megabytes) - world.megabytes[0] if world.megabytes else 0.0
    way = ["menu", "message", "recorded 7", "room", "bye", "ended"]
    wrong = {me: went for me, went in world.history.items() if went != way}
    strays = len(world.bridges) + len(world.recording) + len(world.playing) + len(world.channels)
    counts, decoder = world.link.counts, world.link._intake._decoder
    told = counts["events"] + counts["refused"] + counts.get("answers", 0)
    if decoder.frames != world.fed:
        problems.append(f"{world.fed} frames were given, {decoder.frames} were decoded")
    if counts["refused"] != decoder.refused:
        problems.append(f"{counts['refused']} told as refused, {decoder.refused} were")
    if told != world.fed:
        problems.append(f"{world.fed} frames were given, {told} are told of: {counts}")
    if grown > GROWTH:
        problems.append(f"grown by {grown:.0f} MB: {world.megabytes}")
    if wrong:
        problems.append(f"{len(wrong)} bystanders went another way: {list(wrong.items())[:3]}")
    if strays:
        problems.append(
            f"strays: {world.bridges} {world.recording} {world.playing} {sorted(world.channels)[:9]}"
        )
    if left := {k: v for k, v in world.link.router.counts().items() if v}:
        problems.append(f"the router has left {left}")
    problems += [f"log: {each}" for each in lines.defects[:5]]
    for (level, text), count in lines.counts.items():
        if level not in EXPECTED and count > LINES + counts["calls"]:
            problems.append(f"{count} lines {level} «{text}»")
    result = {
        "scenario": "fuzz",
        "frames": world.fed,
        "refused": counts["refused"],
        "events": counts["events"],
        "faults": world.gaps,
        "calls": counts["calls"],
        "bystanders": world.calls,
        "lost": len(wrong),
        "strays": strays,
        "grown_mb": round(grown, 1),
        "seconds": round(seconds, 1),
        "per_second": round(world.fed / seconds),
    }
    if problems:
        raise Broken("\n".join([json.dumps(result), *problems]))
    return result


async def run(world: World) -> list[str]:
    """From the first frame to the last, and to the end of all calls. Returns what was wrong."""
    problems: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, told: problems.append(f"the event loop: {told!r:.1500}"))
    link = asyncio.create_task(world.link.run(), name="the link")
    people = [asyncio.create_task(world.bystander()) for _ in range(BYSTANDERS)]
    everybody: asyncio.Future[Any] = asyncio.gather(*people)
    progress = -1
    while not everybody.done():
        ends: set[asyncio.Future[Any]] = {link, everybody}
        await asyncio.wait(ends, timeout=STUCK, return_when=asyncio.FIRST_COMPLETED)
        now = world.mutated + sum(map(len, world.history.values()))
        if link.done() or now == progress:
            break
        progress = now
    if link.done():
        problems.append(f"the link ended: {link.exception()!r}")
    if not everybody.done():
        alive = {runner.channel.id: runner for runner in world.link.runners}
        stuck = [(me, went) for me, went in world.history.items() if "ended" not in went]
        problems.append(f"stuck: {[(s, alive.get(s[0])) for s in stuck[:5]]}")
        everybody.cancel()
    await asyncio.gather(everybody, return_exceptions=True)
    if not link.done():
        world.link.end_calls(Leave("hangup"))
        problems += await within(world.link.idle(), "calls do not end")
        for channel_id in sorted(world.channels):
            world.leave(channel_id)  # those that nobody here runs: their callers hang up
        while world._queue and not link.done():
            await asyncio.sleep(0.01)
        world.link.stop()
        problems += await within(asyncio.shield(link), "the link does not stop")
    gc.collect()  # so that asyncio tells now of what nobody has read
    loop.set_exception_handler(None)
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    if tasks:
        problems.append(f"tasks left: {[str(each)[:200] for each in tasks][:5]}")
        for task in tasks:
            task.cancel()
    return problems


async def within(work: Coroutine[Any, Any, Any] | asyncio.Future[Any], what: str) -> list[str]:
    """Await it for a while. Returns what was wrong with it."""
    try:
        async with asyncio.timeout(30):
            await work
    except Exception as error:
        return [f"{what}: {error!r}"]
    return []


def main() -> int:
    """The command line. Returns the exit status."""
    parser = argparse.ArgumentParser(description="Feed a link strange frames.")
    parser.add_argument("--frames", type=int, default=1_000_000, help="how many")
    parser.add_argument("--seed", type=int, default=1, help="the same gives the same frames")
    given = parser.parse_args()
    try:
        print(json.dumps(asyncio.run(fuzz(given.frames, given.seed))), flush=True)  # noqa: T201
    except Broken as broken:
        print(broken, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
