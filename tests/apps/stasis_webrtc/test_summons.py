"""Devices that are rung by us. How they come back into calls: `calls/devices.py`."""

from __future__ import annotations

import pytest
from stasis_webrtc.order import NotPossible
from stasis_webrtc.summons import caller_id, with_header

from stasis.testing.clock import virtual_time
from tests.apps.stasis_webrtc.house import House, opened, rings


class TestCallerId:
    @pytest.mark.parametrize(
        ("name", "number", "shown"),
        [
            ("Anna", "201", '"Anna" <201>'),
            ("", "201", "201"),
            ("Anna", "", '"Anna" <>'),
            ("", "", ""),
            ('An"na\r\n<x>\\', "2 0<1>", '"Annax" <201>'),
        ],
    )
    def test_nothing_of_it_breaks_a_header(self, name: str, number: str, shown: str):
        assert caller_id(name, number) == shown


class TestClicked:
    @pytest.mark.parametrize(
        ("to", "why"),
        [("299", "bad_number"), ("", "bad_number"), ("+16502530000", "may_not")],
    )
    @virtual_time
    async def test_what_may_not_be_called_rings_nobody(self, to: str, why: str):
        house = House()
        async with opened(house) as asterisk:
            with pytest.raises(NotPossible) as refused:
                await house.calls.summons.call("anna", "w-anna-1", to, asterisk.link)
            assert refused.value.why == why and asterisk.callees == []

    @virtual_time
    async def test_a_device_that_is_not_there_is_told(self):
        house = House()
        async with opened(house) as asterisk:
            asterisk.phone("PJSIP/w-anna-1", "unreachable")
            with pytest.raises(NotPossible) as refused:
                await house.calls.summons.call("anna", "w-anna-1", "bert", asterisk.link)
            assert refused.value.why == "not_now" and house.views("anna") == []

    @virtual_time
    async def test_the_device_knows_which_call_it_is(self):
        house = House()
        async with opened(house) as asterisk:
            id = await house.calls.summons.call("anna", "w-anna-1", "bert", asterisk.link)
            anna = await rings(asterisk, "anna")
            (name,) = with_header(id)
            assert anna.variable(name) == id == house.view("anna").id
            await anna.answers()
            await rings(asterisk, "bert")
            assert house.view("anna").id == id

    @virtual_time
    async def test_no_more_than_a_user_may_have_at_once(self):
        house = House(limit=2)
        async with opened(house) as asterisk:
            for _ in range(2):
                await house.calls.summons.call("anna", "w-anna-1", "bert", asterisk.link)
            with pytest.raises(NotPossible) as refused:
                await house.calls.summons.call("anna", "w-anna-1", "bert", asterisk.link)
            assert refused.value.why == "not_now" and len(asterisk.callees) == 2
            await house.calls.summons.call("anna", "w-anna-1", "112", asterisk.link)
