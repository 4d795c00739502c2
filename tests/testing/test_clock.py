"""The virtual clock: hours pass in no time, in order, and a deadlock is an error, not a hang."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
import threading
import time

import pytest

from stasis.testing.clock import Stalled, VirtualClockLoop, run, virtual_time


def test_hours_pass_in_no_time():
    async def nap() -> float:
        await asyncio.sleep(7200)
        return asyncio.get_running_loop().time()

    began = time.monotonic()
    assert run(nap()) == pytest.approx(7200)
    assert time.monotonic() - began < 1.0


def test_timers_fire_in_the_order_of_their_times():
    async def naps() -> list[float]:
        woken: list[float] = []

        async def nap(seconds: float) -> None:
            await asyncio.sleep(seconds)
            woken.append(seconds)

        await asyncio.gather(*map(nap, (3.0, 0.001, 2.0, 0.1 + 0.2, 0.3)))
        return woken

    assert run(naps()) == [0.001, 0.3, 0.1 + 0.2, 2.0, 3.0]


def test_work_that_needs_no_time_takes_none():
    async def busy() -> float:
        for _ in range(1000):
            await asyncio.sleep(0)
        return asyncio.get_running_loop().time()

    assert run(busy()) == 0.0


def test_a_timeout_fires_at_its_second():
    async def wait() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(30):
                await asyncio.sleep(31)
        return asyncio.get_running_loop().time()

    assert run(wait()) == pytest.approx(30)


def test_a_thread_is_waited_for():
    async def through_a_thread() -> str:
        return await asyncio.to_thread(lambda: "done")

    assert run(through_a_thread()) == "done"


def test_no_time_passes_while_a_thread_works():
    async def work() -> float:
        async with asyncio.timeout(10):
            working = asyncio.create_task(asyncio.to_thread(time.sleep, 0.05))
            for _ in range(10):  # what else there is to do goes on
                await asyncio.sleep(0)
            await working
        return asyncio.get_running_loop().time()

    assert run(work()) == 0.0


def test_no_time_passes_while_somebody_outside_works():
    async def work() -> float:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualClockLoop)
        answer = loop.create_future()
        others = threading.Timer(0.05, loop.call_soon_threadsafe, [answer.set_result, None])
        async with asyncio.timeout(10):
            with loop.outside():
                others.start()
                await answer
        stood = loop.time()
        await asyncio.sleep(5)  # and then it goes on
        assert loop.time() == pytest.approx(5)
        return stood

    assert run(work()) == 0.0


def test_a_thread_that_takes_too_long_works_beside(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("stasis.testing.clock.REAL_SECONDS", 0.01)
    over = threading.Event()

    async def work() -> float:
        waiting = asyncio.create_task(asyncio.to_thread(over.wait, 30))
        await asyncio.sleep(3600)
        # The thread has to be woken, and a busy machine takes its time for that.
        monkeypatch.setattr("stasis.testing.clock.REAL_SECONDS", 20.0)
        over.set()
        assert await waiting
        return asyncio.get_running_loop().time()

    assert run(work()) == pytest.approx(3600)


async def test_a_loop_that_runs_already_is_said_to():
    async def nothing() -> None: ...

    with pytest.raises(RuntimeError, match="call this from a plain function"):
        run(nothing())


def test_waiting_for_nothing_is_an_error(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("stasis.testing.clock.REAL_SECONDS", 0.01)

    async def deadlock() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(Stalled):
        run(deadlock())


# In a process of its own: nothing else ends such a task.
STUBBORN = """
import asyncio
from contextlib import suppress
from stasis.testing.clock import Stalled, run

async def stubborn():
    while True:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(100)

async def begins_it():
    kept.append(asyncio.create_task(stubborn()))
    await asyncio.sleep(1)

kept = []
try:
    run(begins_it())
except Stalled as error:
    print(error)
"""


def test_a_task_that_no_cancellation_ends_is_an_error():
    ran = subprocess.run(
        [sys.executable, "-c", STUBBORN], capture_output=True, text=True, timeout=30
    )
    assert ran.stdout == "a task does not end, although it was cancelled\n", ran.stderr


def test_a_decorated_test_keeps_its_fixtures():
    @virtual_time
    async def test(fixture: int) -> int:
        await asyncio.sleep(60)
        return fixture

    assert list(inspect.signature(test).parameters) == ["fixture"]
    assert test(fixture=5) == 5


def test_a_test_that_waits_for_more_than_a_day_is_told_where():
    @virtual_time
    async def waits() -> None:
        forever = asyncio.create_task(beats())
        try:
            await asyncio.Event().wait()
        finally:
            forever.cancel()

    async def beats() -> None:
        while True:
            await asyncio.sleep(600)

    with pytest.raises(Stalled, match="24 hours"):
        waits()
