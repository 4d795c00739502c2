"""What is left, and who has made it."""

from __future__ import annotations

from typing import Any

import pytest
import structlog

from stasis.ari.events import Event
from stasis.ari.resource import Request
from stasis.flow import Flow
from stasis.testing import Asterisk, Left, virtual_time
from stasis.testing.left import Makers, left_text


def made(path: str, *query: tuple[str, str], method: str = "POST", **whose: Any) -> Makers:
    """One request was sent in a flow's task."""
    makers = Makers()
    with structlog.contextvars.bound_contextvars(**whose):
        makers.note(Request(method, path, query))
    return makers


class TestAMaker:
    def test_is_the_flow_and_state_that_has_named_the_thing(self):
        makers = made("/bridges/mine", flow="Menu", state="room")
        assert makers.of("mine") == ", made in Menu.room"
        assert makers.of("yours") == ""

    def test_may_have_named_it_in_the_query_or_with_odd_signs(self):
        makers = made("/channels/c%2F1/record", ("name", "tape"), flow="Menu", state="asks")
        assert makers.of("tape") == makers.of("c/1") == ", made in Menu.asks"

    def test_is_the_first(self):
        makers = made("/bridges/mine", flow="Menu", state="room")
        with structlog.contextvars.bound_contextvars(flow="Other", state="later"):
            makers.note(Request("POST", "/bridges/mine/addChannel"))
        assert makers.of("mine") == ", made in Menu.room"

    @pytest.mark.parametrize(
        ("method", "whose"), [("GET", {"flow": "Menu", "state": "room"}), ("POST", {})]
    )
    def test_is_nobody_who_only_looks_or_is_no_flow(self, method: str, whose: dict[str, str]):
        assert made("/bridges/mine", method=method, **whose).of("mine") == ""


class TestWhatIsSaid:
    def test_is_what_to_do_where_a_flow_has_made_it(self):
        assert left_text(["channel 1"]) == "left behind: channel 1"
        text = left_text(["bridge a, made in Menu.room", "playback 2"])
        assert text.startswith("left behind: bridge a, made in Menu.room; playback 2. What is made")

    @virtual_time
    async def test_of_a_room_is_that_nobody_is_inside(self):
        class Meets(Flow):
            async def room(self, event: Event) -> None:
                await self.channel.answer()
                room = await self.asterisk.bridge(self.app, "the talk")
                await room.add(self.channel)
                await self.channel.ended()

            start = room

        with pytest.raises(
            Left, match=r"^left behind: room 'the talk' with nobody inside, made in"
        ):
            async with Asterisk(Meets, sounds={}) as asterisk:
                await asterisk.call()
                assert not any("'the talk'" in each for each in asterisk.left())

    @virtual_time
    async def test_names_the_state_of_the_flow(self):
        class Careless(Flow):
            async def room(self, event: Event) -> None:
                await self.asterisk.ari.bridges.create_with_id("mine")

            start = room

        with pytest.raises(Left, match=r"^left behind: bridge mine, made in Careless\.room\. What"):
            async with Asterisk(Careless, sounds={}) as asterisk:
                await asterisk.call()
