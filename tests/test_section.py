"""A table of stasis.toml: strict types, described keys, and all that is wrong told at once."""

from __future__ import annotations

from typing import Any, Literal

import attrs
import pytest

from stasis.errors import ConfigError
from stasis.section import Secret, described, key, section


@attrs.frozen
class Inner:
    """A table within the table."""

    host: str = key("localhost", "where it is")


@attrs.frozen
class Sample:
    """One key of each type."""

    name: str = key("x", "a text")
    count: int = key(3, "a number of things", minimum=1, maximum=5)
    seconds: float = key(1.5, "s", minimum=0)
    on: bool = key(False, "whether")
    mode: Literal["a", "b"] = key("a", "which")
    words: list[str] = key([], "some words")
    rates: dict[str, float] = key({}, "by name")
    pin: Secret = key(Secret("1234"), "a secret")
    inner: Inner = attrs.field(factory=Inner)


def problems(data: dict[str, Any], kind: type = Sample) -> tuple[str, ...]:
    """What is wrong with a table."""
    with pytest.raises(ConfigError) as caught:
        section(kind, data, "[t]")
    return caught.value.problems


class TestSecret:
    def test_it_does_not_show_itself(self):
        secret = Secret("geheim")
        assert [str(secret), repr(secret), f"{secret}", f"{[secret]}"] == ["***"] * 3 + ["[***]"]

    def test_it_tells_who_asks_for_it(self):
        assert Secret("geheim").reveal() == "geheim"

    def test_equal_secrets_are_equal(self):
        assert Secret("a") == Secret("a") and hash(Secret("a")) == hash(Secret("a"))
        assert Secret("a") != Secret("b") and Secret("a") != "a"


