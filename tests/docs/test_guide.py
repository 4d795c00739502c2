"""guide.md is whole: each group, and the same thing in each of the three forms."""

from __future__ import annotations

import re

import pytest

from stasis.pbx import GROUPS, Thing, things_of
from tests.asterisk.pbx.guide import EXAMPLES, Example

THINGS: dict[str, Thing] = {
    f"{group.name}.{method}": thing
    for group in GROUPS
    for method, thing in things_of(group).items()
}
HEADINGS = list(dict.fromkeys(each.heading for each in EXAMPLES))


def of(heading: str, language: str) -> list[Example]:
    """The examples below a heading, in one form."""
    return [each for each in EXAMPLES if each.heading == heading and each.language == language]


def named(example: Example) -> set[str]:
    """The things that an example names."""
    if example.language == "python":
        return set(re.findall(r"pbx\.(\w+\.\w+)\(", example.text)) & set(THINGS)
    if example.language == "sh":
        text = example.text.replace("doctor config", "configuration check")  # the same
        words = re.findall(r"^stasis (\w+) ([\w-]+)", text, re.MULTILINE)
        return {f"{group}.{thing.replace('-', '_')}" for group, thing in words} & set(THINGS)
    method, path = example.text.splitlines()[0].split()
    path = path.removeprefix("/pbx/api/v1").partition("?")[0]
    return {
        name
        for name, thing in THINGS.items()
        if thing.method == method
        and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", thing.path), path)
        and ("{" not in thing.path or not literal(method, path))
    }


def literal(method: str, path: str) -> bool:
    """Whether a thing has just this path, without parts in braces."""
    return any((thing.method, thing.path) == (method, path) for thing in THINGS.values())


@pytest.mark.parametrize("heading", HEADINGS)
def test_all_forms_are_of_the_same_thing(heading: str):
    python, sh, http = (of(heading, language) for language in ("python", "sh", "http"))
    assert len(python) == 1, "each feature has its call in Python"
    in_python = named(python[0])
    for example in (*sh, *http):
        assert not in_python or named(example) & in_python, example.text
    if in_python:
        assert sh and http, "each feature is a command and a route too"


def test_every_group_has_its_examples():
    shown = {name.partition(".")[0] for each in EXAMPLES for name in named(each)}
    assert {group.name for group in GROUPS} - {"events"} <= shown
