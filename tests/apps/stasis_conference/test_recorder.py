"""A room's recording: on demand, from the beginning, paused, and only with a moderator."""

from __future__ import annotations

import wave
from typing import Any

import pytest
from stasis_conference.action import perform
from stasis_conference.order import NotPossible, Order
from stasis_conference.profile import RoomProfile
from stasis_conference.recorder import wanted

from stasis.testing.asterisk import Asterisk
from stasis.testing.clock import virtual_time
from tests.apps.stasis_conference.house import House, member, opened
from tests.apps.stasis_conference.test_live import live_room, person


async def do(house: House, action: str) -> None:
    """As the API does it."""
    await perform(Order(action, house.rooms, house.room()))


def running(asterisk: Asterisk) -> list[str]:
    """The states of the recordings that run."""
    return [each.state for each in asterisk.machine.recordings.values()]


def seconds_of(asterisk: Asterisk, house: House) -> list[float]:
    """How long the files are that the history names."""
    lengths = []
    for session in house.history:
        for each in session.recordings:
            with wave.open(str(asterisk.machine.folder / f"{each.name}.wav")) as file:
                lengths.append(round(file.getnframes() / file.getframerate(), 1))
    return lengths


class TestWanted:
    @virtual_time
    async def test_nothing_unless_somebody_wants_it(self):
        assert wanted(live_room(RoomProfile()), begun=False) == "off"

    @virtual_time
    async def test_it_runs_or_is_paused(self):
        room = live_room(RoomProfile())
        room.keep(recording="r")
        assert wanted(room, begun=False) == "running"
        assert wanted(room, begun=False, heard=False) == "off", "nobody is in the bridge yet"
        assert wanted(room, begun=True, heard=False) == "running"
        room.keep(paused=True)
        assert wanted(room, begun=True) == "paused"

    @virtual_time
    async def test_without_a_moderator_it_does_not_begin_or_is_paused(self):
        room = live_room(RoomProfile(record_needs_moderator=True))
        room.keep(recording="r")
        assert wanted(room, begun=False) == "off"
        assert wanted(room, begun=True) == "paused"
        mona = person("m", moderator=True)
        room.come(mona)
        assert wanted(room, begun=True) == "paused", "she is in the lobby still"
        room.let_in(mona)
        assert wanted(room, begun=True) == "running"


class TestOnDemand:
    @virtual_time
    async def test_star_star_three_starts_and_stops_it(self):
        house = House()
        async with opened(house) as asterisk:
            mona = await member(asterisk, "900", "1000", "moderator")
            anna = await member(asterisk, "100")
            await mona.dials("**3")
            await anna.hears("sound:conf-now-recording")
            assert running(asterisk) == ["recording"]
            assert house.memory.kept["1000"].recording.startswith("conference/1000/20261123-1000")
            await mona.waits(10)
            await mona.dials("**3")
            await mona.waits(1)
            assert running(asterisk) == []
            (session,) = house.history
            (row,) = session.recordings
            assert row.seconds == pytest.approx(seconds_of(asterisk, house)[0], abs=0.2)
            assert row.seconds > 10 and row.ended is not None
            assert house.told("recording", "recorded") == ["recording", "recorded"]

    @virtual_time
    async def test_star_star_four_leaves_out_what_is_said(self):
        house = House()
        async with opened(house) as asterisk:
            mona = await member(asterisk, "900", "1000", "moderator")
            await mona.dials("**3")
            await mona.waits(10)
            await mona.dials("**4")
            await mona.waits(20)
            assert running(asterisk) == ["paused"]
            await mona.dials("**4")
            await mona.waits(10)
            assert running(asterisk) == ["recording"]
            await mona.hangs_up()
            await mona.waits(1)
            assert 20 < seconds_of(asterisk, house)[0] < 24
            assert house.told("recording", "recording_paused", "recorded") == [
                "recording",
                "recording_paused",
                "recording",
                "recorded",
            ]

    @virtual_time
    async def test_by_order_and_twice_is_told(self):
        house = House()
        async with opened(house) as asterisk:
            await member(asterisk)
            for action in ("stop_record", "pause_record", "resume_record"):
                with pytest.raises(NotPossible):
                    await do(house, action)
            await do(house, "start_record")
            with pytest.raises(NotPossible):
                await do(house, "start_record")
            await do(house, "pause_record")
            with pytest.raises(NotPossible):
                await do(house, "pause_record")
            await do(house, "resume_record")
            await do(house, "stop_record")
            await do(house, "start_record")
            await do(house, "toggle_pause")
            await do(house, "toggle_record")
            assert len(house.history[0].recordings) == 2

    @virtual_time
    async def test_a_room_that_must_not_be_recorded_is_not(self):
        house = House(RoomProfile(record="off"))
        async with opened(house) as asterisk:
            mona = await member(asterisk, "900", "1000", "moderator")
            await mona.dials("**3")
            await mona.hears("sound:conf-errormenu")
            assert running(asterisk) == []

    @virtual_time
    async def test_one_that_asterisk_refuses_stops_no_conference(self):
        house = House()
        async with opened(house) as asterisk:
            mona = await member(asterisk, "900", "1000", "moderator")
            asterisk.refuse("POST /bridges/.*/record", 500, times=1)
            await mona.dials("**3")
            await mona.waits(5)
            assert not mona.over and running(asterisk) == []
            anna = await member(asterisk, "100")
            await anna.hears("sound:conf-now-recording")
            assert running(asterisk) == ["recording"], "it is tried again when somebody comes"


