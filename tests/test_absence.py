"""Whether a call is over, when Asterisk does not know its channel or does not answer at all."""

from __future__ import annotations

import asyncio
from typing import Any

from stasis.ari.events import ChannelDtmfReceived, Event
from stasis.errors import Unreachable
from stasis.flow import Flow
from stasis.table import Do
from stasis.testing.clock import virtual_time
from stasis.transport.frames import Lost, Opened
from tests.fake import FakeAsterisk, refused
from tests.noting import Noting, nothing_is_left

GONE = refused(404, "Channel not found")


class Answering(Noting):
    """Commands its channel when a digit is pressed, in a state or in an action."""

    async def waiting(self, event: Event) -> None:
        await self.channel.answer()

    async def ringing(self, event: Event) -> None:
        await self.channel.ring()

    async def ring(self, event: Event) -> None:
        await self.channel.ring()

    start = waiting
    table = {
        waiting: {(ChannelDtmfReceived, "1"): ringing, (ChannelDtmfReceived, "2"): Do(ring)},
        ringing: {(ChannelDtmfReceived, "9"): waiting},
    }


async def called(asterisk: FakeAsterisk, digit: str) -> Any:
    """A call whose channel Asterisk does not know any more when the digit is pressed."""
    call = await asterisk.call()
    asterisk.refuse["POST /channels/c1/ring"] = GONE
    await call.digit(digit)
    return call


class TestWithoutItsEnd:
    """Asterisk has said 404, and the StasisEnd that should follow does not come."""

    @virtual_time
    async def test_the_call_is_asked_for_and_ends_once(self):
        for digit in ("1", "2"):
            async with FakeAsterisk(Answering) as asterisk:
                call = await called(asterisk, digit)
                asterisk.refuse["GET /channels/c1"] = GONE
                assert not call.over
                await asyncio.sleep(2.1)
                await asterisk.turn()
                assert (
                    call.over
                    and call.flow.notes[-1:] == ["ended StasisEnd"]
                    and call.failure is None
                )
            nothing_is_left(asterisk)

    @virtual_time
    async def test_an_end_that_does_come_asks_nothing(self):
        async with FakeAsterisk(Answering) as asterisk:
            call = await called(asterisk, "1")
            await call.hangs_up()
            assert call.over
            await asyncio.sleep(5)
            assert "GET /channels/c1" not in asterisk.requests

    @virtual_time
    async def test_one_that_is_here_all_the_same_is_left_by_its_policy(self):
        async with FakeAsterisk(Answering) as asterisk:
            call = await called(asterisk, "1")
            await asyncio.sleep(2.1)
            await asterisk.turn()
            assert call.over and "DELETE /channels/c1" in asterisk.requests

    @virtual_time
    async def test_while_asterisk_cannot_be_asked_it_is_asked_again(self):
        async with FakeAsterisk(Answering) as asterisk:
            call = await called(asterisk, "1")
            asterisk.refuse["GET /channels/c1"] = refused(503, "starting")
            await asyncio.sleep(3)
            assert not call.over
            asterisk.refuse["GET /channels/c1"] = GONE
            await asyncio.sleep(10)
            assert call.over


class TestNoAnswer:
    """A command has failed because Asterisk itself does not answer."""

    @virtual_time
    async def test_the_call_goes_on_when_the_gap_is_over_and_the_error_is_the_flows(self):
        class Trying(Flow):
            async def trying(self, event: Event) -> None:
                raise Unreachable("POST", "/channels/c1/answer", "no connection")

            start = trying

        async with FakeAsterisk(Trying) as asterisk:
            call = await asterisk.call()
            asterisk._queue.put_nowait(Lost("cut", 1.0))
            await asyncio.sleep(1)
            assert not call.over and call.failure is None
            asterisk._queue.put_nowait(Opened(asterisk._write, asterisk._close))
            await asyncio.sleep(1)
            assert call.over and isinstance(call.failure, Unreachable)

    @virtual_time
    async def test_a_call_that_went_with_asterisk_is_over_and_no_error(self):
        class Trying(Noting):
            async def trying(self, event: Event) -> None:
                raise Unreachable("POST", "/channels/c1/answer", "no connection")

            start = trying

        async with FakeAsterisk(Trying) as asterisk:
            call = await asterisk.call()
            asterisk._queue.put_nowait(Lost("Asterisk has gone", 1.0))
            asterisk._channels.clear()
            await asyncio.sleep(1)
            asterisk._queue.put_nowait(Opened(asterisk._write, asterisk._close))
            await asyncio.sleep(1)
            assert call.over and call.failure is None and call.flow.notes == ["ended StasisEnd"]
