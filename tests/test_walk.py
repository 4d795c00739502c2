"""Whoever looks on at a call is told of each state that it enters, at once, and never harms it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Literal

import pytest
from structlog.testing import capture_logs

from stasis.ari.events import ChannelDtmfReceived, Event
from stasis.channel import Channel
from stasis.config import Config
from stasis.flow import Flow, Leave
from stasis.link import Link
from stasis.table import Do
from stasis.testing.clock import virtual_time
from stasis.trigger import After, Done, trigger_of
from stasis.walk import Walked, tell
from tests.fake import FakeAsterisk, FakeCall
from tests.server import Process, Server


class Menu(Flow):
    async def menu(self, event: Event) -> None: ...

    async def pin(self, event: Event) -> Literal["right"]:
        await asyncio.sleep(1)
        return "right"

    async def account(self, event: Event) -> None: ...
    async def goodbye(self, event: Event) -> None: ...
    async def broken(self, event: Event) -> None:
        raise RuntimeError("no such account")

    async def mute(self, event: Event) -> None: ...

    start = menu
    table = {
        menu: {
            (ChannelDtmfReceived, "1"): pin,
            (ChannelDtmfReceived, "0"): Do(mute),
            (ChannelDtmfReceived, "9"): broken,
            After(10): goodbye,
        },
        pin: {"right": account},
        account: {Done: menu},
    }


def words(walked: Walked) -> str:
    """A step, readable."""
    trigger = "-" if walked.trigger is None else trigger_of(walked.trigger)
    action = f" do {walked.action}" if walked.action else ""
    return f"{walked.state or '*'} --{trigger}{action}--> {walked.target or '*'}"


async def walk(*does: Callable[[FakeCall], Awaitable[Any]], flow: Any = Menu) -> list[str]:
    """The steps of a call that does this."""
    steps: list[Walked] = []
    async with FakeAsterisk(flow) as asterisk:
        asterisk.link.on_walk.append(steps.append)
        call = await asterisk.call()
        for do in does:
            await do(call)
    assert {step.channel_id for step in steps} == {"c1"}
    assert {step.app for step in steps} == {"test"}
    assert all(step.flow is flow for step in steps)
    return [words(step) for step in steps]


async def until_the_end(call: FakeCall) -> None:
    await asyncio.sleep(3600)


class TestSteps:
    @virtual_time
    async def test_a_trigger_an_outcome_and_done_are_told_as_the_table_has_them(self):
        steps = await walk(lambda call: call.digit("1"), lambda _: asyncio.sleep(2))
        assert steps[:4] == [
            "* -----> menu",
            "menu --ChannelDtmfReceived 1--> pin",
            "pin --right--> account",
            "account --done--> menu",
        ]

    @virtual_time
    async def test_the_callers_end_is_the_event_that_told_it(self):
        assert await walk(lambda call: call.hangs_up()) == [
            "* -----> menu",
            "menu --StasisEnd--> *",
        ]

    @virtual_time
    async def test_a_timer_leads_to_a_final_state_and_that_to_the_end(self):
        assert await walk(until_the_end) == [
            "* -----> menu",
            "menu --after 10 s--> goodbye",
            "goodbye -----> *",
        ]

    @virtual_time
    async def test_an_action_is_a_step_to_the_same_state(self):
        steps = await walk(lambda call: call.digit("0"))
        assert steps[1] == "menu --ChannelDtmfReceived 0 do mute--> menu"

    @virtual_time
    async def test_a_failure_ends_the_walk_without_a_trigger(self):
        steps = await walk(lambda call: call.digit("9"))
        assert steps[1:] == ["menu --ChannelDtmfReceived 9--> broken", "broken -----> *"]

    @virtual_time
    async def test_the_last_step_brings_what_the_flow_has_raised_in_ended_too(self):
        class Sloppy(Menu):
            async def ended(self, event: Event | None) -> None:
                raise RuntimeError("the books are closed")

        steps: list[Walked] = []
        async with FakeAsterisk(Sloppy) as asterisk:
            asterisk.link.on_walk.append(steps.append)
            await (await asterisk.call()).hangs_up()
        assert [str(step.failure) for step in steps] == ["None", "the books are closed"]

    @virtual_time
    async def test_a_flow_that_cannot_be_made_walks_one_step_to_its_end(self):
        class Unmade(Menu):
            def __init__(self) -> None:
                raise RuntimeError("no database")

        steps: list[Walked] = []
        async with FakeAsterisk(Unmade) as asterisk:
            asterisk.link.on_walk.append(steps.append)
            call = await asterisk.call()
        assert [(step.channel_id, words(step)) for step in steps] == [(call.id, "* -----> *")]
        assert steps[0].flow is Unmade and str(steps[0].failure) == "no database"

    @virtual_time
    async def test_a_function_is_one_state_and_told_as_itself(self):
        async def hello(channel: Channel) -> None:
            await channel.answer()

        assert await walk(flow=hello) == ["* -----> running", "running -----> *"]

    @virtual_time
    async def test_the_time_is_the_loops(self):
        steps: list[Walked] = []
        async with FakeAsterisk(Menu) as asterisk:
            asterisk.link.on_walk.append(steps.append)
            began = asyncio.get_running_loop().time()
            await asterisk.call()
            await asyncio.sleep(20)
        assert steps[1].at - began == pytest.approx(10, abs=0.1)

    @virtual_time
    async def test_a_call_that_ends_before_its_first_state_has_no_steps(self):
        steps: list[Walked] = []
        async with FakeAsterisk(Menu) as asterisk:
            asterisk.link.on_walk.append(steps.append)
            asterisk._new_channel("c7", "PJSIP/7-1", "Ring", "7", "")
            asterisk._tell("StasisStart", channel=asterisk._channels["c7"], args=[])
            while not asterisk.link.runners:
                await asyncio.sleep(0)
            asterisk.link.end_calls(Leave())
            await asterisk.link.idle()
        assert steps == []

    @virtual_time
    async def test_a_call_that_is_resumed_enters_its_state_from_nowhere(self):
        steps: list[str] = []
        server = Server()
        old, new = Process(server, Menu), Process(server, Menu)
        old.link.on_walk.append(lambda walked: steps.append(f"old {words(walked)}"))
        new.link.on_walk.append(lambda walked: steps.append(f"new {words(walked)}"))
        async with old:
            call = await server.calls()
            await server.digit(call, "1")
            await old.kill()
            async with new:
                await asyncio.sleep(2)
        # Who let go of the call has told no end of it.
        assert steps[:4] == [
            "old * -----> menu",
            "old menu --ChannelDtmfReceived 1--> pin",
            "new * -----> pin",
            "new pin --right--> account",
        ]


class TestLookingOn:
    @virtual_time
    async def test_the_state_is_entered_when_it_is_told(self):
        states: list[str] = []
        async with FakeAsterisk(Menu) as asterisk:
            asterisk.link.on_walk.append(
                lambda walked: states.extend(each.state for each in asterisk.link.runners)
            )
            await (await asterisk.call()).digit("1")
        assert states[:2] == ["menu", "pin"]

    @virtual_time
    async def test_who_is_given_to_the_link_is_told(self):
        steps: list[Walked] = []
        link = Link(Config(), {}, on_walk=[steps.append])
        assert link.on_walk == [steps.append] and link.calls._on_walk is link.on_walk

    @virtual_time
    async def test_who_looks_on_everywhere_is_told_of_every_link(
        self, monkeypatch: pytest.MonkeyPatch
    ):
        steps: list[Walked] = []
        monkeypatch.setattr("stasis.link.EVERYWHERE", [steps.append])
        async with FakeAsterisk(Menu) as asterisk:
            await asterisk.call()
        assert [words(step) for step in steps][0] == "* -----> menu"

    @virtual_time
    async def test_who_fails_is_logged_and_hurts_neither_the_call_nor_the_others(self):
        steps: list[Walked] = []

        def fails(walked: Walked) -> None:
            raise RuntimeError("the disk is full")

        with capture_logs() as logs:
            async with FakeAsterisk(Menu) as asterisk:
                asterisk.link.on_walk += [fails, steps.append]
                call = await asterisk.call()
                await call.digit("1")
                assert call.state == "pin" and call.failure is None
        assert len(steps) >= 2
        told = [log for log in logs if log["event"] == "who looks on at a call has failed"]
        assert len(told) == len(steps) and "fails" in told[0]["hearer"]

    def test_what_is_no_error_of_theirs_goes_on(self):
        def stops(walked: Walked) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            tell([stops], Walked("c1", "test", Menu, "", None, "menu", 0.0))
