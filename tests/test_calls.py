"""The calls of one Asterisk: who comes in, what a loss does to them, and how all of them end."""

from __future__ import annotations

import asyncio
import gc
from typing import Any, ClassVar

import msgspec
from structlog.testing import capture_logs

from stasis.ari.events import (
    ChannelDestroyed,
    ChannelEnteredBridge,
    ChannelLeftBridge,
    Event,
    PlaybackFinished,
    StasisEnd,
    StasisStart,
)
from stasis.ari.resource import Request, Response
from stasis.channel import Channel
from stasis.config import AsteriskConfig, Config
from stasis.errors import ApplicationTaken
from stasis.flow import Flow, Leave
from stasis.identity import Identity
from stasis.keep import VARIABLE
from stasis.record import Record
from stasis.testing.clock import virtual_time
from stasis.trigger import After, Gap, Other, Resumed
from tests.server import APP, Process, Server, dialling, held, refused, turn


class Told(Flow):
    """Stays, and writes down what it hears and how it ends."""

    def __init__(self) -> None:
        self.told: list[Event] = []
        self.ends: list[Event | None] = []
        self.gone: list[str] = []

    async def here(self, event: Event) -> None:
        self.told.append(event)

    async def deaf(self, event: Event) -> None:
        self.told.append(event)

    async def ended(self, event: Event | None) -> None:
        self.ends.append(event)
        assert self.channel.gone is not None
        self.gone.append(self.channel.gone.reason)

    start: ClassVar[Any] = here
    table: ClassVar = {here: {Gap: deaf}, deaf: {After(36_000): deaf}}


async def stays(channel: Channel) -> None:
    """A call that stays until it ends."""
    await asyncio.get_running_loop().create_future()


class TestComing:
    @virtual_time
    async def test_who_comes_is_a_new_call(self):
        server = Server()
        async with Process(server, Told) as process:
            call = await server.calls("de", "vip")
            (event,) = process.flow(call).told
            assert isinstance(event, StasisStart) and process.link.counts["calls"] == 1
            assert process.runner(call).channel.args == ("de", "vip")

    @virtual_time
    async def test_while_it_drains_new_ones_go_on_in_the_dialplan_and_live_ones_stay(self):
        server = Server()
        async with Process(server, Told) as process:
            live = await server.calls()
            process.link.drain()
            late = await server.calls()
            assert f"POST /channels/{late}/continue" in server.lines
            assert [runner.channel.id for runner in process.link.runners] == [live]
            await server.hangs_up(live)
            await process.link.idle()

    @virtual_time
    async def test_a_channel_of_a_call_that_is_over_is_hung_up(self):
        server = Server()
        async with Process(server, Told) as process:
            late = str(Identity("channel", APP, "0123456789abcdef", 1, "0"))
            server._channel(late, "PJSIP/desk-1", "Up")
            server._enter(late, APP)
            await server._told()
            assert late not in server.channels and process.link.runners == set()

    @virtual_time
    async def test_a_flow_that_cannot_be_made_keeps_no_other_from_its_call(self):
        class Broken(Told):
            def __init__(self) -> None:
                super().__init__()
                if not server.channels.get("c2"):
                    raise LookupError("no database")

        server = Server()
        async with Process(server, Broken) as process:
            first = await server.calls()
            assert first not in server.channels
            second = await server.calls()
            assert process.runner(second).state == "here"
            assert process.link.router.counts()["claims"] == 1


