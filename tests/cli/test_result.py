"""Results of things on the screen: lines, tables below them, and nothing that a terminal obeys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec
import pytest

from stasis.cli.result import shown, unanswered
from stasis.pbx import Originated


class Seat(msgspec.Struct, frozen=True, kw_only=True):
    """A seat."""

    room: str
    taken_by: str = ""


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """A room."""

    name: str
    settings: Mapping[str, str] = {}
    first: Seat | None = None
    seats: Sequence[Seat] = ()
    since: datetime = datetime(2026, 11, 29, 12, 0, 0, 250_000, tzinfo=UTC)


def lines(capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    """The words of each line of the result."""
    return [line.split() for line in capsys.readouterr().out.splitlines()]


def test_one_has_a_line_for_each_field(capsys):
    shown(Room(name="one", settings={"a": "b"}), json=False)
    assert lines(capsys) == [
        ["name", "one"],
        ["settings", "a=b"],
        ["first"],
        ["seats"],
        ["since", "2026-11-29T12:00:00Z"],
    ]


def test_what_has_fields_of_its_own_is_a_table_below_and_texts_with_names_come_last(capsys):
    seats = [Seat(room="one", taken_by="Zoë"), Seat(room="one")]
    shown(Room(name="one", settings={"b": "2", "a": "1"}, first=seats[0], seats=seats), json=False)
    assert lines(capsys) == [
        ["name", "one"],
        ["since", "2026-11-29T12:00:00Z"],
        [],
        ["first:"],
        ["room", "one"],
        ["taken", "by", "Zoë"],
        [],
        ["seats:"],
        ["room", "taken", "by"],
        ["one", "Zoë"],
        ["one"],
        [],
        ["settings:"],
        ["a", "1"],
        ["b", "2"],
    ]


def test_json_has_all_of_it(capsys):
    shown(Room(name="one", seats=[Seat(room="one")]), json=True)
    found = msgspec.json.decode(capsys.readouterr().out)
    assert found["seats"] == [{"room": "one", "taken_by": ""}]
    assert found["since"] == "2026-11-29T12:00:00.250000Z"


def test_what_a_terminal_would_obey_is_not_shown(capsys):
    shown([Seat(room="a\x1b]0;b\x07", taken_by="Zoë\x9b2J")], json=False)
    shown("two\nlines\x1b[2J", json=False)
    shown(Room(name="one", settings={"a\x1b": "1", "b": "\x9b"}), json=False)
    out = capsys.readouterr().out
    assert "\x1b" not in out and "\x9b" not in out and "Zoë" in out and "two\nlines" in out


def test_none_and_nothing_are_said_beside_the_result(capsys):
    shown([], json=False)
    shown(None, json=False)
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "none\ndone\n")


class TestACallThatWasMade:
    @pytest.mark.parametrize("outcome", ["ANSWER", "STARTED"])
    def test_one_that_is_answered_or_not_waited_for_went_well(self, outcome):
        assert unanswered(Originated(outcome=outcome, channel="PJSIP/a", id="1")) == ""

    def test_any_other_is_told_with_its_reason(self):
        made = Originated(outcome="BUSY", channel="PJSIP/a", id="1", cause_text="it is busy")
        assert unanswered(made) == "PJSIP/a: BUSY: it is busy"

    def test_what_is_no_call_went_well(self):
        assert unanswered(Seat(room="one")) == unanswered(None) == ""
