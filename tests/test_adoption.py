"""Adoption: after a connect the calls that live and that nobody runs are taken over."""

from __future__ import annotations

from typing import Any, ClassVar
from unittest.mock import patch

import pytest
from structlog.testing import capture_logs

from stasis.ari.events import (
    Event,
    StasisStart,
)
from stasis.channel import Channel
from stasis.config import Config, EngineConfig
from stasis.flow import Leave
from stasis.keep import VARIABLE
from stasis.program import Runnable
from stasis.record import FORMAT
from stasis.testing.clock import virtual_time
from stasis.trigger import After, Other, Resumed
from tests.kept import Data, Desk, Menu, Newer, Speaks, Stays, Told, forever, restarted
from tests.server import APP, Process, Server, held


class TestWhileItSettles:
    """After a connect it is not known yet whose a channel is; events come all the same."""

    @virtual_time
    async def test_a_call_that_comes_in_begins_once(self):
        server = Server()
        async with Process(server, Stays) as old:
            await old.kill()
            async with Process(server, Stays) as new:
                await new.deaf()
                async with held(server, "GET /channels"):
                    await new.hears()
                    assert not new.ready
                    call = await server.calls()
                    assert len(new.flow(call).told) == 1
                assert new.ready
                assert [type(event) for event in new.flow(call).told] == [StasisStart]
                assert new.link.counts["calls"] == 1

    @virtual_time
    async def test_a_call_that_leaves_is_not_begun_again(self):
        server = Server()
        async with Process(server, Stays) as process:
            call = await server.calls()
            flow = process.flow(call)
            await process.deaf()
            async with held(server, "GET /channels"):
                await process.hears()
                await server.hangs_up(call)  # and it was listed
            assert len(flow.ends) == 1
            assert process.link.runners == set() and process.link.counts["calls"] == 1

    @virtual_time
    async def test_a_desk_that_answers_is_its_calls(self):
        class Desk(Stays):
            async def ringing(self, event: Event) -> None:
                self.told.append(event)
                await self.channel.originate("PJSIP/desk")

            async def talking(self, event: Event) -> None:
                self.told.append(event)

            start = ringing
            table: ClassVar = {ringing: {Other(StasisStart): talking}, talking: {After(9): talking}}

        server = Server()
        async with Process(server, Desk) as old:
            call = await server.calls()
            (desk,) = server.made("channel")
            await old.kill()
            async with held(server, f"GET /channels/{call}/variable"):
                new = Process(server, Desk)
                await new.__aenter__()
                assert not new.ready and new.link.runners == set()
                await server.answers(desk)
            assert new.ready and new.runner(call).state == "talking"
            assert [type(event) for event in new.flow(call).told] == [Resumed, StasisStart]
            assert desk in server.channels
            await new.kill()

    @virtual_time
    async def test_a_call_that_hangs_up_as_it_is_taken_over_ends(self):
        server = Server()
        async with Process(server, Stays) as old:
            call = await server.calls()
            await old.kill()
            async with held(server, f"GET /channels/{call}/variable"):
                new = Process(server, Stays)
                await new.__aenter__()
                await server.hangs_up(call)
            assert new.ready and new.link.runners == set()
            assert new.link.router.counts()["claims"] == 0
            await new.kill()

    @virtual_time
    async def test_a_call_that_comes_in_as_it_ends_is_a_call(self):
        server = Server()
        async with Process(server, Stays) as process:
            await process.deaf()
            async with held(server, "POST /events/user"):
                await process.hears()
                call = await server.calls()
            assert process.runner(call).state == "here"
            assert process.link.counts["calls"] == 1


async def linear(channel: Channel) -> None:
    """A function: it only begins anew."""
    await channel.answer()
    await channel.bridge()
    await forever()


class Renamed(Menu):
    """Another flow than the one that ran."""


class Fewer(Told):
    """The flow `Menu` of a later day, without its state `pin`."""

    data: Any = Data()

    async def menu(self, event: Event) -> None:
        self.told.append(event)

    start = menu
    table: ClassVar = {menu: {After(3600): menu}}


