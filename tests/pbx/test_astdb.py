"""AstDB: a family is what it is called, whatever Asterisk takes for it."""

from __future__ import annotations

from typing import Any, cast

import pytest

from stasis.ami import ActionFailed, Ami, UnknownAction, actions, events
from stasis.ami.answers import CommandOutput
from stasis.config import AsteriskConfig
from stasis.pbx import BadValue, Entry, Missing, Needs, Pbx, Refused
from stasis.pbx.astdb import entries, lines
from tests.pbx.fake_ami import FakeAmi

# As 22 and 16 print it.
SHOWN = """/A_B/k                                            : 1                        
/a_b/deep/x                                       : Zoë : «x»                
/a_b/k                                            :                          
3 results found."""  # noqa: W291


def pbx(says: dict[type[Any], Any]) -> tuple[Pbx, FakeAmi]:
    """A PBX whose manager interface says this."""
    ami = FakeAmi(says)
    return Pbx(AsteriskConfig(), ami=cast(Ami, ami)), ami


def tree(*paths: str) -> list[events.DBGetTreeResponse]:
    """A tree's items."""
    return [events.DBGetTreeResponse(key=each, val="v") for each in paths]


def unknown() -> UnknownAction:
    """What a version without DBGetTree says."""
    return UnknownAction("DBGetTree", "Invalid/unknown command: DBGetTree.")


class TestTheTree:
    async def test_others_that_are_like_it_are_left_out(self) -> None:
        told = tree("/a_b/k", "/A_B/k", "/axb/k", "/a_b/deep/x")
        found = await pbx({actions.DBGetTree: told})[0].astdb.tree("a_b")
        assert [each.key for each in found] == ["deep/x", "k"]

    async def test_the_command_line_has_it_where_there_is_no_action(self) -> None:
        output = CommandOutput(output=tuple(SHOWN.split("\n")))
        one, ami = pbx({actions.DBGetTree: unknown(), actions.Command: output})
        found = await one.astdb.tree("a_b")
        assert [(each.key, each.value) for each in found] == [("deep/x", "Zoë : «x»"), ("k", "")]
        assert ami.asked[-1] == actions.Command(command="database show a_b")
        assert await one.astdb.tree()
        assert ami.asked[-1] == actions.Command(command="database show")

    def test_a_family_is_the_first_part_when_none_is_asked_for(self) -> None:
        assert entries([("/fam/a/b", "1")], None) == [Entry(family="fam", key="a/b", value="1")]
        assert entries([("/fam/a/b", "1")], "fam/a") == [Entry(family="fam/a", key="b", value="1")]

    def test_what_is_no_entry_is_left_out(self) -> None:
        assert lines(SHOWN.split("\n"))[0] == ("/A_B/k", "1")
        assert lines(["", "3 results found.", "No such command"]) == []


class TestDeleting:
    async def test_a_family_that_is_alone_is_deleted_at_once(self) -> None:
        one, ami = pbx({actions.DBGetTree: tree("/ab/k", "/ab/l")})
        assert await one.astdb.delete_tree("ab", confirm=True) == 2
        assert ami.asked[1:] == [actions.DBDelTree(family="ab")]

    async def test_a_family_that_others_are_like_is_deleted_one_by_one(self) -> None:
        one, ami = pbx({actions.DBGetTree: tree("/a_b/k", "/axb/k", "/a_b/l")})
        assert await one.astdb.delete_tree("a_b", confirm=True) == 2
        assert ami.asked[1:] == [actions.DBDel(family="a_b", key=each) for each in "kl"]

    async def test_nothing_to_delete_is_missing(self) -> None:
        one, ami = pbx({actions.DBGetTree: tree("/axb/k")})
        with pytest.raises(Missing, match="there is nothing in a_b"):
            await one.astdb.delete_tree("a_b", confirm=True)
        assert len(ami.asked) == 1

    @pytest.mark.parametrize(
        ("says", "error"),
        [
            (ActionFailed("DBDel", "Database entry could not be deleted"), Missing),
            (ActionFailed("DBDel", "No"), Refused),
            (UnknownAction("DBDel", "Invalid/unknown command"), Needs),
        ],
    )
    async def test_an_entry_that_is_not_there(
        self, says: ActionFailed, error: type[Exception]
    ) -> None:
        with pytest.raises(error):
            await pbx({actions.DBDel: says})[0].astdb.delete("a", "b")

    @pytest.mark.parametrize("family", ["", "a%", "a b", "a;b", "a\nb", "a'b", 'a"b', "/a", "a//b"])
    async def test_a_family_that_means_more_is_refused(self, family: str) -> None:
        one, ami = pbx({})
        with pytest.raises(BadValue, match="family"):
            await one.astdb.delete_tree(family, confirm=True)
        assert not ami.asked
