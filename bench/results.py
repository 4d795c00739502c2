"""What came of the rounds: medians, their spread, ratios within each round, and the goals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any, TypeAlias

import attrs

from bench.scenarios import Numbers

__all__ = ["GOALS", "REFERENCE", "Goal", "Results", "Value"]

REFERENCE = "bare"
# One round: scenario to client to its numbers, or to the words of what went wrong.
Round: TypeAlias = Mapping[str, Mapping[str, "Numbers | str"]]


@attrs.frozen
class Value:
    """One number over all rounds. ratio: to the reference in the same round, when it has one."""

    median: float
    least: float
    most: float
    ratio: float | None = None

    @classmethod
    def of(cls, values: Sequence[float], ratios: Sequence[float] = ()) -> Value:
        """values: one of each round. ratios: likewise."""
        ratio = median(ratios) if ratios else None
        return cls(median(values), min(values), max(values), ratio)


@attrs.frozen
class Goal:
    """A bound that issue and documentation name.

    to: what the number is divided by: that of the `reference` in the same round, that of the same
    client in another scenario, named `@scenario`, or nothing. most: whether the limit is the most
    it may be, not the least.
    """

    scenario: str
    client: str
    number: str
    limit: float
    to: str = REFERENCE
    most: bool = True

    def met(self, value: float) -> bool:
        """Whether a value keeps it."""
        return value <= self.limit if self.most else value >= self.limit

    @property
    def words(self) -> str:
        """As a row's title."""
        other = {"": "", REFERENCE: f", of {REFERENCE}'s"}.get(self.to, f", of {self.to[1:]}")
        return f"{self.scenario}: {self.client}: {self.number}{other}"


def absolute(scenario: str, client: str, number: str, limit: float) -> Goal:
    """A limit for the number itself."""
    return Goal(scenario, client, number, limit, to="")


STASIS, UVLOOP, SOCKET = "stasis", "stasis, uvloop", "stasis, socket"
GOALS = (
    Goal("burst", STASIS, "us/event", 1.5),
    Goal("handlers", STASIS, "us/event", 2.0),
    Goal("growth 500", STASIS, "us/event", 1.6, to="@growth 100"),
    Goal("growth 5,000", STASIS, "us/event", 3.5, to="@growth 100"),
    *(
        Goal(f"paced {rate}", client, number, limit)
        for rate in ("500", "2,000")
        for client, number, limit in (
            (STASIS, "p50 us", 1.15),
            (STASIS, "p99 us", 1.3),
            (UVLOOP, "p50 us", 0.65),
        )
    ),
    absolute("paced 20,000", STASIS, "lost", 0),
    absolute("paced 20,000", STASIS, "p99 us", 5000),
    absolute("busy", STASIS, "lost", 0),
    absolute("busy", STASIS, "disorder", 0),
    absolute("busy", STASIS, "stall ms", 20),
    Goal("rest", STASIS, "req/s", 0.9, most=False),
    Goal("rest", STASIS, "us/request", 1.15),
    Goal("rest", SOCKET, "req/s", 2.5, most=False),
    Goal("rest", SOCKET, "us/request", 0.4),
    absolute("memory", STASIS, "MB/1,000 live", 6),
    absolute("memory", STASIS, "MB after", 1),
    absolute("start", STASIS, "import s", 0.25),
    absolute("start", STASIS, "ready s", 1),
    Goal("call", STASIS, "ms/call", 1.15),
    Goal("call", STASIS, "calls/s", 0.95, most=False),
    Goal("call", SOCKET, "ms/call", 0.9),
    Goal("call", SOCKET, "calls/s", 0.95, most=False),
)


class Results:
    """All rounds of one run."""

    def __init__(self, rounds: Sequence[Round]) -> None:
        self.rounds = rounds

    def clients(self, scenario: str) -> dict[str, dict[str, Value] | str]:
        """Each client's values in a scenario, or what went wrong, the last time that it did."""
        names = dict.fromkeys(name for each in self.rounds for name in each.get(scenario, {}))
        return {name: self._values(scenario, name) for name in names}

    def _values(self, scenario: str, client: str) -> dict[str, Value] | str:
        found: dict[str, Value] = {}
        said = "was not run"
        for each in self.rounds:
            numbers = each.get(scenario, {}).get(client, said)
            if isinstance(numbers, str):
                said = numbers
                continue
            for number in numbers:
                values = [value for value, _ in self._pairs(scenario, client, number, REFERENCE)]
                ratios = [
                    value / other
                    for value, other in self._pairs(scenario, client, number, REFERENCE)
                    if other
                ]
                found[number] = Value.of(values, ratios)
        return found or said

    def _pairs(
        self, scenario: str, client: str, number: str, to: str
    ) -> Iterator[tuple[float, float | None]]:
        """The number in each round that has it, and what it is compared with in the same round."""
        for each in self.rounds:
            value = of(each, scenario, client, number)
            if value is not None:
                at, who = (to[1:], client) if to.startswith("@") else (scenario, to)
                yield value, of(each, at, who, number)

    @property
    def failed(self) -> int:
        """How many runs have failed."""
        return sum(
            isinstance(numbers, str)
            for each in self.rounds
            for clients in each.values()
            for numbers in clients.values()
        )

    def goal(self, goal: Goal) -> float | None:
        """What a goal's number is, the median of all rounds; None when it was not measured."""
        pairs = self._pairs(goal.scenario, goal.client, goal.number, goal.to or REFERENCE)
        if not goal.to:
            found = [value for value, _ in pairs]
        else:
            found = [value / other for value, other in pairs if other]
        return median(found) if found else None

    def told(self) -> dict[str, Any]:
        """All of it, for JSON."""
        scenarios = dict.fromkeys(name for each in self.rounds for name in each)
        return {
            "rounds": list(self.rounds),
            "scenarios": {
                scenario: {
                    client: values
                    if isinstance(values, str)
                    else {number: attrs.asdict(value) for number, value in values.items()}
                    for client, values in self.clients(scenario).items()
                }
                for scenario in scenarios
            },
            "goals": [
                {
                    **attrs.asdict(goal),
                    "value": value,
                    "met": None if value is None else goal.met(value),
                }
                for goal in GOALS
                for value in (self.goal(goal),)
            ],
        }


def of(each: Round, scenario: str, client: str, number: str) -> float | None:
    """One number of one round, or None."""
    numbers = each.get(scenario, {}).get(client)
    return numbers.get(number) if isinstance(numbers, dict) else None
