"""The queue of events: in order, bounded, and what is missing stands in its place."""

from __future__ import annotations

import asyncio

import pytest

from stasis.ami import AmiEvent
from stasis.pbx.inflow import Inflow, Note


def event(name: str) -> AmiEvent:
    return AmiEvent(event=name)


async def names(inflow: Inflow) -> list[str]:
    """All that waits, until its end."""
    inflow.end()
    found = []
    while (item := await inflow.get()) is not None:
        what = item[1]
        found.append(f"{what.type} {what.count}" if isinstance(what, Note) else what.type)
    return found


async def test_it_gives_what_came_in_its_order():
    inflow = Inflow(10)
    for name in "abc":
        inflow.put(event(name))
    assert len(inflow) == 3
    assert await names(inflow) == ["a", "b", "c"]


async def test_what_is_too_much_is_counted_where_it_is_missing():
    inflow = Inflow(2)
    for name in "abcd":
        inflow.put(event(name))
    assert inflow.dropped == 2
    assert (await inflow.get())[1].type == "a"  # type: ignore[index]
    inflow.miss(3)
    assert (await inflow.get())[1].type == "b"  # type: ignore[index]
    inflow.note(Note("ami", "Gap", "x"))
    assert await names(inflow) == ["Missed 5", "Gap 0"]


async def test_who_waits_gets_the_next_one_and_the_end():
    inflow = Inflow(2)
    waiting = asyncio.create_task(inflow.get())
    await asyncio.sleep(0)
    inflow.put(event("a"))
    item = await waiting
    assert item is not None and item[1].type == "a"
    waiting = asyncio.create_task(inflow.get())
    await asyncio.sleep(0)
    inflow.end(ValueError("why"))
    with pytest.raises(ValueError, match="why"):
        await waiting


async def test_a_long_row_lets_others_run():
    inflow = Inflow(1000)
    for _ in range(1000):
        inflow.put(event("a"))
    ran = asyncio.Event()
    asyncio.get_running_loop().call_soon(ran.set)
    for _ in range(100):
        await inflow.get()
    assert ran.is_set()
