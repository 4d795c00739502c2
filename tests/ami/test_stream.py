"""A reader's events: in order, bounded, and what is missing is told in its place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stasis.ami.event import AmiEvent, Missed
from stasis.ami.events import Hangup, Newchannel
from stasis.ami.stream import Stream
from stasis.trigger import Gap


def stream(*kinds: type[Any], limit: int = 10, **more: Any) -> Stream[Any]:
    nothing: Callable[[Any], None] = lambda stream: None  # noqa: E731
    options = {"names": (), "where": None, **more}
    return Stream(kinds, limit=limit, close=nothing, open=nothing, **options)


def told(stream: Stream[Any]) -> list[Any]:
    stream.end()
    return asyncio.run(all_of(stream))


async def all_of(stream: Stream[Any]) -> list[Any]:
    return [event async for event in stream]


def hangup(cause: int) -> Hangup:
    return Hangup(event="Hangup", cause=cause)


class TestChoice:
    def test_only_the_chosen_kinds(self) -> None:
        chosen = stream(Hangup)
        for event in (hangup(1), Newchannel(event="Newchannel"), hangup(2)):
            chosen.put(event)
        assert told(chosen) == [hangup(1), hangup(2)]

    def test_kinds_without_a_class_by_name(self) -> None:
        chosen = stream(names=["novel"])
        chosen.put(AmiEvent(event="Novel"))
        chosen.put(hangup(1))
        assert [each.type for each in told(chosen)] == ["Novel"]

    def test_neither_is_all(self) -> None:
        chosen = stream()
        chosen.put(hangup(1))
        chosen.put(AmiEvent(event="Novel"))
        assert len(told(chosen)) == 2

    def test_a_further_choice(self) -> None:
        chosen = stream(Hangup, where=lambda event: event.cause == 17)
        chosen.put(hangup(16))
        chosen.put(hangup(17))
        assert told(chosen) == [hangup(17)]

    def test_a_choice_that_fails_is_its_readers_own(self) -> None:
        chosen = stream(where=lambda event: event.nothing)
        chosen.put(hangup(1))
        with pytest.raises(AttributeError):
            told(chosen)


class TestBound:
    def test_what_is_dropped_is_told_where_it_is_missing(self) -> None:
        full = stream(limit=2)
        for cause in range(5):
            full.put(hangup(cause))
        assert full.dropped == 3
        assert told(full) == [hangup(0), hangup(1), Missed(event="Missed", count=3)]

    async def test_once_read_it_goes_on(self) -> None:
        full = stream(limit=1)
        full.put(hangup(0))
        full.put(hangup(1))
        assert await anext(full) == hangup(0)
        assert (await anext(full)).count == 1
        full.put(hangup(2))
        assert await anext(full) == hangup(2)
        full.put(hangup(3))
        full.put(hangup(4))
        full.end()
        assert [each.type for each in await all_of(full)] == ["Hangup", "Missed"]
        assert full.dropped == 2

    def test_a_gap_has_always_room_and_two_are_one(self) -> None:
        full = stream(Hangup, limit=1)
        full.put(hangup(0))
        begin = datetime(2026, 1, 1, tzinfo=UTC)
        for at in (1, 5):
            start, end = begin + timedelta(seconds=at), begin + timedelta(seconds=at + 1)
            full.gap(Gap(start=start, end=end, seconds=1))
        first, gap = told(full)
        assert first == hangup(0)
        assert (gap.start, gap.seconds) == (begin + timedelta(seconds=1), 5)


class TestReading:
    async def test_it_waits_for_the_next(self) -> None:
        waiting = stream()
        reads = asyncio.create_task(anext(waiting))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        waiting.put(hangup(1))
        assert await reads == hangup(1)

    async def test_its_end_wakes_the_reader(self) -> None:
        waiting = stream()
        reads = asyncio.create_task(all_of(waiting))
        await asyncio.sleep(0)
        waiting.end()
        waiting.put(hangup(1))
        assert await reads == []
