"""Transfers by phones: what the applications hear, who is left where, and what a flow makes of it.

What is told, in which order and with which fields, is as two real servers have told it to real
phones: see the scenarios of the conformance suite. Here is what those do not look at.
"""

from __future__ import annotations

from typing import Any

import pytest

from stasis.ari.events import Event, StasisEnd
from stasis.channel import Channel
from stasis.dialling import Dialling
from stasis.flow import Flow
from stasis.testing import Asterisk, virtual_time
from stasis.testing.party import Callee, Caller
from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.phone import Line
from stasis.trigger import Other
from tests.testing.simulator.machines import ask, called, heard, kinds, served, simulated, turn

PLAN = """
exten => plain,1,Answer()
 same => n,Wait(600)

exten => closed,1,Wait(1)
 same => n,Hangup(21)
"""
Frames = list[dict[str, Any]]


async def talking(version: str = "22") -> tuple[Machine, Frames, Line, Line]:
    """Ann and Ben in a bridge of the application `a`. Returns what it hears from now on, too."""
    machine, frames = served(version, plan=PLAN)
    ann, ben = await entered(machine, "Ann"), await entered(machine, "Ben")
    await bridged(machine, "room", ann, ben)
    frames.clear()
    return machine, frames, ann, ben


async def entered(machine: Machine, name: str, app: str = "a") -> Line:
    """Somebody calls an application, and is answered."""
    line = await called(machine, app, number=name.lower())
    line.channel.caller = (name, name.lower())
    await ask(machine, f"POST channels/{line.channel.id}/answer")
    return line


async def bridged(machine: Machine, bridge: str, *lines: Line) -> None:
    """They enter a new bridge."""
    await ask(machine, f"POST bridges/{bridge}")
    ids = ",".join(line.channel.id for line in lines)
    assert (await ask(machine, f"POST bridges/{bridge}/addChannel?channel={ids}")).status == 204


def starts(frames: Frames) -> list[tuple[str, str]]:
    """Who came, and in whose place."""
    return [
        (frame["channel"]["name"], frame.get("replace_channel", {}).get("name", ""))
        for frame in frames
        if frame["type"] == "StasisStart"
    ]


class TestABlindTransfer:
    @simulated
    async def test_both_halves_know_by_whom_and_where_to(self):
        machine, _, _, ben = await talking()
        all_of = heard(machine, "watch", "channel:")
        assert await ben.transfer("plain") == 200
        told = {
            frame["variable"]: frame["value"]
            for frame in all_of
            if frame["type"] == "ChannelVarset" and frame["channel"]["name"].endswith(";2")
        }
        assert told == {
            "BLINDTRANSFER": ben.channel.name,
            "SIPTRANSFER": "yes",
            "SIPREFERRINGCONTEXT": "default",
            "__SIPREFERREDBYHDR": "<sip:ben@127.0.0.1>",
            "SIPREFERTOHDR": "sip:plain@127.0.0.1",
        }

    @simulated
    async def test_who_answers_there_hears_the_caller_and_is_heard(self):
        machine, _, ann, ben = await talking()
        assert await ben.transfer("b") == 200  # nobody listens for b: back in the dialplan, the end
        await turn()
        assert [member.name for member in machine.bridges["room"].members] == [ann.channel.name]
        heard(machine, "b")
        again = await entered(machine, "Ben")
        await ask(machine, f"POST bridges/room/addChannel?channel={again.channel.id}")
        assert await again.transfer("b") == 200
        await turn()
        (there,) = [each for each in machine.channels.values() if each.name.endswith(";2")]
        await ask(machine, f"POST channels/{there.id}/answer")
        assert there.caller == ("Ann", "ann")
        await ask(machine, f"POST channels/{there.id}/play?media=sound:hello")
        await turn()
        assert ann.heard_all == ["sound:hello"]

    @simulated
    async def test_of_three_none_is_the_one_who_is_transferred(self):
        machine, frames, ann, ben = await talking()
        cat = await entered(machine, "Cat")
        await ask(machine, f"POST bridges/room/addChannel?channel={cat.channel.id}")
        assert await ben.transfer("plain") == 200
        (told,) = [frame for frame in frames if frame["type"] == "BridgeBlindTransfer"]
        assert "transferee" not in told and len(told["bridge"]["channels"]) == 3
        names = {ann.channel.name, cat.channel.name}
        assert names < {member.name for member in machine.bridges["room"].members}

    @simulated
    async def test_goes_where_a_variable_of_the_channel_says(self):
        _, frames, _, ben = await talking()
        ben.channel.variables["TRANSFER_CONTEXT"] = "elsewhere"
        assert await ben.transfer("plain") == 404
        assert starts(frames) == []

    @simulated
    async def test_takes_a_call_off_hold(self):
        _, frames, _, ben = await talking()
        ben.hold(True)
        await ben.transfer("plain")
        assert not ben.on_hold and "ChannelUnhold" in kinds(frames)

    @simulated
    async def test_the_variable_is_cleared_in_the_bridge_and_the_two_know_each_other(self):
        machine, _, ann, ben = await talking()
        assert ann.channel.connected == ("Ben", "ben")
        await ben.transfer("plain")
        await turn()
        new = machine.bridges["room"].members[-1]
        assert "BLINDTRANSFER" not in new.variables and new.connected == ("Ann", "ann")
        assert ann.channel.connected == ("", "")


