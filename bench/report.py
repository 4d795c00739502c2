"""The results on a screen: a table for each scenario, and one of the goals."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.results import GOALS, REFERENCE, Results, Value
from bench.scenarios import Scenario

__all__ = ["show"]


def show(results: Results, scenarios: list[Scenario], console: Console) -> None:
    """Print all of it."""
    for scenario in scenarios:
        console.print(table_of(results, scenario))
    console.print(goals_of(results))
    console.print(
        f"Each number is the median of {len(results.rounds)} rounds, with least and most;"
        f" ×: to {REFERENCE} in the same round. `server` is the fake server's own CPU: its limit.",
        style="dim",
    )


def table_of(results: Results, scenario: Scenario) -> Table:
    """A scenario: a row for each client."""
    clients = results.clients(scenario.name)
    numbers = dict.fromkeys(
        number for values in clients.values() if isinstance(values, dict) for number in values
    )
    table = Table(title=scenario.title, title_justify="left")
    table.add_column("client")
    for number in numbers:
        table.add_column(number, justify="right")
    for client, values in clients.items():
        if isinstance(values, str):
            table.add_row(client, Text(values.splitlines()[0], style="red"))
        else:
            table.add_row(client, *(cell(values.get(number), client) for number in numbers))
    return table


def cell(value: Value | None, client: str) -> str:
    """One number of a client, such as `5.28 (5.1–5.6) ×1.02`."""
    if value is None:
        return ""
    text = short(value.median)
    if value.most != value.least:
        text += f" ({short(value.least)}–{short(value.most)})"
    if value.ratio is None or client == REFERENCE:
        return text
    return f"{text} ×{value.ratio:.2f}"


def short(number: float) -> str:
    """Three digits, or all before the point."""
    return f"{number:,.0f}" if abs(number) >= 100 or number == int(number) else f"{number:.3g}"


def goals_of(results: Results) -> Table:
    """Each goal that was measured."""
    table = Table(title="goals", title_justify="left")
    for column in ("number", "value", "limit", ""):
        table.add_column(column, justify="left" if column == "number" else "right")
    for goal in GOALS:
        value = results.goal(goal)
        if value is None:
            continue
        met = goal.met(value)
        table.add_row(
            goal.words,
            f"{value:.3g}",
            f"{'≤' if goal.most else '≥'} {goal.limit:g}",
            Text("met" if met else "not met", style="green" if met else "red"),
        )
    return table
