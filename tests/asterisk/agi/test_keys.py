"""A caller who presses keys, on a real Asterisk: SendDTMF on the other side of a Local channel."""

from __future__ import annotations

import pytest

from stasis.agi import Agi, Entered
from stasis.lab.lab import Lab
from tests.asterisk.agi.calls import run

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(90)]


def presses(keys: str) -> str:
    """A caller who waits half a second (a `w`) for each key, and stays."""
    return f"SendDTMF {keys}{'w' * 60}"


async def test_digits_are_taken_to_their_number_to_the_hash_or_to_the_time(lab: Lab) -> None:
    async def script(agi: Agi) -> list[Entered]:
        await agi.answer()
        return [
            await agi.get_data("beep", timeout=5, max_digits=3),
            await agi.get_data("beep", timeout=5),
            await agi.get_data("beep", timeout=1.5, max_digits=9),
            await agi.get_data("beep", timeout=0.5),
        ]

    assert await run(lab, script, caller=presses("123ww4#www56wwwww")) == [
        Entered("123", False),
        Entered("4", False),
        Entered("56", True),
        Entered("", True),
    ]


async def test_a_key_ends_what_plays_and_is_told(lab: Lab) -> None:
    async def script(agi: Agi) -> str:
        await agi.answer()
        played = await agi.stream_file("demo-congrats", "1")
        assert 0 < played.position < 100_000
        option = await agi.get_option("demo-congrats", "2*", timeout=2)
        wound = await agi.control_stream_file("demo-congrats", "3", skip=1, forward="5")
        assert 0 < wound.position < 30
        said = await agi.say_digits("1234567890" * 3, "4#")
        waited = await agi.wait_for_digit(20)
        return played.digit + option.digit + wound.digit + said + waited

    caller = presses("wwww9w1wwww2wwww3wwww4wwww#wwww")
    assert await run(lab, script, caller=caller, seconds=40) == "1234#"


@pytest.mark.parametrize("command", ["number", "alpha", "phonetic", "date", "time", "datetime"])
async def test_a_key_ends_everything_that_is_said(lab: Lab, command: str) -> None:
    async def script(agi: Agi) -> str:
        await agi.answer()
        if command in ("date", "time", "datetime"):
            return await getattr(agi, f"say_{command}")(1_770_000_000, "0123456789*#")
        return await getattr(agi, f"say_{command}")("1234567890987"[:9], "7*")

    assert await run(lab, script, caller=presses("ww*")) == "*"


async def test_a_key_ends_a_recording(lab: Lab) -> None:
    async def script(agi: Agi) -> tuple[str, str]:
        await agi.answer()
        file = "/var/spool/asterisk/recording/agi-key"
        recorded = await agi.record_file(file, "wav", "5#", timeout=20)
        return recorded.by, recorded.digit

    assert await run(lab, script, caller=presses("1ww5")) == ("dtmf", "5")