class TestSection:
    def test_an_empty_table_gives_the_defaults(self):
        assert section(Sample, {}, "[t]") == Sample()

    def test_values_are_taken_as_toml_has_them(self):
        given = {
            "name": "é",
            "count": 5,
            "seconds": 2,
            "on": True,
            "mode": "b",
            "words": ["a", "b"],
            "rates": {"x": 1, "y": 2.5},
            "pin": "9999",
            "inner": {"host": "h"},
        }
        got = section(Sample, given, "[t]")
        assert got == Sample(
            "é", 5, 2.0, True, "b", ["a", "b"], {"x": 1.0, "y": 2.5}, Secret("9999"), Inner("h")
        )
        assert isinstance(got.seconds, float)

    def test_a_default_list_is_not_shared(self):
        first, second = Sample(), Sample()
        first.words.append("mine")
        assert second.words == []

    @pytest.mark.parametrize(
        ("data", "line"),
        [
            ({"name": 3}, "[t]: name: must be a text in quotes, not 3"),
            ({"count": "3"}, "[t]: count: must be a whole number, not '3'"),
            ({"count": True}, "[t]: count: must be a whole number, not True"),
            ({"count": 2.0}, "[t]: count: must be a whole number, not 2.0"),
            ({"count": 0}, "[t]: count must be from 1 to 5, not 0"),
            ({"count": 6}, "[t]: count must be from 1 to 5, not 6"),
            ({"seconds": "1"}, "[t]: seconds: must be a number, not '1'"),
            ({"seconds": True}, "[t]: seconds: must be a number, not True"),
            ({"seconds": -0.1}, "[t]: seconds must be at least 0, not -0.1"),
            ({"seconds": float("nan")}, "[t]: seconds must be at least 0, not nan"),
            ({"on": "yes"}, "[t]: on: must be true or false, not 'yes'"),
            ({"mode": "c"}, "[t]: mode: must be 'a' or 'b', not 'c'"),
            ({"words": "a"}, "[t]: words: must be a list [ … ], not 'a'"),
            ({"words": ["a", 1]}, "[t]: words: must be a text in quotes, not 1"),
            ({"rates": 3}, "[t]: rates: must be a table"),
            ({"rates": {"x": "fast"}}, "[t]: rates['x']: must be a number, not 'fast'"),
            ({"inner": "h"}, "[t]: inner: must be a table"),
            ({"inner": {"host": 1}}, "[t]: inner.host: must be a text in quotes, not 1"),
        ],
    )
    def test_a_wrong_value_is_told_with_its_key_and_what_belongs_there(
        self, data: dict[str, Any], line: str
    ):
        assert problems(data) == (line,)

    def test_a_wrong_secret_is_not_shown(self):
        assert problems({"pin": 98765}) == ("[t]: pin: must be a text in quotes",)

    @pytest.mark.parametrize(
        ("data", "line"),
        [
            ({"tokens": "geheim"}, "[t]: tokens: must be a list [ … ]"),
            ({"tokens": ["fine", 98765]}, "[t]: tokens: must be a text in quotes"),
            ({"named": "geheim"}, "[t]: named: must be a table"),
            ({"named": {"x": 98765}}, "[t]: named['x']: must be a text in quotes"),
        ],
    )
    def test_nor_are_several(self, data: dict[str, Any], line: str):
        @attrs.frozen
        class Several:
            """Secrets in a list and by name."""

            tokens: list[Secret] = key([], "some")
            named: dict[str, Secret] = key({}, "some by name")

        assert problems(data, Several) == (line,)

    def test_an_unknown_key_is_told_with_the_nearest_that_is_known(self):
        assert problems({"cuont": 3}) == ("[t]: unknown key cuont; did you mean count?",)
        assert problems({"inner": {"hots": "h"}}) == (
            "[t]: unknown key inner.hots; did you mean inner.host?",
        )

    def test_an_unknown_key_like_no_other_is_told_with_all_that_are_known(self):
        (told,) = problems({"zzz": 3})
        assert told.startswith("[t]: unknown key zzz; known: name, count, seconds")

    def test_all_that_is_wrong_is_told_at_once(self):
        told = problems({"cuont": 3, "name": 1, "mode": "c"})
        assert len(told) == 3
        assert "cuont" in told[0] and "name" in told[1] and "mode" in told[2]

    def test_a_key_without_default_must_be_given(self):
        @attrs.frozen
        class Strict:
            """A key that must be there."""

            name: str

        assert problems({}, Strict) == ("[t]: name: is missing; it has no default",)

    def test_a_validator_of_the_plugins_own_speaks_for_itself(self):
        def even(instance: object, attribute: Any, value: int) -> None:
            if value % 2:
                raise ValueError("an even number, please")

        @attrs.frozen
        class Even:
            """Only even numbers."""

            number: int = attrs.field(default=2, validator=even)

        (told,) = problems({"number": 3}, Even)
        assert "an even number, please" in told

    def test_an_error_without_words_is_told_by_its_name(self):
        def never(instance: object, attribute: Any, value: int) -> None:
            raise ValueError

        @attrs.frozen
        class Never:
            """No number will do."""

            number: int = attrs.field(default=2, validator=never)

        # The default is not taken from the file, so only a given number is refused.
        (told,) = problems({"number": 3}, Never)
        assert "ValueError" in told


@attrs.frozen
class Many:
    """A list of tables, as `[[inner]]` makes one."""

    inner: list[Inner] = key([], "several")


class TestTablesInAList:
    def test_each_is_one(self):
        found = section(Many, {"inner": [{"host": "a"}, {}]}, "[x]")
        assert [each.host for each in found.inner] == ["a", "localhost"]

    def test_an_unknown_key_in_one_is_told(self):
        with pytest.raises(ConfigError, match="unknown key inner.hots; did you mean inner.host"):
            section(Many, {"inner": [{"host": "a"}, {"hots": "b"}]}, "[x]")

    @pytest.mark.parametrize("value", [{}, "a", [1], [{"host": "a"}, 1]])
    def test_what_is_no_list_of_tables_is_told(self, value: object):
        with pytest.raises(ConfigError, match="inner"):
            section(Many, {"inner": value}, "[x]")


class TestDescribed:
    def test_every_key_has_its_name_default_and_description(self):
        rows = described(Sample)
        assert rows == [
            ("name", '"x"', "a text"),
            ("count", "3", "a number of things"),
            ("seconds", "1.5", "s"),
            ("on", "false", "whether"),
            ("mode", '"a"', "which"),
            ("words", "[]", "some words"),
            ("rates", "{}", "by name"),
            ("pin", "***", "a secret"),
            ("inner.host", '"localhost"', "where it is"),
        ]
