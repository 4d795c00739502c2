"""Measured parts of a page stand between marks, and nothing else of it changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.page import parts_of, put

PAGE = "# one\n\n<!-- bench: a -->\n\nold\n\n<!-- bench: end -->\n\ntext\n"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    file = tmp_path / "page.md"
    file.write_text(PAGE)
    return file


def test_a_part_is_put_between_its_marks(page: Path):
    put(page, {"a": "new"})
    assert page.read_text() == PAGE.replace("old", "new")


def test_to_put_it_again_changes_nothing(page: Path):
    put(page, {"a": "old"})
    assert page.read_text() == PAGE


def test_a_part_without_marks_is_left_out(page: Path):
    put(page, {"b": "new"})
    assert page.read_text() == PAGE


def test_a_mark_without_an_end_is_refused_and_the_page_stays(page: Path):
    page.write_text("<!-- bench: a -->\n")
    with pytest.raises(ValueError, match="bench: end"):
        put(page, {"a": "new"})
    assert page.read_text() == "<!-- bench: a -->\n"


def test_parts_are_read_by_name(page: Path):
    assert parts_of(page) == {"a": "old"}
