"""Pages that are closed in a call: the others are not left in dead air."""

from __future__ import annotations

import asyncio

from stasis.testing.clock import virtual_time
from tests.apps.stasis_webrtc.switch import served


@virtual_time
async def test_who_closes_the_page_is_lost_soon_and_the_call_ends_when_nobody_comes_back():
    async with served() as site:
        talk = await site.talk()
        ear = await talk.one.listen()
        await ear.told()
        await ear.leave()
        await talk.one.registers(gone=True)
        await asyncio.sleep(4)
        await talk.caller.talks_with(talk.callee)
        await talk.caller.is_hung_up(within=2)
        await talk.callee.hears("music:default", within=2)
        assert (await talk.one.call())["rejoin"] is True
        await asyncio.sleep(site.switch.config.rejoin - 2)
        assert not talk.callee.over
        await talk.callee.is_hung_up(within=5)


@virtual_time
async def test_one_that_comes_back_is_rung():
    async with served() as site:
        talk = await site.talk()
        before = await talk.one.call()
        await talk.one.registers(gone=True)
        await talk.caller.is_hung_up(within=7)
        await talk.one.registers()
        again = await talk.one.rings()
        await again.answers()
        await again.talks_with(talk.callee, within=2)
        assert (await talk.one.call())["id"] == before["id"]
        await again.hangs_up()


@virtual_time
async def test_while_the_page_hears_the_feed_its_call_goes_on():
    async with served() as site:
        talk = await site.talk()
        ear = await talk.one.listen()
        await ear.told()
        await talk.one.registers(gone=True)
        await asyncio.sleep(30)
        await talk.caller.talks_with(talk.callee)
        await ear.leave()
        await talk.caller.is_hung_up(within=7)
        await talk.one.log_out()


@virtual_time
async def test_a_device_that_is_there_again_in_time_is_not_lost():
    async with served() as site:
        talk = await site.talk()
        for _ in range(3):
            await talk.one.registers(gone=True)
            await asyncio.sleep(3)
            await talk.one.registers()
            await asyncio.sleep(1)
        await asyncio.sleep(10)
        await talk.caller.talks_with(talk.callee)
        await talk.over()


@virtual_time
async def test_who_calls_and_closes_the_page_calls_no_more():
    async with served() as site:
        anna, bert = await site.phone("anna"), await site.phone("bert")
        caller = await anna.dials("bert")
        callee = await bert.rings()
        await anna.registers(gone=True)
        await caller.is_hung_up(within=7)
        await callee.is_hung_up(within=2)


@virtual_time
async def test_what_rings_at_it_goes_on_ringing():
    async with served() as site:
        anna, bert = await site.phone("anna"), await site.phone("bert")
        caller = await anna.dials("bert")
        callee = await bert.rings()
        await bert.registers(gone=True)
        await asyncio.sleep(10)
        assert not callee.over and not caller.over
        await callee.answers()
        await caller.talks_with(callee)
        await caller.hangs_up()
