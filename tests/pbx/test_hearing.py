"""An event that proves that something has happened, or none in time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from stasis.ami import OutcomeUnknown, Stream, events
from stasis.pbx.hearing import heard
from stasis.testing.clock import virtual_time
from stasis.trigger import Gap


def stream(*items: events.OfChannel) -> Stream[events.OfChannel]:
    """A stream with these in it."""
    made: Stream[events.OfChannel] = Stream(
        (events.OfChannel,), (), None, 10, close=lambda _: None, open=lambda _: None
    )
    for each in items:
        made.put(each)
    made.miss(1)
    return made


@virtual_time
async def test_the_first_of_the_kind_is_heard() -> None:
    hold, enter = events.Hold(event="Hold"), events.BridgeEnter(event="BridgeEnter")
    assert await heard(stream(hold, enter), events.BridgeEnter, 1.0) is enter


@virtual_time
async def test_nothing_in_time_is_none() -> None:
    hold = events.Hold(event="Hold")
    assert await heard(stream(hold), events.BridgeEnter, 1.0) is None


@virtual_time
async def test_after_the_connection_was_lost_nobody_knows() -> None:
    lost, now = stream(events.Hold(event="Hold")), datetime(2026, 11, 30, tzinfo=UTC)
    lost.gap(Gap(start=now, end=now, seconds=0.0))
    lost.put(events.BridgeEnter(event="BridgeEnter"))
    with pytest.raises(OutcomeUnknown, match="was lost meanwhile"):
        await heard(lost, events.BridgeEnter, 1.0)


@virtual_time
async def test_a_stream_that_has_ended_tells_nothing_either() -> None:
    ended = stream()
    ended.end()
    with pytest.raises(OutcomeUnknown):
        await heard(ended, events.Hold, 1.0)
