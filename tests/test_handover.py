"""Hand-over: a channel that a flow has made becomes a call of its own, whatever process dies when."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

import attrs
import msgspec
import pytest

from stasis.ari.events import (
    ChannelDtmfReceived,
    ChannelEnteredBridge,
    Event,
    StasisEnd,
    StasisStart,
)
from stasis.ari.resource import Request, Response
from stasis.channel import Channel
from stasis.config import Config, KeepConfig
from stasis.dialling import Dialling
from stasis.errors import ChannelGone, InvalidRequest, NotFound, Unreachable
from stasis.flow import Flow, Leave
from stasis.keep import VARIABLE
from stasis.record import Record
from stasis.testing.clock import virtual_time
from stasis.trigger import Other, Resumed
from tests.server import APP, Process, Server, refused, turn
from tests.until import until

OTHER = "second"


@attrs.define
class Data:
    """What a flow keeps."""

    desk: Channel | None = None
    ringing: Dialling | None = None


class Party(Flow):
    """Whoever was handed over: it stays, and writes down what it hears."""

    on_done = Leave()

    def __init__(self) -> None:
        self.told: list[Event] = []

    async def here(self, event: Event) -> None:
        self.told.append(event)
        await asyncio.get_running_loop().create_future()

    async def pressed(self, event: Event) -> None:
        self.told.append(event)

    start: ClassVar[Any] = here
    table: ClassVar = {here: {(ChannelDtmfReceived, "9"): pressed}, pressed: {}}


class Phone(Party):
    """The caller's rings a desk and gives it away; the desk's, begun with arguments, stays.

    to: the application that it is given to.
    """

    data: Any = Data()
    to: ClassVar[str] = ""

    async def begin(self, event: Event) -> str:
        self.told.append(event)
        return "party" if self.channel.args else "caller"

    async def ringing(self, event: Event) -> str:
        self.told.append(event)
        self.data.ringing = await self.channel.dial("PJSIP/desk")
        result = await self.data.ringing.answered()
        return "answered" if result.channel is not None else "nobody"

    async def giving(self, event: Event) -> str:
        self.told.append(event)
        result = await self.data.ringing.answered()
        self.data.desk = result.channel
        await self.data.desk.hand_over("joined", "call 1", app=self.to)
        return "given"

    async def talking(self, event: Event) -> None:
        self.told.append(event)

    async def alone(self, event: Event) -> None:
        self.told.append(event)

    start: ClassVar[Any] = begin
    table: ClassVar = {
        begin: {"caller": ringing, "party": Party.here},
        ringing: {"answered": giving, "nobody": alone, Other(StasisEnd): alone},
        giving: {"given": talking, Other(StasisEnd): alone},
        talking: {
            Other(StasisEnd): alone,
            Other(ChannelDtmfReceived): alone,
            (ChannelDtmfReceived, "9"): Party.pressed,
        },
        Party.here: {(ChannelDtmfReceived, "9"): Party.pressed},
        Party.pressed: {},
        alone: {(ChannelDtmfReceived, "9"): Party.pressed},
    }


class Elsewhere(Phone):
    """Gives it to the other application."""

    to = OTHER


BOTH = {APP: Elsewhere, OTHER: Party}


async def given(server: Server, process: Process) -> tuple[str, str]:
    """A caller whose desk has answered and is a call of its own. Returns both ids."""
    call = await server.calls()
    (desk,) = server.made("channel")
    await server.answers(desk)
    return call, desk


class TestInTheSameApplication:
    @virtual_time
    async def test_it_begins_as_a_call_with_its_arguments_and_nothing_is_moved(self):
        server = Server()
        async with Process(server, Phone) as process:
            call, desk = await given(server, process)
            assert process.runner(call).state == "talking"
            assert process.runner(desk).state == "here"
            assert process.runner(desk).channel.args == ("joined", "call 1")
            assert not any(line.endswith("/move") for line in server.lines)

    @virtual_time
    async def test_its_first_state_hears_a_start(self):
        server = Server()
        async with Process(server, Phone) as process:
            _, desk = await given(server, process)
            start = process.flow(desk).told[0]
            assert isinstance(start, StasisStart) and start.channel.id == desk
            assert start.args == ("joined", "call 1") and start.application == APP

    @virtual_time
    async def test_the_end_of_its_maker_does_not_end_it(self):
        server = Server()
        async with Process(server, Phone) as process:
            call, desk = await given(server, process)
            await server.hangs_up(call)
            assert list(server.channels) == [desk] and process.runner(desk).state == "here"

    @virtual_time
    async def test_nor_does_its_own_end_its_maker(self):
        server = Server()
        async with Process(server, Phone) as process:
            call, desk = await given(server, process)
            await server.hangs_up(desk)
            assert process.runner(call).state == "talking"
            assert [runner.channel.id for runner in process.link.runners] == [call]

    @virtual_time
    async def test_its_events_are_its_own(self):
        server = Server()
        async with Process(server, Phone) as process:
            call, desk = await given(server, process)
            await server.digit(desk, "5")
            assert process.runner(call).state == "talking"
            assert process.runner(desk).channel.digits
            assert not any(isinstance(event, StasisEnd) for event in process.flow(call).told)

    @virtual_time
    async def test_to_its_maker_the_handle_is_gone_and_says_why(self):
        server = Server()
        async with Process(server, Phone) as process:
            call, _ = await given(server, process)
            desk = process.flow(call).data.desk
            assert desk.handed_over
            with pytest.raises(ChannelGone, match="a call of its own"):
                await desk.answer()

    @virtual_time
    async def test_twice_is_once(self):
        server = Server()
        async with Process(server, Phone) as process:
            call, _ = await given(server, process)
            server.lines.clear()
            await process.flow(call).data.desk.hand_over("again")
            assert server.lines == [] and len(process.link.runners) == 2

    @virtual_time
    async def test_nothing_is_left_of_either(self):
        server = Server()
        async with Process(server, Phone) as process:
            call, desk = await given(server, process)
            await server.hangs_up(desk)
            await server.hangs_up(call)
            assert process.link.router.counts() == {"claims": 0, "waits": 0, "held": 0}
            assert not process.link.runners and not server.channels


class Connects(Phone):
    """Both talk in the caller's bridge first."""

    async def giving(self, event: Event) -> str:
        self.told.append(event)
        await self.data.ringing.connect()
        return await super().giving(event)

    async def alone(self, event: Event) -> None:
        self.told.append(event)

    start: ClassVar[Any] = Phone.begin
    table: ClassVar = {
        Phone.begin: {"caller": Phone.ringing, "party": Party.here},
        Phone.ringing: {"answered": giving, "nobody": Phone.alone},
        giving: {"given": Phone.talking},
        Phone.talking: {Other(StasisEnd): alone},
        Party.here: {(ChannelDtmfReceived, "9"): Party.pressed},
        Party.pressed: {},
        alone: {},
    }


