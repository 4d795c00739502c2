"""SIPp as a phone of a real Asterisk: every way a call can go is told as it went."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from stasis.lab.fault import LabUnavailable, PhoneError
from stasis.lab.lab import Lab
from stasis.lab.scenario import Script
from stasis.lab.sipp import Outcome, Sipp, free_port, media_port
from tests.until import until

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(60)]


async def call(lab: Lab, extension: str, script: Script = (), **options: Any) -> Outcome:
    """Make a call and say how it went; nothing of it is left on the server."""
    async with await Sipp.call(lab.sip_port, extension, script, **options) as sipp:
        outcome = await sipp.finished(20)
    assert not sipp.folder.exists()
    return outcome


@asynccontextmanager
async def ringing(lab: Lab, number: int, extension: str, **options: Any) -> AsyncIterator[Sipp]:
    """A desk that Asterisk calls, to bring it to an extension."""
    async with await Sipp.desk(lab.desk_ports[number - 1], **options) as desk:
        line = f"channel originate PJSIP/desk{number} extension {extension}@default"
        await asyncio.to_thread(lab.cli, line)
        yield desk


async def test_a_call_is_answered_and_hung_up_after_the_script(lab: Lab) -> None:
    assert await call(lab, "answer", [0.3]) == Outcome(answered=1, by_us=1)


async def test_a_call_that_the_other_side_ends_is_told_so(lab: Lab) -> None:
    assert await call(lab, "hangup-soon", [0.2], stay=True) == Outcome(answered=1, by_them=1)
    assert await call(lab, "hangup-soon", [20.0]) == Outcome(answered=1, by_them=1)


@pytest.mark.parametrize(
    ("extension", "status"), [("busy", 486), ("congestion", 503), ("nobody-here", 404)]
)
async def test_a_refusal_is_told_with_its_status(lab: Lab, extension: str, status: int) -> None:
    assert await call(lab, extension) == Outcome(statuses=(status,))


async def test_a_call_is_given_up_while_it_rings_or_plays_early_audio(lab: Lab) -> None:
    assert await call(lab, "ring", cancel_after=0.3) == Outcome(ringing=1, cancelled=1)
    assert await call(lab, "early", cancel_after=0.3) == Outcome(progress=1, cancelled=1)


@pytest.mark.alone
async def test_a_digit_is_heard_by_asterisk(lab: Lab) -> None:
    assert await call(lab, "digits", [0.3, "7#"], stay=True) == Outcome(answered=1, by_them=1)
    assert "User entered '7'" in lab.logs(60)


async def test_the_caller_has_the_number_it_was_given(lab: Lab) -> None:
    await call(lab, "stasis-nobody", number="5551234", stay=True)
    assert await call(lab, "answer", [0.1], number="5551234") == Outcome(answered=1, by_us=1)


async def test_many_calls_at_once(lab: Lab) -> None:
    outcome = await call(lab, "answer", [0.5], calls=10, rate=50)
    assert outcome == Outcome(answered=10, by_us=10)


async def test_a_desk_answers_talks_and_hangs_up(lab: Lab) -> None:
    async with ringing(lab, 1, "answer", script=[0.3], ring=0.2) as desk:
        assert await desk.finished(10) == Outcome(answered=1, by_us=1)


async def test_a_desk_without_a_script_waits_for_the_other_side(lab: Lab) -> None:
    async with ringing(lab, 2, "hangup-soon") as desk:
        assert await desk.finished(10) == Outcome(answered=1, by_them=1)


@pytest.mark.parametrize("status", [486, 603])
async def test_a_desk_refuses(lab: Lab, status: int) -> None:
    async with ringing(lab, 3, "answer", status=status) as desk:
        assert await desk.finished(10) == Outcome()


async def test_a_desk_that_never_answers_is_given_up(lab: Lab) -> None:
    async with await Sipp.desk(lab.desk_ports[3], status=0) as desk:
        # Originates with a time-out of one second, and so gives up.
        spool = lab.folder / "spool" / "outgoing" / "one.call"
        part = lab.folder / "spool" / "tmp" / "one.call"
        part.write_text("Channel: PJSIP/desk4\nWaitTime: 1\nContext: default\nExtension: answer\n")
        part.chmod(0o666)
        part.rename(spool)
        assert await desk.finished(20) == Outcome(cancelled=1)


async def test_a_port_that_is_taken_is_told(lab: Lab) -> None:
    async with await Sipp.desk(lab.desk_ports[0]):
        with pytest.raises(PhoneError, match=f"UDP port {lab.desk_ports[0]} is taken"):
            await Sipp.desk(lab.desk_ports[0])


async def test_a_call_that_goes_on_too_long_is_an_error_and_is_ended(lab: Lab) -> None:
    async with await Sipp.call(lab.sip_port, "answer", [60.0]) as sipp:
        # Else Asterisk might make the channel after all has been hung up.
        await until(lambda: sipp.outcome().answered)
        with pytest.raises(PhoneError, match=r"not over after 0\.5 s"):
            await sipp.finished(0.5)
    assert sipp.process.returncode is not None
    # SIPp is ended without a goodbye: to Asterisk the call goes on, and the next test may look.
    await asyncio.to_thread(lab.cli, "channel request hangup all")


async def test_without_sipp_the_package_is_named(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabUnavailable, match="package sip-tester"):
        await Sipp.call(lab.sip_port, "answer")


def test_its_sound_never_gets_the_port_of_its_signalling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has that one yet when the other is chosen; chance may well name it."""
    given = iter([61_004, 61_008])
    monkeypatch.setattr("stasis.lab.sipp.random.randrange", lambda *_: next(given))
    assert media_port(61_005) == 61_008


def test_nor_one_that_somebody_has_or_that_the_kernel_gives_to_clients() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        found = media_port(5060)
        assert found > 60_999
        taken.bind(("127.0.0.1", found + 2))
        assert all(media_port(5060) != found for _ in range(3_000))


def test_a_tcp_port_is_none_that_the_kernel_gives_away(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", free_port(socket.SOCK_STREAM))) as server:
        taken = server.getsockname()[1]
        assert taken > 60_999
        given = iter([taken, 61_007])
        monkeypatch.setattr("stasis.lab.sipp.random.randrange", lambda *_: next(given))
        assert free_port(socket.SOCK_STREAM) == 61_007
