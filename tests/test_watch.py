"""A watched value: who waits for it sees it, also when it was there already."""

from __future__ import annotations

import asyncio

import pytest

from stasis.testing.clock import virtual_time
from stasis.watch import Watch


@virtual_time
async def test_a_value_that_is_there_is_reached_at_once():
    assert await Watch("ready").reached("ready", "stopped") == "ready"


@virtual_time
async def test_a_value_that_comes_is_reached_when_it_comes():
    watch = Watch("connecting")
    asyncio.get_running_loop().call_later(2, watch.set, "gap")
    asyncio.get_running_loop().call_later(4, watch.set, "ready")
    assert await watch.reached("ready") == "ready"
    assert asyncio.get_running_loop().time() == pytest.approx(4)
    assert watch.value == "ready"


@virtual_time
async def test_everybody_who_waits_is_woken():
    watch = Watch(0)
    waiting = [asyncio.ensure_future(watch.reached(1)) for _ in range(3)]
    await asyncio.sleep(0)
    watch.set(1)
    assert await asyncio.gather(*waiting) == [1, 1, 1]


@virtual_time
async def test_waiting_has_a_deadline():
    with pytest.raises(TimeoutError):
        await Watch("connecting").reached("ready", timeout=3)
    assert asyncio.get_running_loop().time() == pytest.approx(3)


@virtual_time
async def test_a_watcher_sees_the_value_and_each_later_one():
    watch = Watch(0)
    seen: list[int] = []

    async def look() -> None:
        async for value in watch:
            seen.append(value)
            if value == 2:
                return

    looking = asyncio.ensure_future(look())
    for value in (1, 1, 2):
        await asyncio.sleep(1)
        watch.set(value)
    await looking
    assert seen == [0, 1, 2]


@virtual_time
async def test_a_slow_watcher_sees_the_latest_and_skips_what_is_past():
    watch = Watch(0)
    seen: list[int] = []

    async def look() -> None:
        async for value in watch:
            seen.append(value)
            await asyncio.sleep(10)
            if value == 3:
                return

    looking = asyncio.ensure_future(look())
    for value in (1, 2, 3):
        await asyncio.sleep(1)
        watch.set(value)
    await looking
    assert seen == [0, 3]


@virtual_time
async def test_a_value_that_comes_back_while_a_watcher_is_busy_does_not_hang_it():
    watch = Watch("ready")
    seen: list[str] = []

    async def look() -> None:
        async for value in watch:
            seen.append(value)
            await asyncio.sleep(10)
            if value == "stopped":
                return

    looking = asyncio.ensure_future(look())
    await asyncio.sleep(1)
    watch.set("gap")
    watch.set("ready")
    await asyncio.sleep(30)
    watch.set("stopped")
    await looking
    # Whether the unchanged value is told once more is open; that the last is told is not.
    assert seen[0] == "ready" and seen[-1] == "stopped" and "gap" not in seen
