"""Time that stands still: what an event loop is busy with, turn after turn, while nothing waits.

Such as two states that lead to each other by `Done`, or a loop around `asyncio.sleep(0)`: in
virtual time no timer ever fires again. The turns are counted; of the last ones it is noted whose
they are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextvars import Context
from pathlib import Path
from typing import Any

from structlog.contextvars import get_contextvars

__all__ = ["LIMIT", "Standstill"]

LIMIT = 50_000
"""Turns of the event loop at one moment; what tidies up after them may take a tenth more."""
# Of the last of them it is noted whose they are: enough for some rounds of a few states.
NOTED = 500
# More of them tell nobody more.
TOLD = 8
NOT_TOLD = (str(Path(asyncio.__file__).parent), str(Path(__file__).parent))


class Standstill:
    """Counts the turns of one moment.

    handles: what is ready to run in the loop. found: what was too many, in words; "" until then.
    """

    def __init__(self, handles: Callable[[], Iterable[asyncio.Handle]]) -> None:
        self.found = ""
        self._handles = handles
        self._turns = 0
        self._limit = LIMIT
        # As sets that know their order.
        self._states: dict[str, None] = {}
        self._tasks: dict[asyncio.Task[Any], None] = {}

    def moved(self) -> None:
        """Time has moved on, or something has come from outside."""
        if self._turns:
            self._turns = 0
            self._states.clear()
            self._tasks.clear()

    def turn(self, now: float) -> bool:
        """One more turn. now: the loop's time. Returns whether it is one too many."""
        self._turns += 1
        if self._turns > self._limit:
            self.found = self.found or self._words(now)
            self._limit = LIMIT // 10
            self.moved()
            return True
        if self._turns > self._limit - NOTED:
            for handle in self._handles():
                self._note(handle)
        return False

    def _words(self, now: float) -> str:
        words = (
            f"time stands still at {now:.1f} s: in {LIMIT:,} turns of the event loop nothing has"
            " waited"
        )
        if self._states:
            return (
                f"{words}. The flow goes on through {listed(self._states)}: let it wait there, for"
                " After(seconds), a key, or the end of what it plays"
            )
        if self._tasks:
            return f"{words}, in {listed(map(place, self._tasks))}"
        return words

    def _note(self, handle: asyncio.Handle) -> None:
        context: Context = handle._context  # type: ignore[attr-defined]  # typeshed has neither
        task = getattr(handle._callback, "__self__", None)  # type: ignore[attr-defined]
        who = context.run(get_contextvars)
        if who.get("flow") and who.get("state"):
            self._states.setdefault(f"{who['flow']}.{who['state']}")
        elif isinstance(task, asyncio.Task):
            self._tasks.setdefault(task)


def listed(names: Iterable[str]) -> str:
    """The first of them, and how many more."""
    found = list(names)
    more = f" and {len(found) - TOLD} more" if len(found) > TOLD else ""
    return ", ".join(found[:TOLD]) + more


def place(task: asyncio.Task[Any]) -> str:
    """A task by the function that it is in, and the line; not in asyncio itself, nor here."""
    found = task.get_name()
    work: Any = task.get_coro()
    while (frame := getattr(work, "cr_frame", None)) is not None:
        if not frame.f_code.co_filename.startswith(NOT_TOLD):
            found = f"{work.__qualname__}() at {frame.f_code.co_filename}:{frame.f_lineno}"
        work = work.cr_await
    return found
