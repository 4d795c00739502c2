"""Who calls, and which call it is. Where calls go: `calls/basic.py` and `calls/forwards.py`."""

from __future__ import annotations

import asyncio

import pytest
from stasis_webrtc.routing import endpoint_of

from stasis.testing.asterisk import Asterisk
from stasis.testing.clock import virtual_time
from tests.apps.stasis_webrtc.house import House, opened, rings

CHOSEN = "6f1c6f0e-9d0b-4c7e-8a55-0f0c2c3b7a10"


class TestEndpointOf:
    @pytest.mark.parametrize(
        ("name", "endpoint"),
        [
            ("PJSIP/w-anna-1a2b3c4d-00000001", "w-anna-1a2b3c4d"),
            ("PJSIP/anna-00000001", "anna"),
            ("Local/anna@default-00000001;2", ""),
            ("PJSIP/", ""),
            ("", ""),
        ],
    )
    def test_it_is_the_name_of_a_pjsip_channel(self, name: str, endpoint: str):
        assert endpoint_of(name) == endpoint


def dialplan(header: str) -> str:
    """What a device dials, with a header in its INVITE."""
    return (
        "[default]\nexten => _X.,1,Set(PJSIP_HEADER(read,X-Stasis-Call)="
        f"{header})\n same => n,Stasis(webrtc,dial,${{EXTEN}})\n"
    )


COMMAS = "[default]\nexten => _[*0-9].,1,Stasis(webrtc,dial,${EXTEN})\n"


async def id_of(house: House, asterisk: Asterisk) -> str:
    """The id of the call that Anna makes."""
    await asterisk.call("202", number="w-anna-1")
    await rings(asterisk, "bert")
    return house.view("anna").id


class TestHeader:
    @virtual_time
    async def test_a_device_chooses_the_id_of_its_call(self):
        house = House()
        async with Asterisk(house, sounds={}, dialplan=dialplan(CHOSEN)) as asterisk:
            assert await id_of(house, asterisk) == CHOSEN

    @pytest.mark.parametrize("header", ["", "x", "../../etc/passwd", "a" * 65, "a b c d e f"])
    @virtual_time
    async def test_but_no_other_text(self, header: str):
        house = House()
        async with Asterisk(house, sounds={}, dialplan=dialplan(header)) as asterisk:
            assert await id_of(house, asterisk) not in ("", header)

    @virtual_time
    async def test_nor_one_that_is_taken(self):
        house = House()
        async with Asterisk(house, sounds={}, dialplan=dialplan(CHOSEN)) as asterisk:
            await asterisk.call("202", number="w-anna-1")
            await asterisk.call("202", number="w-carl-1")
            await rings(asterisk, "bert")
            assert house.view("anna").id == CHOSEN != house.view("carl").id

    @virtual_time
    async def test_and_every_device_is_told_the_id_of_its_users_call(self):
        house = House()
        async with opened(house) as asterisk:
            await asterisk.call("webrtc", "dial", "202", number="w-anna-1")
            phones = [await rings(asterisk, "bert", device) for device in (1, 2)]
            told = {each.variable("PJSIP_HEADER(add,X-Stasis-Call)") for each in phones}
            assert told == {house.view("bert").id}


class TestDialplan:
    @virtual_time
    async def test_on_behalf_of_a_user(self):
        house = House()
        async with opened(house) as asterisk:
            await asterisk.call("webrtc", "dial", "202", "anna", number="desk1")
            await rings(asterisk, "bert")
            assert house.view("anna").peer.user == "bert"

    @virtual_time
    async def test_a_device_is_nobody_else(self):
        house = House()
        async with opened(house) as asterisk:
            await asterisk.call("webrtc", "dial", "202", "anna", number="w-carl-1")
            await rings(asterisk, "bert")
            assert house.view("carl").peer.user == "bert" and house.views("anna") == []

    @pytest.mark.parametrize("dialled", ["202,anna", '202,"anna"', "*97,anna", "202,anna,"])
    @virtual_time
    async def test_nobody_becomes_a_user_by_a_comma_in_what_is_dialled(self, dialled: str):
        house = House()
        async with Asterisk(house, sounds={}, dialplan=COMMAS) as asterisk:
            caller = await asterisk.call(dialled, number="desk1")
            assert await caller.is_hung_up() == 21
        assert house.seen == [] and house.directory.refusals == [("", dialled, "forbidden")]

    @virtual_time
    async def test_no_device_chooses_the_id_of_its_call_by_a_comma(self):
        house = House()
        async with Asterisk(house, sounds={}, dialplan=COMMAS) as asterisk:
            await asterisk.call("1000", number="w-carl-1")
            await asyncio.sleep(1)
            theirs = house.view("carl").id
            caller = await asterisk.call(f"202,,{theirs}", number="w-anna-1")
            assert await caller.is_hung_up() == 1
            assert house.view("carl").id == theirs != house.seen[-1].id

    @virtual_time
    async def test_nor_does_a_dialplan_that_says_it_was_rung_by_us(self):
        house = House()
        async with opened(house) as asterisk:
            await asterisk.call("webrtc", "dial", "202", "", CHOSEN, number="w-anna-1")
            await rings(asterisk, "bert")
            assert house.view("anna").id != CHOSEN

    @virtual_time
    async def test_what_is_neither_dial_nor_ring_is_told_to_who_calls(self):
        house = House()
        async with opened(house) as asterisk:
            caller = await asterisk.call("webrtc", "fly", number="w-anna-1")
            await caller.hears("sound:tt-somethingwrong")
            assert await caller.is_hung_up() == 38
