"""The table of things: what came of each on every version. A pytest plugin; see `make test-pbx`.

A thing's result is that of all tests that name it: `works`, `fails`, or what the version needs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import pytest
from rich.console import Console
from rich.markup import escape
from rich.table import Table

VERSIONS = ("22", "16")

Results = dict[tuple[str, str], list[str]]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Which things, and which version, go along with the report: it may come from a worker."""
    for mark in item.iter_markers("things"):
        for name in mark.args:
            item.user_properties.append(("thing", name))
    version = getattr(item, "callspec", None) and item.callspec.params.get("office")
    if version:
        item.user_properties.append(("version", version))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table, when a thing was tried."""
    results: Results = defaultdict(list)
    for outcome in ("passed", "failed", "error"):
        for report in terminalreporter.stats.get(outcome, []):
            properties: dict[str, list[str]] = defaultdict(list)
            for key, value in getattr(report, "user_properties", ()):
                properties[key].append(value)
            if outcome == "passed" and report.when != "call":
                continue
            result = "fails" if outcome != "passed" else "; ".join(properties["needs"]) or "works"
            for thing in set(properties["thing"]):
                for version in properties["version"] or VERSIONS:
                    results[thing, version].append(result)
    if results:
        console = Console(width=120, highlight=False)
        console.print(table(results))


def table(results: Results) -> Table:
    """A row for each thing, in the order of the guide."""
    shown = Table(title="every thing, on a real Asterisk", title_justify="left")
    for head in ("group", "thing", "command", "route", *(f"Asterisk {v}" for v in VERSIONS)):
        shown.add_column(head, overflow="fold")
    for group, name, route in rows():
        told = [cell(results.get((f"{group}.{name}", version), [])) for version in VERSIONS]
        if any(told):
            shown.add_row(group, name, f"stasis {group} {name.replace('_', '-')}", route, *told)
    return shown


def rows() -> Iterator[tuple[str, str, str]]:
    """Group, thing and route of every thing."""
    from stasis.pbx import GROUPS, things_of  # not for every run of every test

    for group in GROUPS:
        for thing in things_of(group).values():
            yield group.name, thing.name, f"{thing.method} {thing.path}"


def cell(results: list[str]) -> str:
    """One result out of those of several tests."""
    if "fails" in results:
        return "[red]fails[/red]"
    if "works" in results:
        return "[green]works[/green]"
    return escape(results[0]) if results else ""
