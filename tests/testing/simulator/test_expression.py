"""`$[…]`. Each value here is the one that Asterisk 22 and 16 gave."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stasis.testing.simulator.expression import evaluate

FACTS = """
1+2 -> 3
1 + 2 * 3 -> 7
(1 + 2) * 3 -> 9
1 - 2 - 3 -> -4
3--1 -> 4
1 + - 2 -> -1
- 1 * 2 -> -2
10 / 4 -> 2.5
10 / 5 -> 2
7 / -2 -> -3.5
1/3 -> 0.333333333333333333
2/3 -> 0.666666666666666667
1/100000 -> 1e-05
0.1 + 0.2 -> 0.3
10 % 4 -> 2
-7 % 3 -> -1
7.5 % 2 -> 1.5
1/0 -> 2147483647
7 % 0 -> 0
100000 * 100000 -> 10000000000
2147483648 * 4294967296 -> 9.22337203685477581e+18
1.50 -> 1.50
1.50 + 0 -> 1.5
007 + 1 -> 8
.5 + .5 -> 0
1e3 + 1 -> 1
a + 1 -> 1
"10" + "20" -> 0
-abc -> 0
"a" = "a" -> 1
"a" = "b" -> 0
a = a -> 1
a = A -> 0
"a" = a -> 0
"1" = 1 -> 0
"01" = "1" -> 0
1 = 1.0 -> 1
1==1 -> 1
"a"!="b" -> 1
2 < 10 -> 1
"2" < "10" -> 0
10 > 9a -> 0
10 > "9" -> 1
1 >= 1 -> 1
1 <= 0 -> 0
5 > 3 > 1 -> 0
1 + 2 = 3 -> 1
1 < 2 & 2 < 3 -> 1
PJSIP/alice-00000001 = PJSIP/alice-00000001 -> 1
"a" = "a" | "b" = "c" -> 1
0 | 5 -> 5
1 | 2 -> 1
0.0 | 7 -> 7
abc | 7 -> abc
"" | "x" -> ""
0 | "" -> ""
"0" & 1 -> "0"
1 & 2 -> 1
abc & 0 -> 0
0 | 1 & 0 -> 0
!0 -> 1
!1 -> 0
!0.0 -> 1
!abc -> 1
! "1" -> 1
! 0 & 0 -> 0
!1 = 0 -> 1
!0 + 1 -> 2
3 ? 4 :: 5 -> 4
0 ? a :: b -> b
"abc" : "a" -> 1
"abc" : "x" -> 0
"abc" : "a(.)c" -> b
"abc" : "(x)" ->
"abc" =~ "b" -> 1
"abc" =~ "(b.)" -> bc
ab ~~ "cd" -> abcd
"a b" -> "a b"
abc -> abc
"""
# What is no expression gives something all the same, and a warning.
WRONG = """
1 + -> 0
( -> 0
(1 -> 0
1 ? 2 -> 0
= bar ->
+3 ->
) ->
1 1 -> 1
a b = a b -> a
1 = 1 1 -> 1
1) -> 1
1,2 -> 1
"""


def facts(text: str) -> list[tuple[str, str]]:
    """Expression and value of each line."""
    pairs = (line.rpartition("->") for line in text.strip().splitlines())
    return [(expression.strip(), value.strip()) for expression, _, value in pairs]


@pytest.mark.parametrize(("text", "value"), facts(FACTS))
def test_an_expression_has_asterisks_value(text: str, value: str) -> None:
    warnings: list[str] = []
    assert (evaluate(f" {text} ", warnings.append), warnings) == (value, [])


@pytest.mark.parametrize(("text", "value"), facts(WRONG))
def test_what_is_no_expression_is_warned_of(text: str, value: str) -> None:
    warnings: list[str] = []
    assert evaluate(text, warnings.append) == value
    assert len(warnings) == 1 and text in warnings[0]


@pytest.mark.parametrize("text", ["", "  "])
def test_nothing_is_nothing(text: str) -> None:
    assert evaluate(text) == ""


@given(st.integers(-999, 999), st.integers(-999, 999))
def test_whole_numbers_are_added_and_compared_as_everywhere(one: int, two: int) -> None:
    assert evaluate(f"{one} + {two}") == str(one + two)
    assert evaluate(f"{one} < {two}") == str(int(one < two))


@given(st.text('01ab"()=!<>+-*/%&|?:~ .,', max_size=12))
def test_no_text_breaks_it(text: str) -> None:
    assert isinstance(evaluate(text), str)
