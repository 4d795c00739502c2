"""Where the pytest plugin runs one test: a loop in virtual time, an Asterisk, and what is left.

Nothing here knows of pytest: what is wrong comes back as text.
"""

from __future__ import annotations

import asyncio
import inspect
import re
import traceback
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from stasis.plugin import Plugin
from stasis.program import Program, app_of
from stasis.section import section
from stasis.testing.asterisk import Asterisk, Left
from stasis.testing.clock import VirtualClockLoop, bounded
from stasis.walk import Walked

__all__ = ["Expected", "Stage", "programs"]

T = TypeVar("T")

Expected: TypeAlias = tuple[type[BaseException] | tuple[type[BaseException], ...], str | None]
"""The error that a flow must raise: its class or classes, and a pattern for its text."""

# Frames of our own files in a traceback tell a test's author nothing.
PACKAGE = str(Path(__file__).parent.parent)


def programs(runs: Any, plugin: Any = None) -> Any:
    """What a marker says, as `Asterisk` takes it.

    runs: a Flow class, an async function, a plugin or its class, or a dict of flows by application.
    plugin: what a single flow's calls see as `self.plugin`; its class is taken with the defaults
    of its configuration.
    """
    runs, plugin = made(runs), made(plugin)
    if plugin is None or isinstance(runs, (Plugin, Mapping)):
        return runs
    return {app_of(runs): Program.of(runs, plugin)}


def made(plugin: Any) -> Any:
    """A plugin of its class; all else as it is."""
    if isinstance(plugin, type) and issubclass(plugin, Plugin):
        return plugin(section(plugin.config_class, {}, f"[plugin.{plugin.name}]"))
    return plugin


class Stage:
    """A test's loop, in virtual time, and the Asterisk on it.

    asterisk: once `begin` was called. error: why the test has failed, or None. failed: the last
    steps of the calls whose flows have raised.
    """

    def __init__(self) -> None:
        self._runner = asyncio.Runner(loop_factory=VirtualClockLoop)
        self._others: set[asyncio.Task[Any]] = set()
        self._over = self._closed = False
        self.asterisk: Asterisk | None = None
        self.error: BaseException | None = None
        self.failed: list[Walked] = []
        self._unheard: list[str] = []
        self._runner.get_loop().set_exception_handler(self._raised_unheard)

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
        asterisk = Asterisk(made(app), on_walk=hearers, **options)
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
        faults: list[str] = []
        if expected is None:
            faults += [told(step) for step in self.failed if step.channel_id not in seen]
            if faults:
                faults.append(
                    "If the test means it: mark it @pytest.mark.flow_fails, or look at"
                    " `caller.failure`."
                )
        elif not any(fits(step.failure, expected) for step in self.failed):
            faults.append(f"no flow has raised {in_words(expected)}, as the test is marked to do")
            faults += map(told, self.failed)
        faults += self._unheard
        if left and not leaves_behind:
            faults.append(left)
        if not leaves_behind and (strays := self._strays()):
            faults.append(strays)
        return "\n\n".join(faults)

    def leave(self) -> None:
        """Stop the Asterisk, if that has not been done yet: the test has failed."""
        if not self._over:
            self._exit(self.error or RuntimeError("the test did not run"))

    def _exit(self, error: BaseException | None = None) -> None:
        assert self.asterisk is not None
        self._over = True
        self.run(self.asterisk.__aexit__(type(error) if error else None, error, None))

    def told_failures(self) -> str:
        """What flows have raised until now, in words."""
        return "\n\n".join(map(told, self.failed))

    def close(self) -> str:
        """Close the loop. Returns which tasks were left in it, in words, or ""."""
        if self._closed:
            return ""
        self._closed = True
        self._others = set()
        words = self._strays()
        if words:
            self.run(cancelled(self._tasks()))
        self._runner.close()
        return words

    def _tasks(self) -> set[asyncio.Task[Any]]:
        return asyncio.all_tasks(self._runner.get_loop())

    def _strays(self) -> str:
        strays = self._tasks() - self._others
        return "tasks left running:\n" + "\n".join(sorted(map(place, strays))) if strays else ""


async def cancelled(tasks: set[asyncio.Task[Any]]) -> None:
    """Cancel tasks and wait for their ends."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


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


def place(task: asyncio.Task[Any]) -> str:
    """A task by its name, its function, and the line where it waits."""
    frames = task.get_stack(limit=1)
    where = f" at {frames[0].f_code.co_filename}:{frames[0].f_lineno}" if frames else ""
    function = getattr(task.get_coro(), "__qualname__", "?")
    return f"  {task.get_name()}: {function}(){where}"
