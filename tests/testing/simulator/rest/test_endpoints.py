"""Endpoints over ARI."""

from __future__ import annotations

import pytest

from stasis.testing import virtual_time
from stasis.testing.simulator.channel import Channel
from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.phone import Phone
from tests.testing.simulator.machines import ask, new_machine

ALICE = {"technology": "PJSIP", "resource": "alice", "state": "online", "channel_ids": []}
BOB = {"technology": "PJSIP", "resource": "bob", "state": "offline", "channel_ids": []}


def with_phones(version: str = "22") -> Machine:
    """A server with alice, who is there, and bob, who is not."""
    machine = new_machine(version)
    machine.phones["PJSIP/alice"] = Phone("PJSIP/alice")
    machine.phones["PJSIP/bob"] = Phone("PJSIP/bob", "unreachable")
    return machine


class TestLooking:
    @virtual_time
    async def test_all_and_those_of_a_technology_are_listed(self):
        machine = with_phones()
        assert (await ask(machine, "GET endpoints")).json == [ALICE, BOB]
        assert (await ask(machine, "GET endpoints/PJSIP")).json == [ALICE, BOB]

    @virtual_time
    async def test_a_technology_without_phones_is_there_and_an_unknown_one_is_not(self):
        assert (await ask(new_machine(), "GET endpoints/PJSIP")).json == []
        answer = await ask(new_machine(), "GET endpoints/pjsip")
        assert (answer.status, answer.why) == (404, "No Endpoints found - invalid tech pjsip")

    @virtual_time
    async def test_one_is_found_in_any_case_of_its_technology(self):
        machine = with_phones()
        assert (await ask(machine, "GET endpoints/pjsip/alice")).json == ALICE
        answer = await ask(machine, "GET endpoints/PJSIP/nobody")
        assert (answer.status, answer.why) == (404, "Endpoint not found")

    @virtual_time
    async def test_it_tells_its_channels(self):
        machine = with_phones()
        Channel(machine, "c", "PJSIP/alice-00000001", "Up")
        assert (await ask(machine, "GET endpoints/PJSIP/alice")).json["channel_ids"] == ["c"]


class TestMessages:
    @pytest.mark.parametrize(
        "line",
        [
            "sendMessage?to=pjsip:alice&",
            "sendMessage?to=pjsip:sip:alice@host&",
            "PJSIP/alice/sendMessage?",
        ],
    )
    @virtual_time
    async def test_a_text_reaches_a_phone_that_is_there(self, line: str):
        machine = with_phones()
        body = {"variables": {"a": "b"}}
        answer = await ask(machine, f"PUT endpoints/{line}from=sip:x&body=hello", body)
        assert answer.status == 202
        assert machine.messages == [
            {
                "kind": "message",
                "to": "PJSIP/alice",
                "from": "sip:x",
                "body": "hello",
                "variables": {"a": "b"},
            }
        ]

    @pytest.mark.parametrize(
        "line",
        ["sendMessage?to=pjsip:bob", "sendMessage?to=nonsense:alice", "PJSIP/bob/sendMessage"],
    )
    @virtual_time
    async def test_nobody_else_can_be_written_to(self, line: str):
        machine = with_phones()
        answer = await ask(machine, f"PUT endpoints/{line}")
        assert (answer.status, answer.why) == (404, "Endpoint not found")
        assert machine.messages == []

    @virtual_time
    async def test_it_needs_somebody_to_write_to(self):
        answer = await ask(with_phones(), "PUT endpoints/sendMessage?from=x")
        assert (answer.status, answer.why) == (400, "To must be specified")

    @virtual_time
    async def test_its_variables_are_texts(self):
        line = "PUT endpoints/PJSIP/alice/sendMessage"
        assert (await ask(with_phones(), line, {"variables": {"a": 5}})).status == 400


class TestReferrals:
    @pytest.mark.parametrize("line", ["refer?to=pjsip:alice&", "PJSIP/alice/refer?"])
    @virtual_time
    async def test_a_phone_is_asked_to_call_somebody(self, line: str):
        machine = with_phones()
        assert (await ask(machine, f"POST endpoints/{line}refer_to=pjsip:bob")).status == 202
        (told,) = machine.messages
        assert (told["kind"], told["to"], told["refer_to"]) == ("refer", "PJSIP/alice", "pjsip:bob")

    @virtual_time
    async def test_16_does_not_have_it(self):
        machine = with_phones("16")
        assert (await ask(machine, "POST endpoints/PJSIP/alice/refer")).status == 404
        assert (await ask(machine, "POST endpoints/refer")).status == 405
