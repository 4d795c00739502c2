"""A virtual clock: an event loop whose time jumps to the next timer when nothing is left to do.

A flow that waits 30 s for a digit is tested in a millisecond, and the same way each time. For
programs without real I/O: a socket's answer would seem to take no time, and every timeout none.
"""

from __future__ import annotations

import asyncio
import functools
import selectors
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

__all__ = ["Stalled", "VirtualClockLoop", "bounded", "run", "virtual_time"]

P = ParamSpec("P")
T = TypeVar("T")

# How long a loop with no timer may wait for a thread or a file before it counts as stalled.
REAL_SECONDS = 5.0
# Longer than any test means to wait; the engine looks around every minute, so time goes on for ever.
HOURS = 24


class Stalled(RuntimeError):
    """Everything waits, and no timer is set: nothing would ever happen any more."""


class JumpingSelector(selectors.DefaultSelector):
    """Instead of waiting, tells the loop how much time has passed."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(
        self, timeout: float | None = None
    ) -> list[tuple[selectors.SelectorKey, int]]:  # fmt: skip
        """What is ready now; if nothing is, the whole timeout has passed."""
        ready = super().select(REAL_SECONDS if timeout is None else 0)
        if not ready:
            if timeout is None:
                raise Stalled("every task waits for something that no timer and no event brings")
            self.now += max(timeout, 0.0)
        return ready


class VirtualClockLoop(asyncio.SelectorEventLoop):
    """An event loop with a virtual clock that starts at 0."""

    def __init__(self) -> None:
        self._jumping = JumpingSelector()
        super().__init__(self._jumping)
        # Steps shorter than a timer's rounding would ask for the same instant for ever.
        self._clock_resolution = 1e-6

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._jumping.now


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in virtual time, in a fresh loop, and return what it returns.

    Raises Stalled when nothing would ever happen any more.
    """
    with asyncio.Runner(loop_factory=VirtualClockLoop) as runner:
        return runner.run(work)


async def bounded(work: Awaitable[T]) -> T:
    """Wait for a test, at most a day of its own time: periodic work would let it wait for ever.

    Raises Stalled, with the line where it waited.
    """
    __tracebackhide__ = True  # pytest's sign: these lines tell a test's author nothing
    try:
        async with asyncio.timeout(HOURS * 3600) as limit:
            return await work
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
