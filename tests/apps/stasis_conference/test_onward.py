"""The way out: what is said to whom. Where it leads is proven by the flow's tests."""

from __future__ import annotations

import attrs
import pytest
from stasis_conference.onward import WORDS, words_for
from stasis_conference.profile import Sounds


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("kicked", ["sound:conf-kicked"]),
        ("limit", ["sound:confbridge-conf-end"]),
        ("left", []),
        ("hung_up", []),
        ("", []),
    ],
)
def test_what_is_said_by_the_reason(why: str, said: list[str]):
    assert list(words_for(why, Sounds())) == said


def test_every_reason_names_a_sound():
    assert set(WORDS.values()) <= {field.name for field in attrs.fields(Sounds)}
