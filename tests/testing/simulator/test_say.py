"""Which sounds Asterisk 22 and 16 played for these."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stasis.testing.simulator.say import said


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("0", "0"),
        ("7", "7"),
        ("007", "7"),
        ("15", "15"),
        ("20", "20"),
        ("21", "20 1"),
        ("100", "1 hundred"),
        ("115", "1 hundred 15"),
        ("1000", "1 thousand"),
        ("1234", "1 thousand 2 hundred 30 4"),
        ("20019", "20 thousand 19"),
        ("101000", "1 hundred 1 thousand"),
        ("1000000", "1 million"),
        ("1234567", "1 million 2 hundred 30 4 thousand 5 hundred 60 7"),
        ("1000000000", "1 billion"),
        ("-5", "minus 5"),
        ("1.5", "1"),
        ("12x", "12"),
        ("2147483647", ""),
        (
            "3000000000",
            "minus 1 billion 2 hundred 90 4 million 9 hundred 60 7 thousand 2 hundred 90 6",
        ),
    ],
)
def test_a_number(number: str, words: str) -> None:
    assert said("number", number) == [f"digits/{each}" for each in words.split()]


@pytest.mark.parametrize("text", ["", "abc", "-"])
def test_what_is_no_number_cannot_be_said(text: str) -> None:
    assert said("number", text) is None


@pytest.mark.parametrize(
    ("digits", "words"),
    [("12*#-a", "1 2 star pound minus"), (" 1", "1"), ("+1x", "1"), ("", "")],
)
def test_digits(digits: str, words: str) -> None:
    assert said("digits", digits) == [f"digits/{each}" for each in words.split()]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("aZ9*#", "letters/a letters/z digits/9 digits/star digits/pound"),
        ("!@$-", "letters/exclaimation-point letters/at letters/dollar letters/dash"),
        (".=+/ ", "letters/dot letters/equals letters/plus letters/slash letters/space"),
        ('%&"', "letters/ascii37 letters/ascii38"),
        ("[\\]", "letters/ascii91 letters/ascii93"),
        ("'_~", "letters/ascii39 letters/ascii95 letters/ascii126"),
        ("é٣", ""),
    ],
)
def test_characters(text: str, names: str) -> None:
    assert said("characters", text) == names.split()


@given(st.integers(1, 2**31 - 2))
def test_the_words_of_a_number_are_its_sum(number: int) -> None:
    sizes = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9}
    total = group = 0
    for name in said("number", str(number)) or []:
        word = name.removeprefix("digits/")
        if word == "hundred":
            group *= 100
        elif word in sizes:
            total, group = total + group * sizes[word], 0
        else:
            group += int(word)
    assert total + group == number
