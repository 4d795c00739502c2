"""The fake at the two seams: it runs the real engine, and answers as Asterisk would."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from stasis.ari.events import ChannelTalkingStarted, Event, StasisStart
from stasis.ari.resource import Response
from stasis.channel import Channel
from stasis.config import Config
from stasis.errors import Conflict, NotFound, Unprocessable
from stasis.flow import Flow
from stasis.table import Do
from stasis.testing.clock import virtual_time
from stasis.trigger import After, Other
from tests.calls import calling
from tests.fake import FakeAsterisk


class Menu(Flow):
    """A flow to be called."""

    async def menu(self, event: Event) -> None:
        await self.channel.answer()
        await self.channel.play("sound:menu")

    async def talked(self, event: Event) -> None: ...

    start = menu
    table = {menu: {ChannelTalkingStarted: talked, After(30): talked}}


class TestCalls:
    @virtual_time
    async def test_a_flow_is_called_and_watched(self):
        async with FakeAsterisk(Menu) as asterisk:
            call = await asterisk.call()
            assert isinstance(call.flow, Menu) and call.state == "menu" and not call.over
            assert await asterisk.plays() == ["sound:menu"]
            await call.hangs_up()
            assert call.over

    @virtual_time
    async def test_who_calls_is_what_the_flow_sees(self):
        async with FakeAsterisk(Menu) as asterisk:
            call = await asterisk.call("a", "b", number="123", name="Zoë")
            channel = call.flow.channel
            assert channel.args == ("a", "b")
            assert (channel.caller_number, channel.caller_name) == ("123", "Zoë")

    @virtual_time
    async def test_the_plugin_is_what_the_flow_has(self):
        plugin = object()
        async with FakeAsterisk(Menu, plugin, Config()) as asterisk:
            assert (await asterisk.call()).flow.plugin is plugin

    @virtual_time
    async def test_a_function_is_called_too_however_short(self):
        async def hello(channel: Channel) -> None:
            await channel.answer()

        async with FakeAsterisk(hello) as asterisk:
            call = await asterisk.call()
            assert call.over and call.flow.channel.gone is not None

    @virtual_time
    async def test_several_calls_are_several_channels(self):
        async with FakeAsterisk(Menu) as asterisk:
            first, second = await asterisk.call(), await asterisk.call()
            assert first.id != second.id
            await first.hangs_up()
            assert first.over and not second.over

    @virtual_time
    async def test_time_passes_when_the_test_sleeps(self):
        async with FakeAsterisk(Menu) as asterisk:
            call = await asterisk.call()
            await asyncio.sleep(31)
            assert call.over

    @virtual_time
    async def test_one_that_nobody_takes_has_no_flow(self):
        async with FakeAsterisk(Menu) as asterisk:
            asterisk.link.drain()
            call = await asterisk.call()
            assert call.over and call.state == ""
            with pytest.raises(AssertionError, match="no flow of its own"):
                _ = call.flow

    @virtual_time
    async def test_calls_that_are_left_end_with_the_test(self):
        async with FakeAsterisk(Menu) as asterisk:
            call = await asterisk.call()
        assert call.over and asterisk.link.state.value == "stopped"


class TestWhatLives:
    @virtual_time
    async def test_a_dialled_channel_is_in_no_application_before_it_is_answered(self):
        async with calling() as call:
            another = await call.channel.originate("PJSIP/bob")
            live = await call.owner.ari.channels.get(another.id)
            assert live.dialplan.app_name != "Stasis"
            await call.asterisk.answered(another.id)
            live = await call.owner.ari.channels.get(another.id)
            assert (live.dialplan.app_name, live.dialplan.app_data) == ("Stasis", "test")

    @virtual_time
    async def test_who_enters_a_bridge_leaves_the_one_before(self):
        async with calling() as call:
            first, second = await call.channel.bridge(), await call.channel.bridge()
            await first.add(call.channel)
            await second.add(call.channel)
            await call.asterisk.turn()
            assert list(first.channels) == [] and list(second.channels) == [call.channel.id]
            listed = {each.id: list(each.channels) for each in await call.owner.ari.bridges.list()}
            assert listed == {first.id: [], second.id: [call.channel.id]}


class TestRequests:
    @virtual_time
    async def test_they_are_written_down_in_order(self):
        async with FakeAsterisk(Menu) as asterisk:
            # What the engine looks at after every connect: who it is, and what lives.
            assert asterisk.requests[1:4] == [
                "GET /asterisk/info",
                "PUT /applications/test/eventFilter",
                "GET /applications/test",
            ]
            assert {"GET /channels", "GET /bridges"} <= set(asterisk.requests)
            before = len(asterisk.requests)
            await asterisk.call()
            answer, play = asterisk.requests[before:]
            assert answer == "POST /channels/c1/answer"
            assert play.startswith("POST /channels/c1/play/playback-")
            assert dict(asterisk.sent[-1].query)["media"] == "sound:menu"

    @virtual_time
    async def test_a_test_may_have_them_refused(self):
        async with calling() as call:
            call.asterisk.refuse["POST /channels/c1/ring"] = Response(422, "", b'{"message":"no"}')
            with pytest.raises(Unprocessable):
                await call.channel.ring()
            del call.asterisk.refuse["POST /channels/c1/ring"]
            await call.channel.ring()

    @virtual_time
    async def test_what_is_not_there_is_not_found(self):
        async with calling() as call:
            ari = call.owner.ari
            for asking in (
                ari.channels.get("x"),
                ari.bridges.destroy("x"),
                ari.bridges.add_channel("x", channel=["c1"]),
                ari.playbacks.stop("x"),
                ari.recordings.stop("x"),
                ari.recordings.get_stored("x"),
                ari.channels.get_channel_var("c1", variable="X"),
            ):
                with pytest.raises(NotFound):
                    await asking

    @virtual_time
    async def test_what_it_does_not_know_succeeds(self):
        async with calling() as call:
            await call.owner.ari.asterisk.rotate_log("full")
            await call.channel.hold()

    @virtual_time
    async def test_what_is_set_is_read(self):
        async with calling() as call:
            await call.channel.set_variable("X", "1")
            assert call.asterisk.variables == {("c1", "X"): "1"}


class TestEvents:
    @virtual_time
    async def test_any_event_can_be_told(self):
        async with FakeAsterisk(Menu) as asterisk:
            call = await asterisk.call()
            await asterisk.event("ChannelTalkingStarted", call.id)
            assert call.over

    @virtual_time
    async def test_what_follows_from_a_request_is_told_before_its_answer(self):
        order: list[str] = []

        class Order(Flow):
            async def menu(self, event: Event) -> None:
                await self.channel.answer()
                order.append(self.channel.state)
                await asyncio.sleep(3600)

            start = menu

        async with FakeAsterisk(Order) as asterisk:
            await asterisk.call()
        assert order == ["Up"]

    @virtual_time
    async def test_a_playback_ends_when_the_test_says_so(self):
        async with calling() as call:
            playback = await call.channel.play("sound:a", "sound:b")
            assert await call.asterisk.plays() == ["sound:a"]
            await call.asterisk.finish("failed")
            assert (await playback.finished()).state == "failed"
            assert await call.asterisk.plays() == []

    @virtual_time
    async def test_a_recording_too(self):
        async with calling() as call:
            first, second = await call.channel.record("a"), await call.channel.record("b")
            await call.asterisk.finish_recording("a", duration=4)
            assert (await first.finished()).duration == 4
            await call.asterisk.finish_recording()
            assert (await second.finished()).state == "done"
            with pytest.raises(Conflict):
                await call.channel.record("a")
            result = await second.finished()
            assert result.stored is not None
            await result.stored.delete()
            await call.channel.record("b")


class TestOthers:
    class Dialling(Flow):
        """Rings bob."""

        async def ringing(self, event: Event) -> None:
            self.bob = await self.channel.originate("PJSIP/bob")

        async def talking(self, event: Event) -> None:
            bridge = await self.channel.bridge()
            await bridge.add(self.channel, self.bob)

        async def nothing(self, event: Event) -> None: ...

        start = ringing
        table = {
            ringing: {Other(StasisStart): talking},
            talking: {ChannelTalkingStarted: Do(nothing)},
        }

    @virtual_time
    async def test_who_is_dialled_answers_when_the_test_says_so(self):
        async with FakeAsterisk(self.Dialling) as asterisk:
            call = await asterisk.call()
            (bob,) = asterisk.dialled()
            assert call.state == "ringing"
            await bob.answers()
            assert call.state == "talking"
            flow: Any = call.flow
            assert flow.channel.bridge_id == flow.bob.bridge_id is not None

    @virtual_time
    async def test_who_hangs_up_leaves_the_bridge(self):
        async with FakeAsterisk(self.Dialling) as asterisk:
            call = await asterisk.call()
            (bob,) = asterisk.dialled()
            await bob.answers()
            flow: Any = call.flow
            await bob.hangs_up()
            assert flow.bob.gone is not None and flow.bob.bridge_id is None
            assert asterisk.dialled() == []

    @virtual_time
    async def test_a_dial_that_fails_has_its_status(self):
        async with calling() as call:
            bob = await call.channel.originate("PJSIP/bob")
            await call.asterisk.end(bob.id, cause=17, status="BUSY")
            assert bob.cause == 17
            await call.asterisk.end(bob.id)  # twice is once

    @virtual_time
    async def test_whoever_is_not_there_enters_no_bridge(self):
        async with calling() as call:
            bridge = await call.channel.bridge()
            with pytest.raises(Exception, match="Channel not found"):
                await call.owner.ari.bridges.add_channel(bridge.id, channel=["nobody"])

    @virtual_time
    async def test_a_destroyed_bridge_lets_them_out(self):
        async with calling() as call:
            bridge = await call.channel.bridge()
            await bridge.add(call.channel)
            await bridge.destroy()
            await call.asterisk.turn()
            assert call.channel.bridge_id is None and call.channel.gone is None

    @virtual_time
    async def test_what_is_there_can_be_asked_for_and_what_is_not_is_not_found(self):
        async with calling() as call:
            ari = call.owner.ari
            bridge = await call.channel.bridge()
            playback = await call.channel.play("sound:a")
            recording = await bridge.record("msg")
            assert [each.id for each in await ari.bridges.list()] == [bridge.id]
            assert (await ari.bridges.get(bridge.id)).id == bridge.id
            assert (await ari.playbacks.get(playback.id)).media_uri == "sound:a"
            assert (await ari.recordings.get_live("msg")).name == recording.name
            for asking in (
                ari.bridges.get("nothing"),
                ari.playbacks.get("nothing"),
                ari.recordings.get_live("nothing"),
            ):
                with pytest.raises(NotFound):
                    await asking

    @virtual_time
    async def test_nothing_can_be_written_over_its_socket(self):
        async with FakeAsterisk(Menu) as asterisk:
            with pytest.raises(AssertionError, match="through Send"):
                await asterisk._write("x")
            await asterisk._close()


@virtual_time
async def test_what_a_flow_has_raised_is_the_calls_failure() -> None:
    """A flow that fails is over; its failure is what it raised, and None for one that went well."""

    async def fails(channel: Channel) -> None:
        raise LookupError("seeded")

    async def works(channel: Channel) -> None:
        await channel.answer()

    async with FakeAsterisk(fails) as asterisk:
        call = await asterisk.call()
        assert call.over and isinstance(call.failure, LookupError)
    async with FakeAsterisk(works) as asterisk:
        call = await asterisk.call()
        assert call.over and call.failure is None