class TestInABridge:
    @virtual_time
    async def test_it_stays_in_the_bridge_that_it_is_in(self):
        server = Server()
        async with Process(server, Connects) as process:
            call, desk = await given(server, process)
            (bridge,) = server.bridges.values()
            assert bridge["channels"] == [call, desk]
            assert process.runner(desk).channel.bridge_id == bridge["id"]

    @virtual_time
    async def test_the_bridge_ends_with_its_maker_and_the_call_lives(self):
        server = Server()
        async with Process(server, Connects) as process:
            call, desk = await given(server, process)
            await server.hangs_up(call)
            assert not server.bridges and list(server.channels) == [desk]
            assert process.runner(desk).channel.bridge_id is None

    @virtual_time
    async def test_a_maker_that_is_resumed_may_bring_both_together_again(self):
        server = Server()
        old = Process(server, Connects)
        async with old:
            call, desk = await given(server, old)
            record = Record.decode(server.variables[call, VARIABLE])
            await old.kill()
            # As when it was killed before it could keep that it has gone on.
            earlier = msgspec.structs.replace(record, state="giving", entry=record.entry - 1)
            server.variables[call, VARIABLE] = earlier.encode()
            async with Process(server, Connects) as new:
                assert new.runner(call).state == "talking"
                (bridge,) = server.bridges.values()
                assert bridge["channels"] == [call, desk]
                assert len(new.link.runners) == 2