class TestThroughAGap:
    """Deaf is not dead: what was missed is told, then the gap itself."""

    @virtual_time
    async def test_the_flows_and_who_asked_are_told_since_when_and_until_when(self):
        server = Server()
        async with Process(server, Told) as process:
            gaps: list[Gap] = []

            async def on_gap(gap: Gap) -> None:
                gaps.append(gap)

            process.link.on_gap.append(on_gap)
            call = await server.calls()
            await process.deaf()
            assert process.link.state.value == "gap" and process.flow(call).told[1:] == []
            await process.hears()
            (told,) = process.flow(call).told[1:]
            assert isinstance(told, Gap) and gaps == [told]
            assert told.start <= told.end
            assert told.seconds == (told.end - told.start).total_seconds() >= 0
            assert process.runner(call).state == "deaf" and process.link.counts["gaps"] == 1

    @virtual_time
    async def test_the_first_connect_is_no_gap(self):
        server = Server()
        async with Process(server, Told) as old:
            call = await server.calls()
            await old.kill()
            async with Process(server, Told) as new:
                assert [type(event) for event in new.flow(call).told] == [Resumed]
                assert new.link.counts["gaps"] == 0

    @virtual_time
    async def test_a_loss_before_all_was_compared_is_the_same_gap(self):
        server = Server()
        async with Process(server, Told) as process:
            call = await server.calls()
            await process.deaf()
            async with held(server, "GET /channels"):
                await process.hears()
                await process.deaf()
            await process.hears()
            assert process.ready
            assert [type(event) for event in process.flow(call).told[1:]] == [Gap]
            assert process.link.counts["gaps"] == 1

    @virtual_time
    async def test_who_came_meanwhile_is_a_new_call_and_had_no_gap(self):
        server = Server()
        async with Process(server, Told) as process:
            await process.deaf()
            call = await server.calls("de")
            await process.hears()
            assert [type(event) for event in process.flow(call).told] == [StasisStart]
            assert process.runner(call).channel.args == ("de",)

    @virtual_time
    async def test_who_left_meanwhile_ends_once(self):
        server = Server()
        async with Process(server, Told) as process:
            gone, left, here = [await server.calls() for _ in range(3)]
            flows = [process.flow(call) for call in (gone, left, here)]
            await process.deaf()
            await server.hangs_up(gone)
            await server.leaves(left)
            await process.hears()
            assert [[type(event) for event in flow.ends] for flow in flows] == [
                [StasisEnd],
                [StasisEnd],
                [],
            ]
            assert [runner.channel.id for runner in process.link.runners] == [here]

    @virtual_time
    async def test_a_wait_for_who_enters_a_bridge_is_settled(self):
        class Enters(Told):
            async def enters(self, event: Event) -> str:
                bridge = await self.channel.bridge()
                await bridge.add(self.channel, timeout=600)
                return "inside"

            async def inside(self, event: Event) -> None:
                self.told.append(event)

            start = enters
            table: ClassVar = {enters: {"inside": inside}, inside: {After(36_000): inside}}

        server = Server()
        async with Process(server, Enters) as process:
            async with held(server, "POST /bridges/bridge-"):
                call = await server.calls()
                await process.deaf()
            await turn()
            assert process.runner(call).state == "enters"
            await process.hears()
            assert process.runner(call).state == "inside"
            assert process.runner(call).channel.bridge_id in server.bridges

    @virtual_time
    async def test_what_happened_is_told_before_the_gap(self):
        class Busy(Told):
            async def here(self, event: Event) -> None:
                self.desk = await self.channel.originate("PJSIP/desk")
                self.playback = await self.channel.play("sound:a")
                self.recording = await self.channel.record("messages/1")
                self.bridge = await self.channel.bridge()
                await self.bridge.add(self.channel)

            async def next_(self, event: Event) -> None:
                self.told.append(event)

            start = here
            table: ClassVar = {
                here: dict.fromkeys(
                    (Other(StasisStart), Other(ChannelDestroyed), PlaybackFinished, Gap),
                    next_,
                ),
                next_: dict.fromkeys(
                    (Other(StasisStart), PlaybackFinished, ChannelLeftBridge, Gap), next_
                ),
            }

        server = Server()
        async with Process(server, Busy) as process:
            call = await server.calls()
            flow = process.flow(call)
            assert flow.channel.bridge_id == flow.bridge.id
            await process.deaf()
            await server.answers(flow.desk.id)
            await server.finish(flow.playback.id)
            await server.finish_recording("messages/1")
            server._part(call)
            await server._told()
            await process.hears()
            assert [type(event) for event in flow.told] == [
                PlaybackFinished,
                ChannelLeftBridge,
                StasisStart,
                Gap,
            ]
            assert not flow.desk.awaited and flow.channel.bridge_id is None
            assert (await flow.playback.finished()).state == "done"
            assert (await flow.recording.finished()).state == "done"

    @virtual_time
    async def test_a_desk_that_answered_and_one_that_did_not_are_heard(self):
        class Desks(Told):
            async def here(self, event: Event) -> None:
                self.desks = [await self.channel.originate(f"PJSIP/{n}") for n in range(2)]

            async def one(self, event: Event) -> None:
                self.told.append(event)

            start = here
            table: ClassVar = {
                here: {Other(StasisStart): one, Other(ChannelDestroyed): one},
                one: {Other(StasisStart): one, Other(ChannelDestroyed): one},
            }

        server = Server()
        async with Process(server, Desks) as process:
            flow = process.flow(await server.calls())
            first, second = (desk.id for desk in flow.desks)
            await process.deaf()
            await server.hangs_up(first)
            await server.answers(second)
            await process.hears()
            told = [(type(event), event.channel.id) for event in flow.told]
            assert told == [(StasisStart, second), (ChannelDestroyed, first)]


