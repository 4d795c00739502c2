"""The intake: what comes through a link's socket, and what nobody understands."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import attrs
from structlog.testing import capture_logs

from stasis.ari.events import Event
from stasis.channel import Channel
from stasis.testing.clock import virtual_time
from tests.fake import FakeAsterisk


async def stays(channel: Channel) -> None:
    """A call that stays until it ends."""
    await asyncio.get_running_loop().create_future()


class TestWhatArrives:
    @virtual_time
    async def test_an_event_of_nobody_is_counted(self):
        async with FakeAsterisk(stays) as asterisk:
            await asterisk.event("BridgeDestroyed", bridge={"id": "strange"})
            await asterisk.event("SomethingNew", whatever=1)
            assert asterisk.link.counts["unclaimed"] == 2

    @virtual_time
    async def test_what_is_no_event_is_counted_and_told_a_few_times(self):
        async with FakeAsterisk(stays) as asterisk:
            call = await asterisk.call()
            with capture_logs() as logs:
                for _ in range(30):
                    asterisk._queue.put_nowait(b"\xff not json")
                await asterisk.turn()
            assert asterisk.link.counts["refused"] == 30 and not call.over
            assert len([log for log in logs if "not an event" in log["event"]]) == 10
            await call.digit("1")  # and it reads on

    @virtual_time
    async def test_a_fault_in_the_reader_costs_one_event(self):
        async with FakeAsterisk(stays) as asterisk:
            call = await asterisk.call()
            claim = asterisk.link.router.claimed(("channel", call.id))
            assert claim is not None

            def fails(event: Event) -> None:
                raise ZeroDivisionError

            asterisk.link.router.claim(
                ("bridge", "b"), attrs.evolve(claim, handle=SimpleNamespace(apply=fails))
            )
            with capture_logs() as logs:
                await asterisk.event("BridgeDestroyed", bridge={"id": "b"})
            assert any("please report this" in log["event"] for log in logs)
            await call.digit("1")
            assert len(call.flow.channel.digits) == 1
            asterisk.link.router.release(("bridge", "b"))

    @virtual_time
    async def test_an_answer_over_a_socket_that_we_do_not_use_is_counted_and_dropped(self):
        async with FakeAsterisk(stays) as asterisk:
            before = dict(asterisk.link.counts)
            await asterisk.event("RESTResponse", request_id="x", status_code=200)
            assert asterisk.link.counts == {**before, "answers": before["answers"] + 1}
