"""A virtual clock: an event loop whose time jumps to the next timer when nothing is left to do.

A flow that waits 30 s for a digit is tested in a millisecond, and the same way each time. Work in
a thread (`asyncio.to_thread`) takes no time at all: the clock stands still until it is done. So
does what a database does (`stasis.sql`), and whatever else is done in the loop's `outside()`. For
programs without other real I/O: a socket's answer would come after every timeout.
"""

from __future__ import annotations

import asyncio
import functools
import math
import selectors
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar, TypeVarTuple

from stasis.errors import StasisError
from stasis.testing.standstill import Standstill

__all__ = ["Stalled", "VirtualClockLoop", "bounded", "run", "virtual_time"]

P = ParamSpec("P")
T = TypeVar("T")
Ts = TypeVarTuple("Ts")

# How long a loop may wait for a thread, and with no timer for anything, before time goes on.
REAL_SECONDS = 5.0
# Longer than a test means to wait. The engine looks around every minute: time never stands still.
HOURS = 24


class Stalled(StasisError, RuntimeError):
    """Nothing would ever happen any more: everything waits and no timer is set, or nothing waits.

    Also when a test has waited for more than a day.
    """


class JumpingSelector(selectors.DefaultSelector):
    """Instead of waiting, tells the loop how much time has passed.

    outside: what works outside of the loop now, such as threads. until: when it must be over.
    stands: called when time stands still.
    """

    def __init__(self, handles: Callable[[], Iterable[asyncio.Handle]]) -> None:
        super().__init__()
        self.still = Standstill(handles)
        self.stands: Callable[[], None] = nothing
        self.now = 0.0
        self.outside: set[object] = set()
        self.until = math.inf

    def select(
        self, timeout: float | None = None
    ) -> list[tuple[selectors.SelectorKey, int]]:  # fmt: skip
        """What is ready now; if nothing is, the whole timeout has passed."""
        waits = timeout is None or (timeout > 0 and self.outside)
        ready = super().select(REAL_SECONDS if waits else 0)
        if not ready:
            if waits:
                self.outside.clear()  # what works so long, works beside
            if self.now > self.until:
                raise Stalled("a task does not end, although it was cancelled")
            if timeout is None:
                raise Stalled("every task waits for something that no timer and no event brings")
            self.now += max(timeout, 0.0)
        if ready or timeout or self.outside:
            self.still.moved()
        elif self.still.turn(self.now):
            self.stands()
        return ready


def nothing() -> None:
    """What a loop does that is not made yet."""


class VirtualClockLoop(asyncio.SelectorEventLoop):
    """An event loop with a virtual clock that starts at 0."""

    def __init__(self) -> None:
        self._jumping = JumpingSelector(lambda: self._ready)  # type: ignore[attr-defined]
        super().__init__(self._jumping)
        self._jumping.stands = self._stands
        self._watched: asyncio.Task[Any] | None = None
        # Steps shorter than a timer's rounding would ask for the same instant for ever.
        self._clock_resolution = 1e-6
        # What `python -X dev` switches on notes a traceback at each step: five times the work.
        self.set_debug(False)

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._jumping.now

    @contextmanager
    def watching(self) -> Iterator[Standstill]:
        """Meanwhile the task of the caller is cancelled, once, when time stands still."""
        before, self._watched = self._watched, asyncio.current_task()
        try:
            yield self._jumping.still
        finally:
            self._watched = before

    def _stands(self) -> None:
        watched, self._watched = self._watched, None
        if watched is None:
            raise Stalled(self._jumping.still.found)
        watched.cancel()

    def end_soon(self) -> None:
        """From now on an hour may pass; then whatever still runs raises Stalled."""
        self._jumping.until = min(self._jumping.until, self.time() + 3600)

    @contextmanager
    def outside(self) -> Iterator[None]:
        """Meanwhile somebody outside of the loop works, such as a database: no time passes, unless
        it takes seconds of real time. Nothing in it may wait for a timer.
        """
        work = object()
        self._jumping.outside.add(work)
        try:
            yield
        finally:
            self._jumping.outside.discard(work)

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """As of any loop; no time passes until it is done, or has taken seconds of real time."""
        work = super().run_in_executor(executor, func, *args)
        self._jumping.outside.add(work)
        work.add_done_callback(self._jumping.outside.discard)
        return work


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in virtual time, in a fresh loop, and return what it returns.

    Raises Stalled when nothing would ever happen any more, or time stands still in it;
    RuntimeError in a running event loop.
    """
    if in_a_loop():
        work.close()
        raise RuntimeError(
            "virtual time has an event loop of its own, and one runs here already: call this from"
            " a plain function, not from a coroutine"
        )
    loop = VirtualClockLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        try:
            return runner.run(watched(work))
        finally:
            loop.end_soon()


def in_a_loop() -> bool:
    """Whether an event loop runs here."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


async def watched(work: Awaitable[T]) -> T:
    """Wait for work in virtual time. Raises Stalled where it waits, when time stands still."""
    __tracebackhide__ = True  # pytest's sign: these lines tell a test's author nothing
    loop = asyncio.get_running_loop()
    if not isinstance(loop, VirtualClockLoop):
        return await work
    with loop.watching() as still:
        try:
            return await work
        except asyncio.CancelledError as error:
            if not still.found:
                raise
            task = asyncio.current_task()
            assert task is not None
            task.uncancel()
            raise Stalled(still.found) from error


async def bounded(work: Awaitable[T]) -> T:
    """Wait for a test, at most a day of its own time: periodic work would let it wait for ever.

    Raises Stalled, with the line where it waited; also when time stands still.
    """
    __tracebackhide__ = True
    try:
        async with asyncio.timeout(HOURS * 3600) as limit:
            return await watched(work)
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise Stalled(
            f"the test has waited for {HOURS} hours of virtual time, in the line above"
        ) from error.__cause__


def virtual_time(test: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, T]:
    """Make an async test a plain one that runs in virtual time. Its fixtures stay its arguments.

    One that waits longer than a day raises Stalled.
    """

    @functools.wraps(test)
    def timed(*args: P.args, **kwargs: P.kwargs) -> T:
        return run(bounded(test(*args, **kwargs)))

    return timed