class TestTouched:
    """What an event has told of meanwhile is newer than an answer, and is asked for once more."""

    @virtual_time
    async def test_who_enters_while_it_is_asked_has_not_left(self):
        server = Server()
        async with Process(server, Told) as process:
            call = await server.calls()
            channel = process.runner(call).channel
            bridge = await channel.bridge()
            await process.deaf()
            false = channel.expect(ChannelLeftBridge)
            async with held(server, "GET /channels"):
                await process.hears()
                # The bridges that were listed do not know of it.
                server._answer("POST", ["bridges", bridge.id, "addChannel"], {"channel": call})
                await server._told()
                assert channel.bridge_id == bridge.id
            assert process.ready
            assert channel.bridge_id == bridge.id and list(bridge.channels) == [call]
            assert not false.settled
            false.cancel()

    @virtual_time
    async def test_who_leaves_while_it_is_asked_is_not_inside(self):
        server = Server()
        async with Process(server, Told) as process:
            call = await server.calls()
            channel = process.runner(call).channel
            bridge = await channel.bridge()
            await bridge.add(channel)
            await process.deaf()
            async with held(server, "GET /channels"):
                await process.hears()
                server._part(call)
                await server._told()
                false = channel.expect(ChannelEnteredBridge)
            assert channel.bridge_id is None and list(bridge.channels) == []
            assert process.ready and not false.settled
            false.cancel()

    @virtual_time
    async def test_events_that_never_cease_are_believed_in_the_end(self):
        server = Server()
        async with Process(server, Told) as process:
            call = await server.calls()
            await process.deaf()
            take = server.take

            async def busy(request: Request) -> Response:
                if request.path == "/channels":
                    server.tell(
                        APP, "ChannelDtmfReceived", channel=server.channels[call], digit="1"
                    )
                    await turn()
                return await take(request)

            server.take = busy  # type: ignore[method-assign]
            await process.hears()
            await asyncio.sleep(1)
            assert process.ready
            assert process.runner(call).channel.gone is None


