"""What the peers' clients share: a client that has lost, mixed up or stopped hearing is found out."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from bench.clients.ear import Ear, called, rested
from bench.clients.gauge import Gauge
from stasis.testing.clock import virtual_time


class Told(Exception):
    """The report, which in a real client ends the process."""


class Noted(Gauge):
    """Says nothing; raises its report."""

    def __init__(self, **scenario: Any) -> None:
        options = ["--url", "http://x/ari", "--app", "a", "--scenario", json.dumps(scenario)]
        super().__init__(options)
        self.said: list[str] = []

    def say(self, word: str) -> None:
        self.said.append(word)

    def report(self, **more: Any) -> None:
        raise Told({"events": self.events, **more})


@pytest.fixture(autouse=True)
def logs() -> Iterator[None]:
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    yield
    root.setLevel(level)
    root.handlers[:] = handlers


def ear(name: str, **scenario: Any) -> Ear:
    heard = Ear(Noted(name=name, channels=2, **scenario))
    for channel in ("one", "two"):
        heard.entered(channel)
    return heard


def mark(number: int) -> str:
    return f"{number:08}{0:020}"


async def report(heard: Ear, **more: Any) -> dict[str, Any]:
    with pytest.raises(Told) as told:
        await heard.over(**more)
    found: dict[str, Any] = told.value.args[0]
    return found


def played(heard: Ear, numbers: list[int], events: int) -> None:
    """An announcement, events of one channel, and the end."""
    heard.told("BenchGo", {"events": events, "digits": 0})
    for number in numbers:
        heard.event("one", mark(number), False)
    heard.told("BenchEnd", {})


def test_channels_are_told_to_be_live_once_all_have_entered():
    heard = ear("burst")

    assert isinstance(heard.gauge, Noted) and heard.gauge.said == ["live"]


@virtual_time
async def test_what_came_in_order_is_counted_and_no_more_is_said():
    heard = ear("handlers")
    played(heard, [0, 1, 2], events=3)

    assert await report(heard) == {"events": 3, "disorder": 0, "mistakes": 0}
    assert asyncio.get_running_loop().time() < 1


@virtual_time
async def test_events_in_another_order_than_they_were_sent_are_told():
    heard = ear("handlers")
    played(heard, [0, 2, 1], events=3)

    assert await report(heard) == {"events": 3, "disorder": 2, "mistakes": 0}


@virtual_time
async def test_what_does_not_come_in_two_seconds_is_lost():
    heard = ear("handlers")
    played(heard, [0, 1], events=3)

    assert (await report(heard))["events"] == 2
    assert asyncio.get_running_loop().time() == pytest.approx(2, abs=0.1)


@virtual_time
async def test_what_comes_late_but_comes_is_waited_for():
    heard = ear("handlers")
    played(heard, [0], events=3)

    async def late() -> None:
        for number in (1, 2):
            await asyncio.sleep(1.5)
            heard.event("one", mark(number), False)

    task = asyncio.create_task(late())
    assert await report(heard) == {"events": 3, "disorder": 0, "mistakes": 0}
    await task


@virtual_time
async def test_a_busy_channels_first_event_takes_its_time_and_others_pass_it():
    heard = ear("busy", hold=3.0)
    heard.told("BenchGo", {"events": 2, "digits": 0})
    tasks = [asyncio.create_task(heard.held("one", mark(number))) for number in (0, 1)]
    heard.told("BenchEnd", {})

    found = await report(heard)

    assert (found["events"], found["disorder"]) == (2, 2)
    await asyncio.gather(*tasks)


@virtual_time
async def test_a_reader_that_dies_is_told_with_its_reason():
    async def read() -> None:
        raise BaseExceptionGroup("of tasks", [TimeoutError()])

    heard = ear("handlers")
    heard.told("BenchGo", {"events": 3, "digits": 0})
    found = await report(heard, reader=asyncio.create_task(read()))

    assert (found["events"], found["error"]) == (0, "its reader has ended: TimeoutError")


@virtual_time
async def test_a_client_that_hangs_is_told_in_the_end():
    heard = ear("handlers", patience=30)

    found = await report(heard)
    assert (found["events"], found["error"]) == (0, "not over after 30 s")


@virtual_time
async def test_what_a_peer_logs_as_an_error_is_counted_and_the_first_is_told():
    heard = ear("handlers")
    for what in ("first", "second"):
        logging.getLogger("peer").error("Error processing event: %s", what)
    logging.getLogger("peer").warning("not one")
    played(heard, [0], events=1)

    found = await report(heard)

    assert (found["mistakes"], found["error"]) == (2, "peer: Error processing event: first")


@virtual_time
async def test_memory_is_looked_at_when_ready_and_at_both_ends_of_each_cycle():
    heard = ear("memory", cycles=2)
    heard.ready()

    async def cycles() -> None:
        for _ in range(2):
            heard.told("BenchGo", {"events": 0, "digits": 0})
            for channel in ("one", "two"):
                heard.left(channel)
            heard.told("BenchEnd", {})
            await asyncio.sleep(1)

    task = asyncio.create_task(cycles())
    assert len((await report(heard))["rss"]) == 5
    assert isinstance(heard.gauge, Noted) and heard.gauge.said.count("gone") == 2
    await task


@virtual_time
async def test_requests_are_sent_so_many_at_a_time():
    heard = ear("rest", requests=10, at_once=4)
    asked: list[str] = []
    most = under_way = 0

    async def get(id: str) -> None:
        nonlocal most, under_way
        asked.append(id)
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(1)
        under_way -= 1

    heard.told("BenchGo", {"events": 0, "digits": 0})

    assert await report(heard, work=rested(heard, get)) == {"events": 10, "mistakes": 0}
    assert most == 4 and asked[0] == "00000000000" and len(set(asked)) == 10


@virtual_time
async def test_calls_are_placed_side_by_side_and_all_are_waited_for():
    heard = ear("call", calls=5, at_once=2)
    over = asyncio.Semaphore(0)
    loop = asyncio.get_running_loop()
    placed: list[float] = []

    async def originate() -> None:
        placed.append(loop.time())
        await asyncio.sleep(1)  # one after the other, the second would begin at 1
        loop.call_later(9, over.release)

    work = called(heard, originate, over)
    assert await report(heard, work=work) == {"events": 5, "mistakes": 0}
    assert placed == [0, 0, 10, 10, 20] and loop.time() == 30


@virtual_time
async def test_a_request_that_fails_is_told():
    async def get(id: str) -> None:
        raise ConnectionError("refused")

    heard = ear("rest", requests=1, at_once=1)
    heard.told("BenchGo", {"events": 0, "digits": 0})

    found = await report(heard, work=rested(heard, get))
    assert (found["events"], found["error"]) == (0, "ConnectionError: refused")
