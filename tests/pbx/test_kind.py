"""What an argument's type wants, in words for whoever has given something else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
import pytest

from stasis.pbx.kind import help_of, wrong
from stasis.pbx.values import Count, QueueName, Seconds, SoundNames, Variables

Percent = Annotated[int, msgspec.Meta(ge=1, le=200, description="percent")]


def told(value: Any, kind: Any) -> str:
    """What is said of a value that does not fit."""
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(value, kind, strict=True)
    return wrong(value, caught.value, kind)


@pytest.mark.parametrize(
    ("value", "kind", "says"),
    [
        ("a b", QueueName, "'a b' cannot be one; wanted is a queue of queues.conf"),
        (7, QueueName, "7 cannot be one; wanted is a text: a queue of queues.conf"),
        ("x", Percent, "'x' cannot be one; wanted is a whole number from 1 to 200: percent"),
        (0, Percent, "0 cannot be one; wanted is a whole number from 1 to 200: percent"),
        (1.5, Percent, "1.5 cannot be one; wanted is a whole number from 1 to 200: percent"),
        (-1, Count, "-1 cannot be one; wanted is a whole number from 0 to 1000000"),
        ("x", Seconds | None, "'x' cannot be one; wanted is a number from 0 to 86400: seconds"),
        ("aside", Literal["up", "down"], "'aside' cannot be one; wanted is one of up, down"),
        ("yes", bool, "'yes' cannot be one; wanted is true or false"),
        (None, str, "None cannot be one; wanted is a text"),
    ],
)
def test_it_is_said_in_plain_words(value: Any, kind: Any, says: str):
    assert told(value, kind) == says


def test_of_a_list_the_element_is_named():
    assert told(["a", "b c"], Sequence[QueueName]).startswith("'b c' cannot be one; wanted is a q")
    assert told("hello", SoundNames).startswith("'hello' cannot be one; wanted is a list: ")


def test_names_with_texts():
    assert told("A=1", Variables).startswith("'A=1' cannot be one; wanted is texts with names")


def test_a_long_value_is_cut():
    assert len(told("x" * 500, QueueName)) < 160


def test_no_words_are_the_decoders():
    for value, kind in ((7, QueueName), ("x", Count), ([], SoundNames), ("x", Variables)):
        assert "`" not in told(value, kind) and "regex" not in told(value, kind)


def test_what_a_type_says_of_itself():
    assert help_of(QueueName) == help_of(QueueName | None) == "a queue of queues.conf"
    assert help_of(int) == ""
