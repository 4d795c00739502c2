"""How scenarios are run on targets."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.conformance.place import Place
from tests.conformance.run import Outcome
from tests.conformance.scenario import Scenario
from tests.conformance.targets import TARGETS, Target, run_on


async def nothing(a: Place) -> None:
    """It asks for nothing."""


def scenario(name: str, *needs: str, versions: tuple[str, ...] = ("16", "22")) -> Scenario:
    """A scenario that passes wherever it runs."""
    return Scenario(None, name, "test", nothing, frozenset(needs), versions, False)


def test_a_scenario_runs_where_it_applies() -> None:
    scenarios = [scenario("any"), scenario("new", versions=("22",)), scenario("wired", "http")]
    ran = run_on(["inside", "inside16"], scenarios)
    assert [each.result for each in ran["inside"].outcomes] == [
        "passed",
        "passed",
        "not applicable",
    ]
    assert [each.result for each in ran["inside16"].outcomes] == [
        "passed",
        "not applicable",
        "not applicable",
    ]


def test_a_target_that_breaks_down_fails_its_own_scenarios_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def breaks(target: Target, scenarios: Sequence[Scenario], labs: str) -> list[Outcome]:
        raise OSError("no server")

    monkeypatch.setitem(TARGETS, "broken", Target("22", frozenset(), breaks))
    ran = run_on(["broken", "inside"], [scenario("any")])
    (broken,) = ran["broken"].outcomes
    assert broken.result == "failed"
    assert "OSError: no server" in broken.why
    assert [each.result for each in ran["inside"].outcomes] == ["passed"]