Fewer.__name__ = "Menu"


def losing(on_lost: str) -> Config:
    """A configuration with this policy."""
    return Config(engine=EngineConfig(on_lost=on_lost))  # type: ignore[arg-type]


# What ran, how it was spoilt, and what runs then.
LOST: dict[str, tuple[Runnable, Runnable]] = {
    "linear": (linear, linear),
    "other flow": (Menu, Renamed),
    "no such state": (Menu, Fewer),
    "other version": (Menu, Newer),
    "garbage": (Menu, Menu),
    "later format": (Menu, Menu),
    "data of another kind": (Menu, Menu),
}


async def spoilt(server: Server, call: str, how: str) -> None:
    """Bring a call that is kept to where it cannot be resumed."""
    await server.digit(call, "1")
    text = server.variables[call, VARIABLE]
    if how == "garbage":
        text = text[:-20]
    elif how == "later format":
        text = text.replace(f'"format":{FORMAT}', f'"format":{FORMAT + 1}')
    elif how == "data of another kind":
        text = text.replace('"tries":0', '"tries":"many"')
    server.variables[call, VARIABLE] = text


class TestLost:
    """A call that cannot be resumed is never in limbo: it follows the policy."""

    @pytest.mark.parametrize("how", LOST)
    def test_by_default_it_begins_anew(self, how: str):
        before, after = LOST[how]

        @virtual_time
        async def test() -> None:
            server = Server()
            async with Process(server, before) as old:
                call = await server.calls("de", "vip")
                await spoilt(server, call, how)
                with capture_logs() as logs:
                    async with restarted(server, old, after) as new:
                        runner = new.runner(call)
                        assert runner.state == runner.flow.start.__name__
                        assert runner.channel.args == ("de", "vip")
                        if isinstance(runner.flow, Told):
                            assert isinstance(runner.flow.told[0], StasisStart)
                            assert runner.flow.data == Data()
                        assert new.link.counts["resumed"] == 0
                (lost,) = [each for each in logs if each["event"] == "the call cannot be resumed"]
                assert lost["becomes"] == "restart" and lost["channel"] == call

        test()

    @pytest.mark.parametrize("how", LOST)
    def test_or_goes_on_in_the_dialplan(self, how: str):
        before, after = LOST[how]

        @virtual_time
        async def test() -> None:
            server = Server()
            async with Process(server, before) as old:
                call = await server.calls()
                await spoilt(server, call, how)
                async with restarted(server, old, after, losing("continue")) as new:
                    assert new.link.runners == set()
                    assert f"POST /channels/{call}/continue" in server.lines
                    assert server.channels[call]["dialplan"]["app_name"] == "Playback"

        test()

    @pytest.mark.parametrize("how", LOST)
    def test_or_is_hung_up(self, how: str):
        before, after = LOST[how]

        @virtual_time
        async def test() -> None:
            server = Server()
            async with Process(server, before) as old:
                call = await server.calls()
                await spoilt(server, call, how)
                async with restarted(server, old, after, losing("hangup")) as new:
                    assert new.link.runners == set() and server.channels == {}

        test()

    @virtual_time
    async def test_the_flows_own_policy_goes_first(self):
        class Polite(Newer):
            on_lost = Leave(then="continue", context="reception", extension="s", priority=1)

        Polite.__name__ = "Menu"
        server = Server()
        async with Process(server, Menu) as old:
            call = await server.calls()
            async with restarted(server, old, Polite, losing("hangup")):
                assert f"POST /channels/{call}/continue" in server.lines
                assert call in server.channels

    @virtual_time
    async def test_its_word_restart_too(self):
        class Stubborn(Newer):
            on_lost = "restart"

        Stubborn.__name__ = "Menu"
        server = Server()
        async with Process(server, Menu) as old:
            call = await server.calls()
            async with restarted(server, old, Stubborn, losing("hangup")) as new:
                assert new.runner(call).state == "menu"

    @pytest.mark.parametrize("policy", ["restart", "continue", "hangup"])
    def test_what_it_had_made_is_closed(self, policy: str):
        @virtual_time
        async def test() -> None:
            server = Server()
            async with Process(server, linear) as old:
                call = await server.calls()
                (before,) = server.bridges
                async with restarted(server, old, linear, losing(policy)):
                    assert before not in server.bridges
                    assert len(server.bridges) == (1 if policy == "restart" else 0)
                    if policy == "restart":
                        await server.hangs_up(call)
                    assert server.bridges == {}

        test()

    @virtual_time
    async def test_one_whose_record_cannot_be_read_leaves_nothing_behind_either(self):
        server = Server()
        async with Process(server, Desk) as old:
            call = await server.calls()
            before = {*server.made("channel"), *server.made("snoop"), *server.made("bridge")}
            server.variables[call, VARIABLE] = "{"
            async with restarted(server, old, Menu):
                assert not before & {*server.channels, *server.bridges}

    @virtual_time
    async def test_what_played_is_stopped(self):
        class Other_(Told):
            async def quiet(self, event: Event) -> None:
                self.told.append(event)

            start = quiet
            table: ClassVar = {quiet: {After(3600): quiet}}

        server = Server()
        async with Process(server, Speaks) as old:
            await server.calls()
            async with restarted(server, old, Other_):
                assert server.playbacks == {}

    @virtual_time
    async def test_whatever_fails_for_one_keeps_no_other_and_leaves_nobody_in_silence(self):
        class Odd(Newer):
            pass

        server = Server()
        async with Process(server, {APP: Menu, "queue": Menu}) as old:
            odd, good = await server.calls(), await server.calls(app="queue")
            await old.kill()
            with patch.object(Odd, "on_lost", "nonsense"), capture_logs() as logs:
                async with Process(server, {APP: Odd, "queue": Menu}) as new:
                    assert new.ready and odd not in server.channels
                    assert isinstance(new.flow(good).told[0], Resumed)
        assert "a call was not taken over; please report this" in [log["event"] for log in logs]

    @virtual_time
    async def test_one_lost_call_keeps_no_other_from_going_on(self):
        server = Server()
        async with Process(server, Menu) as old:
            lost, kept = await server.calls(), await server.calls()
            await server.digit(lost, "1")
            await server.digit(kept, "1")
            server.variables[lost, VARIABLE] = "no record"
            async with restarted(server, old, Menu, losing("hangup")) as new:
                assert [runner.channel.id for runner in new.link.runners] == [kept]
                assert new.runner(kept).state == "pin"


