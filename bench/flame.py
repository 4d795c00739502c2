"""Where the time of a scenario goes: `python -m bench.flame`.

A client runs under py-spy, which reads its stacks from outside, so that the measured process is not
changed, and needs no rights when it starts the process itself. The picture goes to docs/images, the
shares between the marks of docs/performance.md. `--scenario call` does it on a real Asterisk.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs
from rich.console import Console

from bench.page import put
from bench.picture import Stacks, drawn, folded, shares
from bench.places import asterisk, place_of
from bench.run import OURS, TOP, Client, Failed
from bench.scenarios import ALL, Place, Scenario

__all__ = ["main", "sampled"]

IMAGES = TOP / "docs" / "images"
# Of the scenarios that are shown on the page: the name of the part with their shares.
PARTS = {"burst": "shares", "call": "shares of a call"}
PAGE = TOP / "docs" / "performance.md"
# Enough samples for shares of one per cent, at a thousand a second.
SIZES = {"events": 400_000, "requests": 40_000, "calls": 6_000}
ROOT = "_run_once (asyncio/base_events.py)"


def sampled(scenario: Scenario, client: Client, place: Place) -> Stacks:
    """The stacks of a client in a scenario at a place.

    Raises Failed: py-spy is not installed or may not read the process, or the client has failed.
    """
    sampler = Path(sys.executable).with_name("py-spy")
    if not sampler.is_file():
        raise Failed("py-spy is missing: .venv/bin/pip install py-spy")
    larger = {key: size for key, size in SIZES.items() if key in scenario.parameters}
    scenario = attrs.evolve(scenario, parameters={**scenario.parameters, **larger})
    with TemporaryDirectory() as folder:
        file = Path(folder) / "stacks"
        options = ["--rate", "1000", "--nolineno", "--format", "raw"]
        record = (str(sampler), "record", *options, "--output", str(file), "--")
        watched = attrs.evolve(client, command=(*record, *client.command))
        ran = scenario.measure(watched, place)
        if ran.error:
            raise Failed(ran.error)
        if not file.is_file():
            raise Failed("py-spy has written nothing: may this user trace processes?")
        return folded(file.read_text("utf-8"), ROOT)


def table(stacks: Stacks) -> str:
    """The shares, as Markdown."""
    rows = [f"| {name} | {who} | {share:.1%} |" for name, who, share in shares(stacks)]
    return "\n".join(["| where | whose | share |", "|---|---|---:|", *rows])


def main(arguments: Sequence[str] | None = None) -> int:
    """Sample, and write picture and shares."""
    fitting = [each.name for each in ALL if each.kind in ("burst", "handlers", "rest", "call")]
    parser = argparse.ArgumentParser(prog="python -m bench.flame")
    parser.add_argument("--scenario", default="burst", choices=fitting)
    parser.add_argument("--svg", type=Path, help="docs/images/flame-SCENARIO.svg")
    parser.add_argument("--page", type=Path, default=PAGE, help="gets the shares")
    options = parser.parse_args(arguments)
    console = Console(highlight=False)
    (scenario,) = (each for each in ALL if each.name == options.scenario)
    (client,) = (each for each in OURS if each.name == "stasis")
    console.print(f"sampling {scenario.title}, about a quarter of a minute", style="dim")
    try:
        with (
            asterisk(console) if scenario.real else nullcontext() as lab,
            place_of(lab) as places,
        ):
            if scenario.real not in places:
                raise Failed("this scenario runs on a real Asterisk")
            stacks = sampled(scenario, client, places[scenario.real])
    except Failed as failed:
        console.print(str(failed), style="red", markup=False)
        return 1
    count = sum(stacks.values())
    picture: Path = options.svg or IMAGES / f"flame-{scenario.name}.svg"
    picture.parent.mkdir(parents=True, exist_ok=True)
    picture.write_text(drawn(stacks, f"{scenario.title} ({count:,} samples)"), "utf-8")
    if options.page.is_file() and scenario.name in PARTS:
        put(options.page, {PARTS[scenario.name]: table(stacks)})
    console.print(table(stacks), markup=False)
    console.print(f"{picture}: {picture.stat().st_size / 1000:.0f} kB", style="dim")
    return 0


if __name__ == "__main__":
    sys.exit(main())
