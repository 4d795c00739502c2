"""Rounds: side by side, each begun by another client, and none lost when one run fails."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from bench import scenarios
from bench.__main__ import machine, run
from bench.ran import Ran
from bench.results import Results
from bench.run import Client, Failed
from bench.scenarios import Place, Scenario

CLIENTS = [Client(name, ()) for name in ("a", "b", "c")]
SCENARIO = Scenario("burst", "burst", "x", {"channels": 2500})
PLACES = {False: Place("http://x/ari", "u", "p")}


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Who was run, in order; `c` always fails."""
    found: list[str] = []

    def measure(scenario: Scenario, client: Client, place: Place) -> Ran:
        found.append(client.name)
        if client.name == "c":
            raise Failed("c: it broke")
        return Ran({"us/event": 1.0})

    monkeypatch.setitem(scenarios.KINDS, "burst", measure)
    return found


def rounds(number: int, **options: object) -> tuple[Results, str]:
    screen = StringIO()
    console = Console(file=screen, width=100)
    return run([SCENARIO], CLIENTS, number, PLACES, console, **options), screen.getvalue()


def test_each_round_begins_with_another_client(ran: list[str]):
    rounds(3)
    assert "".join(ran) == "abcbcacab"


def test_a_run_that_fails_has_its_row_and_the_others_go_on(ran: list[str]):
    results, _ = rounds(2)
    rows = results.clients("burst")
    assert list(rows) == ["a", "b", "c"]
    assert (rows["c"].error, rows["a"].values["us/event"].median) == ("c: it broke", 1)


def test_what_there_is_after_each_round_is_handed_out(ran: list[str]):
    found: list[int] = []
    rounds(3, done=lambda results: found.append(len(results.rounds)))
    assert found == [1, 2, 3]


def test_it_says_how_long_it_takes_and_where_it_is(ran: list[str]):
    _, said = rounds(2)
    assert "2 rounds, about 1 minutes" in said
    assert "round 2 of 2: burst: b" in said and "about 0 minutes to go" in said


def test_a_scenario_for_a_real_asterisk_is_left_out_where_there_is_none(ran: list[str]):
    real = Scenario("call", "burst", "x", {}, real=True)
    assert run([real], CLIENTS, 1, PLACES, Console(file=StringIO())).rounds == [{}]


def test_the_machine_is_told_with_what_each_client_has_installed():
    told = machine(CLIENTS[:1])
    assert told["installed"]["a"].keys() >= {"python", "stasis-ari", "aiohttp"}  # type: ignore[index]