class TestToAnotherApplication:
    @virtual_time
    async def test_it_is_moved_and_begins_there(self):
        server = Server()
        async with Process(server, BOTH) as process:
            call, desk = await given(server, process)
            assert process.runner(call).state == "talking"
            flow = process.flow(desk)
            assert isinstance(flow, Party) and not isinstance(flow, Phone)
            assert process.runner(desk).app == OTHER
            assert flow.told[0].args == ("joined", "call 1")

    @virtual_time
    async def test_the_end_of_its_maker_does_not_end_it(self):
        server = Server()
        async with Process(server, BOTH) as process:
            call, desk = await given(server, process)
            await server.hangs_up(call)
            assert list(server.channels) == [desk] and process.runner(desk).state == "here"
            await server.hangs_up(desk)
            assert process.link.router.counts() == {"claims": 0, "waits": 0, "held": 0}

    @virtual_time
    async def test_where_nobody_runs_it_the_channel_stays_with_its_maker(self):
        server = Server()
        async with Process(server, Elsewhere) as process:
            call = await server.calls()
            (desk,) = server.made("channel")
            failure: list[BaseException | None] = []
            runner = process.runner(call)
            await server.answers(desk)
            failure.append(runner.failure)
            assert isinstance(failure[0], NotFound) and OTHER in str(failure[0])
            # Its flow has failed, and it ends with it as ever.
            assert not server.channels

    @virtual_time
    async def test_another_program_may_run_it(self):
        server = Server()
        async with Process(server, {OTHER: Party}) as second, Process(server, Elsewhere) as first:
            call, desk = await given(server, first)
            assert first.runner(call).state == "talking" and second.runner(desk).state == "here"
            await first.kill()
            async with Process(server, Elsewhere) as again:
                # The first application is told of it for ever, and takes it for nothing of its own.
                assert again.runner(call).state == "talking"
                await server.hangs_up(call)
                assert list(server.channels) == [desk] and second.runner(desk).state == "here"

    @virtual_time
    async def test_it_comes_back_from_another_program_as_a_new_call(self):
        server = Server()
        async with Process(server, {OTHER: Party}) as second, Process(server, Elsewhere) as first:
            call, desk = await given(server, first)
            await second.runner(desk).channel.move(APP, "back")
            await turn()
            assert first.runner(desk).channel.args == ("back",)
            assert not second.link.runners

    @virtual_time
    async def test_or_while_its_program_did_not_run(self):
        server = Server()
        async with Process(server, {OTHER: Party}) as second, Process(server, Elsewhere) as first:
            _, desk = await given(server, first)
            server._move(desk, APP, "back")
            await server._told()
            await first.kill()
            # Killed before its first state had kept anything.
            server.variables[desk, VARIABLE] = Record(
                app=OTHER, flow="Party", state="here", token="0" * 15 + "1", entry=1, media=""
            ).encode()
            server.heard[OTHER].discard(desk)
            async with Process(server, Elsewhere) as again:
                assert isinstance(again.flow(desk).told[0], StasisStart)
                assert not second.link.runners


