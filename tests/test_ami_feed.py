"""Events of AMI for the flows whose tables name them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from attrs import evolve
from structlog.testing import capture_logs

from stasis import After, Channel, ConfigError, Do, Event, Flow, Other
from stasis.ami import Ami, AmiConfig, events
from stasis.ami_feed import fed, kinds_of
from stasis.config import AsteriskConfig, Config
from stasis.errors import FlowError
from stasis.link import Link
from stasis.program import Program
from stasis.testing import Asterisk, virtual_time
from tests.ami.server import Server


class Held(Flow):
    """Talks, and is told when the caller puts it on hold."""

    def __init__(self) -> None:
        self.noted: list[str] = []

    async def talking(self, event: Event) -> None:
        await self.channel.answer()

    async def waiting(self, event: Event) -> None:
        assert isinstance(event, events.Hold)
        self.noted.append(event.music_class)

    async def over(self, event: Event) -> None: ...

    async def key(self, event: Event) -> None:
        assert isinstance(event, events.DTMFEnd)
        self.noted.append(event.digit)

    async def other(self, event: Event) -> None:
        self.noted.append("other")

    start = talking
    table = {
        talking: {
            events.Hold: waiting,
            (events.DTMFEnd, "5"): Do(key),
            Other(events.Hold): Do(other),
            After(600): over,
        },
        waiting: {(events.UserEvent, "done"): over, After(600): over},
    }


async def plain(channel: Channel) -> None:
    await channel.answer()
    await asyncio.sleep(600)


class TestTriggers:
    @virtual_time
    async def test_an_event_of_the_own_channel_leads_on(self) -> None:
        async with Asterisk(Held) as asterisk:
            caller = await asterisk.call()
            await asyncio.sleep(1)
            assert asterisk.ami(events.Hold(uniqueid=caller.id, music_class="jazz"))
            await asyncio.sleep(1)
            (runner,) = asterisk.link.runners
            assert (runner.state, runner.flow.noted) == ("waiting", ["jazz"])  # type: ignore[attr-defined]

    @virtual_time
    async def test_a_detail_is_told_apart_and_another_is_no_trigger(self) -> None:
        async with Asterisk(Held) as asterisk:
            caller = await asterisk.call()
            await asyncio.sleep(1)
            for digit in "4567":
                asterisk.ami(events.DTMFEnd(uniqueid=caller.id, digit=digit))
            asterisk.ami(events.Hold(uniqueid=caller.id))
            asterisk.ami(events.UserEvent(uniqueid=caller.id, user_event="other"))
            await asyncio.sleep(1)
            (runner,) = asterisk.link.runners
            assert (runner.state, runner.flow.noted) == ("waiting", ["5", ""])  # type: ignore[attr-defined]
            asterisk.ami(events.UserEvent(uniqueid=caller.id, user_event="done"))
            await asyncio.sleep(1)
            assert not asterisk.link.runners

    @virtual_time
    async def test_it_goes_to_its_own_call_alone_and_never_to_a_flow_that_names_it_not(
        self,
    ) -> None:
        async with Asterisk({"held": Held, "plain": plain}) as asterisk:
            one, two = await asterisk.call("held"), await asterisk.call("held")
            third = await asterisk.call("plain")
            await asyncio.sleep(1)
            assert asterisk.ami(events.Hold(uniqueid=one.id))
            assert not asterisk.ami(events.Hold(uniqueid=third.id))
            assert not asterisk.ami(events.Hold(uniqueid="nobody"))
            assert not asterisk.ami(events.Unhold(uniqueid=two.id))
            assert not asterisk.ami(events.Reload())
            await asyncio.sleep(1)
            states = {runner.channel.id: runner.state for runner in asterisk.link.runners}
            assert states == {one.id: "waiting", two.id: "talking", third.id: "running"}

    @virtual_time
    async def test_one_of_a_channel_that_the_flow_has_made_is_anothers(self) -> None:
        class Dials(Held):
            async def talking(self, event: Event) -> None:
                await self.channel.answer()
                self.desk = await self.channel.originate("PJSIP/desk")

        async with Asterisk(Dials) as asterisk:
            await asterisk.call()
            await asyncio.sleep(1)
            (runner,) = asterisk.link.runners
            assert asterisk.ami(events.Hold(uniqueid=runner.flow.desk.id))  # type: ignore[attr-defined]
            await asyncio.sleep(1)
            assert (runner.state, runner.flow.noted) == ("talking", ["other"])  # type: ignore[attr-defined]

    def test_a_kind_without_a_detail_has_none(self) -> None:
        with pytest.raises(FlowError, match="Unhold has no detail"):

            class Wrong(Flow):
                async def state(self, event: Event) -> None: ...

                start = state
                table = {state: {(events.Unhold, "x"): state}}


class TestTheConnection:
    async def test_each_link_has_its_own_and_hears_what_its_flows_name(self) -> None:
        heard: list[Event] = []
        async with Server() as server:
            link = linked(server)
            link.hear = lambda event: heard.append(event) is None  # type: ignore[method-assign]
            async with fed({"asterisk": link}, link.programs):
                await said(server, lambda: bool(server.sessions and "Login" in server.names()))
                own = "Uniqueid: 1.1"
                server.session.send("Event: Unhold", own)
                server.session.send("Event: Hold", own, "MusicClass: jazz")
                server.session.send("Event: UserEvent", own, "UserEvent: done")
                await said(server, lambda: len(heard) == 2)
        assert [event.about for event in heard] == ["1.1", "1.1"]
        assert [type(event) for event in heard] == [events.Hold, events.UserEvent]

    async def test_what_was_missed_is_logged(self, monkeypatch: pytest.MonkeyPatch) -> None:
        made: list[Ami] = []

        def noted(config: AmiConfig) -> Ami:
            made.append(Ami(config))
            return made[0]

        monkeypatch.setattr("stasis.ami.Ami", noted)
        async with Server() as server:
            link = linked(server)
            with capture_logs() as logs:
                async with fed({"asterisk": link}, link.programs):
                    await said(server, lambda: bool(made))
                    await made[0].ready(timeout=5)
                    server.session.cut()
                    await said(server, lambda: any("missing" in log["event"] for log in logs))

    async def test_without_such_a_flow_nothing_connects(self) -> None:
        async with Server() as server:
            link = linked(server)
            async with fed({"asterisk": link}, {"plain": Program.of(plain)}):
                await asyncio.sleep(0.05)
            assert server.sessions == []

    @pytest.mark.parametrize(
        ("links", "words"),
        [
            ({"asterisk": Link(Config(), {})}, "set username in .asterisk.ami."),
            ({}, "needs? an Asterisk that stasis connects to"),
        ],
    )
    async def test_events_that_nobody_would_bring_are_told_at_the_start(
        self, links: dict[str, Link], words: str
    ) -> None:
        with pytest.raises(ConfigError, match=f"names DTMFEnd, Hold, UserEvent of AMI: .*{words}"):
            async with fed(links, {"held": Program.of(Held)}):
                pass

    def test_only_events_of_ami_are_asked_for(self) -> None:
        assert kinds_of([Program.of(Held), Program.of(plain)]) == (
            events.DTMFEnd,
            events.Hold,
            events.UserEvent,
        )


def linked(server: Server) -> Link:
    """A link whose Asterisk has this manager interface; it does not run."""
    asterisk = AsteriskConfig(ami=evolve(server.config(), host="127.0.0.1"))
    return Link(Config(asterisk=asterisk), {"held": Program.of(Held)})


async def said(server: Server, true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.01)
