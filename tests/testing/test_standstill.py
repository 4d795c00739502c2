"""Time that stands still: whoever never waits is named, and nobody hangs."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import ClassVar

import pytest

from stasis.ari.events import Event
from stasis.flow import Flow
from stasis.testing.asterisk import Asterisk
from stasis.testing.clock import Stalled, VirtualClockLoop, run, virtual_time
from stasis.trigger import Done


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of the turns is enough here."""
    monkeypatch.setattr("stasis.testing.standstill.LIMIT", 5_000)


class Circle(Flow):
    """Two states that lead to each other, and never wait."""

    async def asking(self, event: Event) -> None: ...

    async def again(self, event: Event) -> None: ...

    start = asking
    table: ClassVar = {asking: {Done: again}, again: {Done: asking}}


class Busy(Flow):
    """A state that looks, and looks, and looks."""

    async def looking(self, event: Event) -> None:
        while True:
            await asyncio.sleep(0)

    start = looking


async def spins() -> None:
    while True:
        await asyncio.sleep(0)


class TestOfAFlow:
    async def calls(self, flow: type[Flow]) -> None:
        async with Asterisk(flow) as asterisk:
            caller = await asterisk.call("100")
            await caller.hears("sound:hello-world")

    def test_states_that_lead_to_each_other_are_named(self) -> None:
        with pytest.raises(Stalled, match=r"time stands still at 0\.0 s") as raised:
            run(self.calls(Circle))
        assert "Circle.asking" in str(raised.value) and "Circle.again" in str(raised.value)
        assert "let it wait there" in str(raised.value)

    def test_so_is_a_state_that_never_waits(self) -> None:
        with pytest.raises(Stalled, match=r"The flow goes on through Busy\.looking:"):
            run(self.calls(Busy))

    def test_a_flow_that_waits_beside_it_is_not(self) -> None:
        class Either(Flow):
            async def choosing(self, event: Event) -> str:
                return self.channel.args[0]

            async def waiting(self, event: Event) -> None:
                await asyncio.sleep(3600)

            async def looking(self, event: Event) -> None:
                await spins()

            start = choosing
            table: ClassVar = {choosing: {"wait": waiting, "look": looking}}

        async def both() -> None:
            async with Asterisk(Either) as asterisk:
                await asterisk.call("100", "wait")
                await asterisk.call("100", "look")

        with pytest.raises(Stalled, match=r"goes on through Either\.looking:"):
            run(both())


class TestOfATest:
    def test_its_function_and_line_are_told(self) -> None:
        with pytest.raises(Stalled, match=r"waited, in spins\(\) at .*test_standstill\.py:\d+$"):
            run(spins())

    def test_also_of_a_task_that_it_has_begun(self) -> None:
        @virtual_time
        async def begins() -> None:
            task = asyncio.create_task(spins())
            try:
                await asyncio.sleep(1)
            finally:
                task.cancel()

        with pytest.raises(Stalled, match=r"in spins\(\) at"):
            begins()

    def test_it_is_raised_where_the_test_waits_which_may_tidy_up(self) -> None:
        tidied: list[float] = []

        async def tidies() -> None:
            task = asyncio.create_task(spins())
            try:
                await asyncio.sleep(1)
            finally:
                task.cancel()
                await asyncio.sleep(2)
                tidied.append(asyncio.get_running_loop().time())

        with pytest.raises(Stalled):
            run(tidies())
        assert tidied == [pytest.approx(2)]

    def test_one_that_spins_on_then_is_ended_all_the_same(self) -> None:
        async def stubborn() -> None:
            while True:
                with suppress(asyncio.CancelledError):
                    await asyncio.sleep(0)

        work = stubborn()
        with pytest.raises(Stalled, match=r"in .*stubborn\(\) at"):
            run(work)
        work.close()

    def test_outside_of_a_test_it_is_raised_by_the_loop(self) -> None:
        loop = VirtualClockLoop()
        task = loop.create_task(spins())
        with pytest.raises(Stalled, match="time stands still"):
            loop.run_until_complete(asyncio.wait({task}))
        task.cancel()
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(task)
        loop.close()


class TestWhatIsNone:
    def test_many_turns_with_time_between_them(self) -> None:
        async def works() -> float:
            for _ in range(100):
                for _ in range(1_000):
                    await asyncio.sleep(0)
                await asyncio.sleep(0.01)
            return asyncio.get_running_loop().time()

        assert run(works()) == pytest.approx(1)

    def test_turns_while_a_thread_works(self) -> None:
        over = threading.Event()

        async def works() -> bool:
            working = asyncio.create_task(asyncio.to_thread(over.wait, 30))
            for _ in range(10_000):
                await asyncio.sleep(0)
            over.set()
            return await working

        assert run(works())

    def test_a_cancellation_from_elsewhere_is_one(self) -> None:
        async def cancels() -> None:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            await asyncio.sleep(1)

        with pytest.raises(asyncio.CancelledError):
            run(cancels())
