"""What calls have walked of a flow, and what they have not."""

from __future__ import annotations

import asyncio

import pytest

from stasis.ari.events import ChannelDtmfReceived, Event, StasisEnd
from stasis.channel import Channel
from stasis.coverage import Coverage
from stasis.flow import Flow
from stasis.graph import Edge
from stasis.table import Do
from stasis.testing.clock import virtual_time
from stasis.trigger import After
from stasis.walk import Walked
from tests.fake import FakeAsterisk


class Menu(Flow):
    async def menu(self, event: Event) -> None: ...
    async def sorry(self, event: Event) -> None: ...
    async def secret(self, event: Event) -> None: ...
    async def mute(self, event: Event) -> None: ...

    start = menu
    table = {
        menu: {
            (ChannelDtmfReceived, "0"): Do(mute),
            (ChannelDtmfReceived, "7"): secret,
            After(10): sorry,
        },
        secret: {After(1): menu},
    }


async def hello(channel: Channel) -> None:
    await channel.answer()


def words(edges: list[Edge]) -> list[str]:
    return [edge.words for edge in edges]


class TestACall:
    @virtual_time
    async def test_what_it_walks_is_covered_and_the_rest_is_missing(self):
        coverage = Coverage.of(Menu)
        async with FakeAsterisk(Menu) as asterisk:
            asterisk.link.on_walk.append(coverage.add)
            call = await asterisk.call()
            await call.digit("0")
            await asyncio.sleep(11)
        assert coverage.states == ["menu", "sorry"]
        assert coverage.missing_states == ["secret"]
        assert words(coverage.edges) == ["ChannelDtmfReceived 0 / do mute", "after 10 s"]
        assert words(coverage.missing_edges) == ["ChannelDtmfReceived 7", "after 1 s"]
        assert coverage.percent == pytest.approx(100 * 4 / 7)

    @virtual_time
    async def test_a_function_is_covered_when_it_has_run(self):
        coverage = Coverage.of(hello)
        assert (coverage.missing_states, coverage.percent) == (["hello"], 0)
        async with FakeAsterisk(hello) as asterisk:
            asterisk.link.on_walk.append(coverage.add)
            await asterisk.call()
        assert (coverage.states, coverage.percent) == (["hello"], 100)


def step(flow: type[Flow], state: str, trigger: object, target: str) -> Walked:
    return Walked("c1", "test", flow, state, trigger, target, 0.0)  # type: ignore[arg-type]


class TestSteps:
    def test_those_of_another_flow_count_for_nothing(self):
        class Other(Menu): ...

        assert Coverage.of(Menu, [step(Other, "", None, "menu")]).states == []

    def test_the_callers_end_is_nothing_to_cover(self):
        steps = [step(Menu, "", None, "menu"), step(Menu, "menu", StasisEnd, "")]
        coverage = Coverage.of(Menu, steps)
        assert coverage.states == ["menu"] and coverage.edges == []

    def test_a_state_that_is_resumed_is_entered_and_nothing_has_led_there(self):
        coverage = Coverage.of(Menu, [step(Menu, "", None, "secret")])
        assert coverage.states == ["secret"] and coverage.edges == []

    def test_what_was_walked_elsewhere_is_added(self):
        coverage = Coverage.of(Menu, [step(Menu, "", None, "menu")])
        edge = coverage.graph.edges[1]
        coverage.merge(["secret", "of an older table"], [edge])
        assert coverage.states == ["menu", "secret"] and coverage.edges == [edge]
