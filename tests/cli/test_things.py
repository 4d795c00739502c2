"""Commands out of things: arguments, options, tables, JSON, files; on a fake thing, and AstDB's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Literal

import msgspec
import pytest
import typer
from typer.testing import CliRunner

from stasis.cli import things as module
from stasis.cli.settings import Settings
from stasis.cli.things import commands_for, commands_of, explained
from stasis.pbx import BadValue, Download, Group, Missing, Originated, Pbx, thing
from stasis.pbx.values import Count, Data, QueueName, Variables


class Seat(msgspec.Struct, frozen=True, kw_only=True):
    """A seat."""

    room: str
    taken_by: str | None = None
    free: bool = True
    marks: Sequence[str] = ()


class Seats(Group):
    """Seats in rooms.

    And more about them.
    """

    name = "seats"
    calls: list[tuple[object, ...]] = []

    @thing("POST /seats/{room}")
    async def take_one(
        self,
        room: QueueName,
        *,
        count: Count = 1,
        quiet: bool = False,
        rows: Sequence[Data] = (),
        variables: Variables | None = None,
    ) -> Seat:
        """Take a seat.

        Returns it. AMI: Sit.
        """
        self.calls.append((room, count, quiet, tuple(rows), variables))
        return Seat(room=room, taken_by="Zoë", free=False, marks=["a", "b"])

    @thing("GET /seats")
    async def list(self) -> Sequence[Seat]:
        """List them."""
        return [Seat(room="one"), Seat(room="two [b]", taken_by="x")]

    @thing("GET /seats/none")
    async def none(self) -> Sequence[Seat]:
        """List none."""
        return []

    @thing("DELETE /seats", confirm="everybody has to stand up")
    async def clear(self, *, confirm: bool = False) -> None:
        """Take all seats away."""
        self.calls.append(("clear",))

    @thing("POST /seats/{room}/ring")
    async def ring(self, room: QueueName) -> Originated:
        """Ring who sits there."""
        return Originated(outcome="NOANSWER", channel=room, id="1", cause_text="nobody came")

    @thing("GET /seats/plan")
    async def plan(self) -> Download:
        """Get the plan."""

        async def chunks() -> AsyncIterator[bytes]:
            yield b"a"
            yield b"b"

        return Download("../plan.txt", "text/plain", chunks())

    @thing("GET /seats/torn")
    async def torn(self, *, seconds: Count = 30) -> Download:
        """Get what is not there."""

        async def chunks() -> AsyncIterator[bytes]:
            raise Missing("seats.torn", "it is gone")
            yield b""

        return Download("torn.txt", "text/plain", chunks())


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Runs a command of the seats in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Pbx, "seats", property(lambda pbx: Seats(pbx.ways)), raising=False)
    Seats.calls.clear()

    def run(*words: str, typed: str = ""):
        return CliRunner().invoke(commands_of(Seats), words, obj=Settings(), input=typed)

    return run


class TestArguments:
    def test_what_has_no_default_is_an_argument_and_the_rest_options(self, run):
        result = run(
            *("take-one", "support", "--count", "3", "--quiet"),
            *("--rows", "1", "--rows", "2", "--variables", "A=1=2", "--variables", "B="),
        )
        assert result.exit_code == 0, result.output
        assert Seats.calls == [("support", 3, True, ("1", "2"), {"A": "1=2", "B": ""})]

    def test_what_is_not_given_has_its_default(self, run):
        assert run("take-one", "support").exit_code == 0
        assert Seats.calls == [("support", 1, False, (), None)]

    @pytest.mark.parametrize(
        ("words", "told"),
        [
            (("sup port",), "room: 'sup port' cannot be one"),
            (
                ("support", "--count", "many"),
                "count: 'many' cannot be one; wanted is a whole number",
            ),
            (("support", "--variables", "A b=1"), "variables"),
        ],
    )
    def test_what_does_not_fit_is_told(self, run, words, told):
        result = run("take-one", *words)
        assert isinstance(result.exception, BadValue) and told in str(result.exception)
        assert Seats.calls == []

    def test_a_variable_needs_its_sign(self, run):
        result = run("take-one", "support", "--variables", "A")
        assert result.exit_code == 2 and "NAME=VALUE" in result.output

    def test_a_server_that_is_not_there_is_told(self, run):
        assert "there are asterisk" in str(run("list", "--server", "east").exception)


class TestHelp:
    def test_it_says_what_parameters_are_and_the_way_behind(self):
        doc = (
            "Add it.\n\nqueue: in\nqueues.conf. Returns it. Raises Missing where no queues.conf is;"
            " PbxError.\nAMI: QueueAdd."
        )
        assert explained(doc) == "Add it.\n\nqueue: in queues.conf. AMI: QueueAdd."
        assert explained("Add it.") == "Add it."

    def test_a_list_of_commands_has_the_first_line_only(self, run):
        told = run("--help").output
        assert "Take a seat." in told and "AMI: Sit" not in told
        assert "AMI: Sit" in run("take-one", "--help").output

    def test_a_number_and_a_choice_are_shown_as_such(self, run):
        told = " ".join(run("take-one", "--help").output.split())
        assert "--count INTEGER" in told
        assert "--rows TEXT" in told and "--variables NAME=VALUE" in told
        assert module.sample(Literal["", "a", "b"]) == "[a|b]"


class TestResults:
    def test_a_call_that_was_not_answered_is_shown_and_a_failure(self, run):
        result = run("ring", "support")
        assert (result.exit_code, str(result.exception)) == (1, "support: NOANSWER: nobody came")
        assert "nobody came" in result.output

    def test_one_is_a_table_of_its_fields(self, run):
        lines = run("take-one", "support").output.splitlines()
        assert [line.split() for line in lines if line.strip()] == [
            ["room", "support"],
            ["taken", "by", "Zoë"],
            ["free", "no"],
            ["marks", "a,", "b"],
        ]

    def test_several_are_a_table(self, run):
        lines = run("list").output.splitlines()
        assert lines[0].split() == ["room", "taken", "by", "free", "marks"]
        assert lines[2].split() == ["two", "[b]", "x", "yes"]

    def test_where_nothing_may_be_a_surprise_it_is_said_what_to_look_at(
        self, run, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setitem(module.EMPTY, "seats.none", "is anybody there?")
        done = run("none", "--json")
        assert done.stdout == "[]\n" and "is anybody there?" in done.stderr

    def test_both_are_json_for_machines(self, run):
        assert msgspec.json.decode(run("list", "--json").stdout)[0] == {
            "room": "one",
            "taken_by": None,
            "free": True,
            "marks": [],
        }


class TestConfirmation:
    def test_it_is_asked_for(self, run):
        result = run("clear", typed="y\n")
        assert "everybody has to stand up. Go on?" in result.output
        assert Seats.calls == [("clear",)]

    def test_no_is_no(self, run):
        assert run("clear", typed="n\n").exit_code == 1
        assert Seats.calls == []

    def test_it_can_be_given(self, run):
        assert run("clear", "--yes").exit_code == 0
        assert Seats.calls == [("clear",)]


class TestFiles:
    def test_one_is_stored_under_its_own_name_here(self, run, tmp_path: Path):
        result = run("plan")
        assert (tmp_path / "plan.txt").read_bytes() == b"ab"
        assert "plan.txt: 2 bytes" in result.output

    def test_none_is_overwritten_unless_it_is_named(self, run, tmp_path: Path):
        (tmp_path / "plan.txt").write_text("mine")
        assert "plan.txt: File exists; name another" in str(run("plan").exception)
        assert (tmp_path / "plan.txt").read_text() == "mine"
        assert run("plan", "--out", "plan.txt").exit_code == 0
        assert (tmp_path / "plan.txt").read_bytes() == b"ab"

    def test_one_that_fails_at_once_leaves_nothing(self, run, tmp_path: Path):
        result = run("torn", "--seconds", "2")
        assert isinstance(result.exception, Missing) and "it takes 2 s" in result.output
        assert not (tmp_path / "torn.txt").exists()

    def test_how_long_it_takes_is_said_before(self, run):
        assert "it takes 30 s" in run("torn").output

    def test_it_can_go_to_the_screen(self, run):
        assert run("plan", "-o", "-").stdout == "ab"


def test_there_are_commands_for_every_group_and_no_other():
    assert isinstance(commands_for("astdb"), typer.Typer)
    assert commands_for("nothing") is None
    assert all(commands_for(group.name) is not None for group in module.GROUPS)
