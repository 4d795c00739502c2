"""The keys of a menu's choices: what the file accepts is what the menu understands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stasis_ivr.keys import key_problem

from stasis.menu import Matcher


@pytest.mark.parametrize("key", ["1", "42", "*", "#", "A", "_1XX", "_[2-5]X", "_N.", "_.", "_[1*]"])
def test_keys_and_patterns_are_accepted(key: str):
    assert key_problem(key) is None


@pytest.mark.parametrize("key", ["", "x", "_", "_Y", "_[", "_[]", "_1.2", "1.", "one", "_[a-c]"])
def test_what_nobody_could_press_is_refused(key: str):
    assert "is no key" in (key_problem(key) or "")


def test_a_range_the_wrong_way_round_is_refused_with_the_right_one():
    assert key_problem("_[5-2]") == "5-2 is no range of digits; write 2-5"


@given(st.text("0123456789*#ABCDXZN_[]-.", max_size=8))
def test_the_file_accepts_nothing_that_the_menu_would_refuse(key: str):
    if key_problem(key) is None:
        Matcher([key])
