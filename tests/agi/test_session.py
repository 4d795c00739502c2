"""A script at work: its end, its failure, and what the call does then."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from stasis import ChannelGone, WaitTimeout
from stasis.agi import Agi, Environment, Session
from stasis.agi.agi import Script
from stasis.agi.session import OnError
from tests.agi.peer import ENVIRONMENT, Told

FAILURE = 'GOSUB "stasis-agi-script-failed" "s" "1"'


def session(script: Script, on_error: OnError = "continue", **more: object) -> tuple[Session, Told]:
    told = Told("200 result=1")
    agi = Agi(Environment.parse(ENVIRONMENT), told)
    return Session(agi, script, on_error=on_error, **more), told  # type: ignore[arg-type]


async def returns(agi: Agi) -> None:
    await agi.answer()


async def raises(agi: Agi) -> None:
    raise RuntimeError("a bug")


async def waits(agi: Agi) -> None:
    await asyncio.sleep(60)


async def test_a_script_that_returns_is_good() -> None:
    running, told = session(returns)
    assert await running.run() is True
    assert told.lines == ["ANSWER"]


@pytest.mark.parametrize(("on_error", "line"), [("continue", FAILURE), ("hangup", "HANGUP")])
async def test_one_that_raises_is_logged_and_its_call_goes_where_it_is_told(
    on_error: OnError, line: str
) -> None:
    running, told = session(raises, on_error)
    with capture_logs() as logs:
        assert await running.run() is False
    assert told.lines == [line]
    (entry,) = logs
    assert (entry["event"], entry["channel"], entry["script"]) == (
        "a script has failed",
        "1700000000.1",
        "sales/menu",
    )


async def test_a_hang_up_is_raised_where_the_script_stands_and_is_no_failure() -> None:
    cleaned: list[str] = []

    async def script(agi: Agi) -> None:
        try:
            await asyncio.sleep(60)
        except ChannelGone as gone:
            await agi.set_variable("X", "1")
            cleaned.append(gone.reason)
            raise

    running, told = session(script)
    asyncio.get_running_loop().call_soon(running.hung_up)
    with capture_logs() as logs:
        assert await running.run() is True
    assert cleaned == ["hung up"]
    assert told.lines == ['SET VARIABLE "X" "1"']
    assert logs == []


async def test_a_hang_up_is_told_once() -> None:
    seen: list[str] = []

    async def script(agi: Agi) -> None:
        try:
            await asyncio.sleep(60)
        except ChannelGone:
            running.hung_up()
            await asyncio.sleep(0.01)
            seen.append("cleaned up")

    running, _ = session(script)
    asyncio.get_running_loop().call_soon(running.hung_up)
    assert await running.run() is True
    assert seen == ["cleaned up"]


async def test_a_hang_up_ends_a_task_group_of_the_script_too() -> None:
    begun: list[str] = []
    ended: list[str] = []

    async def work() -> None:
        begun.append("work")
        if len(begun) == 2:
            asyncio.get_running_loop().call_soon(running.hung_up)
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("work")

    async def script(agi: Agi) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(work())
            group.create_task(work())

    running, _ = session(script)
    assert await running.run() is True
    assert ended == ["work", "work"]


async def test_an_error_from_outside_is_a_failure() -> None:
    running, told = session(waits)
    asyncio.get_running_loop().call_soon(running.interrupt, WaitTimeout("a command", 3))
    with capture_logs() as logs:
        assert await running.run() is False
    assert told.lines == [FAILURE]
    assert isinstance(logs[0]["exc_info"], WaitTimeout)


async def test_a_script_that_is_left_is_a_failure_to_asterisk() -> None:
    running, told = session(waits)
    task = asyncio.create_task(running.run())
    await asyncio.sleep(0)
    await running.leave(1)
    assert await task is False
    assert told.lines == [FAILURE]


async def test_one_that_clings_is_given_up() -> None:
    async def clings(agi: Agi) -> None:
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                continue

    running, told = session(clings)
    task = asyncio.create_task(running.run())
    await asyncio.sleep(0)
    with capture_logs() as logs:
        await running.leave(0.01)
        assert await task is False
    assert [each["event"] for each in logs] == ["a script does not end when it is cancelled"]
    assert told.lines == [FAILURE]


async def test_a_session_that_is_cancelled_cancels_its_script() -> None:
    ended: list[str] = []

    async def script(agi: Agi) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("cancelled")

    running, _ = session(script)
    task = asyncio.create_task(running.run())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0)
    assert ended == ["cancelled"]


async def test_a_farewell_is_said_to_a_call_that_lives() -> None:
    running, told = session(returns, farewell="ASYNCAGI BREAK")
    assert await running.run() is True
    assert told.lines == ["ANSWER", "ASYNCAGI BREAK"]
    running, told = session(raises, farewell="ASYNCAGI BREAK")
    assert await running.run() is False
    assert told.lines == [FAILURE, "ASYNCAGI BREAK"]
    running, told = session(waits, farewell="ASYNCAGI BREAK")
    asyncio.get_running_loop().call_soon(running.hung_up)
    assert await running.run() is True
    assert told.lines == []


async def test_an_asterisk_that_is_gone_by_then_is_no_matter() -> None:
    running, told = session(raises)
    told.answers = [ChannelGone("1700000000.1")]
    assert await running.run() is False
