"""Channels over ARI: looked at, hung up, and refused where they are not what they should be."""

from __future__ import annotations

import pytest

from tests.testing.simulator.machines import ask, called, served, simulated, turn


@simulated
async def test_they_are_listed_and_looked_at():
    machine, _ = served()
    line = await called(machine)
    one = (await ask(machine, f"GET channels/{line.channel.id}")).json
    assert one == line.channel.json()
    assert (await ask(machine, "GET channels")).json == [one]


class TestHangingUp:
    @pytest.mark.parametrize(
        ("query", "cause"),
        [
            ("", 16),
            ("reason=busy", 17),
            ("reason=answered_elsewhere", 26),
            ("reason_code=21", 21),
            ("reason=busy&reason_code=34", 34),
        ],
    )
    @simulated
    async def test_gives_its_cause_to_the_phone(self, query: str, cause: int):
        machine, _ = served()
        line = await called(machine)
        assert (await ask(machine, f"DELETE channels/{line.channel.id}?{query}")).status == 204
        await turn()
        assert line.ended == cause

    @pytest.mark.parametrize(
        ("version", "query", "why"),
        [
            ("22", "reason=boredom", "Invalid reason for hangup reason provided"),
            ("16", "reason=boredom", "Invalid reason for hangup provided"),
            ("22", "reason_code=x", "Invalid Reason Code"),
        ],
    )
    @simulated
    async def test_for_no_reason_is_refused(self, version: str, query: str, why: str):
        machine, _ = served(version)
        line = await called(machine)
        answer = await ask(machine, f"DELETE channels/{line.channel.id}?{query}")
        assert (answer.status, answer.why) == (400, why)

    @simulated
    async def test_twice_finds_nobody(self):
        machine, _ = served()
        line = await called(machine)
        path = f"DELETE channels/{line.channel.id}"
        await ask(machine, path)
        await turn()
        assert (await ask(machine, path)).status == 404


class TestACommand:
    @simulated
    async def test_is_for_a_channel_that_is_there(self):
        machine, _ = served()
        answer = await ask(machine, "POST channels/nobody/answer")
        assert (answer.status, answer.why) == (404, "Channel not found")

    @simulated
    async def test_is_for_a_channel_in_an_application(self):
        machine, _ = served(plan="exten => wait,1,Wait(60)")
        line = await called(machine, "wait")
        answer = await ask(machine, f"POST channels/{line.channel.id}/answer")
        assert (answer.status, answer.why) == (409, "Channel not in Stasis application")

    @simulated
    async def test_is_for_a_channel_that_is_up_or_rings_at_us(self):
        machine, _ = served()
        await ask(machine, "POST channels/create?endpoint=Local/a@default&app=a&channelId=c")
        await turn()
        answer = await ask(machine, "POST channels/c/play?media=sound:one")
        assert (answer.status, answer.why) == (412, "Channel in invalid state")
