"""Doing something while something else may end it."""

from __future__ import annotations

import asyncio

import pytest
from stasis_conference.meanwhile import cancelled, until

from stasis.testing.clock import virtual_time


async def wait(seconds: float, done: list[float]) -> None:
    await asyncio.sleep(seconds)
    done.append(seconds)


@virtual_time
async def test_it_is_done_unless_the_other_thing_comes_first():
    done: list[float] = []
    end = asyncio.create_task(asyncio.sleep(5))
    await until(wait(1, done), end)
    await until(wait(10, done), end)
    assert done == [1] and asyncio.get_running_loop().time() == 5


@virtual_time
async def test_what_goes_wrong_in_it_is_raised():
    async def fail() -> None:
        raise ZeroDivisionError

    end = asyncio.create_task(asyncio.sleep(5))
    with pytest.raises(ZeroDivisionError):
        await until(fail(), end)
    await cancelled(end)
    assert end.cancelled()
