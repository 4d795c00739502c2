"""A call that we ask for brings its first record along, as the call itself would write it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import msgspec
import pytest

from stasis.ahead import AWAITED, LIMIT, Ahead
from stasis.ari import Ari
from stasis.ari.events import Event
from stasis.channel import Channel
from stasis.flow import Flow
from stasis.keep import VARIABLE, Folder, Keep, Nowhere, Variable
from stasis.program import Program
from stasis.record import Record


@attrs.define
class Data:
    number: str = ""
    tries: list[int] = attrs.field(factory=list)


class Reminder(Flow):
    data = Data("7")
    version = 3

    async def calling(self, event: Event) -> None: ...

    start = calling


async def simple(channel: Channel) -> None: ...


@pytest.fixture
def ahead(ari: Ari) -> Ahead:
    return Ahead(Variable(ari))


def test_it_is_the_record_of_a_call_that_enters_its_first_state(ahead: Ahead):
    text = ahead.variables("c1", "remind", Program.of(Reminder), "a,b")[VARIABLE]
    record = Record.decode(text)
    assert record == ahead.take("c1")
    assert (record.app, record.flow, record.state, record.entry) == (
        "remind",
        "Reminder",
        "calling",
        1,
    )
    assert record.args == ("a", "b") and record.version == 3
    assert record.data == {"number": "7", "tries": []}


def test_that_of_a_function_too(ahead: Ahead):
    record = Record.decode(ahead.variables("c1", "simple", Program.of(simple))[VARIABLE])
    assert (record.flow, record.state, record.args, record.data) == ("simple", "running", (), None)


def test_no_two_have_the_same_tokens(ahead: Ahead):
    records = []
    for number in range(20):
        ahead.variables(str(number), "remind", Program.of(Reminder))
        records.append(ahead.take(str(number)))
    words = {word for each in records if each is not None for word in (each.token, each.media)}
    assert len(words) == 40


def test_it_is_taken_once(ahead: Ahead):
    ahead.variables("c1", "remind", Program.of(Reminder))
    assert ahead.take("c1") is not None and ahead.take("c1") is None and len(ahead) == 0


def test_a_call_that_we_have_not_asked_for_brings_none(ahead: Ahead):
    assert ahead.take("c1") is None


class TestComing:
    """Once it has come it is told from one that another process has run meanwhile."""

    @pytest.fixture
    def record(self, ahead: Ahead) -> Record:
        return Record.decode(ahead.variables("c1", "remind", Program.of(Reminder))[VARIABLE])

    def test_with_what_it_was_made_with(self, ahead: Ahead, record: Record):
        assert ahead.brings("c1", record)

    def test_with_what_another_has_kept(self, ahead: Ahead, record: Record):
        assert not ahead.brings("c1", msgspec.structs.replace(record, state="later", entry=2))
        assert not ahead.brings("c1", None)

    def test_one_that_we_have_not_asked_for(self, ahead: Ahead, record: Record):
        assert not ahead.brings("c2", record)

    def test_when_all_were_forgotten(self, ahead: Ahead, record: Record):
        ahead.clear()
        assert not ahead.brings("c1", record) and len(ahead) == 0


class TestNothingGoesAlong:
    @pytest.mark.parametrize("keep", [Nowhere(), Folder(Path("/nowhere"))])
    def test_where_records_are_kept_elsewhere(self, keep: Keep):
        assert Ahead(keep).variables("c1", "remind", Program.of(Reminder)) == {}

    def test_to_an_application_that_is_not_run_here(self, ahead: Ahead):
        assert ahead.variables("c1", "other", None) == {} and len(ahead) == 0

    @pytest.mark.parametrize("args", ['"a,b",c', "a\\,b", "f(1,2)"])
    def test_with_arguments_that_asterisk_may_part_otherwise(self, ahead: Ahead, args: str):
        assert ahead.variables("c1", "remind", Program.of(Reminder), args) == {}

    def test_beside_many_other_variables_for_which_the_request_has_room_alone(self, ahead: Ahead):
        program = Program.of(Reminder)
        assert ahead.variables("c1", "remind", program, beside={"A": "x" * LIMIT}) == {}
        assert ahead.variables("c1", "remind", program, beside={"A": "x"})

    @pytest.mark.parametrize("data", [Data("x" * LIMIT), object()])
    def test_of_data_that_are_too_long_or_cannot_be_kept(self, ahead: Ahead, data: Any):
        flow = type("Odd", (Reminder,), {"data": data})
        assert ahead.variables("c1", "remind", Program.of(flow)) == {} and len(ahead) == 0


def test_calls_that_never_come_are_forgotten_the_oldest_first(ahead: Ahead):
    program = Program.of(simple)
    for number in range(AWAITED + 1):
        ahead.variables(str(number), "simple", program)
    assert len(ahead) == AWAITED
    assert ahead.take("0") is None and ahead.take("1") is not None
