"""A body of user code: interrupted at its own await, cancelled, waited for, never leaked."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
import weakref
from collections.abc import Coroutine
from contextvars import ContextVar, copy_context
from typing import Any

import pytest

from stasis.body import Action, Body
from stasis.errors import ChannelGone, FlowError, InboxOverflow, WaitTimeout
from stasis.testing.clock import virtual_time
from tests.noting import now

GONE = ChannelGone("c1", "hung up")
VAR: ContextVar[str] = ContextVar("VAR", default="not set")


async def begun(work: Coroutine[Any, Any, Any]) -> Body[Any]:
    """A body that stands at its first await."""
    body: Body[Any] = Body(work, "test")
    await asyncio.sleep(0)
    return body


@virtual_time
async def test_it_runs_and_returns():
    async def work() -> str:
        await asyncio.sleep(1)
        return "done"

    body = Body(work(), "test")
    assert await body.over(2) and body.task.result() == "done"
    assert body.task.get_name() == "test"


@virtual_time
async def test_its_own_error_is_kept_for_who_asks():
    async def work() -> None:
        raise ValueError("mine")

    body = Body(work(), "test")
    assert await body.over(1)
    assert str(body.task.exception()) == "mine"


@virtual_time
async def test_leaving_the_program_is_an_error_of_the_flow_and_leaves_no_program():
    async def work() -> None:
        sys.exit("bye")

    body = Body(work(), "test")
    assert await body.over(1)
    error = body.task.exception()
    assert isinstance(error, FlowError) and "sys.exit('bye')" in str(error)


class TestInterrupt:
    @virtual_time
    async def test_the_error_is_raised_at_a_plain_sleep(self):
        async def work() -> None:
            await asyncio.sleep(3600)

        body = await begun(work())
        body.interrupt(GONE)
        assert await body.over(1)
        # The very error, not a copy, and no cancellation.
        assert not body.task.cancelled() and body.task.exception() is GONE

    @virtual_time
    async def test_the_body_may_catch_it_and_go_on(self):
        async def work() -> str:
            try:
                await asyncio.sleep(3600)
            except ChannelGone as gone:
                await asyncio.sleep(1)
                return f"{gone} ({gone.channel_id}, {gone.reason})"
            return "never"

        body = await begun(work())
        body.interrupt(GONE)
        await body.over(2)
        assert body.task.result() == "channel c1: hung up (c1, hung up)"

    @virtual_time
    async def test_after_it_the_task_does_not_count_as_being_cancelled(self):
        async def work() -> int:
            try:
                await asyncio.sleep(3600)
            except ChannelGone:
                pass
            # A timeout of the body's own would mistake itself otherwise.
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1):
                    await asyncio.sleep(2)
            task = asyncio.current_task()
            assert task is not None
            return task.cancelling()

        body = await begun(work())
        body.interrupt(GONE)
        await body.over(5)
        assert body.task.result() == 0

    @virtual_time
    async def test_its_cleanup_runs_to_its_end(self):
        steps: list[str] = []

        async def work() -> None:
            try:
                await asyncio.sleep(3600)
            finally:
                await asyncio.sleep(1)
                steps.append("cleaned up")

        body = await begun(work())
        body.interrupt(GONE)
        assert await body.over(2) and steps == ["cleaned up"]
        assert body.task.exception() is GONE

    @virtual_time
    async def test_a_second_error_does_not_hit_the_cleanup_of_the_first(self):
        steps: list[str] = []

        async def work() -> None:
            try:
                await asyncio.sleep(3600)
            finally:
                await asyncio.sleep(1)
                steps.append("cleaned up")

        body = await begun(work())
        body.interrupt(GONE)
        body.interrupt(InboxOverflow("c1", 10))
        assert await body.over(2) and steps == ["cleaned up"]
        assert body.task.exception() is GONE

    @virtual_time
    async def test_a_task_group_inside_ends_with_it(self):
        ended: list[int] = []

        async def child(number: int) -> None:
            try:
                await asyncio.sleep(3600)
            finally:
                ended.append(number)

        async def work() -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(child(1))
                group.create_task(child(2))

        body = await begun(work())
        await asyncio.sleep(0)
        body.interrupt(GONE)
        assert await body.over(1) and sorted(ended) == [1, 2]
        assert body.task.exception() is GONE

    @pytest.mark.parametrize("how", ["wait_for", "gather", "wait_shielded"])
    def test_what_it_awaits_through_asyncio_ends_with_it(self, how: str):
        ended: list[str] = []

        async def slow() -> None:
            try:
                await asyncio.sleep(3600)
            finally:
                ended.append("slow")

        async def work() -> None:
            if how == "wait_for":
                await asyncio.wait_for(slow(), 100)
            elif how == "gather":
                await asyncio.gather(slow(), slow())
            else:
                inner = asyncio.ensure_future(slow())
                try:
                    await asyncio.shield(inner)
                finally:
                    inner.cancel()

        @virtual_time
        async def test() -> None:
            body = await begun(work())
            await asyncio.sleep(0)
            body.interrupt(GONE)
            assert await body.over(1)
            assert body.task.exception() is GONE
            await asyncio.sleep(0)

        test()
        assert set(ended) == {"slow"}

    @virtual_time
    async def test_an_error_with_facts_of_another_base_keeps_them(self):
        async def work() -> tuple[str, float]:
            try:
                await asyncio.sleep(3600)
            except WaitTimeout as late:
                return str(late), late.seconds
            raise AssertionError

        body = await begun(work())
        body.interrupt(WaitTimeout("it", 3))
        await body.over(1)
        assert body.task.result() == ("it: nothing came within 3 s", 3)

    @virtual_time
    async def test_another_error_raised_from_it_is_its_own(self):
        async def work() -> None:
            try:
                await asyncio.sleep(3600)
            except ChannelGone:
                raise RuntimeError("mine") from None

        body = await begun(work())
        body.interrupt(GONE)
        await body.over(1)
        assert repr(body.task.exception()) == "RuntimeError('mine')"

    @virtual_time
    async def test_an_ended_body_does_not_mind(self):
        async def work() -> int:
            return 1

        body = await begun(work())
        await body.over(1)
        body.interrupt(GONE)
        assert body.task.result() == 1

    @virtual_time
    async def test_before_its_first_step_it_never_runs(self):
        async def work() -> None:
            raise AssertionError("ran")

        body = Body(work(), "test")
        body.interrupt(GONE)
        assert await body.over(1) and body.task.cancelled()


class TestLeave:
    @virtual_time
    async def test_it_is_cancelled_at_its_await(self):
        seen: list[str] = []

        async def work() -> None:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError as error:
                seen.append(type(error).__name__)
                raise

        body = await begun(work())
        assert await body.leave(1)
        assert body.task.cancelled() and seen == ["CancelledError"]

    @virtual_time
    async def test_its_cleanup_is_waited_for(self):
        async def work() -> None:
            try:
                await asyncio.sleep(3600)
            finally:
                await asyncio.sleep(2)

        body = await begun(work())
        began = asyncio.get_running_loop().time()
        assert await body.leave(5)
        assert asyncio.get_running_loop().time() - began == pytest.approx(2)

    @virtual_time
    @pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
    async def test_one_that_ignores_it_is_told_after_its_time_and_not_resumed(self):
        resumed = 0

        async def work() -> None:
            nonlocal resumed
            while True:
                try:
                    await asyncio.sleep(100)
                except BaseException:
                    resumed += 1

        body = await begun(work())
        assert not await body.leave(5)
        assert asyncio.get_running_loop().time() == pytest.approx(5)
        assert await body.over(1) and body.task.cancelled()
        # Once by the cancellation, once when it was closed; nothing wakes it any more.
        assert resumed == 2
        await asyncio.sleep(1000)
        assert resumed == 2

    @virtual_time
    async def test_one_that_has_ended_is_left_at_once(self):
        async def work() -> None:
            return None

        body = await begun(work())
        await body.over(1)
        assert await body.leave(0) and not body.task.cancelled()

    @virtual_time
    async def test_an_interrupt_that_was_not_yet_seen_gives_way_to_leaving(self):
        async def work() -> None:
            await asyncio.sleep(3600)

        body = await begun(work())
        body.interrupt(GONE)
        assert await body.leave(1) and body.task.cancelled()

    @virtual_time
    async def test_an_error_of_its_cleanup_makes_no_noise(self):
        async def work() -> None:
            try:
                await asyncio.sleep(3600)
            finally:
                raise ValueError("in cleanup")

        body = await begun(work())
        assert await body.leave(1)
        assert isinstance(body.task.exception(), ValueError)


@virtual_time
async def test_an_async_generator_inside_is_driven_as_usual():
    async def numbers() -> Any:
        for number in range(3):
            await asyncio.sleep(1)
            yield number

    async def work() -> list[int]:
        return [number async for number in numbers()]

    body = Body(work(), "test")
    assert await body.over(5) and body.task.result() == [0, 1, 2]


@virtual_time
async def test_a_future_that_fails_raises_in_the_body():
    async def work() -> str:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(1, future.set_exception, KeyError("x"))
        try:
            await future
        except KeyError:
            return "caught"
        raise AssertionError

    body = Body(work(), "test")
    assert await body.over(5) and body.task.result() == "caught"


@pytest.mark.parametrize("catches", [True, False])
def test_an_interrupted_body_is_freed_at_once(catches: bool):
    async def work() -> None:
        try:
            await asyncio.sleep(3600)
        except ChannelGone:
            if not catches:
                raise

    @virtual_time
    async def test() -> weakref.ref[Any]:
        body = await begun(work())
        body.interrupt(ChannelGone("c1", "hung up"))
        assert await body.over(1)
        return weakref.ref(body)

    gc.collect()
    gc.disable()
    try:
        # Nothing that waits for the collector: a thousand calls must not pile up.
        assert test()() is None
    finally:
        gc.enable()


async def acting(work: Coroutine[Any, Any, Any], actions: list[Action]) -> str:
    """What a call's task does: it runs an action, and goes on with what is next."""
    task = asyncio.current_task()
    assert task is not None
    actions.append(Action(work, task, copy_context()))
    try:
        await actions[0].run()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    await asyncio.sleep(1)
    return "went on"


