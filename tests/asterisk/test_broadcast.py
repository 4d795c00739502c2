"""Two processes share the calls of one Asterisk 22 by StasisBroadcast, with nothing between them.

Each is offered every call; the first to claim it has it, and the other keeps quiet.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from stasis import Channel
from stasis.lab.lab import Lab
from tests.asterisk.listener import Listening, Street, lab_name, street, until

# A call is offered for two seconds, and 40 come at once.
pytestmark = [pytest.mark.asterisk, pytest.mark.alone, pytest.mark.timeout(90)]

CALLS = 40


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """An Asterisk 22 of its own: it is told to dial two processes."""
    lab = Lab.up("22", lab_name("broadcast"))
    try:
        yield lab
    finally:
        lab.down()


@asynccontextmanager
async def both(folder: Path, lab: Lab) -> AsyncIterator[tuple[Listening, Listening]]:
    """Two processes that run the same flow, and that Asterisk has dialled."""
    pair = [Listening(folder / name, lab, "office", instance=name) for name in "ab"]
    try:
        for each in pair:
            await each.start()
        ways = [each.dialling(each.instance, each.app, per_call=False) for each in pair]
        await asyncio.to_thread(lab.dial_out, *ways)
        for each in pair:
            await each.says("ready on ")
        yield pair[0], pair[1]
    finally:
        await asyncio.to_thread(lab.dial_out)
        for each in pair:
            await each.end()


async def calls(town: Street, count: int) -> set[str]:
    """So many people call at once and are answered. The ids of the channels that enter."""
    callers: list[Channel] = await asyncio.gather(
        *(town.call_at("broadcast-office") for _ in range(count))
    )
    return {f"{each.id};2" for each in callers}


def taken(process: Listening) -> list[str]:
    """The calls that it has begun, with each time it has."""
    return [line.split()[0] for line in process.notes if line.endswith(" menu StasisStart")]


async def test_each_call_is_answered_once_and_a_draining_process_takes_none(
    lab: Lab, tmp_path: Path
) -> None:
    async with street(lab) as town, both(tmp_path, lab) as (first, second):
        offered = await calls(town, CALLS)
        await until(lambda: len(taken(first)) + len(taken(second)) >= CALLS)
        assert sorted(taken(first) + taken(second)) == sorted(offered)
        # Who is quicker may have had them all: each has those that the other is too slow for.
        for one, other in (first, second), (second, first):
            other.freeze(True)
            more = await calls(town, 1)
            other.freeze(False)
            await until(lambda: more <= set(taken(one)))  # noqa: B023
            offered |= more
        assert sorted(taken(first) + taken(second)) == sorted(offered)
        for each in first, second:
            assert each.complaints == [], each.said

        before = taken(first)
        first.signal(signal.SIGTERM)
        await first.says("stopping: no new calls")
        more = await calls(town, 5)
        await until(lambda: more <= set(taken(second)))
        assert taken(first) == before
        # It ends with the last of its calls, and the other goes on.
        for channel_id in before:
            await town.link.ari.channels.hangup(channel_id)
        await first.stop(signal.SIGTERM)
        more = await calls(town, 1)
        await until(lambda: more <= set(taken(second)))
        for each in first, second:
            assert each.complaints == [], each.said


async def test_who_was_killed_gets_its_calls_back_and_no_others(lab: Lab, tmp_path: Path) -> None:
    async with street(lab) as town, both(tmp_path, lab) as (first, second):
        await calls(town, 10)
        await until(lambda: len(taken(first)) + len(taken(second)) >= 10)
        own, others = set(taken(first)), set(taken(second))
        await first.stop(signal.SIGKILL)
        await calls(town, 3)
        await until(lambda: len(taken(second)) >= len(others) + 3)
        await first.start()
        resumed = {f"{channel_id} menu Resumed" for channel_id in own}
        try:
            await until(lambda: resumed <= set(first.notes))
        except AssertionError:
            raise AssertionError(f"{first.notes}\n{first.said}") from None
        assert set(taken(first)) == own
        assert not any("Resumed" in line for line in second.notes)
        assert "[error" not in first.said, first.said
