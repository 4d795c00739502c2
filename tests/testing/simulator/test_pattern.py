"""Names and patterns of extensions. What is expected here is what Asterisk 22 and 16 show."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stasis.testing.simulator.pattern import Pattern

# One context of a real server, in the order in which it asks.
ORDER = (
    "123 _123. _123! _12[3] _12[34] _12[35] _12[^4] _12[3-5] _12[3-57] _12X _12. _12! _1[23]X _1NX"
    " _1ZX _1X3 _1XX _1. _[13]XX _[1-5]XX _NXX _N. _ZXX _Z. _XXX _X. _X! _[a-z]XX _. _!"
).split()


class TestWhatMatches:
    @pytest.mark.parametrize(
        ("pattern", "matching", "others"),
        [
            ("123", "123 1-23", "12 1234"),
            ("d-1", "d-1 d1", "D1 d2"),
            ("_X", "0 9 5-", "a 10"),
            ("_z", "1 9", "0"),
            ("_NXX", "200 999 2-00", "100 20 2000"),
            ("_12.", "123 12-3 12a 12345", "12 12- 1"),
            ("_12!", "12 12- 123", "1 13"),
            ("_X.", "10 1a", "1 a1"),
            ("_[1-35]", "1 2 3 5", "4 6 -"),
            ("_8[-5]", "85", "8-"),
            ("_[^4]", "4 ^", "5"),
            ("_a[z-a]", "", "aa az a-"),
            ("_to[n]e-X", "tone-2 tone2", "tone toXe-2 tone-22"),
            ("_tone-X", "to2e-2", "tone-2"),
            ("_Ab.", "Abc", "abc ABc Ab"),
            ("_7.5", "75 799", "7"),
            ("_6!5", "6 65 66", "5"),
        ],
    )
    def test_as_asterisk_has_it(self, pattern: str, matching: str, others: str) -> None:
        tried = {each: Pattern.of(pattern).matches(each) for each in f"{matching} {others}".split()}
        assert [each for each, matched in tried.items() if matched] == matching.split()

    @given(st.from_regex(r"[a-zA-Z0-9*#+-]{1,10}", fullmatch=True))
    def test_a_name_that_is_no_pattern_matches_itself_and_no_longer_one(self, name: str) -> None:
        assert Pattern.of(name).matches(name)
        assert not Pattern.of(name).matches(f"{name}1")

    @given(st.from_regex(r"[0-9]{1,6}", fullmatch=True), st.data())
    def test_digits_in_the_place_of_x_match(self, number: str, data: st.DataObject) -> None:
        free = data.draw(st.lists(st.booleans(), min_size=len(number), max_size=len(number)))
        signs = zip(number, free, strict=True)
        pattern = Pattern.of("_" + "".join("X" if any_ else sign for sign, any_ in signs))
        assert pattern.matches(number)
        assert not pattern.matches("a" + number[1:]) or not number[0].isdigit()


class TestWhichIsAskedFirst:
    def test_a_place_with_fewer_choices_wins_and_the_open_end_comes_last(self) -> None:
        assert sorted(reversed(ORDER), key=lambda each: Pattern.of(each).order) == ORDER

    @pytest.mark.parametrize(
        ("one", "two"),
        [("_XXX", "_xX[0-9]"), ("_[1]23", "_123"), ("_1-2-3", "_123"), ("12-3", "123")],
    )
    def test_two_that_mean_the_same_are_equal(self, one: str, two: str) -> None:
        assert Pattern.of(one).order == Pattern.of(two).order

    def test_a_name_and_a_pattern_of_the_same_digits_are_two(self) -> None:
        assert Pattern.of("55").order < Pattern.of("_55").order


@pytest.mark.parametrize(("text", "problem"), [("_[12", "has no ]"), ("_", "behind its _")])
def test_what_is_no_pattern_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Pattern.of(text)
