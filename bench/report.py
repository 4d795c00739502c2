"""The results as tables: on a screen, and as Markdown for the documentation.

`python -m bench.report` shows bench/results/latest.json again; `--markdown` prints its tables, and
`--page docs/performance.md` puts them there, between the page's marks.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.page import put
from bench.results import GOALS, REFERENCE, Goal, Results, Row, Value

__all__ = ["RESULTS", "Grid", "grids", "markdown", "note", "screen", "show"]

RESULTS = Path(__file__).parent / "results" / "latest.json"
NONE = "no number"
VERDICTS = {True: "met", False: "not met", None: ""}
COLOURS = {"met": "green", "not met": "red", NONE: "red"}
# What of a peer's environment has a say in its speed; the JSON file has all of it.
SHOWN = ("python", "node", "aiohttp", "websockets", "msgspec", "uvloop", "httpx", "pydantic", "ws")


@attrs.frozen
class Grid:
    """A table. name: of the scenario, or `goals`, `installed`. title: what it shows."""

    name: str
    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def grids(told: Mapping[str, Any]) -> Iterator[Grid]:
    """All tables. told: the JSON file."""
    results = Results.read(told)
    yield goals_of(results)
    for name in told["scenarios"]:
        yield scenario_of(name, told["titles"].get(name, name), results.clients(name))
    yield installed_of(told["machine"]["installed"])


def scenario_of(name: str, title: str, clients: Mapping[str, Row]) -> Grid:
    """A scenario: a row for each client."""
    numbers = list(dict.fromkeys(number for row in clients.values() for number in row.values))
    wrong = any(row.error for row in clients.values())
    rows = [
        [
            client,
            *(cell(row.values.get(number), client) if row.values else NONE for number in numbers),
            *([row.error.partition("\n")[0]] if wrong else []),
        ]
        for client, row in clients.items()
    ]
    return Grid(name, title, ["client", *numbers, *(["error"] if wrong else [])], rows)


def cell(value: Value | None, client: str) -> str:
    """One number of a client, such as `5.28 (5.1–5.6) ×1.02`; empty: it was not looked at."""
    if value is None:
        return ""
    if value.median is None or value.least is None or value.most is None:
        return NONE
    text = short(value.median)
    if value.most != value.least:
        text += f" ({short(value.least)}–{short(value.most)})"
    if value.ratio is not None and client != REFERENCE:
        text += f" ×{value.ratio:.2f}"
    return f"{text}, {value.without} × {NONE}" if value.without else text


def short(number: float) -> str:
    """Three digits, or all before the point."""
    return f"{number:,.0f}" if abs(number) >= 100 or number == int(number) else f"{number:.3g}"


def goals_of(results: Results) -> Grid:
    """Each goal, whether or not it was measured."""
    head = ["number", "value", "limit", "goal"]
    return Grid("goals", "goals", head, [goal_of(results, goal) for goal in GOALS])


def goal_of(results: Results, goal: Goal) -> list[str]:
    """A goal's row."""
    value, met = results.goal(goal), results.met(goal)
    limit = "" if goal.limit is None else f"{'≤' if goal.most else '≥'} {goal.limit:g}"
    if value is None:
        value_text = "not measured" if met is None else NONE
    else:
        value_text = short(value) if not goal.to else f"{value:.2f}"
    return [goal.words, value_text, limit, VERDICTS[met] if limit else "shown"]


def installed_of(installed: Mapping[str, Mapping[str, str]]) -> Grid:
    """What was measured, by the versions that were there."""
    rows = []
    for client, packages in installed.items():
        own = client.partition(" ")[0]
        names = [name for name in (own, *SHOWN) if name in packages]
        rows.append([client, ", ".join(f"{name} {packages[name]}" for name in names)])
    return Grid("installed", "what was installed", ["client", "versions"], rows)