class TestAction:
    @virtual_time
    async def test_it_runs_in_the_task_that_has_made_it(self):
        tasks: list[asyncio.Task[Any] | None] = []

        async def work() -> None:
            await asyncio.sleep(1)
            tasks.append(asyncio.current_task())

        task = asyncio.create_task(acting(work(), []))
        assert await task == "went on" and tasks == [task]

    @virtual_time
    async def test_an_interrupt_is_raised_at_its_own_await_and_the_task_is_not_cancelled(self):
        seen: list[str] = []

        async def work() -> None:
            try:
                await asyncio.sleep(3600)
            except ChannelGone as gone:
                await asyncio.sleep(1)  # its cleanup is its own
                seen.append(str(gone))
                raise

        actions: list[Action] = []
        task = asyncio.create_task(acting(work(), actions))
        await asyncio.sleep(1)
        actions[0].interrupt(GONE)
        actions[0].interrupt(InboxOverflow("c1", 1))
        assert await task == "ChannelGone: channel c1: hung up"
        assert seen == ["channel c1: hung up"] and task.cancelling() == 0

    @virtual_time
    async def test_one_that_catches_the_interrupt_goes_on_and_so_does_its_task(self):
        async def work() -> None:
            with contextlib.suppress(ChannelGone):
                await asyncio.sleep(3600)
            await asyncio.sleep(1)

        actions: list[Action] = []
        task = asyncio.create_task(acting(work(), actions))
        await asyncio.sleep(1)
        actions[0].interrupt(GONE)
        assert await task == "went on"

    @virtual_time
    async def test_its_own_time_outs_and_groups_work_and_leave_nothing_behind(self):
        ended: list[str] = []

        async def child() -> None:
            try:
                await asyncio.sleep(3600)
            finally:
                ended.append("child")

        async def work() -> None:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(2):
                    await asyncio.sleep(3600)
            async with asyncio.TaskGroup() as group:
                group.create_task(child())

        actions: list[Action] = []
        task = asyncio.create_task(acting(work(), actions))
        await asyncio.sleep(3)
        actions[0].interrupt(GONE)
        assert await task == "ChannelGone: channel c1: hung up" and ended == ["child"]

    @virtual_time
    async def test_with_its_task_it_is_cancelled_and_its_cleanup_is_waited_for(self):
        ended: list[str] = []

        async def work() -> None:
            try:
                await asyncio.sleep(3600)
            finally:
                await asyncio.sleep(1)
                ended.append("cleaned up")

        task = asyncio.create_task(acting(work(), actions := []))
        await asyncio.sleep(1)
        actions[0].cut(5)
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled() and ended == ["cleaned up"] and now() == pytest.approx(2)

    @virtual_time
    async def test_but_not_for_ever(self):
        async def work() -> None:
            while True:
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.sleep(3600)

        task = asyncio.create_task(acting(work(), actions := []))
        await asyncio.sleep(1)
        actions[0].cut(5)
        task.cancel()
        await asyncio.sleep(3)
        actions[0].cut(5)  # told again it gets no more time
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled() and now() == pytest.approx(6)

    @virtual_time
    async def test_leaving_the_program_is_an_error_of_the_flow(self):
        async def work() -> None:
            sys.exit("bye")

        assert "sys.exit('bye')" in await acting(work(), [])

    @virtual_time
    async def test_an_interrupt_after_its_end_hits_nothing_that_comes_then(self):
        async def work() -> None: ...

        actions: list[Action] = []
        task = asyncio.create_task(acting(work(), actions))
        await asyncio.sleep(0.5)
        actions[0].interrupt(GONE)
        assert await task == "went on" and task.cancelling() == 0

    @virtual_time
    @pytest.mark.parametrize("then", [0.0, None])
    async def test_one_that_interrupts_itself_ends_alone(self, then: float | None):
        async def work() -> None:
            actions[0].interrupt(GONE)
            if then is not None:
                await asyncio.sleep(then)

        actions: list[Action] = []
        task = asyncio.create_task(acting(work(), actions))
        assert await task == ("went on" if then is None else "ChannelGone: channel c1: hung up")
        assert task.cancelling() == 0

    @virtual_time
    @pytest.mark.parametrize("then", [0.0, None])
    async def test_one_that_cancels_itself_ends_alone(self, then: float | None):
        async def work() -> None:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            if then is not None:
                await asyncio.sleep(then)

        task = asyncio.create_task(acting(work(), []))
        assert await task == "went on" and task.cancelling() == 0

    @virtual_time
    @pytest.mark.parametrize("interrupted", [False, True])
    async def test_its_task_ends_though_it_catches_the_cancellation(self, interrupted: bool):
        async def work() -> None:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(3600)

        task = asyncio.create_task(acting(work(), actions := []))
        await asyncio.sleep(1)
        if interrupted:
            actions[0].interrupt(GONE)
        actions[0].cut(5)
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled() and now() == pytest.approx(1)

    @virtual_time
    async def test_in_a_task_that_is_being_cancelled_it_is_not_begun(self):
        begun: list[str] = []

        async def work() -> None:
            begun.append("begun")

        async def cancelled() -> None:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(3600)
            await acting(work(), [])

        task = asyncio.create_task(cancelled())
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled() and begun == []

    @virtual_time
    async def test_what_it_sets_in_its_context_is_its_own_through_all_its_steps(self):
        seen: list[str] = []

        async def work() -> None:
            token = VAR.set("its own")
            try:
                await asyncio.sleep(1)
                seen.append(VAR.get())
                seen.append(await asyncio.create_task(asyncio.to_thread(VAR.get)))
                await asyncio.sleep(3600)
            finally:
                VAR.reset(token)
                seen.append(VAR.get())
                VAR.set("left behind")

        async def task() -> None:
            await acting(work(), actions)
            seen.append(VAR.get())

        actions: list[Action] = []
        running = asyncio.create_task(task())
        await asyncio.sleep(2)
        actions[0].interrupt(GONE)
        await running
        assert seen == ["its own", "its own", "not set", "not set"]