class TestAuto:
    @virtual_time
    async def test_it_runs_from_the_first_to_the_last(self):
        house = House(RoomProfile(record="auto"))
        async with opened(house) as asterisk:
            anna = await member(asterisk, "100")
            assert running(asterisk) == ["recording"]
            assert anna.heard == ["sound:conf-onlyperson", "sound:conf-now-recording"]
            bert = await member(asterisk, "200")
            assert "sound:conf-now-recording" in bert.heard
            await anna.waits(30)
            await anna.hangs_up()
            await bert.hangs_up()
            await anna.waits(1)
            assert running(asterisk) == []
            assert seconds_of(asterisk, house)[0] > 30

    @virtual_time
    async def test_one_that_asterisk_ends_by_itself_goes_on_in_the_same_file(self):
        house = House(RoomProfile(record="auto"))
        async with opened(house) as asterisk:
            anna = await member(asterisk, "100")
            await anna.waits(10)
            (recording,) = asterisk.machine.recordings.values()
            recording.stop()
            await anna.waits(0.5)
            assert running(asterisk) == []
            await anna.waits(2)
            assert running(asterisk) == ["recording"]
            await anna.waits(10)
            await anna.hangs_up()
            await anna.waits(1)
            (length,) = seconds_of(asterisk, house)
            assert 18 < length < 24 and len(house.history[0].recordings) == 1

    @virtual_time
    async def test_only_while_a_moderator_is_there(self):
        house = House(RoomProfile(record="auto", record_needs_moderator=True))
        async with opened(house) as asterisk:
            anna = await member(asterisk, "100")
            await anna.waits(30)
            assert running(asterisk) == []
            mona = await member(asterisk, "900", "1000", "moderator")
            assert running(asterisk) == ["recording"]
            await anna.waits(10)
            await mona.hangs_up()
            await anna.waits(30)
            assert running(asterisk) == ["paused"]
            mona = await member(asterisk, "900", "1000", "moderator")
            assert running(asterisk) == ["recording"]
            await mona.waits(10)
            await mona.hangs_up()
            await anna.hangs_up()
            await anna.waits(1)
            (length,) = seconds_of(asterisk, house)
            assert 20 < length < 36

    @virtual_time
    async def test_two_conferences_are_two_recordings(self):
        house = House(RoomProfile(record="auto"))
        async with opened(house) as asterisk:
            for _ in range(2):
                anna: Any = await member(asterisk, "100")
                await anna.waits(5)
                await anna.hangs_up()
                await anna.waits(1)
            names = [each.name for session in house.history for each in session.recordings]
            assert len(set(names)) == 2
