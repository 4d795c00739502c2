"""A caller who hangs up in the middle, on a real Asterisk."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from stasis import ChannelGone
from stasis.agi import Agi
from stasis.lab.lab import Lab
from tests.asterisk.agi.calls import cli, place, run, serving

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(60)]

WAITS: dict[str, Callable[[Agi], Awaitable[object]]] = {
    "stream_file": lambda agi: agi.stream_file("demo-congrats"),
    "control_stream_file": lambda agi: agi.control_stream_file("demo-congrats"),
    "get_option": lambda agi: agi.get_option("demo-congrats", "1"),
    "get_data": lambda agi: agi.get_data("demo-congrats"),
    "wait_for_digit": lambda agi: agi.wait_for_digit(),
    "record_file": lambda agi: agi.record_file("/tmp/agi", "wav"),
    "say_digits": lambda agi: agi.say_digits("1234567890" * 5),
    "exec": lambda agi: agi.exec("Wait", "60"),
    "nothing of AGI": lambda agi: asyncio.sleep(60),
}


async def hang_up(lab: Lab, call: str) -> None:
    """Hang up the caller's side of a call."""
    told = await cli(lab, "core show channels concise")
    for line in told.splitlines():
        if line.startswith(f"Local/{call}@") and ";1" in line.partition("!")[0]:
            await cli(lab, f"channel request hangup {line.partition('!')[0]}")


@pytest.mark.parametrize("command", WAITS)
async def test_the_script_is_told_where_it_stands(lab: Lab, command: str) -> None:
    """And in its `finally` works what needs no channel."""
    at = asyncio.Event()
    after: list[str | None] = []

    async def script(agi: Agi) -> None:
        await agi.answer()
        at.set()
        try:
            await WAITS[command](agi)
        finally:
            await agi.set_variable("AFTER", "Zoë")
            after.append(await agi.get_variable("AFTER"))
            await agi.database_put("agi-hangup", "x", "1")
            assert await agi.exec("NoOp") == 0
            with pytest.raises(ChannelGone):
                await agi.answer()

    async with serving(script) as (address, done):
        call = await place(lab, address)
        await at.wait()
        await asyncio.sleep(0.2)
        await hang_up(lab, call.name)
        with pytest.raises(ChannelGone, match="hung up"):
            await asyncio.wait_for(asyncio.shield(done), 5)
    assert after == ["Zoë"]


async def test_a_script_that_hangs_up_itself(lab: Lab) -> None:
    async def script(agi: Agi) -> None:
        await agi.answer()
        assert await agi.hangup() is True
        await agi.noop()

    with pytest.raises(ChannelGone):
        await run(lab, script)


async def test_without_a_notice_the_next_command_tells_it(lab: Lab) -> None:
    """Where AGISIGHUP is `no`, Asterisk says nothing by itself."""
    at = asyncio.Event()

    async def script(agi: Agi) -> None:
        await agi.answer()
        at.set()
        await agi.wait_for_digit()

    async with serving(script) as (address, done):
        call = await place(lab, address, before=["Set(AGISIGHUP=no)"])
        await at.wait()
        await hang_up(lab, call.name)
        with pytest.raises(ChannelGone):
            await asyncio.wait_for(asyncio.shield(done), 5)


async def test_a_script_after_the_hang_up_runs_to_its_end(lab: Lab) -> None:
    """In the extension `h` there is no channel any more, and it is no hang-up of the script's."""

    async def script(agi: Agi) -> str | None:
        await agi.set_variable("X", "kept")
        assert await agi.exec("NoOp") == 0
        await agi.database_put("agi-hangup", "h", "1")
        value = await agi.get_variable("X")
        with pytest.raises(ChannelGone):
            await agi.stream_file("beep")
        return value

    async with serving(script) as (address, done):
        line = f'dialplan add extension h,1,"AGI({address})" into agi-h replace'
        await cli(lab, line)
        await cli(lab, "dialplan add extension x,1,Answer into agi-h replace")
        await cli(lab, "channel originate Local/x@agi-h/n application Hangup")
        assert await asyncio.wait_for(asyncio.shield(done), 10) == "kept"
