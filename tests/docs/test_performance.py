"""performance.md: its measured parts are whole, and what it tells to type is there."""

from __future__ import annotations

import importlib
import shlex
from collections.abc import Iterator

import pytest

from bench.flame import IMAGES, PARTS
from bench.page import parts_of
from bench.results import GOALS
from bench.scenarios import ALL
from tests.docs.pages import DOCS, blocks

PAGE = DOCS / "performance.md"


def commands() -> Iterator[list[str]]:
    """The lines of the page that start a module, from its name on."""
    for block in blocks(PAGE, "sh"):
        for line in block.lines:
            words = shlex.split(line, comments=True)
            if words[:2] == [".venv/bin/python", "-m"]:
                yield words[2:]


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_a_command_and_its_options_exist(words: list[str], capsys: pytest.CaptureFixture[str]):
    name = words[0]
    module = importlib.import_module("bench.__main__" if name == "bench" else name)
    with pytest.raises(SystemExit, match="0"):
        module.main(["--help"])
    known = capsys.readouterr().out
    assert [word for word in words[1:] if word.startswith("--") and word not in known] == []


def test_every_goal_has_its_row():
    rows = parts_of(PAGE)["goals"].splitlines()[2:]
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == [g.words for g in GOALS]


def test_every_scenario_has_its_table():
    text = parts_of(PAGE)["clients"]
    assert [each.name for each in ALL if f"**{each.title}**" not in text] == []


def test_every_part_is_filled():
    assert {name for name, text in parts_of(PAGE).items() if text} == {
        *("goals", "note", "clients", "installed", "size"),
        *PARTS.values(),
    }


@pytest.mark.parametrize("name", PARTS)
def test_a_picture_is_there_and_small(name: str):
    picture = IMAGES / f"flame-{name}.svg"
    assert 10_000 < picture.stat().st_size < 200_000
    assert "<script" not in picture.read_text("utf-8")
    assert f"images/{picture.name}" in PAGE.read_text("utf-8")
