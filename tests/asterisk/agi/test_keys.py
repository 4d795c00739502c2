"""A caller who presses keys, on a real Asterisk, each while the command that is meant works."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import pytest

from stasis.agi import Agi, Entered
from stasis.ami import Ami, actions, events
from stasis.lab.lab import Lab
from tests.asterisk.agi.calls import ami_of, run

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(90)]

T = TypeVar("T")

# So long a command plays, says or records before a key is pressed.
PLAYS_SECONDS = 1.0


class Caller:
    """Who presses keys on the other side of a Local channel."""

    def __init__(self, ami: Ami) -> None:
        self._ami = ami

    async def presses(self, keys: str, agi: Agi, command: Awaitable[T]) -> T:
        """Press keys while a command works, some time after its beginning; what it returns."""

        def ours(event: events.AGIExecStart) -> bool:  # that of the answer may come only now
            return event.uniqueid == agi.channel_id and event.command != "ANSWER"

        async with self._ami.events(events.AGIExecStart, where=ours) as stream:
            running = asyncio.ensure_future(command)
            async with asyncio.timeout(10):
                await anext(stream)
        await asyncio.sleep(PLAYS_SECONDS)
        channel = agi.environment.channel.replace(";2", ";1")
        for key in keys:
            await self._ami.send(actions.PlayDTMF(channel=channel, digit=key))
        return await running


@asynccontextmanager
async def caller(lab: Lab) -> AsyncIterator[Caller]:
    """Somebody to press keys."""
    async with Ami(ami_of(lab)) as ami:
        yield Caller(ami)


async def test_digits_are_taken_to_their_number_to_the_hash_or_to_the_time(lab: Lab) -> None:
    async with caller(lab) as who:

        async def script(agi: Agi) -> list[Entered]:
            await agi.answer()
            return [
                await who.presses("123", agi, agi.get_data("beep", timeout=5, max_digits=3)),
                await who.presses("4#", agi, agi.get_data("beep", timeout=5)),
                await who.presses("56", agi, agi.get_data("beep", timeout=3, max_digits=9)),
                await agi.get_data("beep", timeout=0.5),
            ]

        assert await run(lab, script) == [
            Entered("123", False),
            Entered("4", False),
            Entered("56", True),
            Entered("", True),
        ]


async def test_a_key_ends_what_plays_and_is_told(lab: Lab) -> None:
    async with caller(lab) as who:

        async def script(agi: Agi) -> str:
            await agi.answer()
            played = await who.presses("91", agi, agi.stream_file("demo-congrats", "1"))
            assert 0 < played.position < 100_000
            option = await who.presses("2", agi, agi.get_option("demo-congrats", "2*", timeout=2))
            winding = agi.control_stream_file("demo-congrats", "3", skip=1, forward="5")
            wound = await who.presses("3", agi, winding)
            assert 0 < wound.position < 30
            said = await who.presses("4", agi, agi.say_digits("1234567890" * 3, "4#"))
            waited = await who.presses("#", agi, agi.wait_for_digit(20))
            return played.digit + option.digit + wound.digit + said + waited

        assert await run(lab, script, caller="Wait 60", seconds=40) == "1234#"


@pytest.mark.parametrize("command", ["number", "alpha", "phonetic", "date", "time", "datetime"])
async def test_a_key_ends_everything_that_is_said(lab: Lab, command: str) -> None:
    async with caller(lab) as who:

        async def script(agi: Agi) -> str:
            await agi.answer()
            say: Callable[..., Awaitable[str]] = getattr(agi, f"say_{command}")
            if command in ("date", "time", "datetime"):
                saying = say(1_770_000_000, "0123456789*#")
            else:
                saying = say("1234567890987"[:9], "7*")
            return await who.presses("*", agi, saying)

        assert await run(lab, script) == "*"


async def test_a_key_ends_a_recording(lab: Lab) -> None:
    async with caller(lab) as who:

        async def script(agi: Agi) -> tuple[str, str]:
            await agi.answer()
            file = "/var/spool/asterisk/recording/agi-key"
            recording = agi.record_file(file, "wav", "5#", timeout=20)
            recorded = await who.presses("15", agi, recording)
            return recorded.by, recorded.digit

        assert await run(lab, script) == ("dtmf", "5")
