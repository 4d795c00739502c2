"""Events of AMI as triggers in a flow's table, on the real servers, with the whole program."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import pytest

from stasis import After, Do, Event, Flow, Link, run
from stasis.access import AmiConfig
from stasis.ami import events
from stasis.lab.lab import Lab
from stasis.program import Program
from stasis.section import Secret
from tests.asterisk.servers import Callers, Server

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(120)]

# Longer than all that a test does, on whatever machine: it only ends what goes wrong.
LONG = 90


class Watched(Flow):
    """Goes from state to state by what AMI alone tells, or tells in its own way."""

    paths: dict[str, list[str]] = {}

    def note(self, event: Event) -> None:
        assert event.about == self.channel.id
        self.paths.setdefault(self.channel.id, []).append(event.type)

    async def talking(self, event: Event) -> None:
        await self.channel.answer()

    async def music(self, event: Event) -> None:
        self.note(event)
        await self.channel.stop_moh()

    async def quiet(self, event: Event) -> None:
        self.note(event)
        await self.channel.set_variable("SIZE", "large")
        await self.channel.set_variable("COLOUR", "Zoë; red")

    async def coloured(self, event: Event) -> None:
        assert isinstance(event, events.VarSet)
        assert event.value == "Zoë; red"
        self.note(event)

    async def key(self, event: Event) -> None:
        self.note(event)

    async def over(self, event: Event) -> None:
        self.note(event)

    start = talking
    table = {
        talking: {events.MusicOnHoldStart: music, After(LONG): over},
        music: {events.MusicOnHoldStop: quiet, After(LONG): over},
        quiet: {(events.VarSet, "COLOUR"): coloured, After(LONG): over},
        coloured: {
            (events.DTMFEnd, "5"): Do(key),
            (events.DTMFEnd, "#"): over,
            After(LONG): over,
        },
    }


PATH = ["MusicOnHoldStart", "MusicOnHoldStop", "VarSet", "DTMFEnd", "DTMFEnd"]


@asynccontextmanager
async def program(lab: Lab, callers: Callers) -> AsyncIterator[Link]:
    """The whole program, as `stasis run` runs it."""
    config = Server(lab, "http").config()
    ami = AmiConfig(port=lab.ami_port, username=lab.username, secret=Secret(lab.password))
    config = attrs.evolve(config, asterisk=attrs.evolve(config.asterisk, ami=ami))
    ready: asyncio.Future[Link] = asyncio.get_running_loop().create_future()

    async def tell(link: Link) -> None:
        ready.set_result(link)

    programs = {"watched": Program.of(Watched), "caller": Program.of(callers.caller)}
    running = asyncio.create_task(run(config, programs=programs, ready=tell))
    try:
        link = await asyncio.wait_for(ready, 15)
        async with asyncio.timeout(10):
            while lab.username not in await asyncio.to_thread(lab.cli, "manager show connected"):
                await asyncio.sleep(0.1)
        yield link
        async with asyncio.timeout(20):
            await link.idle()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_flow_goes_by_events_of_ami(lab: Lab, callers: Callers) -> None:
    async with program(lab, callers) as link:
        caller = await callers.call(link, "watched")
        (call,) = [each for each in link.runners if each.app == "watched"]
        await call.channel.start_moh()
        async with asyncio.timeout(10):
            while call.state != "coloured":
                await asyncio.sleep(0.02)
        await caller.send_dtmf("45#")
        async with asyncio.timeout(10):
            while call in link.runners:
                await asyncio.sleep(0.02)
        assert Watched.paths[call.channel.id] == PATH


async def test_each_call_has_its_own(lab: Lab, callers: Callers) -> None:
    """Twenty at once, of which every other one gets its event."""
    async with program(lab, callers) as link:
        everybody = [await callers.call(link, "watched") for _ in range(20)]
        calls = sorted(
            (each for each in link.runners if each.app == "watched"), key=lambda r: r.channel.id
        )
        assert len(calls) == 20
        chosen = calls[::2]
        for call in chosen:
            await call.channel.start_moh()
        async with asyncio.timeout(30):
            while any(call.state != "coloured" for call in chosen):
                await asyncio.sleep(0.02)
        assert {call.state for call in calls[1::2]} == {"talking"}
        for caller in everybody:
            await caller.hangup()
