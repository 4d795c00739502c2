"""Configuration files of Asterisk: sections and lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from stasis.testing.simulator.sections import DialplanError, numbered, read, sections


def pairs(text: str) -> dict[str, list[tuple[str, str]]]:
    """Name and value of each line, by section."""
    found = sections(numbered(text, "a.conf"))
    return {name: [(each.name, each.value) for each in one.lines] for name, one in found.items()}


class TestLines:
    def test_a_name_gets_its_value_by_either_sign(self) -> None:
        assert pairs("[a]\nx = 1\n  y=>  2 = 3  ") == {"a": [("x", "1"), ("y", "2 = 3")]}

    @pytest.mark.parametrize(
        ("line", "value"),
        [
            ("x = 1 ; a comment", "1"),
            ("x = 1\\; 2 ; a comment", "1; 2"),
            ("x = 1 ;-- a block --; 2", "1  2"),
            ("x = 1 ;--- dashes", "1"),
        ],
    )
    def test_comments_are_not_there(self, line: str, value: str) -> None:
        assert pairs(f"; head\n[a]\n{line}") == {"a": [("x", value)]}

    def test_a_block_comment_goes_over_lines(self) -> None:
        text = "[a]\nw = 0\n;-- x = 1\n[b]\ny = 2\n--; z = 3"
        assert pairs(text) == {"a": [("w", "0"), ("z", "3")]}

    def test_each_line_knows_where_it_is(self) -> None:
        found = sections(numbered("\n[a]\n\nx = 1", "a.conf"))
        assert [each.where for each in found["a"].lines] == ["a.conf line 4"]


class TestSections:
    def test_one_that_comes_twice_is_one(self) -> None:
        assert pairs("[a]\nx=1\n[b]\n[a]\ny=2\n[b](+)\nz=3") == {
            "a": [("x", "1"), ("y", "2")],
            "b": [("z", "3")],
        }

    def test_a_template_is_in_those_that_name_it_and_not_there_itself(self) -> None:
        text = "[t](!)\nx=1\n[u](!,t)\ny=2\n[a](u)\nz=3"
        assert pairs(text) == {"a": [("x", "1"), ("y", "2"), ("z", "3")]}

    @pytest.mark.parametrize(
        ("text", "where", "problem"),
        [
            ("[a](+)", "a.conf line 1", "not there yet"),
            ("\n[a](t)", "a.conf line 2", "template 't'"),
            ("x = 1", "a.conf line 1", "neither"),
            ("[a]\nnothing", "a.conf line 2", "neither"),
            ("[a]\n#exec x", "a.conf line 2", "#exec"),
        ],
    )
    def test_what_cannot_be_read_is_told_with_its_line(
        self, text: str, where: str, problem: str
    ) -> None:
        with pytest.raises(DialplanError) as caught:
            pairs(text)
        assert caught.value.where == where
        assert problem in caught.value.problem
        assert str(caught.value).startswith(where)


class TestFiles:
    def test_an_included_file_is_in_its_place(self, tmp_path: Path) -> None:
        (tmp_path / "a.conf").write_text('[a]\n#include "more/*.conf"\nz = 3\n#tryinclude no.conf')
        (tmp_path / "more").mkdir()
        (tmp_path / "more/1.conf").write_text("x = 1")
        (tmp_path / "more/2.conf").write_text("\ny = 2")
        found = sections(read(tmp_path / "a.conf"))["a"].lines
        assert [(each.where, each.name) for each in found] == [
            ("1.conf line 1", "x"),
            ("2.conf line 2", "y"),
            ("a.conf line 3", "z"),
        ]

    @pytest.mark.parametrize(
        ("text", "problem"),
        [("#include none.conf", "there is no"), ("#include a.conf", "include each other")],
    )
    def test_one_that_is_missing_or_its_own_is_an_error(
        self, tmp_path: Path, text: str, problem: str
    ) -> None:
        (tmp_path / "a.conf").write_text(text)
        with pytest.raises(DialplanError, match=problem):
            sections(read(tmp_path / "a.conf"))

    def test_a_file_that_is_not_there_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(DialplanError, match="cannot be read"):
            sections(read(tmp_path / "a.conf"))
