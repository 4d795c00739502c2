"""What the scenarios run on: Asterisk 22 and 16, and the simulator, as both versions.

`22` and `16` are real servers in the lab; `http` and `http16` are the simulator on a port, in real
time; `inside` and `inside16` are the simulator in-process, in virtual time.
"""

from __future__ import annotations

import asyncio
import os
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from attrs import frozen

from stasis.lab.lab import Lab
from stasis.testing import clock
from stasis.testing.simulator.server import serving
from tests.conformance import over_http
from tests.conformance.configuration import ORIGINS, SESSIONS, prepare
from tests.conformance.inside import Inside
from tests.conformance.outside import OFLAB, OFMACHINE, OfLab, OfMachine
from tests.conformance.over_http import OverHttp
from tests.conformance.run import Outcome, run, run_all
from tests.conformance.scenario import Scenario
from tests.conformance.simulated import USERS, simulated

__all__ = ["TARGETS", "Ran", "Target", "run_on"]

# Runs scenarios; the text is the prefix of the labs to use, or "".
Runs = Callable[["Target", Sequence[Scenario], str], list[Outcome]]


@frozen
class Target:
    """One of them.

    version: as whose it behaves. offers: see `Scenario`. real: it is Asterisk. waits: its scenarios
    take time, since it is not virtual.
    """

    version: str
    offers: frozenset[str]
    runs: Runs
    real: bool = False
    waits: bool = True

    def shows(self, scenario: Scenario) -> bool:
        """Whether a scenario applies to it."""
        return scenario.applies(self.version, self.offers)


def on_real(target: Target, scenarios: Sequence[Scenario], labs: str) -> list[Outcome]:
    """Run them on a real Asterisk."""
    if labs:
        return on_lab(Lab.up(target.version, f"{labs}-{target.version}"), scenarios)
    lab = Lab.up(target.version, f"conformance-{target.version}-{os.getpid()}")
    try:
        return on_lab(lab, scenarios)
    finally:
        lab.down()


def on_lab(lab: Lab, scenarios: Sequence[Scenario]) -> list[Outcome]:
    """Run them on a real Asterisk that is up."""
    prepare(lab)

    async def real() -> list[Outcome]:
        async with OverHttp(lab.url, lab.version, OfLab(lab)) as server:
            return await run_all(server, scenarios)

    return asyncio.run(real(), debug=False)  # scenarios look at times


def on_simulator(target: Target, scenarios: Sequence[Scenario], labs: str) -> list[Outcome]:
    """Run them on the simulator over HTTP, as on a real one: all on one server, in real time."""

    async def over_http() -> list[Outcome]:
        async with (
            simulated(target.version) as machine,
            serving(machine, USERS, origins=ORIGINS, sessions=SESSIONS, write_timeout=0.5) as front,
            OverHttp(front.url, target.version, OfMachine(machine, front.stop)) as server,
        ):
            return await run_all(server, scenarios)

    return asyncio.run(over_http(), debug=False)


def in_process(target: Target, scenarios: Sequence[Scenario], labs: str) -> list[Outcome]:
    """Run them on the simulator in-process, each on a server of its own, in virtual time."""

    async def on_its_own(scenario: Scenario) -> Outcome:
        async with simulated(target.version) as machine:
            return await run(Inside(machine, target.version), scenario)

    return [clock.run(on_its_own(each)) for each in scenarios]


TARGETS = {
    "22": Target("22", over_http.OFFERS | OFLAB, on_real, real=True),
    "16": Target("16", over_http.OFFERS | OFLAB, on_real, real=True),
    "http": Target("22", over_http.OFFERS | OFMACHINE, on_simulator),
    "http16": Target("16", over_http.OFFERS | OFMACHINE, on_simulator),
    "inside": Target("22", OFMACHINE, in_process, waits=False),
    "inside16": Target("16", OFMACHINE, in_process, waits=False),
}


@frozen
class Ran:
    """A target's run. outcomes: in the order in which the scenarios were given. seconds: it took."""

    outcomes: list[Outcome]
    seconds: float


def run_on(names: Sequence[str], scenarios: Sequence[Scenario], labs: str = "") -> dict[str, Ran]:
    """Run them on these targets: those that mostly wait at the same time, then the others.

    labs: the labs `LABS-22` and `LABS-16` are used, and left up; "" starts own ones.
    """

    def ran(name: str) -> Ran:
        target = TARGETS[name]
        begun = time.perf_counter()
        wanted = [each for each in scenarios if target.shows(each)]
        try:
            came = target.runs(target, wanted, labs) if wanted else []
        except Exception:  # it did not even start, or did not end: nothing of it can be told
            why = traceback.format_exc()
            came = [Outcome(each.name, "failed", why) for each in wanted]
        done = {each.scenario: each for each in came}
        outcomes = [done.get(each.name, Outcome(each.name, "not applicable")) for each in scenarios]
        return Ran(outcomes, time.perf_counter() - begun)

    waiting = [name for name in names if TARGETS[name].waits]
    with ThreadPoolExecutor(max(1, len(waiting))) as threads:
        done = dict(zip(waiting, threads.map(ran, waiting), strict=True))
    done |= {name: ran(name) for name in names if name not in done}
    return {name: done[name] for name in names}