class TestWhoStops:
    @virtual_time
    async def test_a_program_that_drains_goes_on_with_it(self):
        for runs in (Phone, BOTH):
            server = Server()
            async with Process(server, runs) as process:
                call = await server.calls()
                (desk,) = server.made("channel")
                process.link.drain()
                await server.answers(desk)
                assert process.runner(desk).state == "here", runs
                assert process.runner(call).state == "talking"

    @virtual_time
    async def test_what_its_maker_plays_to_it_stops(self):
        class Plays(Phone):
            async def giving(self, event: Event) -> str:
                result = await self.data.ringing.answered()
                await result.channel.play("sound:hello-world")
                return await super().giving(event)

            start: ClassVar[Any] = Phone.begin
            table: ClassVar = {
                Phone.begin: {"caller": Phone.ringing, "party": Party.here},
                Phone.ringing: {"answered": giving, "nobody": Phone.alone},
                giving: {"given": Phone.talking},
                Phone.talking: {Other(StasisEnd): Phone.alone},
                Party.here: {},
                Phone.alone: {},
            }

        server = Server()
        async with Process(server, Plays) as process:
            _, desk = await given(server, process)
            assert process.runner(desk).state == "here" and not server.playbacks


class TestRefused:
    @virtual_time
    async def test_the_flows_own_call(self):
        server = Server()
        async with Process(server, Phone) as process:
            call = await server.calls("x")
            with pytest.raises(InvalidRequest, match="own call"):
                await process.runner(call).channel.hand_over()

    @pytest.mark.parametrize(("arg", "app"), [("a,b", ""), ("", OTHER)])
    def test_arguments_that_would_not_arrive(self, arg: str, app: str):
        @virtual_time
        async def test() -> None:
            server = Server()
            async with Process(server, Phone) as process:
                call = await server.calls()
                desk = await process.runner(call).channel.create("PJSIP/two")
                with pytest.raises(InvalidRequest, match="argument"):
                    await desk.hand_over(arg, app=app)

        test()

    @virtual_time
    async def test_one_that_still_rings(self):
        server = Server()
        async with Process(server, Phone) as process:
            call = await server.calls()
            desk = await process.runner(call).channel.originate("PJSIP/two")
            with pytest.raises(ChannelGone, match="not in Stasis yet"):
                await desk.hand_over()
            assert desk.gone is None and len(process.link.runners) == 1

    @virtual_time
    async def test_one_that_has_gone_meanwhile(self):
        server = Server()
        async with Process(server, Phone) as process:
            call = await server.calls()
            desk = await process.runner(call).channel.create("PJSIP/two")
            server.refuse[f"POST /channels/{desk.id}/variable"] = refused(
                404, "Provided channel was not found"
            )
            with pytest.raises(ChannelGone):
                await desk.hand_over()
            assert len(process.link.runners) == 1


class Dying(Process):
    """Is killed before its n-th request, of those that change something."""

    def __init__(self, *given: Any, after: int) -> None:
        super().__init__(*given)
        self.after = after
        self.sent = 0

    async def send(self, request: Request) -> Response:
        if request.method != "GET" and not request.path.startswith(("/events", "/asterisk")):
            if self.sent == self.after:
                self.dead = True
            self.sent += 1
        if self.dead:
            raise Unreachable(request.method, request.path, "this process was killed")
        return await super().send(request)


