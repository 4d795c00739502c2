"""The inbox: order, a bound that never blocks the reader, and room for what must come through."""

from __future__ import annotations

import asyncio

import pytest

from stasis.inbox import Inbox


async def test_items_come_out_in_the_order_they_went_in():
    inbox: Inbox[int] = Inbox(10)
    for item in (1, 2, 3):
        assert inbox.put(item)
    assert [await inbox.get() for _ in range(3)] == [1, 2, 3]


async def test_a_reader_waits_for_the_next_item():
    inbox: Inbox[str] = Inbox(10)
    reading = asyncio.ensure_future(inbox.get())
    await asyncio.sleep(0)
    assert not reading.done()
    inbox.put("late")
    assert await reading == "late"


async def test_two_items_at_once_wake_the_reader_once_and_both_are_there():
    inbox: Inbox[int] = Inbox(10)
    reading = asyncio.ensure_future(inbox.get())
    await asyncio.sleep(0)
    inbox.put(1)
    inbox.put(2)
    assert await reading == 1 and await inbox.get() == 2


def test_an_item_too_many_is_dropped_counted_and_remembered():
    inbox: Inbox[int] = Inbox(2)
    assert [inbox.put(n) for n in range(4)] == [True, True, False, False]
    assert inbox.overflown and inbox.dropped == 2 and len(inbox) == 2


def test_below_its_limit_it_has_not_overflown():
    inbox: Inbox[int] = Inbox(2)
    inbox.put(1)
    inbox.put(2)
    assert not inbox.overflown and inbox.dropped == 0


async def test_what_must_come_through_finds_room_and_its_place():
    inbox: Inbox[str] = Inbox(1)
    inbox.put("event")
    assert inbox.put("end", always=True)
    assert not inbox.overflown
    assert [await inbox.get(), await inbox.get()] == ["event", "end"]


async def test_a_cancelled_reader_leaves_the_item_for_the_next():
    inbox: Inbox[int] = Inbox(10)
    reading = asyncio.ensure_future(inbox.get())
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    inbox.put(7)
    assert await inbox.get() == 7


async def test_a_reader_cancelled_as_the_item_comes_does_not_lose_it():
    inbox: Inbox[int] = Inbox(10)
    reading = asyncio.ensure_future(inbox.get())
    await asyncio.sleep(0)
    inbox.put(7)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert await inbox.get() == 7


async def test_a_closed_one_forgets_what_waits_and_takes_nothing_more():
    inbox: Inbox[int] = Inbox(2)
    inbox.put(1)
    inbox.close()
    assert len(inbox) == 0
    inbox.put(2)
    inbox.put(3, always=True)
    assert len(inbox) == 0 and not inbox.overflown


async def test_what_waits_can_be_looked_at_and_still_waits():
    inbox: Inbox[int] = Inbox(3)
    for item in (1, 2):
        inbox.put(item)
    assert list(inbox) == [1, 2] and await inbox.get() == 1
