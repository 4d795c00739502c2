"""Order and independence on a real server: digits stay in order, a slow flow delays no other."""

from __future__ import annotations

import asyncio
from time import monotonic

import pytest

from stasis import Channel, ChannelDtmfReceived, Do, Event, Flow
from tests.asterisk.servers import Callers, Server

pytestmark = pytest.mark.asterisk


async def test_digits_arrive_in_order_while_a_state_sleeps(
    server: Server, callers: Callers
) -> None:
    """1, 2, 3 pressed while each action sleeps 50 ms are heard as 1, 2, 3."""
    heard: list[str] = []
    done = asyncio.Event()

    class Slow(Flow):
        async def listening(self, event: Event) -> None:
            await self.channel.answer()

        async def note(self, event: ChannelDtmfReceived) -> None:
            await asyncio.sleep(0.05)
            heard.append(event.digit)
            if len(heard) == 3:
                done.set()

        start = listening
        table = {listening: {ChannelDtmfReceived: Do(note)}}

    async with server.link({"slow": Slow, "caller": callers.caller}) as link:
        caller = await callers.call(link, "slow")
        await caller.send_dtmf("123", between=60, duration=80)
        async with asyncio.timeout(10):
            await done.wait()
        await caller.hangup()
        assert heard == ["1", "2", "3"]


@pytest.mark.alone
async def test_a_flow_that_sleeps_three_seconds_delays_no_other(
    server: Server, callers: Callers
) -> None:
    """While one flow sleeps in its state, another call is answered and hears its digit at once."""
    took: list[float] = []
    asleep = asyncio.Event()

    async def sleeper(channel: Channel) -> None:
        await channel.answer()
        asleep.set()
        await asyncio.sleep(3)

    async def quick(channel: Channel) -> None:
        begun = monotonic()
        await channel.answer()
        playback = await channel.play("sound:beep")
        await playback.finished(10)
        took.append(monotonic() - begun)
        await channel.hangup()

    async with server.link({"sleeper": sleeper, "quick": quick, "caller": callers.caller}) as link:
        sleeping = await callers.call(link, "sleeper")
        await asleep.wait()
        caller = await callers.call(link, "quick")
        await caller.ended(10)
        assert sleeping.gone is None, "the sleeper must still sleep, or this shows nothing"
        await sleeping.ended(10)
    assert took and took[0] < 2.0
