"""What came of the rounds: medians, their spread, ratios within each round, and the goals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any, TypeAlias

import attrs

from bench.ran import Ran

__all__ = ["GOALS", "REFERENCE", "Goal", "Results", "Row", "Value"]

REFERENCE = "bare"
# One round: scenario to client to what came of it.
Round: TypeAlias = Mapping[str, Mapping[str, Ran]]


@attrs.frozen
class Value:
    """One number over all rounds.

    median, least, most: None when no round has one. ratio: to the reference in the same round, the
    median, when it has one. without: how many rounds have no number, since their run ended.
    """

    median: float | None
    least: float | None
    most: float | None
    ratio: float | None = None
    without: int = 0

    @classmethod
    def of(cls, values: Sequence[float | None], ratios: Sequence[float] = ()) -> Value:
        """values: one of each round that has run it. ratios: of those that have one."""
        found = [value for value in values if value is not None]
        without = len(values) - len(found)
        if not found:
            return cls(None, None, None, None, without)
        ratio = median(ratios) if ratios else None
        return cls(median(found), min(found), max(found), ratio, without)


@attrs.frozen
class Row:
    """A client in a scenario, over all rounds. error: what went wrong, the last time it did."""

    values: Mapping[str, Value]
    error: str = ""


@attrs.frozen
class Goal:
    """A bound that issue and documentation name.

    to: what the number is divided by: that of the `reference` in the same round, that of the same
    client in another scenario, named `@scenario`, or nothing. most: whether the limit is the most
    it may be, not the least. limit: None where the number is only shown.
    """

    scenario: str
    client: str
    number: str
    limit: float | None
    to: str = REFERENCE
    most: bool = True

    def met(self, value: float) -> bool | None:
        """Whether a value keeps it; None when there is no limit."""
        if self.limit is None:
            return None
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
        # The second is the same with more of it in the processor's cache.
        Goal(f"growth 50,000{runs}", client, "us/event", None, to=f"@growth 100{runs}")
        for runs in ("", " in runs")
        for client in (REFERENCE, STASIS)
    ),
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

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Results:
        """Those that were written down. told: the JSON file."""
        return cls(
            [
                {
                    scenario: {client: Ran.read(ran) for client, ran in clients.items()}
                    for scenario, clients in each.items()
                }
                for each in told["rounds"]
            ]
        )

    def clients(self, scenario: str) -> dict[str, Row]:
        """Each client's row in a scenario."""
        names = dict.fromkeys(name for each in self.rounds for name in each.get(scenario, {}))
        return {name: self._row(scenario, name) for name in names}

    def _row(self, scenario: str, client: str) -> Row:
        runs = [each[scenario][client] for each in self.rounds if client in each.get(scenario, {})]
        numbers = dict.fromkeys(number for run in runs for number in run.numbers)
        values = {number: self._value(scenario, client, number, len(runs)) for number in numbers}
        return Row(values, next((run.error for run in reversed(runs) if run.error), ""))

    def _value(self, scenario: str, client: str, number: str, runs: int) -> Value:
        pairs = list(self._pairs(scenario, client, number, REFERENCE))
        values = [value for value, _ in pairs]
        ratios = [value / other for value, other in pairs if other]
        return Value.of([*values, *[None] * (runs - len(values))], ratios)

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
        """How many runs have no number at all."""
        return sum(
            not ran.numbers
            for each in self.rounds
            for clients in each.values()
            for ran in clients.values()
        )

    def goal(self, goal: Goal) -> float | None:
        """What a goal's number is, the median of all rounds; None when it was not measured."""
        pairs = self._pairs(goal.scenario, goal.client, goal.number, goal.to or REFERENCE)
        if not goal.to:
            found = [value for value, _ in pairs]
        else:
            found = [value / other for value, other in pairs if other]
        return median(found) if found else None

    def met(self, goal: Goal) -> bool | None:
        """Whether a goal is met; not when some run of it has failed. None: nothing can be said."""
        row = self.clients(goal.scenario).get(goal.client)
        if row is None or goal.limit is None:
            return None
        number = row.values.get(goal.number)
        if number is None or number.without:
            return False
        value = self.goal(goal)
        return None if value is None else goal.met(value)

    def told(self) -> dict[str, Any]:
        """All of it, for JSON."""
        scenarios = dict.fromkeys(name for each in self.rounds for name in each)
        return {
            "rounds": [
                {
                    scenario: {client: attrs.asdict(ran) for client, ran in clients.items()}
                    for scenario, clients in each.items()
                }
                for each in self.rounds
            ],
            "scenarios": {
                scenario: {client: attrs.asdict(row) for client, row in rows.items()}
                for scenario, rows in ((name, self.clients(name)) for name in scenarios)
            },
            "goals": [
                {
                    "words": goal.words,
                    **attrs.asdict(goal),
                    "value": self.goal(goal),
                    "met": self.met(goal),
                }
                for goal in GOALS
            ],
        }


def of(each: Round, scenario: str, client: str, number: str) -> float | None:
    """One number of one round, or None."""
    ran = each.get(scenario, {}).get(client)
    return None if ran is None else ran.numbers.get(number)
