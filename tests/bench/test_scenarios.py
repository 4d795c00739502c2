"""Who runs what, in which size, and for about how long."""

from __future__ import annotations

import pytest

from bench import scenarios
from bench.run import OURS, Client
from bench.scenarios import ALL, Place, Scenario

BY_NAME = {each.name: each for each in ALL}


def takes(scenario: str) -> list[str]:
    return [each.name for each in OURS if BY_NAME[scenario].takes(each)]


def test_a_client_that_is_for_some_kinds_runs_only_these():
    assert takes("rest") == ["bare", "stasis", "stasis, uvloop", "stasis, socket"]
    assert takes("growth 500") == ["bare", "stasis", "stasis, uvloop"]
    assert takes("busy") == ["stasis", "stasis, uvloop"]


def test_runs_of_a_channel_have_the_same_channels_and_events():
    whole, runs = BY_NAME["growth 50,000"].parameters, BY_NAME["growth 50,000 in runs"].parameters
    assert {**whole, "run": 20} == runs


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [("paced 500", 5, 9), ("growth 50,000", 40, 60), ("memory", 40, 60), ("rest", 1, 5)],
)
def test_how_long_a_run_takes_is_known_before(name: str, least: float, most: float):
    assert least < BY_NAME[name].seconds < most


@pytest.mark.parametrize("scenario", ALL, ids=lambda each: each.name)
def test_the_quick_size_is_quick(scenario: Scenario):
    assert scenario.sized(quick=True).seconds < 15


def test_a_slow_client_gets_fewer_events(monkeypatch: pytest.MonkeyPatch):
    given: list[int] = []
    monkeypatch.setitem(
        scenarios.KINDS,
        "burst",
        lambda scenario, client, place: given.append(scenario.parameters["events"]),
    )
    place = Place("", "", "")
    BY_NAME["burst"].measure(Client("slow", (), most={"burst": 20_000}), place)
    BY_NAME["burst"].measure(Client("fast", ()), place)
    assert given == [20_000, 100_000]
