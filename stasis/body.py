"""A coroutine that can be ended from outside with an error of our choice, at its own await.

Cancelling a task raises CancelledError in it. A caller who hangs up is not a cancellation: the
flow's code shall see ChannelGone at the await where it stands, whatever it awaits there. Inside,
the error counts as a cancellation too: asyncio's own `TaskGroup` and `wait_for` end what they
have started only for one of those. What leaves the body is the plain error.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar

from stasis.errors import FlowError

__all__ = ["Action", "Body"]

T = TypeVar("T")

# The attribute under which an error that was raised in a body keeps the plain one.
PLAIN = "_plain"
# To each class of errors one that is of the same kind, and a CancelledError.
BOTH: dict[type[Exception], type[BaseException]] = {}


class Steps(NamedTuple):
    """What drives a coroutine whose steps run in a context of their own, as those of a task do."""

    send: Callable[[Any], Any]
    throw: Callable[[BaseException], Any]
    close: Callable[[], None]


class _Driven(Generic[T]):
    """Drives a coroutine step by step, swapping a cancellation for the interrupting error.

    first: of one that has begun, the step that it has come to.
    """

    first: tuple[Any, ...] = ()

    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        self.work: Coroutine[Any, Any, T] | Steps = work
        self.error: Exception | None = None
        self.given_up = False

    def __await__(self) -> Generator[Any, Any, T]:
        value: Any = None
        # A list, and `del`: an error keeps this frame, so the frame must not keep the error.
        raised: list[BaseException] = []
        first = self.first
        while True:
            try:
                if first:
                    (step,), first = first, ()
                else:
                    step = self.work.throw(raised.pop()) if raised else self.work.send(value)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]
            except SystemExit as error:
                raise exits(error) from None
            except BaseException as error:
                plain = vars(error).pop(PLAIN, None)
                if plain is None:
                    raise
                try:
                    raise plain.with_traceback(error.__traceback__) from None
                finally:
                    del plain
            try:
                value = yield step
            except asyncio.CancelledError as cancelled:
                if self.given_up:
                    raise
                if self.error is None:
                    raised.append(cancelled)
                    continue
                raised.append(as_cancellation(self.error))
                self.error = None
                task = asyncio.current_task()
                assert task is not None
                task.uncancel()
                del task
            except BaseException as error:
                raised.append(error)


def exits(error: SystemExit) -> FlowError:
    """Instead of it: asyncio would end the program for it, and every other call."""
    return FlowError(f"the flow called sys.exit({error.code!r}); let it return")


def as_cancellation(error: Exception) -> BaseException:
    """The same error, of a class that is a CancelledError as well; it brings the plain one."""
    kind = type(error)
    if kind not in BOTH:
        BOTH[kind] = type(
            kind.__name__, (kind, asyncio.CancelledError), {"__module__": kind.__module__}
        )
    thrown = BOTH[kind].__new__(BOTH[kind])
    thrown.args = error.args
    vars(thrown).update(vars(error), **{PLAIN: error})
    return thrown


async def run(driven: _Driven[T]) -> T:
    """What the task runs. It knows nothing of the body, which its error would keep alive."""
    return await driven


def finished(work: Coroutine[Any, Any, Any], task: asyncio.Task[Any]) -> None:
    """A body's task has ended."""
    close(work)
    if not task.cancelled():
        task.exception()  # read, so that asyncio reports none that nobody waits for any more


def close(work: Coroutine[Any, Any, Any] | Steps) -> None:
    """Close a coroutine that has ended, or never ends: what it still does then is in vain."""
    with contextlib.suppress(BaseException):
        work.close()


