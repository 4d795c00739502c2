"""How rooms are told: every kind of event is known, and none else."""

from __future__ import annotations

import ast
from pathlib import Path

import stasis_conference
from stasis_conference.roster import KINDS, told

from tests.apps.stasis_conference.test_live import person

APP = Path(stasis_conference.__file__).parent


def kinds_in(file: Path) -> set[str]:
    """The first texts of all calls of `tell`, whichever of two it is."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "tell"
            and node.args
        ):
            found |= {
                each.value
                for each in ast.walk(node.args[0])
                if isinstance(each, ast.Constant) and isinstance(each.value, str)
            }
    return found


def test_every_kind_that_is_told_anywhere_is_in_the_table_and_the_other_way_round():
    found = set().union(*(kinds_in(file) for file in APP.rglob("*.py")))
    assert found - {"running"} == set(KINDS)


def test_a_member_is_told_with_moments_and_whether_it_waits():
    member = person("m")
    found = told(member.told() | {"joined": 0.0}, waiting=True)
    assert found.waiting and found.joined is not None and found.joined.year == 1970
