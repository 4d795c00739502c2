"""Tasks beside the reader: they fail alone, and all of them end."""

from __future__ import annotations

import asyncio

import structlog
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from stasis.tasks import Tasks, cancelled
from stasis.testing.clock import virtual_time


async def fails() -> None:
    """A fault of ours."""
    raise RuntimeError("odd")


@virtual_time
async def test_one_that_fails_is_told_with_what_is_known_where_it_all_began():
    tasks = Tasks()
    with capture_logs(processors=[merge_contextvars]) as logs:
        with structlog.contextvars.bound_contextvars(server="asterisk"):
            tasks.begin()
        task = tasks.spawn(fails(), name="settling")
        await asyncio.wait({task})
        await asyncio.sleep(0)
    (log,) = logs
    assert log["server"] == "asterisk" and log["task"] == "settling"
    assert "please report this" in log["event"] and "RuntimeError: odd" in log["exception"]


@virtual_time
async def test_one_that_is_cancelled_has_not_failed():
    tasks = Tasks()
    with capture_logs() as logs:
        await cancelled(tasks.spawn(asyncio.sleep(3600)))
        await asyncio.sleep(0)
    assert logs == []


@virtual_time
async def test_all_end_with_others_and_what_their_ends_begin_has_its_time():
    tasks, done = Tasks(), []

    async def hang_up(seconds: float) -> None:
        await asyncio.sleep(seconds)
        done.append(seconds)

    async def call() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            tasks.spawn(hang_up(0.5))
            tasks.spawn(hang_up(30))

    tasks.spawn(call())
    other = asyncio.ensure_future(asyncio.sleep(3600))
    await asyncio.sleep(0)
    await tasks.end(other, last=1.0)
    assert other.cancelled() and done == [0.5]
    assert asyncio.get_running_loop().time() < 2