class TestFence:
    """Events that do not reach us are no connection, whatever the socket says."""

    @virtual_time
    async def test_when_events_do_not_come_after_a_connect_it_connects_again(self):
        server = Server()
        async with Process(server, Told) as process:
            call = await server.calls()
            await process.deaf()
            server.echoes = False
            await process.hears()
            await asyncio.sleep(process.link.config.asterisk.ping_timeout + 1)
            assert process.closed == 1 and not process.ready
            server.echoes = True
            await process.deaf()
            await process.hears()
            assert process.ready
            assert isinstance(process.flow(call).told[-1], Gap)

    @virtual_time
    async def test_nothing_is_compared_before_they_have_come(self):
        server = Server()
        async with Process(server, Told) as process:
            call = await server.calls()
            await process.deaf()
            await server.hangs_up(call)
            server.echoes = False
            await process.hears()
            assert process.runner(call).channel.gone is None
            assert process.link.state.value == "gap"

    @virtual_time
    async def test_when_they_stop_coming_it_is_noticed_in_time(self):
        server = Server()
        async with Process(server, Told) as process:
            asterisk = process.link.config.asterisk
            await asyncio.sleep(asterisk.probe_interval * 3)
            assert process.closed == 0
            server.echoes = False
            await asyncio.sleep(asterisk.probe_interval + asterisk.ping_timeout + 1)
            assert process.closed == 1

    @virtual_time
    async def test_of_each_application(self):
        server = Server()
        async with Process(server, {APP: Told, "queue": Told}) as process:
            await asyncio.sleep(process.link.config.asterisk.probe_interval * 2)
            server.apps["queue"] = None  # another has it, and told us nothing
            await asyncio.sleep(process.link.config.asterisk.probe_interval * 2)
            assert process.closed >= 1

    @virtual_time
    async def test_an_application_that_asterisk_has_forgotten_is_noticed(self):
        """Another program took it, and has left; the socket stays open and is deaf."""
        server = Server()
        async with Process(server, Told) as process:
            server.refuse["POST /events/user"] = refused(404, "Application not found")
            await asyncio.sleep(process.link.config.asterisk.probe_interval + 1)
            assert process.closed == 1


class TestAsteriskRestarted:
    @virtual_time
    async def test_also_when_the_first_connect_after_it_fails(self):
        server = Server()
        async with Process(server, Told) as process:
            flow = process.flow(await server.calls())
            await process.deaf()
            server.restart()
            server.refuse["PUT /applications"] = refused(503, "Asterisk not booted")
            await process.hears()
            assert process.closed == 1
            await process.deaf()
            server.refuse.clear()
            await process.hears()
            assert flow.gone == ["Asterisk was restarted"]

    @virtual_time
    async def test_every_call_ends_once_and_says_why(self):
        server = Server()
        async with Process(server, Told) as process:
            flows = [process.flow(await server.calls()) for _ in range(3)]
            await process.deaf()
            server.restart()
            await process.hears()
            assert [len(flow.ends) for flow in flows] == [1, 1, 1]
            assert {reason for flow in flows for reason in flow.gone} == {"Asterisk was restarted"}
            assert process.link.runners == set()
            assert process.link.router.counts() == {"claims": 0, "waits": 0, "held": 0}

    @virtual_time
    async def test_nothing_is_deleted_there(self):
        class Busy(Told):
            async def here(self, event: Event) -> None:
                await self.channel.play("sound:a")
                await self.channel.record("messages/1")
                await self.channel.bridge()
                await self.channel.originate("PJSIP/desk")
                await self.channel.snoop()
                await asyncio.get_running_loop().create_future()

            start = here
            table: ClassVar = {}

        server = Server()
        async with Process(server, Busy) as process:
            flow = process.flow(await server.calls())
            await process.link.bridge(APP, "sales")
            await process.deaf()
            server.restart()
            server.lines.clear()
            await process.hears()
            assert server.changes() == [] and len(flow.ends) == 1
            assert process.link.router.counts() == {"claims": 0, "waits": 0, "held": 0}

    @virtual_time
    async def test_new_calls_are_taken(self):
        server = Server()
        async with Process(server, Told) as process:
            await process.deaf()
            server.restart()
            await process.hears()
            call = await server.calls()
            assert process.runner(call).state == "here"


