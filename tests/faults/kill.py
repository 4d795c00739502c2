"""The program is killed and started again while calls live: each goes on where it was.

Usage: python -m tests.faults.kill [--lab NAME] [--calls N] [--faults N] [--seed S]. The callers are
in a menu, at a password, leaving a message, talking to a desk, and five to a room. In the middle
the flow's file is replaced by a new version, as a deploy does.
"""

from __future__ import annotations

import asyncio
import inspect
import random
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from stasis.errors import StasisError
from tests.asterisk.servers import Server
from tests.faults import calls
from tests.faults.caller import KINDS, PLACES, Caller, Lost, TurnedAway
from tests.faults.journal import Reader
from tests.faults.office import Office
from tests.faults.process import Child
from tests.faults.scenario import Options, Result, main, tell

__all__ = ["kill"]

OPTIONS = Options(calls=50, faults=10)

ROOM_OF = 5
# What the new version does differently: what it notes, a state of its own, and a prompt.
CHANGES = (
    ('self.note("heard")', 'self.note("heard", version=2)'),
    ('GREETING = "sound:demo-instruct"', 'GREETING = "sound:hello-world"'),
    (
        "    async def bye(self, event: Event) -> None:\n",
        "    async def thanks(self, event: Event) -> None:\n"
        '        self.enter("thanks", event)\n'
        '        await self.channel.play("sound:auth-thankyou")\n\n'
        "    async def bye(self, event: Event) -> None:\n",
    ),
    (
        '(ChannelDtmfReceived, "0"): bye,',
        '(ChannelDtmfReceived, "0"): thanks,',
    ),
    (
        "    table = {\n",
        "    table = {\n        thanks: {PlaybackFinished: bye, After(20): bye},\n",
    ),
    ("    Other,\n", "    Other,\n    PlaybackFinished,\n"),
)


async def kill(server: Server, options: Options) -> Result:
    """Run it. options: live calls, and how often the program is killed."""
    result = Result("kill", faults=options.faults, calls=options.calls)
    rng = random.Random(options.seed)
    with TemporaryDirectory() as folder:
        path, file, out = (Path(folder) / name for name in ("journal", "flow.py", "log"))
        old = inspect.getsource(calls)
        file.write_text(old)
        with out.open("wb") as log:
            child = Child(server, f"{file}:CallsPlugin", path, log)
            async with (
                Reader.follow(path) as reader,
                Office().open(server) as office,
                child.alive(),
            ):
                crowd = Crowd(office, reader, rng, options.calls, result)
                await crowd.all(settle)
                tell(f"{len(crowd.left)} calls are in their places")
                bridges = await crowd.bridges()
                version = 1
                for number in range(options.faults):
                    await child.kill()
                    await asyncio.sleep(rng.uniform(0.0, 2.0))
                    if number == options.faults // 2:
                        file.write_text(new_version(old))
                        version = 2
                        tell("the flow's file is another one now")
                    begun, seen = monotonic(), crowd.seen()
                    await child.start()
                    await crowd.all(partial(resumed, seen))
                    crowd.seconds_back.append(monotonic() - begun)
                    await crowd.all(partial(show, version))
                    tell(
                        f"kill {number + 1} of {options.faults}: {len(crowd.left)} calls go on,"
                        f" the last after {crowd.seconds_back[-1]:.1f} s"
                    )
                    if not result.lost and await crowd.bridges() != bridges:
                        result.problems.append(f"kill {number + 1}: bridges have changed")
                await crowd.all(finish)
                crowd.sum_up()
                strays = await office.strays()
                result.strays = len(strays)
                result.problems += strays[:10]
        for line in out.read_text("utf-8", "replace").splitlines():
            if '"level": "error"' in line:
                tell(f"the program logs: {line[:600]}")
    return result


class Crowd:
    """The callers. left: those who are not lost."""

    def __init__(
        self, office: Office, reader: Reader, rng: random.Random, size: int, result: Result
    ) -> None:
        self.office = office
        self.reader = reader
        self.result = result
        self.left = [self._member(number, rng) for number in range(size)]
        self.seconds_back: list[float] = []

    def _member(self, number: int, rng: random.Random) -> Caller:
        """One of them. Of those who go to a room, five in a row share one."""
        kind = KINDS[number % len(KINDS)]
        room = f"room-{number // len(KINDS) // ROOM_OF}"
        dice = random.Random(rng.random())
        return Caller(self.office, self.reader, f"k{number}", kind, dice, room)

    async def all(self, step: Callable[[Caller], Awaitable[None]]) -> None:
        """Everybody takes a step; who fails is lost."""

        async def take(each: Caller) -> None:
            try:
                await step(each)
            except (Lost, TurnedAway, StasisError) as error:
                self.left.remove(each)
                await each.give_up()
                self.result.lost += 1
                tell(f"LOST {each.name} {each.kind}: {error!r}; {self.reader.story(each.name)}")

        await asyncio.gather(*map(take, list(self.left)))

    def seen(self) -> dict[str, int]:
        """How much each flow has written."""
        self.reader.look()
        return {name: len(lines) for name, lines in self.reader.calls.items()}

    async def bridges(self) -> dict[str, list[str]]:
        """Who is in which bridge."""
        return {
            each.id: sorted(each.channels) for each in await self.office.link.ari.bridges.list()
        }

    def sum_up(self) -> None:
        """Count."""
        self.result.problems += self.reader.unfinished()
        self.result.more["seconds_back_at_most"] = round(max(self.seconds_back, default=0.0), 1)


def new_version(old: str) -> str:
    """The flow's file after the deploy."""
    text = old
    for before, after in CHANGES:
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    return text


async def settle(caller: Caller) -> None:
    """Call, and go to one's place."""
    await asyncio.sleep(int(caller.name[1:]) / 20)
    await caller.come()
    await caller.enter()
    await caller.show()


async def resumed(seen: Mapping[str, int], caller: Caller) -> None:
    """The new process has entered the state in which the old one was, and no other."""
    line = await caller.proof(lambda each: each.what == "state", "resumed state", seen[caller.name])
    if line.detail != {"state": PLACES[caller.kind], "why": "Resumed"}:
        raise Lost(f"resumed in {line.detail}")
    if (desks := len(caller.office.desks.get(caller.name, ()))) != (caller.kind == "desk"):
        raise Lost(f"{desks} desks were rung")


async def show(version: int, caller: Caller) -> None:
    """The flow answers, from the version of its code that runs now."""
    line = await caller.show()
    if line.what == "heard" and line.detail.get("version", 1) != version:
        raise Lost(f"answered by another version than {version}")


async def finish(caller: Caller) -> None:
    """Leave, one way or the other."""
    if caller.kind != "message" and caller.rng.random() < 0.4:
        return await caller.end("by the caller")
    await caller.leave()
    return await caller.end("by the flow")


if __name__ == "__main__":
    main("kill", kill, OPTIONS)
