"""The fault proxy before a real Asterisk: a link is cut in each way, notices it, and comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import attrs
import pytest

from stasis import Channel, Link
from stasis.ari import Request
from stasis.config import Config
from stasis.errors import OutcomeUnknown
from stasis.lab.lab import Lab
from stasis.program import Program
from stasis.testing import Fault, FaultProxy
from stasis.transport.http import Http
from tests.asterisk.servers import Server

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(60)]

INTERVAL = TIMEOUT = 0.5


# For who has its time kept: on a busy machine a pong may be so late on a link that is well.
QUICK = {"ping_interval": INTERVAL, "ping_timeout": TIMEOUT}


def through(lab: Lab, proxy: FaultProxy, **more: Any) -> Config:
    """A configuration that reaches a lab through the proxy, and is soon back."""
    config = Server(lab, "http").config()
    return attrs.evolve(
        config,
        asterisk=attrs.evolve(
            config.asterisk, url=proxy.url, backoff_min=0.1, backoff_max=0.2, **more
        ),
    )


@asynccontextmanager
async def running(config: Config, flow: Any) -> AsyncIterator[Link]:
    """A ready link that runs a flow as the application `proxied`."""
    link = Link(config, {"proxied": Program.of(flow)})
    task = asyncio.create_task(link.run())
    try:
        await link.state.reached("ready", timeout=15)
        yield link
        async with asyncio.timeout(20):
            await link.idle()
    finally:
        link.stop()
        await task


async def stays(channel: Channel) -> None:
    """A call that lasts until it is hung up."""
    await channel.answer()
    await channel.ended()


@pytest.fixture
async def proxy(lab: Lab) -> AsyncIterator[FaultProxy]:
    """A proxy before the lab's Asterisk."""
    async with FaultProxy("127.0.0.1", lab.http_port, seed=1) as opened:
        yield opened


@pytest.mark.alone
@pytest.mark.parametrize("how", ["rst", "fin", "silent"])
async def test_a_link_that_is_cut_comes_back_and_its_call_lives_on(
    how: Any, lab: Lab, proxy: FaultProxy
) -> None:
    """Half-open is noticed within one ping's interval and its timeout."""
    loop = asyncio.get_running_loop()
    async with running(through(lab, proxy, **QUICK), stays) as link:
        channel_id = await link.originate("Local/answer@default/n", "proxied")
        async with asyncio.timeout(10):
            while not link.runners:
                await asyncio.sleep(0.01)
        gap = asyncio.create_task(link.state.reached("gap", timeout=10))
        assert await proxy.cut(how) == 1
        began = loop.time()
        await gap
        noticed = loop.time() - began
        assert noticed < (INTERVAL + TIMEOUT + 0.5 if how == "silent" else 0.5)
        await link.state.reached("ready", timeout=10)
        assert proxy.sockets == 1 and proxy.frozen == (how == "silent")
        assert [runner.channel.id for runner in link.runners] == [channel_id]
        await link.ari.channels.hangup(channel_id)
        async with asyncio.timeout(10):
            await link.idle()


@pytest.mark.parametrize("kind", ["before", "between"])
async def test_whether_asterisk_has_done_it_depends_on_the_moment_of_the_cut(
    kind: Any, lab: Lab, proxy: FaultProxy
) -> None:
    """Cut before the request nothing is done; cut before the reply it is, and nobody was told."""
    config = through(lab, proxy)
    async with running(config, stays) as link, Http(config.asterisk) as http:
        proxy.arm(Fault(kind, method="POST", path="/channels/cut-1", times=1))
        query = (("endpoint", "Local/answer@default/n"), ("app", "proxied"))
        with pytest.raises(OutcomeUnknown):
            await http(Request("POST", "/channels/cut-1", query))
        assert proxy.counts[kind] == 1
        there = await http(Request("GET", "/channels/cut-1"))
        assert there.status == (404 if kind == "before" else 200)
        if kind == "between":
            await link.ari.channels.hangup("cut-1")


async def test_a_corrupted_event_does_not_end_the_link(lab: Lab, proxy: FaultProxy) -> None:
    proxy.arm(Fault("corrupt", on="frame", text='"StasisStart"', flips=40, times=1))
    async with running(through(lab, proxy), stays) as link:
        unheard = await link.originate("Local/answer@default/n", "proxied")
        await proxy.reached("corrupt", timeout=10)
        heard = await link.originate("Local/answer@default/n", "proxied")
        async with asyncio.timeout(10):
            while heard not in {runner.channel.id for runner in link.runners}:
                await asyncio.sleep(0.01)
        assert link.state.value == "ready"
        for channel_id in (unheard, heard):
            await link.ari.channels.hangup(channel_id)
