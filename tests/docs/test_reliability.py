"""The promises of reliability.md name tests that there are, and leave out no fault."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT, prose

PAGE = DOCS / "reliability.md"
FAULTS = 68

NAME = re.compile(r"`([\w/]+\.py)::(\w+)(?:::(\w+))?`")


def faults() -> list[list[str]]:
    """The rows of all tables of faults: number, fault, peers, stasis, shown by."""
    lines = prose(PAGE)
    lines = lines[lines.index("## 68 faults") :]
    rows = [line.strip("|").split(" | ") for line in lines if re.match(r"\| \d", line)]
    return [[cell.strip() for cell in row] for row in rows]


def found_in(file: Path) -> set[tuple[str, ...]]:
    """The tests of a file: by their names, or by class and name."""
    found: set[tuple[str, ...]] = set()
    for node in ast.parse(file.read_text("utf-8")).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found.add((node.name,))
        elif isinstance(node, ast.ClassDef):
            found |= {
                (node.name, each.name)
                for each in node.body
                if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))
            }
    return {names for names in found if names[-1].startswith("test_")}


def named() -> list[tuple[str, ...]]:
    """Every test that the page names: file, then class and name, or name."""
    found = NAME.findall("\n".join(prose(PAGE)))
    return [tuple(filter(None, each)) for each in dict.fromkeys(found)]


@pytest.mark.parametrize("file", sorted({file for file, *_ in named()}))
def test_each_test_that_is_named_is_there(file: str) -> None:
    there = found_in(ROOT / "tests" / file)
    assert [each[1:] for each in named() if each[0] == file and each[1:] not in there] == []


def test_every_fault_is_told_once_with_what_comes_of_it() -> None:
    rows = faults()
    assert [row[0] for row in rows] == [str(number) for number in range(1, FAULTS + 1)]
    assert [row[0] for row in rows if len(row) != 5 or not all(row)] == []


def test_where_no_test_shows_it_the_page_says_so() -> None:
    assert [row[0] for row in faults() if not NAME.search(row[4]) and "no test" not in row[4]] == []