def note(told: Mapping[str, Any]) -> str:
    """Where, when and how it was measured. `remark` in the file: what else is to be known of it."""
    where = told["machine"]
    busy = ", ".join(f"{load:.1f}" for load in where["load"])
    rounds = len(told["rounds"])
    each = f"the median of {rounds} rounds, with least and most" if rounds > 1 else "of one round"
    return (
        f"Measured at {where['at']} on {where['cpus']} × {where['cpu']}, {where['os']}, Python"
        f" {where['python']}, uvloop {where['uvloop']}; load before: {busy}. Each number is"
        f" {each}; ×: to `{REFERENCE}` in the same round. `server` is the fake server's"
        " own CPU: its limit."
        f" `{NONE}`: the client has not done 99 % of its work, so what it spent says nothing."
        + (f" {told['remark']}" if "remark" in told else "")
    )


def screen() -> Console:
    """Standard output; a file gets wide lines."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 180)


def show(told: Mapping[str, Any], console: Console) -> None:
    """Print all of it."""
    found = list(grids(told))
    for grid in [*found[1:], found[0]]:
        table = Table(title=grid.title, title_justify="left")
        for number, column in enumerate(grid.head):
            table.add_column(column, justify="left" if number == 0 else "right")
        for row in grid.rows:
            table.add_row(*(Text(text, style=COLOURS.get(text, "")) for text in row))
        console.print(table)
    console.print(note(told), style="dim", markup=False)


def markdown(grid: Grid) -> str:
    """A table of the documentation."""
    right = len(grid.head) - 1
    rule = "|---|" + "---:|" * right if grid.name != "installed" else "|---|---|"
    rows = [grid.head, *grid.rows]
    lines = ["| " + " | ".join(text.replace("|", "\\|") for text in row) + " |" for row in rows]
    return "\n".join([lines[0], rule, *lines[1:]])


def parts(told: Mapping[str, Any]) -> dict[str, str]:
    """What stands between the page's marks."""
    found = list(grids(told))
    scenarios = [f"**{grid.title}**\n\n{markdown(grid)}" for grid in found[1:-1]]
    return {
        "note": note(told),
        "goals": markdown(found[0]),
        "clients": "\n\n".join(scenarios),
        "installed": markdown(found[-1]),
        "size": markdown(size_of(Results.read(told))),
    }


# What a machine's size is reckoned from: words, scenario, number, and what becomes of it.
SIZES = (
    ("CPU for an event that reaches a flow", "handlers", "us/event", "µs"),
    ("CPU for a request over HTTP", "rest", "us/request", "µs"),
    ("CPU for a whole short call", "call", "ms/call", "ms"),
    ("memory for 1,000 live calls", "memory", "MB/1,000 live", "MB"),
    ("memory of the process without a call", "memory", "MB at ready", "MB"),
)


def size_of(results: Results) -> Grid:
    """What a machine's size is reckoned from, on asyncio and on uvloop."""
    rows = []
    for words, scenario, number, unit in SIZES:
        clients = results.clients(scenario)
        cells = []
        for client in ("stasis", "stasis, uvloop"):
            value = clients[client].values.get(number) if client in clients else None
            known = None if value is None else value.median
            cells.append("" if known is None else f"{short(known)} {unit}")
        rows.append([words, *cells])
    return Grid("size", "size", ["", "asyncio", "uvloop"], rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Show what was measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.report")
    parser.add_argument("--json", type=Path, default=RESULTS, help="what `python -m bench` wrote")
    parser.add_argument("--markdown", action="store_true", help="print the documentation's tables")
    parser.add_argument("--page", type=Path, help="put them into this page, between its marks")
    options = parser.parse_args(arguments)
    told = json.loads(options.json.read_text("utf-8"))
    if options.page:
        put(options.page, parts(told))
    elif options.markdown:
        sys.stdout.write("\n\n".join(parts(told).values()) + "\n")
    else:
        show(told, screen())
    return 0


if __name__ == "__main__":
    sys.exit(main())
