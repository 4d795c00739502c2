"""Transfers by SIP phones out of a flow's bridge, on the real servers: who talks with whom then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from stasis import Channel, Event, Flow, Link, Other, StasisEnd
from tests.asterisk.servers import Server
from tests.conformance.handset import Handset, Talk

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(60)]


class Desk(Flow):
    """Brings the caller to a phone, and ends when that one, or who stands in for it, has gone."""

    phone = ""
    desks: list[Desk] = []

    async def ringing(self, event: Event) -> str:
        self.desks.append(self)
        await self.channel.answer()
        dialling = await self.channel.dial(self.phone, timeout=10)
        self.answered = await dialling.answered()
        if self.answered.status == "ANSWER":
            await dialling.connect()
        return self.answered.status

    async def talking(self, event: Event) -> None:
        """They talk."""

    async def goodbye(self, event: Event) -> None:
        """Nobody is left."""

    start = ringing
    table = {ringing: {"ANSWER": talking}, talking: {Other(StasisEnd): goodbye}}


async def desk_of_its_own(channel: Channel) -> None:
    """Answers, and stays until it is hung up."""
    await channel.answer()
    await channel.ended()


@asynccontextmanager
async def office(server: Server) -> AsyncIterator[tuple[Link, Handset, Handset, Talk, Talk]]:
    """Ann calls, and talks with the agent. At the end nothing is left on the server.

    Gives the link, both phones, and their calls.
    """
    port = server.lab.ports.sip
    ann, agent = [await Handset.start("sipp", name, port) for name in ("Ann", "Agent")]
    Desk.phone, Desk.desks = agent.endpoint, []
    try:
        async with server.link({"desk": Desk, "here": desk_of_its_own}) as link:
            call = await ann.calls("stasis-desk")
            rung = await agent.rings()
            await rung.answers()
            await call.talks()
            # One of them enters before the other, and alone it cannot be transferred: 400.
            async with asyncio.timeout(10):
                while [len(each.channels) for each in await link.ari.bridges.list()] != [2]:
                    await asyncio.sleep(0.02)
            await until(lambda: Desk.desks[0].channel.bridge_id is not None)
            yield link, ann, agent, call, rung
            await link.idle()
            assert await server.channels(link) == [] and await server.bridges(link) == []
    finally:
        await ann.close()
        await agent.close()


async def until(condition: Callable[[], object]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.02)


async def test_who_was_called_transfers_to_an_extension_and_the_flow_goes_on(
    server: Server,
) -> None:
    """The handle of who was dialled is the Local channel then, and its end is the flow's end."""
    async with office(server) as (link, _, _, _, rung):
        (desk,) = Desk.desks
        handle = desk.answered.channel
        assert handle is not None
        before = handle.id
        assert await rung.transfers("answer") == 200
        await rung.hangs_up()
        await until(lambda: handle.id != before)
        assert handle.name.startswith("Local/answer@default-") and handle.gone is None
        await link.ari.channels.hangup(handle.id)


async def test_to_another_flow_and_the_caller_ends_both(server: Server) -> None:
    """The other flow has a call of its own; both end when the caller hangs up."""
    async with office(server) as (link, _, _, call, rung):
        assert await rung.transfers("stasis-here") == 200
        await rung.hangs_up()
        await until(lambda: len(link.runners) == 2)
        await call.hangs_up()


async def test_a_transfer_to_nowhere_changes_nothing(server: Server) -> None:
    """The phone is told 404, and the two go on talking until one hangs up."""
    async with office(server) as (link, _, _, call, rung):
        assert await rung.transfers("nowhere") == 404
        assert not rung.over.is_set() and not call.over.is_set() and len(link.runners) == 1
        await rung.hangs_up()


async def test_the_flows_own_caller_transfers(server: Server) -> None:
    """The flow goes on with the Local channel in the caller's place."""
    async with office(server) as (_, _, _, call, rung):
        (desk,) = Desk.desks
        assert await call.transfers("answer") == 200
        await call.hangs_up()
        await until(lambda: desk.channel.name.startswith("Local/answer@default-"))
        assert desk.channel.gone is None
        await rung.hangs_up()


async def test_two_calls_of_one_phone_become_one(server: Server) -> None:
    """Attended, into another flow's call: that flow goes on with who comes."""
    async with office(server) as (link, _, agent, call, rung):
        second = await agent.calls("stasis-here")
        await second.talks()
        await until(lambda: len(link.runners) == 2)
        assert await rung.transfers_to(second) == 200
        await rung.hangs_up()
        await asyncio.sleep(0.3)
        assert len(link.runners) == 2 and not call.over.is_set()
        await call.hangs_up()
