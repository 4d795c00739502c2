"""Runs scenarios on one server: several side by side, and one after the other those that cannot."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Iterable

from attrs import frozen

from tests.conformance.place import Place
from tests.conformance.scenario import Scenario
from tests.conformance.server import Server
from tests.conformance.tape import Tape

__all__ = ["Outcome", "run", "run_all"]

AT_ONCE = 5
# The longest that one scenario may take.
SECONDS = 40.0


@frozen
class Outcome:
    """What came of a scenario on a target.

    result: `passed`, `failed`, or `not applicable`, when the target cannot show the behaviour.
    why: the traceback of a failure.
    """

    scenario: str
    result: str
    why: str = ""
    seconds: float = 0.0
    tape: Tape | None = None


async def run(server: Server, scenario: Scenario) -> Outcome:
    """Run one scenario; whatever it raises is its failure."""
    begun = time.perf_counter()
    place = Place(server, scenario.name)
    problems = []
    try:
        async with asyncio.timeout(SECONDS):
            await scenario.body(place)
    except Exception:
        problems.append(shortened(traceback.format_exc()))
        problems += [f"the last request: {told}" for told in place.tape.told[-1:]]
    try:
        async with asyncio.timeout(SECONDS):
            await place.leave()
    except Exception:
        problems.append(shortened(traceback.format_exc()))
    return Outcome(
        scenario.name,
        "failed" if problems else "passed",
        "\n".join(problems),
        time.perf_counter() - begun,
        place.tape,
    )


async def run_all(server: Server, scenarios: Iterable[Scenario]) -> list[Outcome]:
    """Run all on one server. Those that must be alone come last."""
    scenarios = list(scenarios)
    gate = asyncio.Semaphore(AT_ONCE)

    async def when_free(scenario: Scenario) -> Outcome:
        async with gate:
            return await run(server, scenario)

    together = (when_free(each) for each in scenarios if not each.alone)
    outcomes = list(await asyncio.gather(*together))
    outcomes += [await run(server, each) for each in scenarios if each.alone]
    return outcomes


def shortened(text: str) -> str:
    """A traceback without the lines of asyncio and of this module."""
    lines, skip = [], False
    for line in text.splitlines():
        if line.startswith("  File "):
            skip = "/asyncio/" in line or "/conformance/run.py" in line
        if not skip or not line.startswith(" "):
            lines.append(line)
    return "\n".join(lines)
