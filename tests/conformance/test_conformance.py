"""Every scenario on every target. Each target runs once, for all its scenarios.

The real servers say what is right; the simulator must do the same.
"""

from __future__ import annotations

import pytest

from tests.conformance.run import Outcome
from tests.conformance.scenario import every_scenario
from tests.conformance.targets import TARGETS, run_on

# One run of a target serves all its tests: they belong into one process.
pytestmark = pytest.mark.alone

SCENARIOS = every_scenario()
CASES = [
    pytest.param(
        target,
        scenario.name,
        id=f"{target}-{scenario.name}",
        marks=[pytest.mark.asterisk] if TARGETS[target].real else [],
    )
    for target in TARGETS
    for scenario in SCENARIOS
    if TARGETS[target].shows(scenario)
]


@pytest.fixture(scope="session")
def outcomes(request: pytest.FixtureRequest) -> dict[tuple[str, str], Outcome]:
    """What came of each scenario that is run, by target and name."""
    chosen: dict[str, set[str]] = {}
    for item in request.session.items:
        if isinstance(item, pytest.Function) and item.originalname == "test_scenario":
            params = item.callspec.params
            chosen.setdefault(str(params["target"]), set()).add(str(params["name"]))
    names = set().union(*chosen.values())
    ran = run_on(list(chosen), [each for each in SCENARIOS if each.name in names])
    return {(target, each.scenario): each for target, of in ran.items() for each in of.outcomes}


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("target", "name"), CASES)
def test_scenario(outcomes: dict[tuple[str, str], Outcome], target: str, name: str) -> None:
    """The target behaves as the scenario says."""
    outcome = outcomes[target, name]
    assert outcome.result == "passed", outcome.why


def test_there_are_scenarios_for_all_behaviours() -> None:
    """At least eighty; and each of the numbered ones, but for those that need a SIP phone."""
    assert len(SCENARIOS) >= 80
    missing = set(range(1, 79)) - {each.number for each in SCENARIOS}
    assert missing <= {72, 78}


def test_most_scenarios_run_on_every_target() -> None:
    """Few need what only a real server has."""
    everywhere = [
        each for each in SCENARIOS if all(target.shows(each) for target in TARGETS.values())
    ]
    assert len(everywhere) >= 80
