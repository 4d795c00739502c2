"""A TOML table read key by key: right values come through, wrong ones are told with the fix."""

from __future__ import annotations

from typing import Any

import pytest
from stasis_ivr.table import Table


def table(**data: Any) -> Table:
    return Table(data, "ivr.toml [menu.main]", [])


def test_right_values_come_through():
    read = table(a="x", b=["x", "y"], c=2, d=2.5, e=True, f="sound:a")
    assert read.text("a") == "x"
    assert read.texts("b") == ("x", "y")
    assert read.texts("a") == ("x",)
    assert read.whole("c", 1, 0, 5) == 2
    assert read.number("d", 1, 0, 5) == 2.5
    assert read.flag("e", False) is True
    assert read.media("f") == ("sound:a",)
    read.close()
    assert read.problems == []


def test_what_is_not_there_has_its_default():
    read = table()
    assert (read.text("a", "x"), read.texts("b"), read.whole("c", 3, 0, 5)) == ("x", (), 3)
    assert read.flag("e", True) is True
    assert read.problems == []


@pytest.mark.parametrize(
    ("read", "value", "problem"),
    [
        (lambda t: t.text("k"), 5, "must be a text in quotes, not 5"),
        (lambda t: t.text("k", None), None, "is missing"),
        (lambda t: t.texts("k"), [1], "must be a text or a list of texts"),
        (lambda t: t.texts("k", required=True), None, "is missing"),
        (lambda t: t.media("k"), "hello-world", "'hello-world' is no medium"),
        (lambda t: t.media("k"), "soud:hello", "is no medium"),
        (lambda t: t.media("k"), "sound:a,sound:b", "is no medium"),
        (lambda t: t.number("k", 1, 0, 5), "3", "must be a number, not '3'"),
        (lambda t: t.number("k", 1, 0, 5), True, "must be a number"),
        (lambda t: t.number("k", 1, 0, 5), 9, "must be from 0 to 5, not 9"),
        (lambda t: t.number("k", 1, 0, 5), float("nan"), "must be from 0 to 5"),
        (lambda t: t.whole("k", 1, 0, 5), 1.5, "must be a whole number, not 1.5"),
        (lambda t: t.flag("k", True), "yes", "must be true or false"),
        (lambda t: list(t.tables("k")), "x", "must be a table"),
    ],
)
def test_a_wrong_value_is_told_with_where_it_stands(read: Any, value: Any, problem: str):
    wrong = table() if value is None else table(k=value)
    read(wrong)
    (line,) = wrong.problems
    assert line.startswith("ivr.toml [menu.main]: k: ") and problem in line


def test_an_unknown_key_is_told_with_the_nearest_one():
    read = table(promt="sound:a")
    read.media("prompt")
    read.close()
    assert read.problems == ["ivr.toml [menu.main]: promt: unknown key; did you mean prompt?"]


def test_inner_tables_are_named_as_toml_names_them():
    problems: list[str] = []
    top = Table({"menu": {"main": {"tries": "x"}}}, "ivr.toml", problems)
    ((name, menu),) = top.tables("menu")
    assert name == "main" and menu.where == "ivr.toml [menu.main]"
    assert menu.table("choices").where == "ivr.toml [menu.main.choices]"
