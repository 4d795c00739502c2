"""What was done: counted for good, logged within a bound, and waited for."""

from __future__ import annotations

import asyncio

import pytest

from stasis.testing.clock import virtual_time
from stasis.testing.tally import LOG, Tally


def test_an_entry_is_counted_and_logged():
    tally = Tally()
    tally.happened("delay", 3, "GET /ari/channels", "1 s")
    (entry,) = tally.log
    assert (entry.kind, entry.connection, entry.what, entry.detail) == (
        "delay",
        3,
        "GET /ari/channels",
        "1 s",
    )
    assert entry.at >= 0
    assert tally.counts["delay"] == 1


def test_what_is_only_counted_is_not_logged():
    tally = Tally()
    tally.count("frames")
    assert tally.counts["frames"] == 1 and not tally.log


def test_the_log_forgets_its_oldest_and_the_counts_nothing():
    tally = Tally()
    for number in range(LOG + 5):
        tally.happened("cut", number, "")
    assert len(tally.log) == LOG
    assert tally.log[0].connection == 5
    assert tally.counts["cut"] == LOG + 5


@virtual_time
async def test_a_count_is_waited_for():
    tally = Tally()
    waiting = asyncio.create_task(tally.reached("cut", 2, None))
    await asyncio.sleep(1)
    tally.count("cut")
    tally.count("delay")
    await asyncio.sleep(1)
    assert not waiting.done()
    tally.count("cut")
    tally.count("cut")
    await waiting


@virtual_time
async def test_a_count_that_was_reached_is_there_at_once():
    tally = Tally()
    tally.count("cut")
    await tally.reached("cut", 1, 0)


@virtual_time
async def test_a_count_that_does_not_come_ends_the_wait():
    with pytest.raises(TimeoutError):
        await Tally().reached("cut", 1, 5)