class TestMoved:
    """Of a channel that we have originated Asterisk tells its first application for ever."""

    class Second(Menu):
        """What it was moved to."""

    async def moved(self, server: Server, process: Process) -> str:
        """A call that we have placed, and that was moved to the other application."""
        call = await process.link.originate("PJSIP/alice", APP)
        await server.answers(call)
        server.channels[call]["app"] = "second"
        server.heard["second"].add(call)
        server._soon("second", "StasisStart", channel=server.channels[call], args=[])
        server._soon(APP, "StasisEnd", channel=server.channels[call])
        await server._told()
        return call

    @virtual_time
    async def test_it_goes_on_where_it_is_after_a_gap(self):
        server = Server()
        async with Process(server, {APP: Menu, "second": self.Second}) as process:
            call = await self.moved(server, process)
            flow = process.flow(call)
            await process.deaf()
            await process.hears()
            assert process.flow(call) is flow and isinstance(flow, self.Second)
            assert flow.ends == []

    @virtual_time
    async def test_and_after_a_restart(self):
        server = Server()
        runs = {APP: Menu, "second": self.Second}
        async with Process(server, runs) as old:
            call = await self.moved(server, old)
            async with restarted(server, old, runs) as new:
                assert isinstance(new.flow(call), self.Second)
                assert new.flow(call).told == [Resumed(application="second", state="menu")]