class TestKilled:
    """Whenever a process is killed, the next one has both calls, and each is where it would be."""

    def requests(self, runs: Any) -> int:
        """How many requests it takes until both talk."""
        count = 0

        @virtual_time
        async def test() -> None:
            nonlocal count
            server = Server()
            async with Dying(server, runs, after=-1) as process:
                await given(server, process)
                count = process.sent

        test()
        return count

    @pytest.mark.parametrize("runs", [Phone, Connects, BOTH], ids=["here", "bridged", "there"])
    def test_between_any_two_steps(self, runs: Any):
        many = self.requests(runs)
        assert many >= 5

        @virtual_time
        async def killed(after: int) -> None:
            server = Server()
            async with Dying(server, runs, after=after) as old:
                call = await server.calls()
                (desk,) = server.made("channel") or (None,)
                if desk is None:
                    return  # killed before it had dialled
                server.channels[desk]["state"] = "Up"
                await server.answers(desk)
                await old.kill()
                async with Process(server, runs) as new:
                    await turn()
                    assert sorted(server.channels) == sorted([call, desk]), "nobody died"
                    assert len(new.link.runners) == 2, "nobody is astray"
                    assert new.runner(call).state == "talking"
                    assert new.runner(desk).state == "here"
                    assert new.runner(desk).channel.args == ("joined", "call 1")
                    assert new.runner(desk).app == (OTHER if runs is BOTH else APP)
                    await server.hangs_up(call)
                    assert list(server.channels) == [desk]
                    assert new.link.counts["strays"] == 0
                    await server.digit(desk, "9")
                    assert not server.channels

        for after in range(many):
            killed(after)

    @virtual_time
    async def test_the_call_goes_on_in_its_state_and_its_maker_knows(self):
        server = Server()
        async with Process(server, Phone) as old:
            call, desk = await given(server, old)
            await old.kill()
            async with Process(server, Phone) as new:
                assert new.flow(desk).told == [Resumed(application=APP, state="here")]
                assert new.flow(call).told == [Resumed(application=APP, state="talking")]
                assert new.flow(call).data.desk.handed_over

    @virtual_time
    async def test_it_is_kept_in_a_folder_too(self, tmp_path: Any):
        config = Config(keep=KeepConfig(store="folder", folder=str(tmp_path)))
        server = Server()
        async with Process(server, Phone, config) as old:
            call = await server.calls()
            await until(lambda: server.made("channel"))
            (desk,) = server.made("channel")
            await server.answers(desk)
            await until(lambda: len(old.link.runners) == 2)
            # What a state's body tells, it tells when its record has been written.
            await until(lambda: len(old.flow(desk).told) == 2 and len(old.flow(call).told) == 4)
            await old.kill()
            async with Process(server, Phone, config) as new:
                await until(lambda: len(new.link.runners) == 2)
                assert {each.channel.id for each in new.link.runners} == {call, desk}

    @virtual_time
    async def test_while_nobody_looked_the_maker_hung_up(self):
        server = Server()
        async with Process(server, Phone) as old:
            call, desk = await given(server, old)
            await old.kill()
            await server.hangs_up(call)
            async with Process(server, Phone) as new:
                assert new.runner(desk).state == "here"
                assert list(server.channels) == [desk] and new.link.counts["strays"] == 0

    @virtual_time
    async def test_one_that_was_not_moved_yet_and_whose_maker_is_gone_is_moved_by_the_next(self):
        server = Server()
        async with Dying(server, BOTH, after=-1) as old:
            call = await server.calls()
            (desk,) = server.made("channel")
            # It dies when it has written the record: the next request is the move.
            old.after = old.sent + 3
            await server.answers(desk)
            kept = Record.decode(server.variables[desk, VARIABLE])
            assert (kept.app, kept.begun) == (OTHER, False)
            assert not any(line.endswith("/move") for line in server.lines)
            await old.kill()
            await server.hangs_up(call)
            async with Process(server, BOTH) as new:
                assert new.runner(desk).app == OTHER
                assert new.runner(desk).channel.args == ("joined", "call 1")

    @virtual_time
    async def test_one_that_cannot_be_moved_any_more_is_not_left_in_silence(self):
        server = Server()
        async with Dying(server, BOTH, after=-1) as old:
            call = await server.calls()
            (desk,) = server.made("channel")
            old.after = old.sent + 3
            await server.answers(desk)
            await old.kill()
            async with Process(server, Elsewhere) as new:
                await turn()
                assert list(server.channels) == [call] and new.runner(call).state == "talking"

    @virtual_time
    async def test_through_a_gap_it_is_its_own(self):
        server = Server()
        async with Process(server, Phone) as process:
            call, desk = await given(server, process)
            flow = process.flow(desk)
            await process.deaf()
            await process.hears()
            assert process.flow(desk) is flow and process.runner(call).state == "talking"
            assert not any(isinstance(event, ChannelEnteredBridge) for event in flow.told)
