"""What may be done in a call, and when it is refused. What each action does: `calls/talks.py`."""

from __future__ import annotations

import asyncio
from typing import get_args

import pytest
from stasis_webrtc.action import ACTIONS, act
from stasis_webrtc.order import NotPossible, Why

from stasis.errors import ServerError
from stasis.testing.clock import virtual_time
from tests.apps.stasis_webrtc.calls.race import Slow
from tests.apps.stasis_webrtc.house import House, dials, opened, rings, talk

OPTIONS = {
    "dtmf": {"digits": "1"},
    "transfer": {"to": "carl"},
    "attend": {"other": "x"},
    "conference": {"room": "1000"},
}


async def why(house: House, user: str, action: str, id: str = "") -> str:
    """Why an action is refused."""
    with pytest.raises(NotPossible) as refused:
        await house.do(user, action, id, **OPTIONS.get(action, {}))
    assert refused.value.why in get_args(Why)
    return refused.value.why


class TestActions:
    def test_each_has_a_name_of_its_own_and_says_what_it_does(self):
        assert len(ACTIONS) == 11
        assert all(each.help for each in ACTIONS.values())

    @pytest.mark.parametrize("action", ACTIONS)
    @virtual_time
    async def test_a_call_of_somebody_else_is_none(self, action: str):
        house = House()
        async with opened(house) as asterisk:
            anna, bert = await talk(asterisk)
            assert await why(house, "carl", action, house.view("anna").id) == "no_call"
            assert await why(house, "anna", action, house.view("bert").id) == "no_call"
            await anna.talks_with(bert)

    @pytest.mark.parametrize("action", [each for each in ACTIONS if each != "hangup"])
    @virtual_time
    async def test_nothing_but_hanging_up_while_it_rings(self, action: str):
        house = House()
        async with opened(house) as asterisk:
            await dials(asterisk, "anna", "202")
            bert = await rings(asterisk, "bert")
            assert await why(house, "anna", action) == "not_now"
            assert await why(house, "bert", action) == "not_now"
            assert not bert.over

    @virtual_time
    async def test_an_unknown_one_is_told_with_those_that_are_known(self):
        house = House()
        async with opened(house) as asterisk:
            await talk(asterisk)
            with pytest.raises(NotPossible, match="known: hold, unhold") as refused:
                await act(house.calls, "anna", house.view("anna").id, "fly")
            assert refused.value.why == "unknown"

    @virtual_time
    async def test_what_asterisk_refuses_is_told(self):
        house = House()
        async with opened(house) as asterisk:
            anna, bert = await talk(asterisk)
            asterisk.refuse("POST /channels/.*/mute", 500)
            with pytest.raises(ServerError):
                await house.do("anna", "mute")
            await anna.talks_with(bert)

    @virtual_time
    async def test_what_it_refuses_leaves_nobody_alone(self):
        house = House()
        async with opened(house) as asterisk:
            anna, bert = await talk(asterisk)
            first = house.view("anna").id
            await house.do("anna", "hold", first)
            again = await dials(asterisk, "anna", "203")
            carl = await rings(asterisk, "carl")
            await carl.answers()
            await again.talks_with(carl)
            (second,) = (each.id for each in house.views("anna") if each.id != first)
            asterisk.refuse("POST /bridges/.*/addChannel", 500, times=1)
            with pytest.raises(ServerError):
                await house.do("anna", "attend", first, other=second)
            await anna.is_hung_up(within=2)
            await again.is_hung_up(within=2)
            await bert.talks_with(carl)

    @virtual_time
    async def test_who_declines_at_once_is_not_rung(self):
        house = House()
        async with Slow(house, sounds={}) as asterisk:
            asterisk.seconds = 0.2
            await dials(asterisk, "anna", "202")
            while "ringing" not in house.saw("bert"):
                await asyncio.sleep(0.01)
            await house.do("bert", "hangup")
            await asyncio.sleep(2)
            assert house.saw("bert") == ["ringing", "ended rejected"]
            assert all(each.over for each in asterisk.callees)

    @virtual_time
    async def test_a_listener_that_fails_keeps_nobody(self):
        house = House()

        def fails(view: object) -> None:
            raise RuntimeError("the test's listener")

        async with opened(house) as asterisk:
            house.calls.notices.listeners = [fails, house.seen.append]
            await talk(asterisk)
            await house.do("anna", "hold")
            assert house.view("bert").held_by_other
            assert house.saw("anna") == ["ringing", "connected"]
