"""Where the plugin runs a test: one loop for all of it, and an account of what is left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from stasis.ari.events import Event
from stasis.channel import Channel
from stasis.flow import Flow
from stasis.testing.clock import Stalled, VirtualClockLoop
from stasis.testing.stage import Stage


class Menu(Flow):
    async def menu(self, event: Event) -> None: ...

    start = menu


async def broken(channel: Channel) -> None:
    raise ValueError("no such account")


async def raises_when_left(channel: Channel) -> None:
    try:
        await asyncio.sleep(1000)
    finally:
        raise KeyError("when left")


async def begins_a_task(channel: Channel) -> None:
    async def look_up() -> None:
        raise ValueError("no such table")

    asyncio.create_task(look_up(), name="beside")


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    yield stage
    if stage.asterisk is not None:
        stage.leave()
    stage.close()


class TestItsLoop:
    def test_is_the_same_for_fixtures_and_test_and_its_time_goes_on(self, stage: Stage):
        times: list[float] = []

        async def fixture() -> AsyncIterator[int]:
            await asyncio.sleep(1)
            yield 5
            times.append(asyncio.get_running_loop().time())

        async def test(number: int) -> None:
            assert number == 5 and isinstance(asyncio.get_running_loop(), VirtualClockLoop)
            await asyncio.sleep(10)

        generator = stage.plain(fixture)()
        stage.test(test)(number=next(generator))
        assert list(generator) == []
        assert times == [pytest.approx(11)]

    def test_what_another_plugin_has_added_for_a_fixture_is_left_out(self, stage: Stage):
        async def fixture(number: int) -> int:
            return number

        assert stage.plain(fixture)(number=5, event_loop="theirs") == 5

    def test_a_fixture_that_yields_twice_is_refused(self, stage: Stage):
        async def fixture() -> AsyncIterator[int]:
            yield 1
            yield 2

        generator = stage.plain(fixture)()
        next(generator)
        with pytest.raises(RuntimeError, match="fixture yields more than once"):
            next(generator)

    def test_a_test_that_waits_for_ever_ends(self, stage: Stage):
        async def test() -> None:
            while True:
                await asyncio.sleep(600)

        with pytest.raises(Stalled, match="24 hours of virtual time"):
            stage.test(test)()

    def test_a_timeout_of_the_tests_own_is_its_own(self, stage: Stage):
        async def test() -> None:
            async with asyncio.timeout(1):
                await asyncio.sleep(2)

        with pytest.raises(TimeoutError):
            stage.test(test)()


class TestItsEnd:
    def test_nothing_is_wrong_when_nothing_is_left(self, stage: Stage):
        asterisk = stage.begin(Menu)
        stage.run(asterisk.call())
        assert stage.end(None, leaves_behind=False) == ""

    def test_what_a_flow_has_raised_is_told_unless_it_is_expected_or_was_seen(self, stage: Stage):
        asterisk = stage.begin(broken)
        caller = stage.run(asterisk.call())
        assert "ValueError: no such account" in stage.sections()["flows"]
        assert isinstance(caller.failure, ValueError)
        assert stage.end(None, leaves_behind=False) == ""

    @pytest.mark.parametrize(
        ("expected", "told"),
        [
            (None, "the flow broken has raised in state 'running', channel "),
            ((KeyError, None), "no flow has raised KeyError, as the test is marked to do"),
            (((KeyError, OSError), "x"), "no flow has raised KeyError or OSError matching 'x'"),
            ((ValueError, "such"), ""),
        ],
    )
    def test_what_was_expected_must_have_been_raised(
        self, stage: Stage, expected: object, told: str
    ):
        asterisk = stage.begin(broken)
        stage.run(asterisk.call())
        fault = stage.end(expected, leaves_behind=False)  # type: ignore[arg-type]
        assert fault.startswith(told) and bool(fault) == bool(told)

    def test_what_a_flow_raises_after_the_test_has_looked_is_told(self, stage: Stage):
        asterisk = stage.begin(raises_when_left)
        caller = stage.run(asterisk.call())
        assert caller.failure is None
        assert "KeyError: 'when left'" in stage.end(None, leaves_behind=False)

    def test_what_a_task_has_raised_that_nobody_waited_for_is_told(self, stage: Stage):
        asterisk = stage.begin(begins_a_task)
        stage.run(asterisk.call())
        told = stage.end(None, leaves_behind=True)
        assert told.startswith("Task exception was never retrieved: beside\n")
        assert told.endswith("ValueError: no such table")

    def test_a_task_that_was_there_before_is_no_stray(self, stage: Stage):
        async def begin(name: str) -> None:
            stage.kept = asyncio.create_task(asyncio.sleep(1e6), name=name)  # type: ignore[attr-defined]

        stage.run(begin("before"))
        stage.begin(Menu)
        assert stage.end(None, leaves_behind=False) == ""
        stage.run(begin("after"))
        assert "  after: sleep() at " in stage.close()
        assert stage.close() == ""
