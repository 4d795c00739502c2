"""The tables say what happened: also where there is no number."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bench import report
from bench.ran import Ran
from bench.report import Grid, grids, main, markdown, show
from bench.results import GOALS, Results
from bench.scenarios import ALL

MACHINE = {
    "at": "2026-11-30",
    "cpus": 2,
    "cpu": "one",
    "os": "Debian",
    "python": "3.11.7",
    "uvloop": "0.23.0",
    "load": [0.1, 0.2, 0.3],
    "installed": {
        "a-peer 1.0": {"python": "3.11.7", "a-peer": "1.0", "aiohttp": "3.1", "six": "1"}
    },
}


def told(*rounds: dict[str, Ran]) -> dict[str, Any]:
    """The JSON file of a burst with these clients."""
    results = Results([{"burst": clients} for clients in rounds]).told()
    return {"machine": MACHINE, "titles": {"burst": "burst: events"}, **results}


def of(name: str, file: dict[str, Any]) -> Grid:
    return next(each for each in grids(file) if each.name == name)


class TestAScenario:
    def test_has_median_spread_and_ratio(self):
        rounds = [{"bare": Ran({"us/event": 5}), "stasis": Ran({"us/event": n})} for n in (5, 6, 7)]
        assert of("burst", told(*rounds)).rows == [["bare", "5"], ["stasis", "6 (5–7) ×1.20"]]

    def test_marks_a_number_that_is_none_and_says_why(self):
        peer = Ran.of({"us/event": 3.0}, 8, 50_000, "its reader has ended: WouldBlock")
        grid = of("burst", told({"peer": peer, "bare": Ran({"us/event": 5, "lost": 0})}))
        assert grid.head == ["client", "us/event", "lost", "error"]
        assert grid.rows == [
            ["peer", "no number", "49,992", "its reader has ended: WouldBlock"],
            ["bare", "5", "0", ""],
        ]

    def test_tells_in_how_many_rounds_there_was_none(self):
        ended = Ran({"us/event": None}, "it ended")
        assert of("burst", told({"peer": ended}, {"peer": Ran({"us/event": 7})})).rows == [
            ["peer", "7, 1 × no number", "it ended"]
        ]

    def test_keeps_a_client_that_has_told_nothing(self):
        grid = of("burst", told({"peer": Ran(error="it broke\nlong"), "bare": Ran({"x": 1})}))
        assert grid.rows[0] == ["peer", "no number", "it broke"]


class TestGoals:
    def test_are_all_there_met_or_not_or_not_measured(self):
        rows = of(
            "goals", told({"bare": Ran({"us/event": 5}), "stasis": Ran({"us/event": 8})})
        ).rows
        assert len(rows) == len(GOALS)
        assert rows[0] == ["burst: stasis: us/event, of bare's", "1.60", "≤ 1.5", "not met"]
        assert rows[1][1:] == ["not measured", "≤ 2", ""]

    def test_are_missed_by_a_run_that_has_failed(self):
        rows = of(
            "goals", told({"bare": Ran({"us/event": 5}), "stasis": Ran(error="it broke")})
        ).rows
        assert rows[0][1:] == ["no number", "≤ 1.5", "not met"]

    def test_name_scenarios_that_there_are(self):
        names = {each.name for each in ALL}
        assert {goal.scenario for goal in GOALS} <= names
        assert {goal.to[1:] for goal in GOALS if goal.to.startswith("@")} <= names


def test_what_was_installed_is_told_without_what_has_no_say():
    row = ["a-peer 1.0", "a-peer 1.0, python 3.11.7, aiohttp 3.1"]
    assert of("installed", told({"bare": Ran({"x": 1})})).rows == [row]


def test_a_table_is_markdown_whose_columns_are_to_the_right():
    grid = Grid("x", "x", ["client", "n"], [["a|b", "1"]])
    assert markdown(grid) == "| client | n |\n|---|---:|\n| a\\|b | 1 |"


def test_a_screen_shows_all_of_it():
    console = Console(record=True, width=200, file=StringIO())
    show(told({"bare": Ran({"us/event": 5})}), console)
    shown = console.export_text()
    assert "burst: events" in shown and "2 × one, Debian, Python 3.11.7, uvloop 0.23.0" in shown


def test_tables_go_to_the_page_between_its_marks(tmp_path: Path):
    file, page = tmp_path / "latest.json", tmp_path / "page.md"
    file.write_text(json.dumps(told({"bare": Ran({"us/event": 5})})))
    page.write_text("before\n<!-- bench: goals -->\nold\n<!-- bench: end -->\nafter\n")

    assert main(["--json", str(file), "--page", str(page)]) == 0

    text = page.read_text()
    assert text.startswith("before\n<!-- bench: goals -->\n\n| number | value |")
    assert text.endswith("\n\n<!-- bench: end -->\nafter\n") and "old" not in text


@pytest.mark.parametrize("name", [name for _, name, _, _ in report.SIZES])
def test_what_a_size_is_reckoned_from_is_measured(name: str):
    assert name in {each.name for each in ALL}
