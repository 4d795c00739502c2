"""What was wanted, in words: by the place of the mistake, and never as a pattern."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
import pytest
from msgspec import Meta

from stasis.web.wanted import told

Letter = Annotated[str, Meta(pattern="^a$", description="a letter")]
# The same pattern, and something else.
Key = Annotated[str, Meta(pattern="^a$", description="a key")]
Bare = Annotated[str, Meta(pattern="^a$")]


class Inner(msgspec.Struct):
    letter: Letter


class Sent(msgspec.Struct, rename={"class_": "class"}):
    class_: Letter | None = None
    key: Key = "a"
    bare: Bare = "a"
    inner: Sequence[Inner] = ()
    many: dict[Key, Letter] = {}
    about: Annotated[dict[Bare, str], Meta(description="names and texts")] = {}
    count: int = 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"class": "x"}', "wanted is a letter - at `$.class`"),
        ('{"key": "x"}', "wanted is a key - at `$.key`"),
        ('{"inner": [{"letter": "a"}, {"letter": "x"}]}', "wanted is a letter - at `$.inner["),
        ('{"many": {"x": "a"}}', "wanted is a key - at `key` in `$.many`"),
        ('{"many": {"a": "x"}}', "wanted is a letter - at `$.many[...]`"),
        ('{"about": {"x": "a"}}', "wanted is names and texts - at `key` in `$.about`"),
        ('{"bare": "x"}', "wanted is another text - at `$.bare`"),
        ('{"count": "x"}', "Expected `int`, got `str` - at `$.count`"),
        ("[]", "Expected `object`, got `array`"),
    ],
)
def test_it_is_said_in_words_where_it_is_wrong(text: str, says: str):
    with pytest.raises(msgspec.ValidationError) as error:
        msgspec.json.decode(text, type=Sent)
    found = told(error.value, Sent)
    assert says in found
    assert "regex" not in found and "^" not in found