class Body(Generic[T]):
    """A task for user code: a state's body, an action, a linear flow.

    task: the task itself, for waiting on it.
    """

    __slots__ = ("__weakref__", "_driven", "_task")

    def __init__(self, work: Coroutine[Any, Any, T], name: str) -> None:
        self._driven: _Driven[T] | None = _Driven(work)
        self._task: asyncio.Task[T] | None = asyncio.get_running_loop().create_task(
            run(self._driven), name=name
        )
        # A task that is cancelled before its first step never starts the coroutine.
        self._task.add_done_callback(partial(finished, work))

    @property
    def task(self) -> asyncio.Task[T]:
        """Raises RuntimeError once its outcome is forgotten."""
        if self._task is None:
            raise RuntimeError("the body's outcome is forgotten")
        return self._task

    def forget(self) -> None:
        """It has ended and its outcome was read: nothing of it is kept, however long the call."""
        self._task = self._driven = None

    def interrupt(self, error: Exception) -> None:
        """Raise the error at the await where the body stands. One that has ended is fine.

        While one error is on its way a second is dropped: it would hit the body's cleanup.
        """
        if self._driven is not None and not self.task.done() and self._driven.error is None:
            self._driven.error = error
            self.task.cancel()

    async def leave(self, seconds: float) -> bool:
        """Cancel it and wait for its own cleanup. Returns False when it did not end in time.

        Then its code is not resumed any more: a task that no cancellation can end would keep the
        whole program from ending.
        """
        if self._driven is None or self.task.done():
            return True
        self._driven.error = None
        self.task.cancel()
        if await self.over(seconds):
            return True
        self._driven.given_up = True
        self.task.cancel()
        return False

    async def over(self, seconds: float) -> bool:
        """Wait for its end. Returns False when it did not end in time."""
        if self._task is None or self._task.done():
            return True
        done, _ = await asyncio.wait({self.task}, timeout=seconds)
        return bool(done)


class Action(_Driven[Any]):
    """User code that a task runs as a part of itself, and that can be ended as a body can.

    A task for each would cost more than most of them do. task: the one that runs it. context:
    what its code runs in, so that what it sets there is its own.
    """

    def __init__(
        self, work: Coroutine[Any, Any, object], task: asyncio.Task[Any], context: Context
    ) -> None:
        self.work = work
        self.error = None
        self.given_up = False
        self._task = task
        self._context = context
        self._limit: asyncio.TimerHandle | None = None
        self._over = False

    def interrupt(self, error: Exception) -> None:
        """Raise the error at the await where it stands; a second is dropped, as in a body."""
        if self.error is None and not self._over:
            self.error = error
            self._task.cancel()

    def cut(self, seconds: float) -> None:
        """Its task is being cancelled: after so many seconds for cleanup it is not resumed."""
        self._limit = self._limit or asyncio.get_running_loop().call_later(seconds, self._give_up)

    async def run(self) -> None:
        """Run it to its end. Raises what it raises, or what it was interrupted with.

        Raises CancelledError when its task is cancelled, which `cut` has told. Whatever else is
        cancelled, what it awaits or it by itself, ends it alone.
        """
        if self._task.cancelling():
            close(self.work)
            raise asyncio.CancelledError
        try:
            if not self._begin():
                await self
        except asyncio.CancelledError:
            pass
        finally:
            self._over = True
            if self._limit is None and self._task.cancelling():
                await self._keep_task()
            if self._limit is not None:
                self._limit.cancel()
                close(self.work)
                raise asyncio.CancelledError

    def _begin(self) -> bool:
        """Run its first step, in which most end. Returns whether it is over."""
        run: Callable[..., Any] = self._context.run
        work = self.work
        try:
            self.first = (run(work.send, None),)
        except StopIteration:
            return True
        except SystemExit as error:
            raise exits(error) from None
        self.work = Steps(
            partial(run, work.send), partial(run, work.throw), partial(run, work.close)
        )
        return False

    async def _keep_task(self) -> None:
        """A cancellation that was meant for its code must not hit what its task does next."""
        while self._task.uncancel():
            pass
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(0)

    def _give_up(self) -> None:
        self.given_up = True
        self._task.cancel()
