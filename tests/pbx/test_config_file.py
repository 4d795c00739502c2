"""A configuration file as GetConfig tells it, and edits as UpdateConfig wants them."""

from __future__ import annotations

import pytest

from stasis.ami.actions import Change
from stasis.pbx.config_file import (
    AddLine,
    AddSection,
    ConfigFile,
    Line,
    RemoveLine,
    RemoveSection,
    Section,
    SetLine,
    checked,
)
from stasis.pbx.errors import BadValue, Missing, Refused

# As Asterisk 22 and 16 answer GetConfig with the filter TEMPLATES=include.
FIELDS = [
    ("Response", "Success"),
    ("ActionID", "1"),
    ("Category-000000", "general"),
    ("Line-000000-000000", "price=3"),
    ("Line-000000-000001", "kind=apple"),
    ("Line-000000-000002", "kind=a=b"),
    ("Line-000000-000003", "empty="),
    ("Category-000001", "basket"),
    ("IsTemplate-000001", "1"),
    ("Line-000001-000000", "size=2"),
    ("Category-000002", "mine"),
    ("Templates-000002", "basket,tree"),
    ("Line-000002-000000", "size=2"),
    ("Line-000002-000001", "secret=4711"),
    ("Category-000003", "twice"),
    ("Category-000004", "twice"),
]
FILE = ConfigFile.of("fruit.conf", FIELDS)


class TestReading:
    def test_sections_lines_and_templates(self):
        assert [each.name for each in FILE.sections] == [
            "general",
            "basket",
            "mine",
            "twice",
            "twice",
        ]
        assert FILE.section("basket") == Section(
            name="basket", lines=(Line(name="size", value="2"),), template=True
        )
        assert FILE.one("mine").templates == ("basket", "tree")

    def test_the_last_line_of_a_name_counts_and_case_does_not(self):
        general = FILE.one("General")
        assert (general.get("KIND"), general.all("kind")) == ("a=b", ["apple", "a=b"])
        assert (general.get("empty"), general.get("none")) == ("", None)

    def test_a_secret_is_not_shown(self):
        assert "4711" not in repr(FILE) and "secret = ***" in repr(FILE)

    def test_nothing(self):
        assert ConfigFile.of("x.conf", FIELDS[:2]).sections == ()
        assert FILE.section("nobody") is None


class TestEdits:
    def test_a_value_is_compared_with_what_was_read(self):
        assert SetLine(section="GENERAL", name="price", value="4").changes(FILE) == [
            Change(action="Update", cat="general", var="price", value="4", match="3")
        ]

    def test_a_line_that_is_not_there_is_added(self):
        assert SetLine(section="general", name="new", value="4").changes(FILE) == [
            Change(action="Append", cat="general", var="new", value="4")
        ]
        assert AddLine(section="general", name="kind", value="fig", arrow=True).changes(FILE) == [
            Change(action="Append", cat="general", var="kind", value=">fig")
        ]

    def test_lines_are_removed_by_value(self):
        assert RemoveLine(section="general", name="kind").changes(FILE) == [
            Change(action="Delete", cat="general", var="kind", match="apple"),
            Change(action="Delete", cat="general", var="kind", match="a=b"),
        ]
        assert len(RemoveLine(section="general", name="kind", value="apple").changes(FILE)) == 1

    def test_a_section_with_its_lines(self):
        edit = AddSection(section="new", lines=[("a", "1"), ("a", "2")], templates=["basket"])
        assert edit.changes(FILE) == [
            Change(action="NewCat", cat="new", options='inherit="basket"'),
            Change(action="Append", cat="new", var="a", value="1"),
            Change(action="Append", cat="new", var="a", value="2"),
        ]
        assert RemoveSection(section="Mine").changes(FILE) == [Change(action="DelCat", cat="mine")]

    @pytest.mark.parametrize(
        ("edit", "error", "told"),
        [
            (AddSection(section="General"), Refused, "already"),
            (AddSection(section="new", templates=["no"]), Missing, "no template"),
            (RemoveSection(section="no"), Missing, r"no section \[no\]"),
            (RemoveSection(section="twice"), Refused, "2 sections"),
            (SetLine(section="basket", name="size", value="3"), Refused, "a template"),
            (SetLine(section="general", name="kind", value="3"), Refused, "2 lines kind"),
            (RemoveLine(section="general", name="no"), Missing, "no line no"),
            (RemoveLine(section="general", name="kind", value="3"), Missing, "no line kind = 3"),
        ],
    )
    def test_what_cannot_be_meant(self, edit, error, told):
        with pytest.raises(error, match=f"^fruit.conf: .*{told}"):
            edit.changes(FILE)


class TestHolding:
    def test_what_holds(self):
        assert SetLine(section="general", name="price", value="3").holds(FILE)
        assert AddLine(section="general", name="kind", value="apple").holds(FILE)
        assert RemoveLine(section="general", name="no").holds(FILE)
        assert RemoveLine(section="general", name="kind", value="fig").holds(FILE)
        assert RemoveSection(section="no").holds(FILE)
        assert AddSection(section="mine", lines=[("secret", "4711")]).holds(FILE)

    def test_what_does_not(self):
        assert not SetLine(section="general", name="price", value="4").holds(FILE)
        assert not AddLine(section="general", name="kind", value="fig").holds(FILE)
        assert not RemoveLine(section="general", name="kind").holds(FILE)
        assert not RemoveSection(section="mine").holds(FILE)
        assert not AddSection(section="mine", lines=[("secret", "1")]).holds(FILE)
        assert not AddSection(section="twice").holds(FILE)


class TestChecking:
    @pytest.mark.parametrize("value", ["", "a", "a b", "=", "a > b", "a,b|c$(x)[y]#", "Zoë"])
    def test_a_value(self, value):
        checked([SetLine(section="general", name="x", value=value)])

    @pytest.mark.parametrize(
        "value", [";", "a;b", ">a", " a", "a ", "a\n", "a\rb", "\0", "a" * 401]
    )
    def test_no_value(self, value):
        with pytest.raises(BadValue, match=r"SetLine: value cannot stand"):
            checked([SetLine(section="general", name="x", value=value)])

    @pytest.mark.parametrize("name", ["", "#exec", "[x]", "a b", "a=b", "a\n", ";a", "a>b", "a]"])
    def test_no_name(self, name):
        for edit in (
            AddLine(section=name, name="x", value="1"),
            AddLine(section="x", name=name, value="1"),
            AddSection(section="x", lines=[(name, "1")]),
            AddSection(section="x", templates=[name]),
        ):
            with pytest.raises(BadValue, match="cannot stand"):
                checked([edit])
