"""What an event costs, in calls of our functions: counted, so that no other load disturbs it.

These guard what `bench` measures in time. A number that has grown is work that was added to the
path of every event; one that grows with the live calls is worse.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CoroutineType, FrameType

import pytest
import structlog

import stasis
from stasis.ari.events import ChannelDtmfReceived, Event
from stasis.flow import Flow
from stasis.table import Do
from tests.fake import FakeAsterisk

OURS = str(Path(stasis.__file__).parent)
# Events of each call, all of which are there before its code runs.
ROUNDS = 4


class Pressed(Flow):
    """Acts on digits, and on nothing else."""

    async def listening(self, event: Event) -> None: ...

    async def acts(self, event: Event) -> None: ...

    start = listening
    table = {listening: {ChannelDtmfReceived: Do(acts)}}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Logs as a program in use has them: not each event."""
    before = structlog.get_config()["wrapper_class"]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    yield
    structlog.configure(wrapper_class=before)


async def calls_for_each(live: int, kind: str) -> float:
    """How many calls of our functions an event of a kind takes, with so many channels live."""
    async with FakeAsterisk(Pressed) as asterisk:
        ids = [(await asterisk.call()).id for _ in range(live)]
        frames = [
            json.dumps(
                {
                    "type": kind,
                    "application": asterisk.app,
                    "timestamp": "2026-01-01T00:00:00.000+0000",
                    "digit": "5",
                    "channel": asterisk._channels[ids[number % live]],
                }
            ).encode()
            for number in range(live * ROUNDS)
        ]
        empty = await counted(asterisk, [])
        taken = await counted(asterisk, frames)
        assert len(asterisk.link.runners) == live
    return (taken - empty) / len(frames)


async def counted(asterisk: FakeAsterisk, frames: list[bytes]) -> int:
    """The calls from when the frames come until the calls have acted."""
    count = 0

    def count_call(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call" and frame.f_code.co_filename.startswith(OURS)

    for frame in frames:
        asterisk._queue.put_nowait(frame)
    sys.setprofile(count_call)
    try:
        for _ in range(100):
            await asyncio.sleep(0)
    finally:
        sys.setprofile(None)
    assert asterisk._queue.empty()
    return count


async def test_an_event_that_means_nothing_to_its_call():
    assert await calls_for_each(20, "ChannelTalkingStarted") <= 6.5


async def test_an_event_that_its_call_acts_on():
    assert await calls_for_each(20, "ChannelDtmfReceived") <= 26


async def test_a_call_that_waits_keeps_nothing_of_what_it_has_done():
    def kept() -> int:
        # By type: what a weak proxy stands for may be gone.
        return sum(type(each) is CoroutineType for each in gc.get_objects())

    async with FakeAsterisk(Pressed) as asterisk:
        idle = kept()
        calls = [await asterisk.call() for _ in range(20)]
        # Its task's, its own, that of its state, and that of its inbox.
        assert kept() - idle == 20 * 4
        for call in calls:
            await call.digit("5")
        assert kept() - idle == 20 * 4


@pytest.mark.parametrize("kind", ["ChannelTalkingStarted", "ChannelDtmfReceived"])
async def test_it_does_not_grow_with_the_calls(kind: str):
    few, many = await calls_for_each(10, kind), await calls_for_each(200, kind)
    assert many == pytest.approx(few, rel=0.05)
