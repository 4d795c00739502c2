"""The dialplan: a test's own, or one that leads everybody to what runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from stasis.errors import StasisError
from stasis.testing.plan import dialplan_of, no_extension, plan_of
from stasis.testing.simulator.dialplan import Dialplan

OWN = """
[default]
exten => 700,1,Stasis(menu)
exten => 701,1,Stasis(hello)
exten => _8XXX,1,Stasis(desk)
include => more
[more]
exten => operator,1,Stasis(desk)
include => default
[empty]
"""


def leads(plan: Dialplan, exten: str) -> str:
    """The arguments of the application that an extension begins with."""
    step = plan.find("default", exten, 1)
    assert step is not None and step.application == "Stasis"
    return step.args


class TestTheOneOfItsOwn:
    @pytest.mark.parametrize(
        ("exten", "app"), [("menu", "menu"), ("hello", "hello"), ("s", "menu"), ("+49", "menu")]
    )
    def test_leads_by_name_and_all_else_to_the_first(self, exten: str, app: str):
        assert leads(dialplan_of(None, ["menu", "hello"]), exten) == f"{app}${{ARGS}}"

    def test_of_nothing_has_no_extensions(self):
        assert plan_of([]) == "[default]\n"
        assert dialplan_of("", []) == dialplan_of(None, [])


class TestATestsOwn:
    def test_is_a_text_or_a_file(self, tmp_path: Path):
        file = tmp_path / "extensions.conf"
        file.write_text(OWN)
        for given in (OWN, file):
            assert leads(dialplan_of(given, ["hello"]), "700") == "menu"

    def test_is_not_a_files_name(self):
        with pytest.raises(StasisError, match=r"a file is given as pathlib.Path\('ext.conf'\)"):
            dialplan_of("ext.conf", [])


class TestAnExtensionThatItLacks:
    @pytest.mark.parametrize(
        ("context", "exten", "told"),
        [
            ("default", "7000", r"in \[default\]; the nearest are 700, 701$"),
            ("default", "operater", r"the nearest are operator$"),
            ("default", "s", r"in \[default\]; it has 700, 701, _8XXX, operator$"),
            ("empty", "1", "it has none$"),
            ("office", "1", r"its contexts are \[default\], \[empty\], \[more\]$"),
        ],
    )
    def test_is_told_with_the_nearest_it_has(self, context: str, exten: str, told: str):
        text = no_extension(dialplan_of(OWN, []), context, exten)
        assert text.startswith("the dialplan has no such extension in")
        assert re.search(told, text), text

    def test_is_told_with_five_at_most(self):
        many = "[default]\n" + "".join(f"exten => {n},1,Stasis(a)\n" for n in range(100, 120))
        assert no_extension(dialplan_of(many, []), "default", "s").endswith(
            "it has 100, 101, 102, 103, 104 and 15 more"
        )
