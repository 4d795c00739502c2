"""Settling: what is done after every connect, and that it goes no further than it may."""

from __future__ import annotations

import asyncio

from structlog.testing import capture_logs

from stasis.channel import Channel
from stasis.testing.clock import virtual_time
from tests.server import APP, Process, Server, refused, turn


async def stays(channel: Channel) -> None:
    """A call that stays until it ends."""
    await asyncio.get_running_loop().create_future()


class TestAfterAConnect:
    @virtual_time
    async def test_the_link_is_ready_once_all_was_compared(self):
        server = Server()
        async with Process(server, stays) as process:
            assert process.ready and not process.link.calls.adoption.settling
            assert process.link.router.hearing.now

    @virtual_time
    async def test_one_that_cannot_be_settled_is_closed_to_be_opened_again(self):
        server = Server()
        server.refuse[f"PUT /applications/{APP}"] = refused(500, "no")
        with capture_logs() as logs:
            async with Process(server, stays) as process:
                await turn()
                assert not process.ready and process.closed == 1
                server.refuse.clear()
                await process.deaf()
                await process.hears()
                assert process.ready
        assert any("could not be set up" in each["event"] for each in logs)

    @virtual_time
    async def test_one_that_is_lost_meanwhile_is_given_up(self):
        server = Server()
        async with Process(server, stays) as process:
            await process.deaf()
            server.echoes = False
            await process.hears()
            assert not process.ready
            await process.deaf()
            server.echoes = True
            await process.hears()
            assert process.ready and process.closed == 0

    @virtual_time
    async def test_again_while_it_is_under_way_is_once(self):
        server = Server()
        async with Process(server, stays) as process:
            await process.deaf()
            server.echoes = False
            await process.hears()
            looked = server.lines.count("GET /channels")
            process.link._settling.again(process.link._opened)  # type: ignore[arg-type]
            await turn()
            assert server.lines.count("GET /channels") == looked

    @virtual_time
    async def test_a_socket_on_which_no_event_comes_any_more_is_closed(self):
        server = Server()
        async with Process(server, stays) as process:
            server.echoes = False
            await asyncio.sleep(120)
            assert process.closed >= 1