class TestAnAttendedTransfer:
    @simulated
    async def test_the_other_halfs_answer_takes_half_a_second(self):
        machine, _, _, ben = await talking()
        second = await entered(machine, "Ben")
        begun = machine.loop.time()
        assert await ben.transfer_to(second) == 200
        assert round(machine.loop.time() - begun, 2) == 0.5

    @simulated
    async def test_the_far_ones_hear_and_know_each_other(self):
        machine, _, ann, ben = await talking()
        second, cat = await entered(machine, "Ben"), await entered(machine, "Cat")
        await bridged(machine, "there", second, cat)
        assert await ben.transfer_to(second) == 200
        assert ann.channel.connected == ("Cat", "cat") and cat.channel.connected == ("Ann", "ann")
        cat.channel.receive("7", 100)
        assert ann.digits == ["7"]
        # The server ends the second call, with a BYE; the first is the phone's to end.
        await turn()
        assert second.ended == 16 and ben.ended is None

    @simulated
    async def test_whose_first_call_is_the_one_alone_works_as_well(self):
        machine, frames, _, ben = await talking()
        first = await entered(machine, "Ben")
        frames.clear()
        assert await first.transfer_to(ben) == 200
        await turn()
        (told,) = [frame for frame in frames if frame["type"] == "BridgeAttendedTransfer"]
        assert told["destination_type"] == "application"
        assert "transferee" not in told and told["transfer_target"]["caller"]["name"] == "Ann"
        assert [who for _, who in starts(frames)] == [first.channel.name, ben.channel.name]
        assert (first.ended, ben.ended) == (0, 16)

    @simulated
    async def test_who_hangs_up_meanwhile_has_not_transferred(self):
        machine, frames, _, ben = await talking()
        second = await entered(machine, "Ben")
        machine.later(0.2, second.hang_up)
        assert await ben.transfer_to(second) == 500
        await turn()
        assert len(machine.bridges["room"].members) == 2
        assert [each for each in machine.channels.values() if each.name.startswith("Local/")] == []
        assert not [each for each in kinds(frames) if each.startswith("Bridge")]


class Desk(Flow):
    """Brings the caller to somebody, says goodbye when they have gone, and notes its end."""

    who = "PJSIP/agent"
    over: list[str] = []

    async def ringing(self, event: Event) -> str:
        await self.channel.answer()
        self.dialling: Dialling = await self.channel.dial(self.who, timeout=20)
        return (await self.dialling.answered()).status

    async def talking(self, event: Event) -> None:
        await self.dialling.connect()

    async def goodbye(self, event: Event) -> None:
        playback = await self.channel.play("sound:goodbye")
        await playback.finished()

    async def ended(self, event: Event | None) -> None:
        self.over.append(type(self).__name__)

    start = ringing
    table = {ringing: {"ANSWER": talking}, talking: {Other(StasisEnd): goodbye}}


class Consult(Desk):
    """The same with an expert."""

    who = "PJSIP/expert"


async def hello(channel: Channel) -> None:
    """Says hello, and hangs up."""
    await channel.answer()
    playback = await channel.play("sound:hello")
    await playback.finished()


def office(version: str) -> Asterisk:
    """A server on which all of them run. What a flow leaves behind fails the test."""
    Desk.over.clear()
    text = "\n".join(f"exten => {app},1,Stasis({app})" for app in ("desk", "consult", "hello"))
    return Asterisk(
        {"desk": Desk, "consult": Consult, "hello": hello},
        version=version,
        dialplan=f"[default]\n{text}\n{PLAN}",
        sounds={},
    )


