"""What a wrong program does not get past: a test of it fails, wherever it goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from stasis.ari.events import Event
from stasis.channel import Channel
from stasis.flow import Flow
from stasis.plugin import NoConfig, Plugin
from stasis.program import Runnable
from stasis.testing.asterisk import Asterisk, FlowFailed
from stasis.testing.clock import virtual_time
from stasis.testing.party import NotHeard
from stasis.testing.play import Play
from stasis.trigger import After, Gap

ANSWERS = "[default]\nexten => answer,1,Answer()\nsame => n,Echo()\n"


async def raises(channel: Channel) -> None:
    await channel.answer()
    raise KeyError("at once")


async def raises_when_left(channel: Channel) -> None:
    await channel.answer()
    try:
        await asyncio.sleep(1000)
    finally:
        raise KeyError("when left")


async def presses(channel: Channel) -> None:
    await channel.answer()
    await channel.send_dtmf("5")
    await asyncio.sleep(1)


class Early(Flow):
    """Bridges a phone before it is answered, as for early media."""

    async def talking(self, event: Event) -> None:
        await self.channel.answer()
        ari = self.asterisk.ari
        await ari.bridges.create_with_id("room", type="mixing")
        await ari.channels.create(endpoint="PJSIP/alice", app="elsewhere", channel_id="alice")
        await ari.bridges.add_channel("room", channel=[self.channel.id, "alice"])
        await ari.channels.dial("alice")

    async def ended(self, event: Event | None) -> None:
        await self.asterisk.ari.bridges.destroy("room")

    start = talking
    table = {talking: {After(3600): talking}}


async def stays(channel: Channel) -> None:
    await asyncio.sleep(1000)


class Beside(Plugin):
    """A plugin whose background work is wrong."""

    name = "beside"

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__(NoConfig())
        self.error = error
        self.gaps: list[Gap] = []

    def flows(self) -> Mapping[str, Runnable]:
        return {"beside": presses}

    async def run(self) -> None:
        if self.error is not None:
            raise self.error

    async def gap(self, gap: Gap) -> None:
        self.gaps.append(gap)


class TestWhatAFlowRaises:
    @virtual_time
    async def test_fails_the_test_also_on_a_channel_that_is_nobodys_phone(self):
        with pytest.raises(FlowFailed, match="channel ") as failed:
            async with Asterisk(raises, sounds={}, dialplan=ANSWERS) as asterisk:
                await asterisk.link.originate("Local/answer@default/n", "raises")
                await asyncio.sleep(1)
        assert isinstance(failed.value.__cause__, KeyError)

    @virtual_time
    async def test_fails_it_although_there_was_none_when_the_test_looked(self):
        with pytest.raises(FlowFailed):
            async with Asterisk(raises_when_left, sounds={}) as asterisk:
                caller = await asterisk.call()
                assert caller.failure is None

    @virtual_time
    async def test_is_fine_once_the_test_has_seen_it(self):
        async with Asterisk(raises, sounds={}) as asterisk:
            caller = await asterisk.call()
            assert isinstance(caller.failure, KeyError)

    @virtual_time
    async def test_is_told_at_the_keyboard_when_it_quits(self):
        async with Play(raises_when_left, sounds={}) as playing:
            await playing.wait()
        told = [moment.text for moment in playing.moments if moment.kind == "error"]
        assert len(told) == 1 and told[0].startswith("the flow failed: KeyError: 'when left'")

    @virtual_time
    async def test_is_said_where_it_leaves_a_phone_silent(self):
        async with Asterisk(raises, sounds={}) as asterisk:
            caller = await asterisk.call()
            with pytest.raises(AssertionError, match="a flow has raised KeyError: 'at once'"):
                await asterisk.rings("PJSIP/alice", within=1)
            assert caller.failure is not None


class TestWhatAPluginDoesBeside:
    @virtual_time
    async def test_fails_the_test_when_it_raises(self):
        with pytest.raises(FlowFailed, match="the plugin 'beside' has raised"):
            async with Asterisk(Beside(ValueError("no such table")), sounds={}) as asterisk:
                await asterisk.call()

    @virtual_time
    async def test_is_told_of_gaps_by_the_virtual_clock(self):
        plugin = Beside()
        async with Asterisk(plugin, sounds={}) as asterisk:
            await asterisk.call()
            await asterisk.cut(15)
            await asyncio.sleep(20)
        assert [gap.seconds for gap in plugin.gaps] == [pytest.approx(15, abs=0.1)]


class TestWhoTalks:
    @virtual_time
    async def test_is_nobody_whose_phone_still_rings(self):
        async with Asterisk({"early": Early, "elsewhere": stays}, sounds={}) as asterisk:
            caller = await asterisk.call()
            alice = await asterisk.rings("PJSIP/alice")
            with pytest.raises(NotHeard):
                await caller.talks_with(alice, within=1)
            await alice.answers()
            await caller.talks_with(alice)
            await alice.hangs_up()

    @virtual_time
    async def test_hears_the_keys_that_are_sent(self):
        async with Asterisk(presses, sounds={}) as asterisk:
            caller = await asterisk.call()
            await caller.hears("digit:5")
