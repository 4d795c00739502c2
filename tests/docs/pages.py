"""The pages of the documentation, and what stands on them."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import pytest

__all__ = [
    "DOCS",
    "PAGES",
    "ROOT",
    "Block",
    "blocks",
    "code_of",
    "every",
    "imported",
    "named",
    "prose",
    "table",
]

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]

FENCE = re.compile(r"```(\w*)$")
MARK = re.compile(r"<!-- (test|drawn|file|fails|served)(?:: (.+))? -->$")


@attrs.frozen
class Block:
    """A fenced block. line: of its first line of code, from 0. marks: of the comment above it."""

    language: str
    lines: list[str]
    line: int
    marks: dict[str, list[str]]

    @property
    def text(self) -> str:
        """The code."""
        return "\n".join(self.lines) + "\n"


def blocks(page: Path, language: str) -> list[Block]:
    """A page's blocks of a language, in order."""
    return [each for each in fenced(page)[0] if each.language == language]


def every(page: Path) -> list[Block]:
    """All blocks of a page, in order."""
    return fenced(page)[0]


def prose(page: Path) -> list[str]:
    """A page's lines outside of its blocks."""
    return fenced(page)[1]


def fenced(page: Path) -> tuple[list[Block], list[str]]:
    """A page's blocks, and its other lines."""
    found: list[Block] = []
    other: list[str] = []
    marks: dict[str, list[str]] = {}
    inside: Block | None = None
    for number, line in enumerate(page.read_text("utf-8").splitlines()):
        if inside is not None:
            if line == "```":
                found.append(inside)
                inside = None
            else:
                inside.lines.append(line)
        elif fence := FENCE.match(line):
            inside = Block(fence[1], [], number + 1, marks)
            marks = {}
        else:
            other.append(line)
            mark = MARK.match(line)
            marks = {mark[1]: (mark[2] or "").split()} if mark else {}
    assert inside is None, f"{page.name}: a block is not closed"
    return found, other


def table(page: Path, heading: str) -> list[list[str]]:
    """The rows of the first table below a heading, or of the page's first for an empty heading."""
    lines = prose(page)
    if heading:
        lines = lines[lines.index(heading) + 1 :]
    rows: list[list[str]] = []
    for line in lines:
        if line.startswith("| "):
            rows.append([cell.strip() for cell in line.strip("|").split(" | ")])
        elif rows and not line.startswith("|"):
            break
    return rows[1:]  # without its head; the rule below it begins with |-


def code_of(page: Path, block: Block) -> list[str]:
    """A line before a block of Python, and its lines. The guide's are what stands in an async
    function that has a PBX.
    """
    if page.name != "guide.md":
        return ["", *block.lines]
    head = f"async def example_{block.line}(pbx: 'stasis.pbx.Pbx') -> None:"
    return [head, *(f"    {each}" for each in block.lines)]


def imported(page: Path, folder: Path) -> ModuleType:
    """A page's Python as one module, whose line numbers are the page's. folder: for its file."""
    lines = [""] * len(page.read_text("utf-8").splitlines())
    for block in blocks(page, "python"):
        if "file" in block.marks:
            continue  # a file of its own, which a page's reader writes
        head, *code = code_of(page, block)
        lines[block.line - 1] = head  # where the fence is
        lines[block.line : block.line + len(code)] = code
    name = f"page_{page.stem.lower()}"
    file = folder / f"{name}.py"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[name] = made
    spec.loader.exec_module(made)
    return made


def named(pages: list[Path]) -> list[Any]:
    """Pages as parameters, by their names."""
    return [pytest.param(page, id=page.name) for page in pages]
