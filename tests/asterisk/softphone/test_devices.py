"""Softphones that are lost in a call on real servers, and that come back; and what is recorded."""

from __future__ import annotations

import asyncio
import io
import wave
from array import array
from pathlib import Path

import pytest

from stasis.lab.lab import Lab
from stasis.lab.music import RATE
from tests.asterisk.listener import until
from tests.asterisk.phones import hear, talkers
from tests.asterisk.softphone.house import Office, on_both, opened, softphone, softphones
from tests.asterisk.softphone.test_talks import talk

pytestmark = [pytest.mark.asterisk, pytest.mark.alone, pytest.mark.timeout(120)]


async def sound_of(office: Office, name: str) -> array[int]:
    """What Asterisk has stored, in samples."""
    file = await office.link.ari.recordings.get_stored_file(name)
    with wave.open(io.BytesIO(file)) as found:
        assert found.getframerate() == RATE
        return array("h", found.readframes(found.getnframes()))


@on_both
async def test_a_page_that_is_loaded_anew_is_back_in_its_call(lab: Lab, folder: Path) -> None:
    async with softphones(lab, folder, "bert") as (bert,):
        async with (
            softphone(lab, folder, "anna") as anna,
            opened(lab, anna, bert) as office,
        ):
            await talk(office, anna, bert)
            await anna.dies()
            async with softphone(lab, folder, "anna") as again:
                await office.house.calls.reclaim("anna", again.endpoint)
                await hear({bert: "music"})
                await again.rings()
                assert office.views(again)[0].rejoin
                await again.answers()
                await hear({bert: "anna", again: "bert"})
                assert not office.views(again)[0].rejoin
                await again.hangs_up()
                await bert.is_hung_up()
        assert office.house.reasons("anna") == ["out hangup"]


@on_both
async def test_one_whose_sound_stops_is_lost_and_given_up(lab: Lab, folder: Path) -> None:
    async with (
        softphone(lab, folder, "anna") as anna,
        softphones(lab, folder, "bert") as (bert,),
        opened(lab, anna, bert, rejoin=3.0) as office,
    ):
        await talk(office, anna, bert)
        await anna.dies()
        office.has(bert)
        await until(lambda: office.views(anna)[0].rejoin, "Asterisk misses the sound")
        await hear({bert: "music"})
        await bert.is_hung_up()
        assert office.house.reasons("anna") == ["out hangup"]


@on_both
async def test_a_recording_has_both(lab: Lab, folder: Path) -> None:
    async with (
        softphones(lab, folder, "anna", "bert") as (anna, bert),
        opened(lab, anna, bert) as office,
    ):
        await talk(office, anna, bert)
        await office.do(anna, "record")
        await asyncio.sleep(2)
        await office.redeploys()
        await asyncio.sleep(2)
        await anna.hangs_up()
        await bert.is_hung_up()
        await until(lambda: all(r.ended for r in office.house.ledger.recordings.values()))
        (row,) = office.house.ledger.recordings.values()
        sound = await sound_of(office, row.recording)
        assert "anna bert" in talkers(sound)
        assert 3 < len(sound) / RATE < 7


@on_both
async def test_a_message_is_left_and_listened_to(lab: Lab, folder: Path) -> None:
    async with (
        softphones(lab, folder, "anna", "bert") as (anna, bert),
        opened(lab, anna, bert, ring=2, words={"greeting": ("sound:beep",)}) as office,
    ):
        await anna.dials("bert", answered=False)
        await bert.rings()
        await bert.is_hung_up()
        await anna.is_answered()
        await asyncio.sleep(4)
        await anna.hangs_up()
        await until(lambda: office.house.ledger.inbox, "the message")
        (message,) = office.house.ledger.inbox
        assert message.user == "bert" and message.seconds is not None and message.seconds >= 2
        assert talkers(await sound_of(office, message.recording)) == ["anna"]
        await bert.dials("*97")
        await hear({bert: "anna"})
        await bert.hangs_up()
        assert office.house.ledger.inbox[0].peer.user == "anna"


@on_both
async def test_nothing_is_left_of_who_hangs_up_at_once(lab: Lab, folder: Path) -> None:
    async with (
        softphones(lab, folder, "anna", "bert") as (anna, bert),
        opened(lab, anna, bert) as office,
    ):
        for seconds in (0.0, 0.05, 0.2):
            await anna.dials("bert", answered=False)
            await asyncio.sleep(seconds)
            await anna.hangs_up()
            await anna.is_hung_up()
            await until(lambda: not office.house.calls.live, "the end")
