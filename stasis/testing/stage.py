"""Where the pytest plugin runs one test: a loop in virtual time, an Asterisk, and what is left.

Nothing here knows of pytest: what is wrong comes back as text.
"""

from __future__ import annotations

import asyncio
import inspect
import re
import traceback
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from stasis.testing.asterisk import Asterisk
from stasis.testing.clock import Stalled, VirtualClockLoop, bounded
from stasis.testing.left import Left
from stasis.testing.refusals import NeverRefused
from stasis.testing.strays import cancelled, strays
from stasis.testing.unawaited import Unawaited
from stasis.walk import Walked

__all__ = ["Expected", "Stage"]

T = TypeVar("T")

Expected: TypeAlias = tuple[type[BaseException] | tuple[type[BaseException], ...], str | None]
"""The error that a flow must raise: its class or classes, and a pattern for its text."""

# Frames of our own files in a traceback tell a test's author nothing.
PACKAGE = str(Path(__file__).parent.parent)


class Stage:
    """A test's loop, in virtual time, and the Asterisk on it.

    asterisk: once `begin` was called. error: why the test has failed, or None. failed: the last
    steps of the calls whose flows have raised. unawaited: what nobody has awaited.
    """

    def __init__(self) -> None:
        self._loop = VirtualClockLoop()
        self._runner = asyncio.Runner(loop_factory=lambda: self._loop)
        self._others: set[asyncio.Task[Any]] = set()
        self._over = self._closed = False
        self.asterisk: Asterisk | None = None
        self.error: BaseException | None = None
        self.failed: list[Walked] = []
        self.unawaited = Unawaited()
        self._unheard: list[str] = []
        self._loop.set_exception_handler(self._raised_unheard)

    def _raised_unheard(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """What a task or a callback has raised, and nobody has waited for."""
        loop.default_exception_handler(context)
        error, task = context.get("exception"), context.get("task") or context.get("future")
        name = f" {task.get_name()}" if isinstance(task, asyncio.Task) else ""
        lines = "" if error is None else "".join(traceback.format_exception(error)).rstrip()
        self._unheard.append(f"{context['message']}:{name}\n{lines}".rstrip(": \n"))

    def run(self, work: Awaitable[T]) -> T:
        """Run something in the loop, and return what it returns."""
        __tracebackhide__ = True  # pytest's sign: these lines tell a test's author nothing

        async def wait() -> T:
            __tracebackhide__ = True
            return await work

        with self.unawaited.watched():
            return self._runner.run(wait())

    def plain(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A plain function that runs an async one, or a generator of an async generator.

        Arguments that it does not take are left out: other plugins may have added theirs.
        """
        taken = inspect.signature(function).parameters

        def call(arguments: dict[str, Any]) -> Any:
            return function(**{name: arguments[name] for name in taken if name in arguments})

        if not inspect.isasyncgenfunction(function):
            return lambda **arguments: self.run(call(arguments))

        def generate(**arguments: Any) -> Any:
            generator = call(arguments)
            before = self._tasks()
            value = self.run(anext(generator))
            # They are the fixture's to end; until then they are no strays.
            self._others |= self._tasks() - before
            yield value
            try:
                self.run(anext(generator))
            except StopAsyncIteration:
                return
            raise RuntimeError(f"the fixture {function.__name__} yields more than once")

        return generate

    def test(self, function: Callable[..., Awaitable[None]]) -> Callable[..., None]:
        """A plain function that runs an async test. One that waits for ever raises Stalled."""

        return lambda **arguments: self.run(bounded(function(**arguments)))

    def begin(self, app: Any, **options: Any) -> Asterisk:
        """Start an Asterisk that runs an application. options: of `Asterisk`."""
        hearers = (self._hear, *options.pop("on_walk", ()))
        self._others |= self._tasks()
        asterisk = Asterisk(app, on_walk=hearers, **options)
        self.asterisk = self.run(asterisk.__aenter__())
        return self.asterisk

    def _hear(self, step: Walked) -> None:
        if step.failure is not None:
            self.failed.append(step)

    def end(self, expected: Expected | None, *, leaves_behind: bool) -> str:
        """The test has passed: end all calls, and say what is wrong, or "".

        expected: what a flow must raise. leaves_behind: what is left is no fault.
        """
        assert self.asterisk is not None
        seen = {caller.id for caller in self.asterisk.callers if caller.looked}
        self.asterisk.looked = True  # what flows have raised is told below, with their own lines
        left = ""
        try:
            self._exit()
        except Left as error:
            left = str(error)
        except NeverRefused:
            pass  # told below, with whatever else is wrong
        faults = list(filter(None, [self.unawaited.told()]))
        if expected is None:
            raised = [told(step) for step in self.failed if step.channel_id not in seen]
            faults += raised
            if raised:
                faults.append(
                    "If the test means it: mark it @pytest.mark.flow_fails, or look at"
                    " `caller.failure`."
                )
        elif not any(fits(step.failure, expected) for step in self.failed):
            faults.append(f"no flow has raised {in_words(expected)}, as the test is marked to do")
            faults += map(told, self.failed)
        faults += self._unheard + self.asterisk.refusals.unhit()
        if left and not leaves_behind:
            faults.append(left)
        if not leaves_behind and (running := self._strays()):
            faults.append(running)
        return "\n\n".join(faults)

    def leave(self) -> None:
        """Stop the Asterisk, if that has not been done yet: the test has failed."""
        if not self._over:
            self._exit(self.error or RuntimeError("the test did not run"))

    def _exit(self, error: BaseException | None = None) -> None:
        assert self.asterisk is not None
        self._over = True
        self.run(self.asterisk.__aexit__(type(error) if error else None, error, None))

    def sections(self) -> dict[str, str]:
        """The test has failed: what else is to be told of it, by title."""
        flows = [self.unawaited.told(), *map(told, self.failed)]
        if self.asterisk is not None:
            flows += self.asterisk.refusals.unhit()
        found = "\n\n".join(filter(None, flows))
        return ({"flows": found} if found else {}) | self.call()

    def call(self) -> dict[str, str]:
        """What has happened, in the clock's time, as a section by its title."""
        happened = str(self.asterisk.transcript) if self.asterisk is not None else ""
        return {"virtual-time transcript": happened} if happened else {}

    def close(self) -> str:
        """Close the loop. Returns which tasks were left in it, in words, or ""."""
        if self._closed:
            return ""
        self._closed = True
        self._others = set()
        words = self._strays()
        if words:
            self.run(cancelled(self._tasks()))
        self._loop.end_soon()
        with suppress(Stalled):  # one that no cancellation ends has been told
            self._runner.close()
        return words

    def _tasks(self) -> set[asyncio.Task[Any]]:
        return asyncio.all_tasks(self._runner.get_loop())

    def _strays(self) -> str:
        return strays(self._tasks() - self._others)


def told(step: Walked) -> str:
    """What a flow has raised, with the lines of its own code."""
    error = step.failure
    assert error is not None
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(PACKAGE):
        trace = trace.tb_next
    state = f" in state {step.state!r}" if step.state else ""
    lines = "".join(traceback.format_exception(type(error), error, trace)).rstrip()
    return f"the flow {step.flow.__name__} has raised{state}, channel {step.channel_id}:\n{lines}"


def fits(error: BaseException | None, expected: Expected) -> bool:
    """Whether an error is the expected one."""
    kind, match = expected
    return isinstance(error, kind) and (match is None or re.search(match, str(error)) is not None)


def in_words(expected: Expected) -> str:
    """What was expected, in words."""
    kind, match = expected
    kinds = kind if isinstance(kind, tuple) else (kind,)
    names = " or ".join(each.__name__ for each in kinds)
    return names if match is None else f"{names} matching {match!r}"
