"""A blocked event loop is noticed, and told with the call, the flow's state and the line.

The loop is blocked for real here: code blocks it until the watch has seen that, so no test
depends on how long anything takes.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import queue
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from stasis import stall as module
from stasis.ari.events import Event
from stasis.channel import Channel
from stasis.flow import Flow
from stasis.stall import Stall, StallWatch, place
from tests.fake import FakeAsterisk

# The default of engine.stall_seconds.
SECONDS = 0.1
LONG = 10.0
IS = "the event loop is blocked"
WAS = "the event loop was blocked"


class Told:
    """What the watch has logged, while the test runs. noticed: it has told that something blocks.

    then: called when it has.
    """

    def __init__(self, lines: list[Any]) -> None:
        self.lines = lines
        self.noticed = threading.Event()
        self.then: Callable[[], None] = lambda: None

    def of(self, words: str) -> list[Any]:
        """The lines with these words."""
        return [line for line in self.lines if line["event"] == words]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    with capture_logs() as lines:
        told = Told(lines)
        tell = module.tell

        def telling(words: str, stall: Stall, left_out: int = 0) -> None:
            tell(words, stall, left_out)
            if words == IS:
                told.noticed.set()
                told.then()

        monkeypatch.setattr(module, "tell", telling)
        yield told


@pytest.fixture
def stalls() -> list[Stall]:
    """What a watch has handed on."""
    return []


async def block_until(holds: Callable[[], object]) -> None:
    """Block for 200 ms, again and again: a busy machine may miss one, but not all."""
    deadline = time.monotonic() + LONG
    while not holds():
        assert time.monotonic() < deadline, "nobody has noticed"
        time.sleep(0.2)  # noqa: ASYNC251  it is to block
        await asyncio.sleep(0)


def here() -> int:
    """The line of the caller."""
    frame = inspect.currentframe()
    assert frame is not None and frame.f_back is not None
    return frame.f_back.f_lineno


async def over(stalls: list[Stall], count: int = 1) -> Stall:
    """The last of so many stalls, once they are over.

    It waits as a loop without work does: what turns round and round would be taken for what blocks
    when the machine has no time for us.
    """
    async with asyncio.timeout(LONG):
        while len(stalls) < count:
            await asyncio.sleep(0.005)
    return stalls[-1]


class TestWhatIsTold:
    async def test_a_synchronous_call_of_200_ms_is_noticed_with_its_line(
        self, told: Told, stalls: list[Stall]
    ):
        with StallWatch(SECONDS, stalls.append):
            await block_until(lambda: stalls)
        (stall, *_) = stalls
        source, first = inspect.getsourcelines(block_until)
        (line,) = (n for n, text in enumerate(source, first) if "time.sleep(0.2)" in text)
        assert stall.where == f"{__file__}:{line}"
        assert stall.line.startswith("time.sleep(0.2)")
        assert stall.function == "block_until"
        assert stall.seconds >= SECONDS

    async def test_while_it_stands_and_again_with_its_length_when_it_is_over(
        self, told: Told, stalls: list[Stall]
    ):
        with StallWatch(SECONDS, stalls.append):
            told.noticed.wait(LONG)  # so a loop that never comes back is told too
            assert told.of(WAS) == [] == stalls
            stall = await over(stalls)
        (during,) = told.of(IS)
        (after,) = told.of(WAS)
        assert during["log_level"] == after["log_level"] == "warning"
        assert during["at"] == after["at"] == stall.where
        assert after["seconds"] >= during["seconds"] >= SECONDS
        assert after["seconds"] == round(stall.seconds, 3)

    async def test_the_users_line_and_not_the_librarys(self, told: Told, stalls: list[Stall]):
        waited: queue.Queue[None] = queue.Queue()
        with StallWatch(SECONDS, stalls.append):
            told.then = lambda: waited.put(None)
            line = here() + 1
            waited.get(timeout=LONG)
            stall = await over(stalls)
        assert stall.where == f"{__file__}:{line}"

    async def test_code_that_lets_no_thread_run_is_noticed_when_it_ends(
        self, told: Told, stalls: list[Stall]
    ):
        """A regular expression holds the interpreter's lock for all its time: twice as long with
        each letter more, until it is long enough for this machine."""
        length = 23
        with StallWatch(SECONDS, stalls.append):
            while not stalls:
                line = here() + 1
                assert not re.match(r"(a+)+$", "a" * length + "b")
                length += 1
                await asyncio.sleep(SECONDS)
            stall = await over(stalls)
        assert stall.where == f"{__file__}:{line}"

    async def test_what_stands_in_no_code_of_the_user_is_told_as_that(
        self, told: Told, stalls: list[Stall]
    ):
        with StallWatch(SECONDS, stalls.append):
            asyncio.get_running_loop().call_soon(told.noticed.wait, LONG)
            stall = await over(stalls)
        # Nor is it this module, though its frames stand below the loop's.
        assert stall.where == "" == stall.line
        assert told.of(WAS)[0]["at"] == "not in code of a flow or plugin"


class TestWhose:
    async def test_a_flows_state_is_named_with_its_call(self, told: Told, stalls: list[Stall]):
        lines = []

        class Slow(Flow):
            async def menu(self, event: Event) -> None:
                await self.channel.answer()
                lines.append(here() + 1)
                told.noticed.wait(LONG)

            start = menu

        async with FakeAsterisk(Slow) as asterisk:
            with StallWatch(SECONDS, stalls.append):
                call = await asterisk.call()
                stall = await over(stalls)
        assert stall.where == f"{__file__}:{lines[0]}"
        assert stall.function.endswith("Slow.menu")
        assert stall.who["app"] == asterisk.app
        assert (stall.who["flow"], stall.who["state"]) == ("Slow", "menu")
        assert stall.who["channel"] == call.id
        (line,) = told.of(WAS)
        assert stall.who.items() <= line.items()

    async def test_so_is_a_function(self, told: Told, stalls: list[Stall]):
        async def hello(channel: Channel) -> None:
            told.noticed.wait(LONG)

        async with FakeAsterisk(hello) as asterisk:
            with StallWatch(SECONDS, stalls.append):
                call = await asterisk.call()
                stall = await over(stalls)
        assert (stall.who["flow"], stall.who["channel"]) == ("hello", call.id)
        assert stall.function.endswith("hello")

    async def test_a_task_that_a_flow_has_started_is_its_flows(
        self, told: Told, stalls: list[Stall]
    ):
        async def look_up() -> None:
            told.noticed.wait(LONG)

        with StallWatch(SECONDS, stalls.append):
            with structlog.contextvars.bound_contextvars(channel="c1", server="main", caller="x"):
                task = asyncio.create_task(look_up(), name="look up")
            await task
            stall = await over(stalls)
        assert stall.who == {"server": "main", "channel": "c1"}
        assert stall.task == "look up"

    async def test_so_is_a_callback(self, told: Told, stalls: list[Stall]):
        with StallWatch(SECONDS, stalls.append):
            context = contextvars.copy_context()
            context.run(structlog.contextvars.bind_contextvars, channel="c1")
            asyncio.get_running_loop().call_soon(lambda: told.noticed.wait(LONG), context=context)
            stall = await over(stalls)
        assert stall.who == {"channel": "c1"} and stall.task == ""
        assert stall.where.startswith(f"{__file__}:")

    async def test_what_was_unbound_is_nobodys_any_more(self, told: Told, stalls: list[Stall]):
        with StallWatch(SECONDS, stalls.append):
            context = contextvars.copy_context()
            context.run(structlog.contextvars.bind_contextvars, channel="c1", app="ivr")
            context.run(structlog.contextvars.unbind_contextvars, "app")
            asyncio.get_running_loop().call_soon(lambda: told.noticed.wait(LONG), context=context)
            assert (await over(stalls)).who == {"channel": "c1"}
            context.run(structlog.contextvars.clear_contextvars)
            stalls.clear()
            told.noticed.clear()
            asyncio.get_running_loop().call_soon(lambda: told.noticed.wait(LONG), context=context)
            assert (await over(stalls)).who == {}

    async def test_code_of_no_call_is_of_nobody(self, told: Told, stalls: list[Stall]):
        with StallWatch(SECONDS, stalls.append):
            told.noticed.wait(LONG)
            assert (await over(stalls)).who == {}


class TestHowOften:
    async def test_a_line_that_blocks_again_and_again_is_told_once_in_a_while(
        self, told: Told, stalls: list[Stall], monkeypatch: pytest.MonkeyPatch
    ):
        with StallWatch(SECONDS, stalls.append):
            await block_until(lambda: len(stalls) >= 3)
            assert len(told.of(IS)) == len(told.of(WAS)) == 1
            monkeypatch.setattr(module, "QUIET_SECONDS", 0.0)
            await block_until(lambda: len(told.of(WAS)) >= 2)
        (first, second, *_) = told.of(WAS)
        assert "left_out" not in first
        assert second["left_out"] >= 2

    async def test_then_with_how_many_were_left_out(self, told: Told):
        watch = StallWatch(1.0)
        told_now = [watch._aloud(Stall(1.0, "a.py:1")) for _ in range(4)]
        assert told_now == [True, False, False, False]
        assert watch._aloud(Stall(1.0, "a.py:2")), "another line is told at once"
        assert watch._left_out(Stall(1.0, "a.py:1")) == 3
        assert watch._left_out(Stall(1.0, "a.py:1")) == 0

    async def test_lines_without_number_do_not_fill_the_memory(self):
        watch = StallWatch(1.0)
        for number in range(3 * module.REMEMBERED):
            watch._aloud(Stall(1.0, f"a.py:{number}"))
        assert len(watch._told) <= module.REMEMBERED


class TestTheWatchItself:
    async def test_a_loop_that_waits_for_work_is_not_blocked(self, told: Told):
        """A machine without time for us makes beats late, and that is nobody's code."""
        with StallWatch(LONG) as watch:

            def look() -> bool:
                """Whether it was seen waiting: it may take a moment to get there."""
                deadline = time.monotonic() + LONG
                while time.monotonic() < deadline:
                    if watch._look(watch._beaten, 1.0) is None:
                        return True
                return False

            assert await asyncio.to_thread(look)
        assert told.lines == []

    async def test_what_ran_on_before_it_was_seen_is_not_guessed_at(self, told: Told):
        with StallWatch(LONG) as watch:
            assert watch._look(watch._beaten, 1.0) is not None
            assert watch._look(watch._beaten - 1.0, 1.0) is None

    async def test_a_receiver_that_fails_does_not_end_it(self, told: Told, stalls: list[Stall]):
        def receive(stall: Stall) -> None:
            stalls.append(stall)
            raise RuntimeError("full")

        with StallWatch(SECONDS, receive):
            await block_until(lambda: len(stalls) >= 2)
        (error, *_) = told.of("a blocked event loop was not told")
        assert error["log_level"] == "error"

    async def test_with_zero_seconds_there_is_none(self):
        before = set(threading.enumerate())
        with StallWatch(0.0):
            assert set(threading.enumerate()) == before

    async def test_afterwards_neither_thread_nor_timer_is_left(self, told: Told):
        with StallWatch(SECONDS) as watch:
            thread, timer = watch._thread, watch._timer
            assert thread is not None and thread.is_alive() and thread.daemon
            assert timer is not None
        assert not thread.is_alive()
        assert watch._timer is not None and watch._timer.cancelled()

    def test_it_may_end_while_the_loop_stands(self, told: Told, stalls: list[Stall]):
        async def main() -> None:
            with StallWatch(SECONDS, stalls.append):
                told.noticed.wait(LONG)

        asyncio.run(main())
        assert len(stalls) == 1


