"""An event that proves that something has happened, or none in time."""

from __future__ import annotations

from stasis.ami import Stream, events
from stasis.pbx.hearing import heard
from stasis.testing.clock import virtual_time


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
