"""Farewells: a channel that nobody here runs is seen off, and stays in no silence."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

import pytest

from stasis.ari.events import (
    Event,
)
from stasis.ari.resource import Request, Response
from stasis.channel import Channel
from stasis.flow import Flow, Leave
from stasis.testing.clock import virtual_time
from stasis.trigger import After
from tests.kept import Stays, Told
from tests.server import Process, Server, held, refused, turn


class TestSentAway:
    """A channel that nobody here runs any more is seen off once, and is no call again."""

    @virtual_time
    async def test_one_that_is_sent_on_while_it_settles_is_sent_on_once(self):
        server = Server()
        take, go = server.take, asyncio.Event()

        async def slowly(request: Request) -> Response:
            if request.path.endswith("/continue"):
                await go.wait()
            return await take(request)

        async with Process(server, Stays) as process:
            process.link.drain()
            await process.deaf()
            server.take = slowly  # type: ignore[method-assign]
            async with held(server, "GET /asterisk/info"):
                await process.hears()
                call = await server.calls()
            assert process.ready
            go.set()
            await turn()
            assert server.lines.count(f"POST /channels/{call}/continue") == 1
            assert call in server.channels and process.link.counts["calls"] == 0

    @virtual_time
    async def test_one_that_has_left_by_itself_is_let_alone(self):
        server = Server()
        async with Process(server, Stays) as process:
            process.link.drain()
            server.refuse["POST /channels/c1/continue"] = refused(409, "Channel not in Stasis")
            call = await server.calls()
            assert call in server.channels

    @virtual_time
    async def test_one_whose_flow_has_ended_is_not_resumed_when_asterisk_is_back(self):
        class Fails(Told):
            async def here(self, event: Event) -> None:
                process.dead = True
                raise RuntimeError("no more")

            async def ended(self, event: Event | None) -> None:
                ended.append(self)

            start = here
            table: ClassVar = {}

        server = Server()
        ended: list[Flow] = []
        async with Process(server, Fails) as process:
            call = await server.calls()
            await asyncio.sleep(60)
            assert len(ended) == 1 and process.link.runners == set()
            await process.deaf()
            process.dead = False
            await process.hears()
            await asyncio.sleep(60)
            assert len(ended) == 1 and process.link.counts["resumed"] == 0
            assert call not in server.channels

    @pytest.mark.parametrize("let_go", [False, True])
    @virtual_time
    async def test_who_cannot_be_hung_up_now_is_hung_up_later_unless_let_go(self, let_go: bool):
        async def over(channel: Channel) -> None:
            process.dead = True
            raise RuntimeError("no more")

        server = Server()
        async with Process(server, over) as process:
            call = await server.calls()
            await asyncio.sleep(60)
            assert call in server.channels
            if let_go:
                process.link.let_go("another process has it")
                process.link._gate.open()
            process.dead = False
            await asyncio.sleep(60)
            assert (call in server.channels) is let_go


class TestSentOn:
    """Whoever was sent on in the dialplan while the socket was dead is talking there by now."""

    @virtual_time
    async def hands_on(self, flow: type[Flow], *, then_unreachable: bool = False) -> None:
        server = Server()
        async with Process(server, flow) as process:
            call = await server.calls()
            told: Any = process.flow(call)
            server.left(process)  # nothing is told, and nobody knows
            await asyncio.sleep(11)
            process.dead = then_unreachable
            await asyncio.sleep(20)
            assert server.lines.count(f"POST /channels/{call}/continue") == 1
            assert process.link.runners == set() and len(told.ends) == 1
            process.dead = False
            await process.deaf()
            await process.hears()
            await asyncio.sleep(60)
            assert call in server.channels and len(told.ends) == 1

    def test_by_the_policy(self):
        class Fails(Told):
            async def sent(self, event: Event) -> None:
                raise RuntimeError("no more")

            async def here(self, event: Event) -> None:
                """Wait."""

            start = here
            table: ClassVar = {here: {After(10): sent}}
            on_error = Leave(then="continue")

            async def ended(self, event: Event | None) -> None:
                self.ends.append(event)

        self.hands_on(Fails)
        self.hands_on(Fails, then_unreachable=True)

    def test_by_its_own_flow(self):
        class Sends(Told):
            async def sent(self, event: Event) -> None:
                await self.channel.continue_in_dialplan("default", "queue", 1)

            async def here(self, event: Event) -> None:
                """Wait."""

            start = here
            table: ClassVar = {here: {After(10): sent}}

            async def ended(self, event: Event | None) -> None:
                self.ends.append(event)

        self.hands_on(Sends)
        self.hands_on(Sends, then_unreachable=True)
