"""The FastAGI server and a real Asterisk: what the dialplan goes on with, whatever becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from structlog.testing import capture_logs

from stasis import WaitTimeout
from stasis.agi import Agi, FastAgi, FastAgiConfig
from stasis.lab.lab import Lab
from tests.asterisk.agi.calls import place, run, serving
from tests.until import until

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(60)]

LOCAL = FastAgiConfig(port=0, stop_timeout=0.2)


async def good(agi: Agi) -> None:
    await agi.answer()


async def bad(agi: Agi) -> None:
    await agi.answer()
    raise RuntimeError("a bug")


async def test_a_script_that_returns_is_a_success(lab: Lab) -> None:
    async with serving(good) as (address, _):
        assert await (await place(lab, address)).status() == "SUCCESS"


async def test_a_script_that_raises_is_a_failure_and_touches_no_other(lab: Lab) -> None:
    other = asyncio.Event()

    async def waits(agi: Agi) -> None:
        await agi.answer()
        await other.wait()
        await agi.set_variable("X", "alive")

    with capture_logs() as logs:
        async with FastAgi({"bad": bad, "waits": waits}, FastAgiConfig(port=0)) as server:
            address = f"agi://127.0.0.1:{server.port}"
            lives = await place(lab, f"{address}/waits", after=["Set(DB(agi-x/x)=${X})"])
            assert await (await place(lab, f"{address}/bad")).status() == "FAILURE"
            other.set()
            assert await lives.status() == "SUCCESS"
    assert [(each["event"], str(each["exc_info"])) for each in logs if "exc_info" in each] == [
        ("a script has failed", "a bug")
    ]


async def test_a_failed_script_s_call_can_be_hung_up(lab: Lab) -> None:
    config = FastAgiConfig(port=0, on_error="hangup")
    async with FastAgi({"*": bad}, config) as server:
        call = await place(lab, f"agi://127.0.0.1:{server.port}/")
        await until(lambda: server.counts["failed"] == 1)
        with pytest.raises(TimeoutError):
            await call.status(1.5)


async def test_a_path_without_a_script_is_a_failure(lab: Lab) -> None:
    async with FastAgi({"sales/menu": good}, LOCAL) as server:
        address = f"agi://127.0.0.1:{server.port}"
        assert await (await place(lab, f"{address}/sales/none?x=1")).status() == "FAILURE"
        assert await (await place(lab, f"{address}/sales/menu?x=1")).status() == "SUCCESS"
        assert server.counts["no script"] == 1
    async with asyncio.timeout(5):
        while "no FastAGI script 'sales/none'" not in lab.logs(2_000):
            await asyncio.sleep(0.1)


async def test_too_many_at_once_are_a_failure_and_cost_the_others_nothing(lab: Lab) -> None:
    config = FastAgiConfig(port=0, connections=1)
    begun, over = asyncio.Event(), asyncio.Event()

    async def waits(agi: Agi) -> None:
        begun.set()
        await over.wait()

    async with FastAgi({"*": waits}, config) as server:
        address = f"agi://127.0.0.1:{server.port}/"
        first = await place(lab, address)
        await begun.wait()
        assert await (await place(lab, address)).status() == "FAILURE"
        over.set()
        assert await first.status() == "SUCCESS"
        assert server.counts == {"too many": 1, "done": 1}


async def test_a_server_that_stops_sends_its_calls_on_and_refuses_new_ones(lab: Lab) -> None:
    begun = asyncio.Event()

    async def waits(agi: Agi) -> None:
        begun.set()
        await asyncio.sleep(60)

    server = FastAgi({"*": waits}, LOCAL)
    await server.open()
    address = f"agi://127.0.0.1:{server.port}/"
    first = await place(lab, address)
    await begun.wait()
    await server.close()
    assert await first.status() == "FAILURE"
    assert await (await place(lab, address)).status() == "FAILURE"


async def test_an_idle_script_is_ended(lab: Lab) -> None:
    async def waits(agi: Agi) -> None:
        await asyncio.sleep(60)

    config = FastAgiConfig(port=0, idle_timeout=0.5)
    async with serving(waits, config) as (address, done):
        call = await place(lab, address)
        with pytest.raises(WaitTimeout, match=r"0\.5 s"):
            await asyncio.wait_for(asyncio.shield(done), 5)
        assert await call.status() == "FAILURE"


@pytest.mark.parametrize("name", ["Zoë", 'a "b" \\c', "漢字😀"])
async def test_a_caller_s_name_arrives_whole(lab: Lab, name: str) -> None:
    async def script(agi: Agi) -> str:
        return agi.environment.caller_name

    assert await run(lab, script, before=[f"Set(CALLERID(name)={name})"]) == name


WORK: dict[str, Callable[[Agi], Awaitable[object]]] = {
    "a command of AGI": lambda agi: agi.stream_file("demo-congrats"),
    "something else": lambda agi: asyncio.sleep(30),
}


@pytest.mark.parametrize("work", WORK)
async def test_a_time_limit_of_the_script_is_its_own(lab: Lab, work: str) -> None:
    """A command goes on in Asterisk, and the next one waits for its end."""

    async def script(agi: Agi) -> bool:
        await agi.answer()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await WORK[work](agi)
        if work == "something else":
            await agi.set_variable("X", "1")
            return await agi.get_variable("X") == "1"
        return True

    assert await run(lab, script) is True
