"""Asterisk's configuration files, as text: sections of `name = value` lines.

Known: `;` and `;-- … --;` comments, `\\;`, `[name]`, `[name](+)` to add to a section, templates
`[name](!)` and `[name](template)`, and, for files, `#include`. A section that comes twice is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from attrs import field, frozen

from stasis.errors import StasisError

__all__ = ["DialplanError", "Line", "Section", "read", "sections"]

HEAD = re.compile(r"\[([^\]]+)\]\s*(?:\(([^)]*)\))?")
DEPTH = 10


class DialplanError(StasisError):
    """A dialplan cannot be read.

    where: the file and the line; problem: what is wrong there, and what would be right.
    """

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}")
        self.where = where
        self.problem = problem


@frozen
class Line:
    """A line that says something: `name = value` or `name => value`. where: file and line."""

    where: str
    name: str
    value: str


@frozen
class Section:
    """A section, with the lines of its templates before its own."""

    name: str
    lines: list[Line] = field(factory=list)


def read(path: Path, depth: int = 0) -> Iterator[tuple[str, str]]:
    """A file's lines, each with where it is; those of its `#include` files in their place.

    Raises DialplanError when a file is missing, or when files include each other.
    """
    try:
        text = path.read_text("utf-8", "replace")
    except OSError as error:
        raise DialplanError(str(path), f"cannot be read: {error.strerror}") from None
    for where, line in numbered(text, path.name):
        word, _, named = line.partition(" ")
        if word not in ("#include", "#tryinclude"):
            yield where, line
            continue
        named = named.strip().strip('"<>')
        files = sorted(path.parent.glob(named)) if not named.startswith("/") else [Path(named)]
        if depth >= DEPTH:
            raise DialplanError(where, "files include each other")
        if not files and word == "#include":
            raise DialplanError(where, f"there is no {path.parent / named}")
        for file in files:
            yield from read(file, depth + 1)


def numbered(text: str, source: str) -> Iterator[tuple[str, str]]:
    """The lines that are not empty, without comments, each with where it is."""
    inside = False
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw
        if inside:
            _, ended, line = raw.partition("--;")
            inside = not ended
            if inside:
                continue
        line = re.sub(r"(?<!\\);--(?!-).*?--;", "", line)
        begun = re.search(r"(?<!\\);--(?!-)", line)
        inside = begun is not None
        line = line[: begun.start()] if begun else line
        line = re.split(r"(?<!\\);", line, maxsplit=1)[0].replace("\\;", ";").strip()
        if line:
            yield f"{source} line {number}", line


def sections(lines: Iterator[tuple[str, str]]) -> dict[str, Section]:
    """The sections by name, in their order; templates that are no section are left out.

    Raises DialplanError for a line that is neither a head nor `name = value`.
    """
    found: dict[str, Section] = {}
    templates: dict[str, Section] = {}
    here: Section | None = None
    for where, line in lines:
        if head := HEAD.fullmatch(line):
            here = begin(where, head[1].strip(), head[2] or "", found, templates)
        elif line.startswith("#"):
            raise DialplanError(where, f"{line.split()[0]} counts in files only, as #include")
        else:
            name, equals, value = line.partition("=")
            if not equals or here is None:
                raise DialplanError(
                    where, f"{line!r} is neither [context] nor name => value in one"
                )
            here.lines.append(Line(where, name.strip(), value.removeprefix(">").strip()))
    return found


def begin(
    where: str, name: str, options: str, found: dict[str, Section], templates: dict[str, Section]
) -> Section:
    """The section that a head begins or goes on with."""
    words = [each.strip() for each in options.split(",") if each.strip()]
    known = found | templates
    if "+" in words and name not in known:
        raise DialplanError(where, f"[{name}](+) adds to a section that is not there yet")
    place = templates if "!" in words or name in templates else found
    section = place.setdefault(name, Section(name))
    for word in words:
        if word not in ("+", "!"):
            if word not in known:
                raise DialplanError(where, f"[{name}] has a template {word!r} that is not there")
            section.lines.extend(known[word].lines)
    return section
