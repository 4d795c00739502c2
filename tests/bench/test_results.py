"""Medians, ratios within a round, and goals."""

from __future__ import annotations

import json
from typing import Any

from bench.ran import Ran
from bench.results import Goal, Results


def rounds(*pairs: tuple[float, float | None]) -> Results:
    """One round for each pair: the reference's number and that of stasis."""
    return Results(
        [
            {
                "burst": {
                    "bare": Ran({"us/event": bare}),
                    "stasis": Ran({"us/event": ours, "lost": 0}),
                }
            }
            for bare, ours in pairs
        ]
    )


def value(results: Results, number: str = "us/event") -> Any:
    """That of stasis in the burst."""
    return results.clients("burst")["stasis"].values[number]


class TestAValue:
    def test_is_the_median_with_its_spread(self):
        found = value(rounds((5, 6), (5, 9), (5, 7)))
        assert (found.median, found.least, found.most, found.without) == (7, 6, 9, 0)

    def test_is_compared_within_each_round_and_not_over_all(self):
        # The machine was slow in the second round, for both.
        assert value(rounds((5, 5), (50, 50), (4, 8))).ratio == 1

    def test_has_no_ratio_where_the_reference_has_no_such_number(self):
        assert value(rounds((5, 6)), "lost").ratio is None

    def test_of_the_rounds_that_have_one_says_how_many_have_none(self):
        found = value(rounds((5, None), (5, 10)))
        assert (found.median, found.ratio, found.without) == (10, 2, 1)

    def test_that_no_round_has_stays_in_its_place_without_a_number(self):
        found = value(rounds((5, None)))
        assert (found.median, found.ratio, found.without) == (None, None, 1)


class TestARunThatHasFailed:
    def test_leaves_the_numbers_of_other_rounds_and_its_words(self):
        results = Results(
            [{"burst": {"stasis": Ran(error="it broke")}}, {"burst": {"stasis": Ran({"x": 5.0})}}]
        )
        row = results.clients("burst")["stasis"]
        assert (row.values["x"].median, row.values["x"].without) == (5, 1)
        assert (row.error, results.failed) == ("it broke", 1)

    def test_is_told_in_its_words_where_none_has_a_number(self):
        row = Results([{"burst": {"stasis": Ran(error="it broke")}}]).clients("burst")["stasis"]
        assert (dict(row.values), row.error) == ({}, "it broke")


def test_what_was_written_down_is_read_again():
    results = rounds((5, 10), (5, None))
    written = json.loads(json.dumps(results.told()))
    assert Results.read(written).told() == results.told()


class TestAGoal:
    def test_is_the_median_of_the_ratios_to_the_reference(self):
        goal = Goal("burst", "stasis", "us/event", 1.5)
        assert rounds((5, 10), (5, 5), (10, 15)).goal(goal) == 1.5
        assert goal.met(1.5)
        assert not goal.met(1.51)

    def test_may_be_the_ratio_to_another_scenario_of_the_same_client(self):
        results = Results(
            [
                {
                    "small": {"stasis": Ran({"us/event": 4.0})},
                    "large": {"stasis": Ran({"us/event": 6.0})},
                }
            ]
        )
        assert results.goal(Goal("large", "stasis", "us/event", 2, to="@small")) == 1.5

    def test_may_be_the_number_itself(self):
        assert rounds((5, 7)).goal(Goal("burst", "stasis", "us/event", 9, to="")) == 7

    def test_may_be_a_least(self):
        goal = Goal("rest", "stasis", "req/s", 0.9, most=False)
        assert goal.met(0.9)
        assert not goal.met(0.89)

    def test_has_no_value_when_nothing_was_measured(self):
        assert rounds((5, 7)).goal(Goal("rest", "stasis", "req/s", 0.9)) is None

    def test_is_not_met_when_a_run_has_failed_whatever_the_others_say(self):
        goal = Goal("burst", "stasis", "us/event", 1.5)
        assert rounds((5, 5), (5, 5)).met(goal)
        assert rounds((5, 5), (5, None)).met(goal) is False

    def test_without_a_limit_is_shown_and_neither_met_nor_missed(self):
        goal = Goal("burst", "stasis", "us/event", None)
        assert (rounds((5, 10)).goal(goal), rounds((5, 10)).met(goal)) == (2, None)

    def test_that_was_not_measured_is_not_missed(self):
        assert rounds((5, 7)).met(Goal("rest", "stasis", "req/s", 0.9)) is None
