"""Channels that call out: what is asked for, what is refused, and what the reply says."""

from __future__ import annotations

import pytest

from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.phone import Phone
from tests.testing.simulator.machines import ask, called, kinds, served, simulated, turn


def with_alice() -> Machine:
    """A server with one phone, and nobody connected."""
    machine, _ = served(plan="exten => 8000,1,Wait(60)\n same => n(label),Wait(61)")
    machine.phones["PJSIP/alice"] = Phone("PJSIP/alice", "answers")
    return machine


class TestOriginating:
    @pytest.mark.parametrize(
        ("query", "status", "why"),
        [
            ("", 400, "Endpoint must be specified"),
            ("endpoint=PJSIP/alice", 400, "Application or extension must be specified"),
            ("endpoint=alice&app=a", 400, "Invalid endpoint specified"),
            ("endpoint=PJSIP/alice&app=a&originator=x", 400, "Provided originator channel was not"),
            ("endpoint=PJSIP/alice&app=a&formats=mp3", 400, "Provided format (mp3) was not found"),
            ("endpoint=PJSIP/alice&extension=8000&label=x", 404, "Requested label can not be"),
        ],
    )
    @simulated
    async def test_what_is_missing_or_wrong_is_named(self, query: str, status: int, why: str):
        machine = with_alice()
        answer = await ask(machine, f"POST channels?{query}")
        assert answer.status == status and answer.why.startswith(why)
        assert machine.channels == {}

    @simulated
    async def test_what_cannot_be_reached_is_500(self):
        machine = with_alice()
        answer = await ask(machine, "POST channels?endpoint=PJSIP/nobody&app=a")
        assert (answer.status, answer.json) == (500, {"error": "Allocation failed"})

    @simulated
    async def test_an_id_can_be_had_once(self):
        machine = with_alice()
        line = "POST channels/c?endpoint=PJSIP/alice&app=a"
        assert (await ask(machine, line)).json["id"] == "c"
        assert (await ask(machine, line)).status == 409

    @simulated
    async def test_both_halves_of_a_local_channel_have_ids(self):
        machine = with_alice()
        line = "POST channels?endpoint=Local/8000@default&app=a&channelId=c"
        await ask(machine, f"{line}&otherChannelId=d")
        assert set(machine.channels) == {"c", "d"}
        await ask(machine, line.replace("Id=c", "Id=e"))
        assert set(machine.channels) == {"c", "d", "e", "e;2"}

    @simulated
    async def test_variables_are_set_and_the_caller_is_named(self):
        machine = with_alice()
        line = "POST channels/c?endpoint=PJSIP/alice&extension=8000&callerId=Ann <100>"
        reply = await ask(machine, line, {"variables": {"A": "1"}})
        assert reply.json["caller"] == {"name": "Ann", "number": "100"}
        assert machine.channels["c"].variables["A"] == "1"

    @simulated
    async def test_it_belongs_to_the_call_of_who_asked_for_it(self):
        machine = with_alice()
        caller = (await called(machine)).channel
        await ask(machine, f"POST channels/c?endpoint=PJSIP/alice&app=a&originator={caller.id}")
        assert machine.channels["c"].linked == caller.id

    @simulated
    async def test_a_label_is_a_place_in_the_dialplan(self):
        machine = with_alice()
        await ask(machine, "POST channels/c?endpoint=PJSIP/alice&extension=8000&label=label")
        await turn()
        assert machine.channels["c"].app_data == "61"


class TestCreating:
    @simulated
    async def test_gives_a_channel_in_the_application_that_nobody_has_called(self):
        machine, frames = served()
        phone = machine.phones["PJSIP/alice"] = Phone("PJSIP/alice", "answers")
        line = "POST channels/create?endpoint=PJSIP/alice&app=a&channelId=c&appArgs=x"
        assert (await ask(machine, line)).json["state"] == "Down"
        await turn()
        assert "StasisStart" in kinds(frames) and phone.lines == []
        assert (await ask(machine, "POST channels/c/dial")).status == 204
        await turn()
        assert machine.channels["c"].state == "Up"

    @simulated
    async def test_dialling_needs_a_caller_that_is_there(self):
        machine = with_alice()
        await ask(machine, "POST channels/create?endpoint=PJSIP/alice&app=a&channelId=c")
        await turn()
        answer = await ask(machine, "POST channels/c/dial?caller=nobody")
        assert (answer.status, answer.why) == (404, "Caller not found")

    @simulated
    async def test_a_channel_that_is_up_is_not_dialled(self):
        machine, _ = served()
        line = await called(machine)
        await ask(machine, f"POST channels/{line.channel.id}/answer")
        answer = await ask(machine, f"POST channels/{line.channel.id}/dial")
        assert (answer.status, answer.why) == (409, "Channel is not in the 'Down' state")

    @simulated
    async def test_without_an_application_that_runs_it_is_gone_again(self):
        machine = with_alice()
        await ask(machine, "POST channels/create?endpoint=PJSIP/alice&app=nobody&channelId=c")
        await turn()
        assert machine.channels == {}
