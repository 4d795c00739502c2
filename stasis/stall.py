"""The watchdog for a blocked event loop: notices, says whose code it is, and where it stands.

One synchronous call that takes 200 ms delays every call of the process by 200 ms, and nothing
in asyncio tells which. Rules of this file: nothing is done for each event or task; a timer of
the loop beats, and a thread looks at the loop's stack only when a beat is late. The thread
reads, and never touches the loop.
"""

from __future__ import annotations

import asyncio
import linecache
import selectors
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextvars import Context
from pathlib import Path
from types import CodeType, FrameType, TracebackType
from typing import Any

import structlog
from attrs import evolve, field, frozen

__all__ = ["Stall", "StallWatch"]

log = structlog.get_logger("stasis.stall")

# The same line is told again only after so many seconds; what was left out is counted.
QUIET_SECONDS = 10.0
# Lines that are remembered for it.
REMEMBERED = 1_000

OURS = str(Path(__file__).parent) + "/"
LIBRARY = tuple({sysconfig.get_path(name) + "/" for name in ("stdlib", "platstdlib")})
INSTALLED = ("/site-packages/", "/dist-packages/")
# It runs a plugin's HTTP handlers, so it is the engine and not the user's code.
SERVER = "aiohttp"
# What every log line of a call carries: see the runner.
FIELDS = ("server", "app", "flow", "state", "channel")
PREFIX = structlog.contextvars.STRUCTLOG_KEY_PREFIX
# Each callback of asyncio's loops is run by this method, with its context at hand.
RUN = asyncio.Handle._run.__code__
WAITING = {
    code
    for name in ("EpollSelector", "PollSelector", "SelectSelector", "KqueueSelector")
    if (code := getattr(getattr(getattr(selectors, name, None), "select", None), "__code__", None))
}


@frozen
class Stall:
    """The event loop stands, or has stood.

    seconds: how late the loop's beat is, so at least so long. where: file and line of the
    innermost of the user's code, empty when none is there. function, line: what stands there.
    who: server, app, flow, state and channel, those that are known. task: the task's name.
    """

    seconds: float
    where: str = ""
    function: str = ""
    line: str = ""
    who: Mapping[str, str] = field(factory=dict)
    task: str = ""