class Stubborn(Told):
    """Hangs up whatever happens, and fails at it loudly."""

    async def here(self, event: Event) -> None:
        self.told.append(event)
        await self.channel.bridge()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            await self.channel.hangup()

    async def ended(self, event: Event | None) -> None:
        await self.channel.hangup()

    start = here
    table: ClassVar = {}


class TestLettingGo:
    """Another process goes on with the calls: here they end, and there nothing is touched."""

    @virtual_time
    async def test_nothing_is_sent_any_more_whatever_the_flows_do(self):
        server = Server()
        async with Process(server, Stubborn) as process:
            calls = [await server.calls() for _ in range(3)]
            server.lines.clear()
            process.link.let_go("somebody else has them")
            await process.link.idle()
            assert server.lines == [] and set(calls) == set(server.channels)
            assert len(server.bridges) == 3
            assert process.link.router.counts() == {"claims": 0, "waits": 0, "held": 0}

    @virtual_time
    async def test_nor_by_a_call_that_has_only_just_come_in(self):
        server = Server()
        async with Process(server, Stubborn) as process:
            channel = server._channel("c9", "PJSIP/x-1", "Ring")
            channel["dialplan"] |= {"app_name": "Stasis", "app_data": APP}
            server.lines.clear()
            # Both in one breath of the reader.
            server.tell(APP, "StasisStart", channel=channel, args=[])
            server.tell(APP, "ApplicationReplaced")
            await process.ended()
            assert isinstance(process.error, ApplicationTaken)
            assert server.lines == [] and process.link.runners == set()

    @virtual_time
    async def test_who_stands_by_lets_go_of_that_one_too(self):
        server = Server()
        config = Config(asterisk=AsteriskConfig(when_taken="standby"))
        with dialling():
            async with Process(server, Told, config, dials=True) as process:
                await process.link.state.reached("ready", timeout=100)
                channel = server._channel("c9", "PJSIP/x-1", "Ring")
                channel["dialplan"] |= {"app_name": "Stasis", "app_data": APP}
                server.heard[APP].add("c9")
                server.lines.clear()
                server.tell(APP, "StasisStart", channel=channel, args=[])
                server.tell(APP, "ApplicationReplaced")
                await turn()
                assert process.link.state.value == "standby"
                assert process.link.runners == set() and server.changes() == []
                assert "c9" in server.channels

    @virtual_time
    async def test_what_it_was_about_to_take_over_it_does_not(self):
        server = Server()
        config = Config(asterisk=AsteriskConfig(when_taken="standby"))
        with dialling():
            async with Process(server, Stubborn, config, dials=True) as old:
                await old.link.state.reached("ready", timeout=100)
                call = await server.calls()
                await old.kill()
                server.lines.clear()
                async with Process(server, Stubborn, config, dials=True) as new:
                    async with held(server, f"GET /channels/{call}/variable"):
                        while f"GET /channels/{call}/variable" not in server.lines:
                            await asyncio.sleep(0.1)
                        server.tell(APP, "ApplicationReplaced")
                        await turn()
                        assert new.link.state.value == "standby"
                    assert new.link.runners == set() and server.changes() == []
                    assert call in server.channels and new.link.state.value == "standby"

    @virtual_time
    async def test_nor_when_the_application_is_free_again_before_they_have_ended(self):
        late = asyncio.Event()

        class Slow(Stubborn):
            async def here(self, event: Event) -> None:
                try:
                    await asyncio.get_running_loop().create_future()
                finally:
                    await late.wait()
                    await self.channel.hangup()

            start = here

        server = Server()
        config = Config(asterisk=AsteriskConfig(when_taken="standby"))
        with dialling():
            async with Process(server, Slow, config, dials=True) as process:
                await process.link.state.reached("ready", timeout=100)
                call = await server.calls()
                server.tell(APP, "ApplicationReplaced")
                del server.heard[APP]
                await turn()
                assert process.link.state.value == "standby"
                await asyncio.sleep(2)
                late.set()
                server.heard[APP] = {call}
                await process.link.state.reached("ready", timeout=100)
                assert call in server.channels and process.runner(call).state == "here"

    @virtual_time
    async def test_a_call_that_it_has_placed_goes_on_where_the_other_has_brought_it(self):
        server = Server()
        config = Config(asterisk=AsteriskConfig(when_taken="standby"))
        with dialling():
            async with Process(server, Told, config, dials=True) as process:
                await process.link.state.reached("ready", timeout=100)
                call = await process.link.originate("PJSIP/desk", APP)
                server.tell(APP, "ApplicationReplaced")
                await turn()
                assert process.link.state.value == "standby"
                # The other takes it, brings it to its next state, and ends.
                server._enter(call, APP)
                kept = Record.decode(server.variables[call, VARIABLE])
                later = msgspec.structs.replace(kept, state="deaf", entry=2)
                server.variables[call, VARIABLE] = later.encode()
                dialled = server.dialled

                def again(process: Process) -> None:
                    server.heard[APP] = {call}
                    dialled(process)

                server.dialled = again  # type: ignore[method-assign]
                del server.heard[APP]
                await process.link.state.reached("ready", timeout=100)
                assert process.runner(call).state == "deaf"

    @virtual_time
    async def test_and_it_makes_no_noise(self):
        noise: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, told: noise.append(told))
        server = Server()
        with capture_logs() as logs:
            async with Process(server, Stubborn) as process:
                await server.calls()
                server.tell(APP, "ApplicationReplaced")
                await process.ended()
            del process
            gc.collect()
            await turn()
        assert noise == []
        assert [each["event"] for each in logs if each["log_level"] == "error"] == [
            "another program has taken the application"
        ]

    @virtual_time
    async def test_its_waits_end(self):
        class Waits(Told):
            async def here(self, event: Event) -> None:
                playback = await self.channel.play("sound:a")
                await playback.finished()

            start = here
            table: ClassVar = {}

        server = Server()
        async with Process(server, Waits) as process:
            await server.calls()
            process.link.let_go("somebody else has them")
            await process.link.idle()
            assert len(server.playbacks) == 1

    @virtual_time
    async def test_who_comes_after_it_is_the_next_process(self):
        server = Server()
        async with Process(server, Told) as process:
            process.link.let_go("the program stops")
            call = await server.calls()
            assert process.link.runners == set() and process.link.counts["calls"] == 0
            assert call in server.channels and call not in str(server.changes())


