"""When a frame came: with those that nobody could act on yet, however slow the machine."""

from __future__ import annotations

import asyncio
from itertools import count

from stasis.testing.session.arrivals import ACTING_TURNS, Arrivals


def arrivals() -> Arrivals:
    """With a clock that is later at each look."""
    clock = count()
    return Arrivals(lambda: float(next(clock)))


async def turns(number: int) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


async def test_what_is_read_in_a_row_came_together() -> None:
    came = arrivals()
    assert [came.at(), came.at()] == [0, 0]


async def test_and_what_comes_before_a_flow_can_have_acted() -> None:
    came = arrivals()
    first = came.at()
    await turns(ACTING_TURNS - 1)
    assert came.at() == first


async def test_but_not_what_comes_later() -> None:
    came = arrivals()
    first = came.at()
    await turns(ACTING_TURNS + 2)
    second = came.at()
    await turns(ACTING_TURNS - 1)
    assert second > first and came.at() == second


async def test_nor_what_comes_after_something_else() -> None:
    came = arrivals()
    first = came.at()
    came.part()
    second = came.at()
    await turns(ACTING_TURNS - 1)
    assert second > first and came.at() == second  # the turns before it do not part it