async def served_by(asterisk: Asterisk, exten: str, phone: str) -> tuple[Caller, Callee]:
    """Somebody calls, and talks with whoever the flow has found for them."""
    caller = await asterisk.call(exten)
    callee = await asterisk.rings(phone)
    await callee.answers()
    await caller.talks_with(callee)
    return caller, callee


@pytest.mark.parametrize("version", ["22", "16"])
class TestWhatAFlowMakesOfIt:
    @virtual_time
    async def test_who_was_called_transfers_and_the_flow_ends_with_who_is_there_now(
        self, version: str
    ):
        async with office(version) as asterisk:
            caller, agent = await served_by(asterisk, "desk", "PJSIP/agent")
            assert await agent.transfers("hello") == 200
            assert agent.over and caller.state == "talking"
            await caller.hears("sound:hello")
            await caller.hears("sound:goodbye")
            assert await caller.is_hung_up() == 16 and Desk.over == ["Desk"]

    @virtual_time
    async def test_the_caller_hangs_up_and_nobody_is_left_at_the_extension(self, version: str):
        async with office(version) as asterisk:
            caller, agent = await served_by(asterisk, "desk", "PJSIP/agent")
            assert await agent.transfers("plain") == 200
            await caller.waits(30)
            assert caller.state == "talking" and len(asterisk.machine.channels) == 3
            await caller.hangs_up()
            await caller.waits(1)
            assert asterisk.machine.channels == {} and Desk.over == ["Desk"]

    @virtual_time
    async def test_nobody_takes_the_call_there_and_the_flow_says_goodbye(self, version: str):
        async with office(version) as asterisk:
            caller, agent = await served_by(asterisk, "desk", "PJSIP/agent")
            assert await agent.transfers("closed") == 200
            await caller.hears("sound:goodbye")

    @virtual_time
    async def test_a_transfer_that_fails_changes_nothing(self, version: str):
        async with office(version) as asterisk:
            caller, agent = await served_by(asterisk, "desk", "PJSIP/agent")
            assert await agent.transfers("nowhere") == 404
            await caller.talks_with(agent)
            await agent.hangs_up()
            await caller.hears("sound:goodbye")

    @virtual_time
    async def test_the_flows_own_caller_transfers_and_the_flow_goes_on_without_them(
        self, version: str
    ):
        async with office(version) as asterisk:
            caller, agent = await served_by(asterisk, "desk", "PJSIP/agent")
            assert await caller.transfers("plain") == 200
            await agent.waits(30)
            assert caller.over and not agent.over and caller.state == "talking"
            assert caller.flow.channel.name.startswith("Local/plain@default-")
            await agent.hangs_up()
            await agent.waits(5)
            assert caller.state == "goodbye" and asterisk.machine.channels == {}

    @virtual_time
    async def test_two_calls_of_an_agent_become_one_and_end_together(self, version: str):
        async with office(version) as asterisk:
            caller, agent = await served_by(asterisk, "desk", "PJSIP/agent")
            second, expert = await served_by(asterisk, "consult", "PJSIP/expert")
            assert await agent.transfers_to(second) == 200
            assert agent.over and second.over
            await caller.talks_with(expert)
            await expert.hangs_up()
            await caller.hears("sound:goodbye")
            await caller.is_hung_up()
            await caller.waits(1)
            assert sorted(Desk.over) == ["Consult", "Desk"]

    @virtual_time
    async def test_a_second_call_that_an_application_has_begins_there_anew_for_who_comes(
        self, version: str
    ):
        async with office(version) as asterisk:
            caller, agent = await served_by(asterisk, "desk", "PJSIP/agent")
            second = await asterisk.call("consult")
            expert = await asterisk.rings("PJSIP/expert")
            assert await agent.transfers_to(second) == 200
            await expert.answers()
            await caller.talks_with(expert)
            await caller.hangs_up()
            assert await expert.is_hung_up() == 16

    @virtual_time
    async def test_a_call_that_is_over_transfers_nobody(self, version: str):
        async with office(version) as asterisk:
            caller, agent = await served_by(asterisk, "desk", "PJSIP/agent")
            await agent.hangs_up()
            assert await agent.transfers("plain") == 481
            assert await agent.transfers_to(caller) == 481
