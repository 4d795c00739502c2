"""Medians, ratios within a round, and goals."""

from __future__ import annotations

from bench.results import Goal, Results


def rounds(*pairs: tuple[float, float]) -> Results:
    """One round for each pair: the reference's number and that of stasis."""
    return Results(
        [
            {"burst": {"bare": {"us/event": bare}, "stasis": {"us/event": ours, "lost": 0}}}
            for bare, ours in pairs
        ]
    )


class TestAValue:
    def test_is_the_median_with_its_spread(self):
        value = rounds((5, 6), (5, 9), (5, 7)).clients("burst")["stasis"]["us/event"]
        assert (value.median, value.least, value.most) == (7, 6, 9)

    def test_is_compared_within_each_round_and_not_over_all(self):
        # The machine was slow in the second round, for both.
        value = rounds((5, 5), (50, 50), (4, 8)).clients("burst")["stasis"]["us/event"]
        assert value.ratio == 1

    def test_has_no_ratio_where_the_reference_has_no_such_number(self):
        assert rounds((5, 6)).clients("burst")["stasis"]["lost"].ratio is None


class TestARunThatHasFailed:
    def test_is_left_out_where_other_rounds_have_numbers(self):
        results = Results(
            [{"burst": {"stasis": "it broke"}}, {"burst": {"stasis": {"us/event": 5.0}}}]
        )
        assert results.clients("burst")["stasis"]["us/event"].median == 5
        assert results.failed == 1

    def test_is_told_in_its_words_where_none_has(self):
        results = Results([{"burst": {"stasis": "it broke"}}])
        assert results.clients("burst") == {"stasis": "it broke"}


class TestAGoal:
    def test_is_the_median_of_the_ratios_to_the_reference(self):
        goal = Goal("burst", "stasis", "us/event", 1.5)
        value = rounds((5, 10), (5, 5), (10, 15)).goal(goal)
        assert value == 1.5
        assert goal.met(1.5)
        assert not goal.met(1.51)

    def test_may_be_the_ratio_to_another_scenario_of_the_same_client(self):
        results = Results(
            [{"small": {"stasis": {"us/event": 4.0}}, "large": {"stasis": {"us/event": 6.0}}}]
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