def code(path: str) -> tuple[CodeType, int]:
    """A place in a file."""
    return compile("", path, "exec"), 7


def asserted(found: tuple[CodeType | None, int]) -> str:
    """The file of a place."""
    return "" if found[0] is None else found[0].co_filename


OURS = module.__file__
STDLIB = inspect.getsourcefile(queue) or ""
SITE = "/srv/venv/lib/python3.13/site-packages"


@pytest.mark.parametrize(
    ("stack", "found"),
    [
        # The innermost first.
        (["/srv/app/flow.py", OURS], "/srv/app/flow.py"),
        (["/srv/app/db.py", "/srv/app/flow.py", OURS], "/srv/app/db.py"),
        ([STDLIB, "/srv/app/flow.py", OURS, STDLIB], "/srv/app/flow.py"),
        ([STDLIB, f"{SITE}/requests/api.py", "/srv/app/flow.py", OURS], "/srv/app/flow.py"),
        (["<frozen importlib._bootstrap>", "/srv/app/flow.py", OURS], "/srv/app/flow.py"),
        # A plugin that is installed, and calls a library that is installed.
        (
            [f"{SITE}/requests/api.py", f"{SITE}/ivr/db.py", f"{SITE}/ivr/flow.py", OURS],
            f"{SITE}/ivr/db.py",
        ),
        ([STDLIB, f"{SITE}/single.py", OURS], f"{SITE}/single.py"),
        # A plugin's HTTP handler, run by the server.
        ([f"{SITE}/ivr/http.py", f"{SITE}/aiohttp/web_app.py", STDLIB], f"{SITE}/ivr/http.py"),
        (["/usr/lib/python3/dist-packages/ivr/flow.py", OURS], "/usr/lib/python3/dist-packages/ivr/flow.py"),
        ([STDLIB, OURS, STDLIB], ""),
        ([], ""),
    ],
)  # fmt: skip
def test_the_users_code_is_told_from_what_it_calls_and_what_calls_it(stack: list[str], found: str):
    assert asserted(place([code(path) for path in stack])) == found


def test_python_still_runs_callbacks_as_the_watch_believes():
    """It reads the context of what runs from the frame of `Handle._run`."""
    seen: list[Any] = []

    async def main() -> None:
        frame = sys._getframe()
        while frame.f_code is not module.RUN:
            assert frame.f_back is not None, "no such frame"
            frame = frame.f_back
        seen.append(frame.f_locals["self"]._context)

    context = contextvars.copy_context()
    with asyncio.Runner() as runner:
        runner.run(main(), context=context)
    assert seen[0] is context
