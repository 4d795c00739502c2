"""Transfers that are left to the application."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from stasis.ari.events import ChannelTransfer, Event
from stasis.dialling import Dialling
from stasis.flow import Flow
from stasis.testing import Asterisk, virtual_time
from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.phone import Line
from stasis.trigger import After, Other
from tests.testing.simulator.machines import ask, called, served, simulated, turn


async def left_to_it(version: str = "22") -> tuple[Machine, list[dict[str, Any]], Line]:
    """A phone's call whose transfers are the application's. Returns what that hears, too."""
    machine, frames = served(version)
    line = await called(machine)
    await ask(machine, f"POST channels/{line.channel.id}/answer")
    handling = f"channels/{line.channel.id}/variable?variable=PJSIP_TRANSFER_HANDLING()"
    assert (await ask(machine, f"POST {handling}&value=ari-only")).status == 204
    frames.clear()
    return machine, frames, line


def told(frames: list[dict[str, Any]]) -> list[str]:
    """What ChannelTransfer says of the state, each time."""
    return [frame.get("state", "") for frame in frames if frame["type"] == "ChannelTransfer"]


class TestWhatIsSaid:
    @pytest.mark.parametrize(
        ("said", "heard", "status"),
        [
            ("channel_answered", "channel_answered", 200),
            ("channel_unavailable", "channel_declined", 503),
            ("channel_declined", "channel_declined", 603),
        ],
    )
    @simulated
    async def test_is_heard_again_and_is_what_the_phone_is_told(
        self, said: str, heard: str, status: int
    ):
        machine, frames, line = await left_to_it()
        outcome = asyncio.create_task(line.transfer("anything"))
        await turn()
        where = f"POST channels/{line.channel.id}/transfer_progress?states"
        assert (await ask(machine, f"{where}=channel_progress")).status == 204
        assert not outcome.done()
        assert (await ask(machine, f"{where}={said}")).status == 204
        assert await outcome == status
        assert (await ask(machine, f"{where}={said}")).status == 204
        assert told(frames) == ["", "channel_progress", heard]

    @simulated
    async def test_is_refused_when_it_is_no_state_or_no_phone(self):
        machine, _, line = await left_to_it()
        where = f"POST channels/{line.channel.id}/transfer_progress"
        assert (await ask(machine, f"{where}?states=gone")).status == 400
        assert (await ask(machine, where)).status == 400
        await ask(machine, "POST channels/two?endpoint=Local/a@default&app=a")
        await turn()
        where = "POST channels/two/transfer_progress?states=channel_answered"
        assert (await ask(machine, where)).status == 409


class TestWhatIsTold:
    @simulated
    async def test_of_who_is_in_no_bridge_is_that_they_want_to_go(self):
        _, frames, line = await left_to_it()
        outcome = asyncio.create_task(line.transfer("8000"))
        await turn()
        (frame,) = [each for each in frames if each["type"] == "ChannelTransfer"]
        assert frame["refer_to"] == {"requested_destination": {"destination": "8000"}}
        assert list(frame["referred_by"]) == ["source_channel"]
        outcome.cancel()

    @simulated
    async def test_of_another_call_is_which_one(self):
        machine, frames, line = await left_to_it()
        second = await called(machine)
        outcome = asyncio.create_task(line.transfer_to(second))
        await turn()
        (frame,) = [each for each in frames if each["type"] == "ChannelTransfer"]
        wanted = frame["refer_to"]["requested_destination"]
        assert wanted["destination"] == ""
        assert wanted["protocol_id"] == second.channel.protocol_id != ""
        assert frame["refer_to"]["destination_channel"]["id"] == second.channel.id
        outcome.cancel()

    @simulated
    async def test_is_nothing_before_22_where_the_server_transfers(self):
        _, frames, line = await left_to_it("16")
        assert await line.transfer("a") == 400
        assert told(frames) == []


class Desk(Flow):
    """Transfers its caller itself when the agent's phone asks for it."""

    async def ringing(self, event: Event) -> str:
        await self.channel.answer()
        self.agent: Dialling = await self.channel.dial("PJSIP/agent", timeout=20)
        return (await self.agent.answered()).status

    async def talking(self, event: Event) -> None:
        channel = (await self.agent.answered()).channel
        assert channel is not None
        await channel.set_variable("PJSIP_TRANSFER_HANDLING()", "ari-only")
        await self.agent.connect()

    async def transferring(self, event: Event) -> str:
        assert isinstance(event, ChannelTransfer)
        agent = event.referred_by.source_channel.id
        wanted = event.refer_to.requested_destination.destination
        dialling = await self.channel.dial(f"PJSIP/{wanted}", timeout=20)
        status = (await dialling.answered()).status
        if status == "ANSWER":
            await dialling.connect()
        states = "channel_answered" if status == "ANSWER" else "channel_declined"
        await self.asterisk.ari.channels.transfer_progress(agent, states=states)
        return status

    async def elsewhere(self, event: Event) -> None:
        """They talk."""

    start = ringing
    table = {
        ringing: {"ANSWER": talking},
        talking: {Other(ChannelTransfer): transferring},
        transferring: {"ANSWER": elsewhere, "BUSY": elsewhere},
        elsewhere: {After(600): ringing},
    }


@virtual_time
async def test_a_flow_can_make_the_transfer_itself():
    async with Asterisk(Desk, sounds={}) as asterisk:
        caller = await asterisk.call("8000")
        agent = await asterisk.rings("PJSIP/agent")
        await agent.answers()
        await caller.talks_with(agent)
        transfer = asyncio.create_task(agent.transfers("expert"))
        expert = await asterisk.rings("PJSIP/expert")
        await expert.answers()
        assert await transfer == 200 and agent.over
        await caller.talks_with(expert)


@virtual_time
async def test_a_flow_can_refuse_it_and_the_two_go_on_talking():
    async with Asterisk(Desk, sounds={}) as asterisk:
        caller = await asterisk.call("8000")
        agent = await asterisk.rings("PJSIP/agent")
        await agent.answers()
        asterisk.phone("PJSIP/expert", "busy")
        assert await agent.transfers("expert") == 603
        await caller.talks_with(agent)


@virtual_time
async def test_a_flow_that_says_nothing_leaves_the_phone_without_an_answer():
    async with Asterisk(Desk, sounds={}) as asterisk:
        await asterisk.call("8000")
        agent = await asterisk.rings("PJSIP/agent")
        await agent.answers()
        asterisk.phone("PJSIP/expert", "silent")
        with pytest.raises(AssertionError, match="was told nothing of the transfer within 5 s"):
            await agent.transfers("expert", within=5)
