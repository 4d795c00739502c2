"""What any caller may do: scripts at random, that use the flow's own keys and time-outs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stasis import After, ChannelDtmfReceived, Event, Flow
from stasis.testing.action import (
    CalleeHangsUp,
    Cut,
    HangsUp,
    Presses,
    Refuses,
    Waits,
    done,
    keys_of,
    scripts,
    until_hung_up,
    waits_of,
)
from stasis.testing.asterisk import Asterisk
from stasis.testing.clock import virtual_time


class Menu(Flow):
    async def menu(self, event: Event) -> None:
        await self.channel.answer()

    async def goodbye(self, event: Event) -> None:
        """Nothing."""

    start = menu
    table = {
        menu: {
            (ChannelDtmfReceived, "7"): menu,
            ChannelDtmfReceived: goodbye,
            After(25): goodbye,
        }
    }


async def plain(channel: Any) -> None:
    """A function has no table."""


def test_the_keys_and_time_outs_of_the_table_are_tried():
    assert keys_of(Menu) == {"7"} and waits_of(Menu) == {25.5}


def test_a_function_has_no_keys_and_waits_of_common_length():
    assert keys_of(plain) == set() and waits_of(plain) == {10.5, 61.0}


@settings(max_examples=30)
@given(st.data())
def test_a_script_is_no_longer_than_told_and_nothing_follows_a_hang_up(data: st.DataObject):
    script = data.draw(scripts(Menu, "7#", 6, faults=False))
    assert len(script) <= 6
    assert not any(isinstance(each, (Cut, Refuses)) for each in script)
    assert all(each.key in "7#" for each in script if isinstance(each, Presses))
    assert HangsUp() not in script[:-1]


def test_what_follows_a_hang_up_is_left_out():
    assert until_hung_up([Presses("1"), HangsUp(), Waits(1)]) == (Presses("1"), HangsUp())


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (Presses("#"), "presses #"),
        (Waits(10.5), "waits 10.5 s"),
        (CalleeHangsUp(17), "who is called hangs up (17)"),
        (Cut(15.0), "the socket is cut for 15 s"),
        (Refuses("play", 404), "the next play is refused with 404"),
    ],
)
def test_an_action_reads_as_what_people_do(action: object, words: str):
    assert str(action) == words


@virtual_time
async def test_what_is_not_possible_is_left_out():
    async with Asterisk(Menu) as asterisk:
        caller = await asterisk.call()
        await done(asterisk, caller, CalleeHangsUp(16))
        assert caller.state == "menu"
        await done(asterisk, caller, HangsUp())
        await done(asterisk, caller, Presses("7"))
        assert caller.over
