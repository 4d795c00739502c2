"""A command's line: whatever an argument holds, Asterisk's parser gives it back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stasis.agi import InvalidArgument, argument
from stasis.agi.line import line
from tests.agi.peer import words

ANY = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]))
ODD = st.text(st.sampled_from('"\\ \t;|$(),[]{}ab'))


@given(st.lists(ANY | ODD, max_size=6))
def test_every_argument_is_one_word_as_it_was(arguments: list[str]) -> None:
    made = line("SET VARIABLE", arguments, 1_000_000)
    assert words(made) == ["SET", "VARIABLE", *arguments]
    assert "\n" not in made


@given(ANY, st.sampled_from("\r\n\0\ud800\udfff"), ANY)
def test_what_has_no_spelling_is_refused(before: str, bad: str, after: str) -> None:
    with pytest.raises(InvalidArgument):
        line("NOOP", ["fine", before + bad + after], 1_000_000)


def test_the_error_names_the_command_and_the_place_and_not_the_value() -> None:
    with pytest.raises(
        InvalidArgument, match=r"SET VARIABLE: argument 2 holds '\\n' at 6"
    ) as caught:
        line("SET VARIABLE", ["PIN", "123456\n"], 8_191)
    assert "123456" not in str(caught.value)


@pytest.mark.parametrize("limit", [2_047, 8_191])
@pytest.mark.parametrize("character", ["x", "ë", '"'])
def test_a_line_has_at_most_the_bytes_that_asterisk_reads(limit: int, character: str) -> None:
    each = 1 if character == "x" else 2  # a quote with its backslash, and two bytes of UTF-8
    room = limit - len('NOOP ""\n')
    made = line("NOOP", [character * (room // each)], limit)
    assert len(made.encode()) + 1 <= limit
    with pytest.raises(InvalidArgument, match=f"takes {limit}"):
        line("NOOP", [character * (room // each + 1)], limit)


def test_no_argument_and_an_empty_one_are_two_things() -> None:
    assert line("NOOP", [], 100) == "NOOP"
    assert line("NOOP", [""], 100) == 'NOOP ""'


@given(ANY | ODD)
def test_an_application_s_argument_has_no_bare_comma(text: str) -> None:
    made = argument(text)
    plain = []
    escaped = False
    for character in made:
        if not escaped and character == "\\":
            escaped = True
            continue
        assert escaped or character not in ',"()[]'
        plain.append(character)
        escaped = False
    assert "".join(plain) == text