class StallWatch:
    """Watches the running loop while the context lasts. Enter it in the loop's own thread.

    seconds: how late counts as blocked; 0 watches nothing. over: called with each stall once it
    is over, in the watching thread.
    """

    def __init__(self, seconds: float, over: Callable[[Stall], None] | None = None) -> None:
        self.seconds = seconds
        self._over = over
        self._beaten = 0.0
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._told: dict[str, tuple[float, int]] = {}

    def __enter__(self) -> StallWatch:
        if self.seconds > 0:
            self._loop = asyncio.get_running_loop()
            self._watched = threading.get_ident()
            self._context = Context()
            self._beat()
            self._thread = threading.Thread(target=self._watch, name="stasis stall", daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        if self._timer is not None:
            self._timer.cancel()
        if self._thread is not None:
            self._thread.join()

    # In the loop

    def _beat(self) -> None:
        self._beaten = time.monotonic()
        self._timer = self._loop.call_later(self.seconds / 2, self._beat, context=self._context)

    # In the thread

    def _watch(self) -> None:
        """Wait until a beat is late, look, and wait for the next one."""
        while True:
            latest = self._beaten + 1.5 * self.seconds
            if self._ended.wait(max(latest - time.monotonic(), self.seconds / 100)):
                return
            # Read again: code that holds the interpreter's lock has kept us waiting as well.
            last = self._beaten
            late = time.monotonic() - last - self.seconds / 2
            if late < self.seconds:
                continue
            try:
                self._stands(last, late)
            except Exception as error:
                # One strange stack, or a failing receiver, must not end the watch.
                log.error("a blocked event loop was not told", exc_info=error)
                self._ended.wait(self.seconds)

    def _stands(self, last: float, late: float) -> None:
        """The beat after `last` is late: look, tell, and wait for it."""
        stall = self._look(last, late)
        if stall is None:
            self._ended.wait(self.seconds / 2)
            return
        aloud = self._aloud(stall)
        if aloud:
            tell("the event loop is blocked", stall)
        while self._beaten == last and not self._ended.wait(self.seconds / 4):
            pass
        end = time.monotonic() if self._beaten == last else self._beaten
        stall = evolve(stall, seconds=end - last - self.seconds / 2)
        if aloud:
            tell("the event loop was blocked", stall, left_out=self._left_out(stall))
        if self._over is not None:
            self._over(stall)

    def _look(self, last: float, late: float) -> Stall | None:
        """What the loop's thread does now.

        None when it waits for work: then the machine had no time for the process. None also when
        it has gone on before we looked.
        """
        frame = sys._current_frames().get(self._watched)
        if frame is None or frame.f_code in WAITING:
            return None
        # All of it at once: whatever waits here lets the loop's thread go on.
        frames = list(inside(frame))
        spots = [(each.f_code, each.f_lineno) for each in frames]
        found, task = who(frames[-1])
        if self._beaten != last:
            return None
        code, number = place(spots)
        if code is None:
            return Stall(late, who=found, task=task)
        return Stall(
            late,
            f"{code.co_filename}:{number}",
            code.co_qualname,
            linecache.getline(code.co_filename, number).strip()[:120],
            found,
            task,
        )

    def _aloud(self, stall: Stall) -> bool:
        """Whether this line is to be told: not when it was, a moment ago."""
        now = time.monotonic()
        when, left_out = self._told.get(stall.where, (-QUIET_SECONDS, 0))
        if now - when < QUIET_SECONDS:
            self._told[stall.where] = (when, left_out + 1)
            return False
        if len(self._told) >= REMEMBERED:
            self._told.clear()
        self._told[stall.where] = (now, left_out)
        return True

    def _left_out(self, stall: Stall) -> int:
        """How many stalls at this line were not told since the last that was."""
        when, left_out = self._told.get(stall.where, (0.0, 0))
        self._told[stall.where] = (when, 0)
        return left_out


def tell(words: str, stall: Stall, left_out: int = 0) -> None:
    """One line, with the same fields as the call's own lines."""
    more = {"left_out": left_out} if left_out else {}
    log.warning(
        words,
        **stall.who,
        at=stall.where or "not in code of a flow or plugin",
        function=stall.function,
        line=stall.line,
        task=stall.task,
        seconds=round(stall.seconds, 3),
        **more,
    )


def inside(frame: FrameType | None) -> Iterator[FrameType]:
    """The frames of what the loop runs, the innermost first; not of who has started the loop."""
    while frame is not None:
        yield frame
        if frame.f_code is RUN:
            return
        frame = frame.f_back


def place(spots: list[tuple[CodeType, int]]) -> tuple[CodeType | None, int]:
    """Where the user's code stands, of all that is on the stack, the innermost first.

    User's code is what is neither ours, nor Python's, nor installed. A plugin may be installed:
    then it is the package that the engine has called, and not a library that this one calls.
    """
    foreign = [spot for spot in spots if not is_engine(spot[0])]
    own = [spot for spot in foreign if package(spot[0]) is None]
    if not own and foreign:
        called = package(foreign[-1][0])
        own = [spot for spot in foreign if package(spot[0]) == called]
    return own[0] if own else (None, 0)


def is_engine(code: CodeType) -> bool:
    """Whether it is ours, Python's, or the HTTP server's."""
    path = code.co_filename
    if path.startswith((OURS, "<frozen ")):
        return True
    installed = package(code)
    return path.startswith(LIBRARY) if installed is None else installed == SERVER


def package(code: CodeType) -> str | None:
    """The installed package that code is of, or None."""
    for folder in INSTALLED:
        _, found, rest = code.co_filename.rpartition(folder)
        if found:
            return rest.partition("/")[0].removesuffix(".py")
    return None


def who(outermost: FrameType) -> tuple[dict[str, str], str]:
    """Whose code it is, as its own log lines would tell, and the task's name.

    The callback that the loop runs has a context, also when it is a task's next step, and tasks
    that a flow starts inherit it.
    """
    handle: Any = outermost.f_locals.get("self") if outermost.f_code is RUN else None
    if not isinstance(handle, asyncio.Handle):
        return {}, ""  # another kind of loop; or it has gone on while we looked
    context: Context = handle._context  # type: ignore[attr-defined]  # typeshed has neither
    task = getattr(handle._callback, "__self__", None)  # type: ignore[attr-defined]
    # Structlog writes an ellipsis over what is unbound.
    bound = {v.name.removeprefix(PREFIX): value for v, value in context.items() if value is not ...}
    return (
        {name: str(bound[name]) for name in FIELDS if name in bound},
        task.get_name() if isinstance(task, asyncio.Task) else "",
    )
