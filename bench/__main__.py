"""`make bench`: every scenario with every client, round by round.

In one round each scenario is run by all clients one after the other, so that what the machine does
beside it hits all of them; the next round begins with another client. The results are printed, and
written to bench/results/latest.json with all that each run has told.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich.console import Console

from bench.described import described
from bench.peers import PEERS, PeerMissing
from bench.places import asterisk, place_of
from bench.ran import Ran
from bench.report import RESULTS, screen, show
from bench.results import REFERENCE, Results
from bench.run import OURS, Client, Failed
from bench.scenarios import ALL, Place, Scenario

__all__ = ["main", "run"]

# What of our own environment has a say in its speed.
PACKAGES = ("stasis-ari", "aiohttp", "attrs", "msgspec", "uvloop", "websockets")


def run(
    scenarios: Sequence[Scenario],
    clients: Sequence[Client],
    rounds: int,
    places: dict[bool, Place],
    console: Console,
    done: Callable[[Results], object] = lambda results: None,
) -> Results:
    """All rounds.

    places: the fake server, and under True a real Asterisk. done: called with what there is after
    each round, so that whoever has no patience has something.
    """
    there = [each for each in scenarios if each.real in places]
    plan = [(scenario, [c for c in clients if scenario.takes(c)]) for scenario in there]
    left = rounds * sum(scenario.seconds * len(who) for scenario, who in plan)
    console.print(f"{rounds} rounds, about {left / 60:.0f} minutes")
    finished: list[dict[str, dict[str, Ran]]] = []
    for number in range(rounds):
        found: dict[str, dict[str, Ran]] = {}
        begun = time.monotonic()
        for scenario, who in plan:
            first = number % len(who) if who else 0
            for client in [*who[first:], *who[:first]]:
                console.print(
                    f"round {number + 1} of {rounds}: {scenario.name}: {client.name}", style="dim"
                )
                ran = one(scenario, client, places[scenario.real])
                if ran.error:
                    console.print(f"  {ran.error}", style="yellow", markup=False)
                found.setdefault(scenario.name, {})[client.name] = ran
            # In the order of the clients, whoever has begun.
            there_are = found.get(scenario.name, {})
            found[scenario.name] = {c.name: there_are[c.name] for c in who}
        finished.append(found)
        done(Results(finished))
        if left_over := rounds - number - 1:
            minutes = left_over * (time.monotonic() - begun) / 60
            console.print(f"about {minutes:.0f} minutes to go")
    return Results(finished)


def one(scenario: Scenario, client: Client, place: Place) -> Ran:
    """One run, whatever becomes of it."""
    try:
        return scenario.measure(client, place)
    except Failed as failed:
        return Ran(error=str(failed))


def peers(console: Console) -> list[Client]:
    """The peers that can be installed here; the others are told of."""
    found: list[Client] = []
    for peer in PEERS:
        try:
            peer.prepare()
        except PeerMissing as missing:
            console.print(str(missing), style="red", markup=False)
        else:
            found.append(Client(peer.title, tuple(peer.command), most=peer.most))
    return found


def ours() -> list[Client]:
    """Our own clients, without those whose event loop is not installed."""
    fast = importlib.util.find_spec("uvloop") is not None
    return [each for each in OURS if fast or each.extra.get("loop") != "uvloop"]


def installed(name: str) -> str:
    """The version of a package of our own environment."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def machine(clients: Sequence[Client]) -> dict[str, object]:
    """Where it was measured, and what. clients: those that were."""
    own = {"python": platform.python_version(), **{name: installed(name) for name in PACKAGES}}
    packages: dict[str, Mapping[str, str]] = {each.name: own for each in clients}
    for peer in PEERS:
        if peer.title in packages:
            packages[peer.title] = peer.installed()
    model = [
        line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line
    ]
    return {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "python": platform.python_version(),
        "uvloop": installed("uvloop"),
        "cpus": os.cpu_count(),
        "cpu": model[0].partition(":")[2].strip() if model else platform.machine(),
        "os": platform.freedesktop_os_release()["PRETTY_NAME"],
        "system": platform.platform(),
        "load": os.getloadavg(),
        "installed": packages,
    }


def options_of(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--quick", action="store_true", help="one small round, ours, no Asterisk")
    parser.add_argument("--rounds", type=int, default=0, help="3, in the quick mode 1")
    parser.add_argument("--only", default="", help="scenarios, or kinds of them: 'burst;paced 500'")
    parser.add_argument("--clients", default="", help="parts of clients' names: 'bare;stasis'")
    parser.add_argument("--no-peers", action="store_true", help="ours and the reference alone")
    parser.add_argument("--json", type=Path, default=RESULTS, help="where the results go")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure. Returns how many runs have failed."""
    options, console = options_of(arguments), screen()
    wanted, named = options.only.split(";"), options.clients.split(";")
    scenarios = [
        each.sized(quick=options.quick) for each in ALL if {each.name, each.kind, ""} & set(wanted)
    ]
    alone = options.quick or options.no_peers
    clients = [
        each
        for each in ours() + ([] if alone else peers(console))
        if any(part in each.name for part in named)
    ]
    # Peers ask for an API description, which a real one gives.
    real = any(each.real for each in scenarios) or not alone
    where = machine(clients)
    titles = {each.name: each.title for each in scenarios}

    def write(results: Results) -> dict[str, object]:
        told = {"machine": where, "reference": REFERENCE, "titles": titles, **results.told()}
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(told, indent=1) + "\n", "utf-8")
        return told

    with asterisk(console) if real and not options.quick else nullcontext() as lab:
        with place_of(lab, described(lab)) as places:
            rounds = options.rounds or (1 if options.quick else 3)
            results = run(scenarios, clients, rounds, places, console, write)
    show(write(results), console)
    console.print(f"all numbers: {options.json}", style="dim")
    return results.failed


if __name__ == "__main__":
    sys.exit(min(main(), 1))
