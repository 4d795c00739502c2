"""Calls: what is refused before anything is sent, and what is asked before a call may be lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest

from stasis.ami import Ami, NoSuch, actions, events
from stasis.ami.answers import GetvarAnswer
from stasis.config import AsteriskConfig
from stasis.pbx import BadValue, Missing, Pbx
from tests.pbx.fake_ami import FakeAmi
from tests.pbx.refusing import EVIL, unasked

ALICE, BOB = "PJSIP/alice-00000001", "PJSIP/bob-00000002"

# Every thing with arguments that are good.
GOOD: Mapping[str, Mapping[str, Any]] = {
    "show": {"channel": ALICE},
    "originate": {
        "device": "PJSIP/alice",
        "extension": "100",
        "context": "default",
        "caller_number": "2001",
        "caller_name": "Zoë",
    },
    "originate_application": {"device": "PJSIP/alice", "application": "Echo", "data": ""},
    "originate_stasis": {"device": "PJSIP/alice", "app": "ivr", "arguments": ["a b"]},
    "hangup": {"channel": ALICE},
    "transfer": {"channel": ALICE, "extension": "100", "context": "default"},
    "attended_transfer": {"channel": ALICE, "digits": "100", "context": "default"},
    "cancel_transfer": {"channel": ALICE},
    "redirect": {"channel": ALICE, "extension": "100", "other": BOB, "other_context": "default"},
    "park": {"channel": ALICE, "lot": "default", "space": "701", "parker": BOB},
    "parked": {"lot": "default"},
    "get_variable": {"channel": ALICE, "variable": "CALLERID(num)"},
    "set_variable": {"channel": ALICE, "variable": "NOTE"},
}
# What stands for "not given", and whose value is a list or any text.
OPTIONAL = {"context", "caller_number", "caller_name", "other", "other_context", "lot", "space"}
OPTIONAL |= {"parker", "data"}
ANY = {"arguments"}
# A caller's name is text, and an application's data has commas: what these may hold.
ALLOWED = {"caller_name": {"../a"}, "data": {"a,b"}}


def cases() -> list[tuple[str, str, str]]:
    """Every evil text in every argument of every thing."""
    return [
        (thing, name, evil)
        for thing, given in GOOD.items()
        for name in given
        if name not in ANY
        for evil in EVIL
        if not (evil == "" and name in OPTIONAL) and evil not in ALLOWED.get(name, set())
    ]


class TestWhatIsRefused:
    @pytest.mark.parametrize(("thing", "name", "evil"), cases())
    async def test_nothing_is_sent(self, thing: str, name: str, evil: str) -> None:
        pbx, ami = unasked()
        given = {**GOOD[thing], name: evil}
        if thing == "set_variable":
            given["value"] = "x"
        with pytest.raises(BadValue):
            await getattr(pbx.calls, thing)(**given)
        assert ami.asked == []

    @pytest.mark.parametrize("evil", ["a\r\nb", "a,b", 'a"b', "a\\b", "(", "$(id)", "`id`"])
    async def test_an_argument_of_stasis_is_one(self, evil: str) -> None:
        pbx, _ = unasked()
        with pytest.raises(BadValue):
            await pbx.calls.originate_stasis("PJSIP/alice", "ivr", arguments=[evil])

    @pytest.mark.parametrize(
        "name", ["MONITOR_EXEC", "__MONITOR_EXEC", "Monitor_Exec_Args", "a(b)"]
    )
    async def test_a_variable_that_is_a_command_or_a_function(self, name: str) -> None:
        pbx, _ = unasked()
        with pytest.raises(BadValue):
            await pbx.calls.originate("PJSIP/alice", "100", variables={name: "touch /tmp/x"})

    @pytest.mark.parametrize("value", ["a\r\nb", "a\nb", "\x00", " a"])
    async def test_a_value_of_more_than_one_line(self, value: str) -> None:
        pbx, _ = unasked()
        with pytest.raises(BadValue):
            await pbx.calls.set_variable(ALICE, "NOTE", value)

    @pytest.mark.parametrize("cause", [0, 128, -1])
    async def test_a_cause_that_is_none(self, cause: int) -> None:
        pbx, _ = unasked()
        with pytest.raises(BadValue):
            await pbx.calls.hangup(ALICE, cause=cause)


def answering(exists: str) -> tuple[Pbx, FakeAmi]:
    """A PBX whose dialplan says whether an extension is there."""
    ami = FakeAmi({actions.Getvar: GetvarAnswer(response="Success", value=exists)})
    return Pbx(AsteriskConfig(), ami=cast(Ami, ami)), ami


class TestAPlaceThatIsNotThere:
    async def test_nobody_is_sent_there(self) -> None:
        pbx, ami = answering("0")
        for work in (pbx.calls.transfer, pbx.calls.redirect, pbx.calls.attended_transfer):
            with pytest.raises(Missing, match="no extension 100 in context sales"):
                await work(ALICE, "100", context="sales")
        assert {type(each) for each in ami.asked} == {actions.Getvar}

    @pytest.mark.parametrize("answer", ["1", ""])
    async def test_a_server_that_cannot_tell_is_believed(self, answer: str) -> None:
        pbx, ami = answering(answer)
        await pbx.calls.transfer(ALICE, "100")
        assert ami.asked[-1] == actions.BlindTransfer(channel=ALICE, context="default", exten="100")

    async def test_the_other_goes_to_the_same_place_if_no_other_is_named(self) -> None:
        pbx, ami = answering("1")
        await pbx.calls.redirect(ALICE, "100", priority=2, other=BOB)
        assert ami.asked[-1] == actions.Redirect(
            channel=ALICE,
            exten="100",
            context="default",
            priority=2,
            extra_channel=BOB,
            extra_exten="100",
            extra_context="default",
            extra_priority=1,
        )


async def test_a_channel_that_is_gone_is_missing() -> None:
    ami = FakeAmi({actions.Status: NoSuch("Status", "No such channel")})
    with pytest.raises(Missing):
        await Pbx(AsteriskConfig(), ami=cast(Ami, ami)).calls.show(ALICE)


async def test_a_lot_says_its_spaces() -> None:
    item = events.Parkinglot(event="Parkinglot", name="default", start_space=701, stop_space=720)
    ami = FakeAmi({actions.Parkinglots: [item]})
    (lot,) = await Pbx(AsteriskConfig(), ami=cast(Ami, ami)).calls.lots()
    assert (lot.lot, lot.first, lot.last, lot.timeout) == ("default", 701, 720, 0)
