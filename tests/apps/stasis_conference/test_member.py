"""A member: what is kept of it, and what is told of it."""

from __future__ import annotations

import pytest
from attrs import asdict
from stasis_conference.member import Departure, MemberData, gain

from stasis.record import packed
from stasis.testing.clock import virtual_time
from tests.apps.stasis_conference.house import House, member, opened
from tests.apps.stasis_conference.test_action import do, of
from tests.apps.stasis_conference.test_live import person


class TestData:
    def test_it_is_small_and_made_of_plain_values(self):
        assert packed(MemberData(), "Conference") == asdict(MemberData())

    @virtual_time
    async def test_each_member_has_an_id_of_its_own(self):
        house = House()
        async with opened(house) as asterisk:
            for number in ("100", "200", "300"):
                await member(asterisk, number)
            ids = [each.id for each in house.room().members.values()]
            assert len(set(ids)) == 3 and all(ids)

    @virtual_time
    async def test_a_change_is_kept_with_the_call_before_asterisk_is_told(self):
        house = House()
        async with opened(house) as asterisk:
            anna = await member(asterisk)
            asterisk.requests.clear()
            await do(house, "mute", anna)
            lines = [each for each in asterisk.requests if anna.id in each]
            assert lines[0] == f"POST /channels/{anna.id}/variable"
            assert lines[1] == f"POST /channels/{anna.id}/mute"


class TestTold:
    @virtual_time
    async def test_it_is_all_that_a_page_shows(self):
        house = House()
        async with opened(house) as asterisk:
            anna = await asterisk.call("conference", "1000", number="100", name="Anna")
            await anna.waits(5)
            told = of(house, anna).told()
            assert told.pop("joined") > 0 and told.pop("id")
            assert told == {
                "channel": anna.id,
                "name": "Anna",
                "number": "100",
                "profile": "default",
                "moderator": False,
                "muted": False,
                "deaf": False,
                "held": False,
                "talking": False,
                "talk_volume": 0,
                "listen_volume": 0,
                "speaking": 0.0,
            }


class TestGain:
    @pytest.mark.parametrize(
        ("step", "text"), [(0, "0"), (1, "2"), (2, "3"), (10, "11"), (-1, "-2"), (-10, "-11")]
    )
    def test_a_step_is_a_factor_or_a_divisor(self, step: int, text: str):
        assert gain(step) == text


class TestDepartures:
    @virtual_time
    async def test_one_for_another_state_is_an_old_one(self):
        anna = person("a")
        anna.depart(Departure("inside"))
        anna.depart(Departure("parting", "kicked"))
        assert await anna.called_away("lobby", "parting") == Departure("parting", "kicked")
