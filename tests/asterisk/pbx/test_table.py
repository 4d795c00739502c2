"""Every thing is proven by a test on the real servers that names it."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.asterisk.pbx.table import rows


def named() -> set[str]:
    """The names in `things(…)` marks of the tests beside this one."""
    found: set[str] = set()
    for file in Path(__file__).parent.glob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.things":
                found |= {each.value for each in node.args if isinstance(each, ast.Constant)}
    return found


def test_every_thing_is_named_by_a_test_and_no_other():
    assert named() == {f"{group}.{name}" for group, name, _ in rows()}
