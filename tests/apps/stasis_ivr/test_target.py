"""Targets: what a text in the file leads to."""

from __future__ import annotations

import pytest
from stasis_ivr.table import Table
from stasis_ivr.target import CONTINUE, HANGUP, REPEAT, Target, target


def read(text: str | None, **options: object) -> tuple[Target, list[str]]:
    table = Table({} if text is None else {"to": text}, "ivr.toml [play.x]", [])
    return target(table, "to", **options), table.problems  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("menu:main", Target("menu", "main")),
        ("desk:a-b", Target("desk", "a-b")),
        ("hours:office", Target("hours", "office")),
        ("hangup", HANGUP),
        ("continue", CONTINUE),
    ],
)
def test_a_text_leads_somewhere(text: str, found: Target):
    assert read(text) == (found, [])
    assert str(found) == text


@pytest.mark.parametrize("text", ["menu", "menu:", "main", "room:1", "Menu:main", "hang up"])
def test_a_text_that_leads_nowhere_is_told(text: str):
    assert "leads nowhere; write menu:NAME" in read(text)[1][0]


def test_repeat_is_for_choices_only():
    assert read("repeat", repeat=True) == (REPEAT, [])
    assert "leads nowhere" in read("repeat")[1][0]


def test_without_a_text_the_default_counts_or_is_missed():
    assert read(None, default=CONTINUE) == (CONTINUE, [])
    assert read(None)[1] == ["ivr.toml [play.x]: to: is missing"]
