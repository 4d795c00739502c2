"""So many callers at once: whoever ends is followed by the next, until told to stop."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence

from tests.faults.caller import Caller, Verdict
from tests.faults.journal import Reader
from tests.faults.office import Office
from tests.faults.scenario import Result, tell

__all__ = ["Crowd"]

ROOM_OF = 5


class Crowd:
    """Keeps so many calls alive.

    size: calls at once. kinds: what they do, in turn. stay: seconds each lingers at a step.
    verdicts: of those that have ended.
    """

    def __init__(
        self,
        office: Office,
        reader: Reader,
        rng: random.Random,
        size: int,
        kinds: Sequence[str],
        stay: float,
    ) -> None:
        self.office = office
        self.reader = reader
        self.rng = rng
        self.size = size
        self.kinds = kinds
        self.stay = stay
        self.verdicts: list[Verdict] = []
        self.enough = asyncio.Event()
        self._count = 0

    async def run(self) -> None:
        """Place calls until told that it is enough, and see all to their end."""
        async with asyncio.TaskGroup() as group:
            for seat in range(self.size):
                group.create_task(self._seat(seat))

    async def _seat(self, seat: int) -> None:
        await asyncio.sleep(seat / 20)  # as many calls a second as a busy line has
        while not self.enough.is_set():
            number, self._count = self._count, self._count + 1
            kind = self.kinds[number % len(self.kinds)]
            room = f"room-{seat // ROOM_OF}"
            rng = random.Random(self.rng.random())
            caller = Caller(self.office, self.reader, f"c{number}", kind, rng, room)
            verdict = await caller.run(self.stay)
            self.verdicts.append(verdict)
            if verdict.lost:
                tell(f"LOST {verdict.name} {verdict.kind}: {verdict.lost}")

    def alive(self) -> int:
        """Calls that have a flow now."""
        return sum(
            bool(lines) and all(line.what != "ended" for line in lines)
            for lines in self.reader.calls.values()
        )

    async def sum_up(self, result: Result) -> None:
        """Count, once all have ended."""
        self.reader.look()
        taken = [each for each in self.verdicts if each.taken]
        result.calls = len(taken)
        result.lost = sum(bool(each.lost) for each in taken)
        ways = Counter(each.way for each in self.verdicts if each.way)
        result.more["ways"] = dict(ways)
        result.more["desks_rung_again"] = sum(
            line.detail.get("state") == "again"
            for lines in self.reader.calls.values()
            for line in lines
            if line.what == "state"
        )
        result.problems += self.reader.unfinished()
        strays = await self.office.strays()
        result.strays = len(strays)
        for stray in strays[:10]:
            tell(f"STRAY {stray}")
