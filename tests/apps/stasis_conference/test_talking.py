"""Who talks: told as it happens, and counted."""

from __future__ import annotations

import pytest
from stasis_conference.profile import RoomProfile

from stasis.testing.clock import virtual_time
from tests.apps.stasis_conference.house import House, member, opened


@pytest.mark.parametrize("version", ["22", "16"])
@virtual_time
async def test_it_is_told_who_talks_and_who_is_the_speaker(version: str):
    house = House()
    async with opened(house, version) as asterisk:
        anna = await member(asterisk, "100")
        bert = await member(asterisk, "200")
        await anna.speaks(3)
        await anna.waits(3)
        await bert.speaks(2)
        await bert.waits(3)
        told = [
            (each.kind, each.member["number"])
            for each in house.events
            if each.member and each.kind in ("talking", "silent", "speaker")
        ]
        assert told == [
            ("talking", "100"),
            ("speaker", "100"),
            ("silent", "100"),
            ("talking", "200"),
            ("speaker", "200"),
            ("silent", "200"),
        ]
        await anna.hangs_up()
        await anna.waits(1)
        speaking = [m.speaking for m in house.history[0].memberships]
        assert speaking[0] == pytest.approx(3, abs=1.5) and speaking[1] == 0.0


@virtual_time
async def test_not_where_the_profile_says_so():
    house = House(RoomProfile(talk_detection=False))
    async with opened(house) as asterisk:
        anna = await member(asterisk, "100")
        await anna.speaks(3)
        await anna.waits(3)
        assert house.told("talking", "speaker", "silent") == []


@virtual_time
async def test_who_hangs_up_while_talking_is_counted_as_well():
    house = House()
    async with opened(house) as asterisk:
        anna = await member(asterisk, "100")
        anna.line.speak(60)
        await anna.waits(5)
        assert house.room().speaker is not None
        await anna.hangs_up()
        await anna.waits(1)
        assert house.history[0].memberships[0].speaking == pytest.approx(5, abs=0.5)
