"""Tasks that are left running: in words, and ended."""

from __future__ import annotations

import asyncio

from stasis.testing import virtual_time
from stasis.testing.strays import cancelled, strays


async def naps() -> None:
    await asyncio.sleep(100)


@virtual_time
async def test_each_is_told_by_its_name_its_function_and_the_line_where_it_waits():
    tasks = {asyncio.create_task(naps(), name=name) for name in ("b", "a")}
    await asyncio.sleep(0)
    assert strays(tasks).splitlines() == [
        "tasks left running:",
        f"  a: naps() at {__file__}:12",
        f"  b: naps() at {__file__}:12",
    ]
    await cancelled(tasks)
    assert all(task.cancelled() for task in tasks)


@virtual_time
async def test_one_that_does_not_end_is_left_after_an_hour():
    stays = True

    async def stubborn() -> None:
        while stays:
            try:
                await asyncio.sleep(1e6)
            except asyncio.CancelledError:
                continue

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    await cancelled({task})
    assert asyncio.get_running_loop().time() == 3600 and not task.done()
    stays = False
    await cancelled({task})


@virtual_time
async def test_none_is_nothing():
    assert strays([]) == ""
    await cancelled(set())
