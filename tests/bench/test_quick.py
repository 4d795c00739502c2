"""The benchmarks run, in their quick mode: each scenario gives its numbers, and nothing is lost.

How fast anything is, is not looked at here: other processes use the machine too.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench.__main__ import main
from bench.scenarios import ALL

pytestmark = [pytest.mark.alone, pytest.mark.timeout(600)]

# What each kind of scenario must tell.
TOLD = {"us/event", "lost", "server us/event", "mistakes"}
NUMBERS = {
    "burst": TOLD | {"events/s"},
    "growth": TOLD | {"events/s"},
    "handlers": TOLD | {"events/s"},
    "paced": TOLD | {"p50 us", "p99 us", "most us"},
    "busy": TOLD | {"disorder", "stall ms"},
    "rest": {"req/s", "us/request", "lost", "server us/request", "mistakes"},
    "memory": {
        *("MB/1,000 live", "MB after", "MB after all", "MB more by cycle", "MB at ready"),
        "mistakes",
    },
    "start": {"import s", "ready s"},
}
QUICK = [each for each in ALL if not each.real]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one quick round has written down."""
    file: Path = tmp_path_factory.mktemp("bench") / "latest.json"
    assert main(["--quick", "--json", str(file)]) == 0
    written: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return written


@pytest.mark.parametrize("scenario", QUICK, ids=lambda each: each.name)
class TestEachScenario:
    def test_gives_its_numbers_for_each_client(self, told, scenario):
        clients = told["scenarios"][scenario.name]
        assert "stasis" in clients
        assert {client: set(row["values"]) for client, row in clients.items()} == dict.fromkeys(
            clients, NUMBERS[scenario.kind]
        )

    def test_loses_nothing_and_keeps_the_order(self, told, scenario):
        wrong = {
            (client, number): value["median"]
            for client, row in told["scenarios"][scenario.name].items()
            for number, value in row["values"].items()
            if number in ("lost", "disorder", "mistakes") and value["median"] != 0
        }
        assert wrong == {}


def test_stasis_is_compared_with_the_reference(told):
    scenarios = told["scenarios"]
    numbers = [
        scenarios[name]["stasis"]["values"]["us/event"]
        for name in ("burst", "handlers", "growth 100")
    ]
    assert all(number["ratio"] > 0 for number in numbers)


def test_each_goal_that_needs_no_asterisk_has_a_value(told):
    missing = [
        goal["scenario"]
        for goal in told["goals"]
        if goal["value"] is None and goal["scenario"] != "call" and "uvloop" not in goal["client"]
    ]
    assert missing == []


def test_it_is_told_where_it_was_measured_and_what(told):
    machine = told["machine"]
    assert {"python", "uvloop", "cpu", "cpus", "os"} <= set(machine)
    assert {"stasis-ari", "aiohttp", "msgspec"} <= set(machine["installed"]["stasis"])