class TestEnding:
    @virtual_time
    async def test_all_are_left_as_told(self):
        server = Server()
        async with Process(server, Told) as process:
            calls = [await server.calls() for _ in range(3)]
            process.link.end_calls(Leave(then="continue", context="reception"))
            await turn()
            assert all(f"POST /channels/{call}/continue" in server.lines for call in calls)
            await process.link.idle()

    @virtual_time
    async def test_or_as_each_flow_leaves_after_an_error(self):
        class Polite(Told):
            on_error = Leave(then="continue")

        server = Server()
        async with Process(server, {APP: Told, "queue": Polite}) as process:
            first, second = await server.calls(), await server.calls(app="queue")
            process.link.end_calls()
            await turn()
            assert first not in server.channels
            assert f"POST /channels/{second}/continue" in server.lines

    @virtual_time
    async def test_also_when_they_are_resumed_calls(self):
        server = Server()
        async with Process(server, Told) as old:
            call = await server.calls()
            await old.kill()
            async with Process(server, Told) as new:
                new.link.end_calls(Leave())
                await turn()
                assert call not in server.channels and new.link.runners == set()

    @virtual_time
    async def test_also_when_they_are_found_after_all_were_told(self):
        server = Server()
        async with Process(server, Told) as old:
            call = await server.calls()
            await old.kill()
            new = Process(server, Told)
            async with held(server, "GET /bridges"):
                new.start()
                await turn()
                new.link.drain()
                new.link.end_calls()
            assert call not in server.channels and new.link.runners == set()
            await new.kill()
