"""The recording of a call, by one of its parties."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest
from stasis_webrtc.grant import Grants
from stasis_webrtc.ledger import Recorded
from stasis_webrtc.order import NotPossible

from stasis.testing.asterisk import Asterisk
from stasis.testing.clock import virtual_time
from tests.apps.stasis_webrtc.house import House, dials, opened, rings, talk


def one(house: House) -> Recorded:
    """The only recording."""
    (found,) = house.ledger.recordings.values()
    return found


def seconds_of(asterisk: Asterisk, name: str) -> float:
    """How long a file is."""
    with wave.open(str(Path(asterisk.machine.folder) / f"{name}.wav")) as file:
        return float(file.getnframes() / file.getframerate())


class TestRecording:
    @pytest.mark.parametrize("version", ["22", "16"])
    @virtual_time
    async def test_it_is_named_by_user_and_date_and_is_in_the_ledger(self, version: str):
        house = House()
        async with opened(house, version) as asterisk:
            anna, _ = await talk(asterisk)
            await house.do("anna", "record")
            assert house.view("anna").recording_by_me and house.view("bert").recording
            assert not house.view("bert").recording_by_me
            assert one(house).ended is None
            await anna.waits(5)
            await house.do("anna", "stop_record")
            assert not house.view("anna").recording
            row = one(house)
            assert row.recording.startswith("webrtc/recordings/anna/20261123-1000")
            assert row.user == "anna" and row.peer.user == "bert" and row.ended is not None
            assert row.call == house.view("anna").id
            assert seconds_of(asterisk, row.recording) == pytest.approx(5, abs=0.5)

    @virtual_time
    async def test_it_ends_when_who_records_hangs_up(self):
        house = House()
        async with opened(house) as asterisk:
            _, bert = await talk(asterisk)
            await house.do("bert", "record")
            await bert.waits(3)
            await bert.hangs_up()
            await bert.waits(1)
            assert one(house).ended is not None and not asterisk.machine.recordings

    @virtual_time
    async def test_it_ends_when_who_records_transfers(self):
        house = House()
        async with opened(house) as asterisk:
            _, bert = await talk(asterisk)
            await house.do("anna", "record")
            await house.do("anna", "transfer", to="carl")
            carl = await rings(asterisk, "carl")
            await carl.answers()
            await carl.talks_with(bert)
            assert one(house).ended is not None and not asterisk.machine.recordings

    @virtual_time
    async def test_it_goes_on_through_a_deploy(self):
        house = House()
        async with opened(house) as asterisk:
            anna, _ = await talk(asterisk)
            await house.do("anna", "record")
            await anna.waits(3)
            await asterisk.redeploy()
            await anna.waits(3)
            assert house.view("anna").recording and len(asterisk.machine.recordings) == 1
            await house.do("anna", "stop_record")
            assert seconds_of(asterisk, one(house).recording) > 5

    @virtual_time
    async def test_one_that_asterisk_has_ended_is_continued(self):
        house = House()
        async with opened(house) as asterisk:
            anna, _ = await talk(asterisk)
            await house.do("anna", "record")
            await anna.waits(3)
            await asterisk.link.ari.recordings.stop(one(house).recording)
            await anna.waits(3)
            assert len(asterisk.machine.recordings) == 1

    @virtual_time
    async def test_only_one_at_a_time_and_only_by_who_may(self):
        house = House()
        house.directory.change("bert", grants=Grants(may_record=False))
        async with opened(house) as asterisk:
            await talk(asterisk)
            with pytest.raises(NotPossible) as refused:
                await house.do("bert", "record")
            assert refused.value.why == "may_not"
            assert house.directory.refusals == [("bert", "record", "may_not")]
            await house.do("anna", "record")
            for user, action in (("anna", "record"), ("bert", "stop_record")):
                with pytest.raises(NotPossible) as refused:
                    await house.do(user, action)
                assert refused.value.why == "not_now"

    @virtual_time
    async def test_a_ledger_that_is_down_stops_no_call(self):
        house = House()
        async with opened(house) as asterisk:
            house.ledger.down = True
            anna, bert = await talk(asterisk)
            await house.do("anna", "record")
            await house.do("anna", "stop_record")
            await anna.talks_with(bert)
            await anna.hangs_up()
            assert await bert.is_hung_up() == 16


class TestDirectory:
    @virtual_time
    async def test_a_directory_that_is_down_is_told_to_who_calls(self):
        house = House()
        async with opened(house) as asterisk:
            house.directory.down = True
            anna = await dials(asterisk, "anna", "202")
            await anna.hears("sound:tt-somethingwrong")
            assert await anna.is_hung_up() == 38

    @virtual_time
    async def test_and_a_talk_goes_on_without_it(self):
        house = House()
        async with opened(house) as asterisk:
            anna, bert = await talk(asterisk)
            house.directory.down = True
            await house.do("anna", "hold")
            await house.do("anna", "unhold")
            await anna.talks_with(bert)
            await asterisk.redeploy()
            await anna.talks_with(bert)
