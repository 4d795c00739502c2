"""Playback: what is refused, who is whispered to, and what is sent to play."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from stasis.ami import Ami, actions, events
from stasis.ami.answers import GetvarAnswer
from stasis.config import AsteriskConfig
from stasis.pbx import BadValue, Missing, Pbx
from stasis.pbx.playback import audible, playing_of
from stasis.testing.clock import virtual_time
from tests.pbx.fake_ami import FakeAmi
from tests.pbx.refusing import EVIL, unasked

ALICE = "PJSIP/alice-00000001"
ID = "stasis-playback-0123456789abcdef"

STATUS = b"""Event: Status\r
Variable: OTHER=x\r
Variable: STASIS_PLAYBACK=PJSIP/alice-00000001"""


class TestWhatIsRefused:
    @pytest.mark.parametrize("evil", EVIL)
    @pytest.mark.parametrize(
        ("thing", "given"),
        [
            ("play", {"channel": "?", "sounds": ["a"]}),
            ("play", {"channel": ALICE, "sounds": ["?"]}),
            ("play", {"channel": ALICE, "sounds": ["a", "?"]}),
            ("say_digits", {"channel": ALICE, "digits": "?"}),
            ("say_number", {"channel": ALICE, "number": "?"}),
            ("stop", {"playback": "?"}),
            ("call", {"device": "?", "sounds": ["a"]}),
        ],
    )
    async def test_nothing_is_sent(self, thing: str, given: dict[str, Any], evil: str) -> None:
        pbx, ami = unasked()
        filled = {
            name: [evil if each == "?" else each for each in value]
            if isinstance(value, list)
            else (evil if value == "?" else value)
            for name, value in given.items()
        }
        with pytest.raises(BadValue):
            await getattr(pbx.playback, thing)(**filled)
        assert ami.asked == []

    @pytest.mark.parametrize("evil", [each for each in EVIL if each])
    @pytest.mark.parametrize("name", ["zone", "format", "language"])
    async def test_nothing_is_sent_for_an_option(self, name: str, evil: str) -> None:
        pbx, ami = unasked()
        with pytest.raises(BadValue):
            await pbx.playback.say_time(ALICE, **{name: evil})  # type: ignore[arg-type]
        assert ami.asked == []

    async def test_no_sounds_are_none(self) -> None:
        pbx, _ = unasked()
        with pytest.raises(BadValue):
            await pbx.playback.play(ALICE, [])

    @pytest.mark.parametrize("id", ["stasis-call-0123456789abcdef", ALICE, f"{ID}0", "1795996.1"])
    async def test_another_call_is_no_playback(self, id: str) -> None:
        pbx, _ = unasked()
        with pytest.raises(BadValue):
            await pbx.playback.stop(id)


class TestWhatPlays:
    def test_the_playing_halves_are_the_playbacks(self) -> None:
        items = [
            events.Status(event="Status", uniqueid=ID, app="Playback", data="a&b", frame=STATUS),
            events.Status(event="Status", uniqueid=f"{ID};2", app="ChanSpy", frame=STATUS),
            events.Status(event="Status", uniqueid="1795996.1", app="Playback", frame=STATUS),
        ]
        (found,) = playing_of(items)
        assert (found.id, found.channel, found.data) == (ID, ALICE, "a&b")

    async def test_one_that_is_over_is_missing(self) -> None:
        ami = FakeAmi({actions.CoreShowChannels: []})
        with pytest.raises(Missing, match="is over"):
            await Pbx(AsteriskConfig(), ami=cast(Ami, ami)).playback.stop(ID)

    async def test_its_own_half_is_hung_up(self) -> None:
        listed = [
            events.CoreShowChannel(event="x", uniqueid=f"{ID};2", channel="Local/a;2"),
            events.CoreShowChannel(event="x", uniqueid=ID, channel="Local/a;1"),
        ]
        ami = FakeAmi({actions.CoreShowChannels: listed})
        await Pbx(AsteriskConfig(), ami=cast(Ami, ami)).playback.stop(ID)
        assert ami.asked[-1] == actions.Hangup(channel="Local/a;1")

    @virtual_time
    async def test_a_channel_that_is_sent_nothing_for_a_moment_is_played_to(self) -> None:
        ami = FakeAmi(
            {
                actions.Status: [events.Status(event="Status", app="Echo")],
                actions.Getvar: GetvarAnswer(response="Success", value="17"),
            }
        )
        more = GetvarAnswer(response="Success", value="18")
        loop = asyncio.get_running_loop()
        loop.call_later(0.75, ami.says.update, {actions.Getvar: more})
        await audible(cast(Ami, ami), "playback.play", ALICE)
        assert loop.time() == pytest.approx(0.8)

    @virtual_time
    async def test_a_channel_that_is_sent_nothing_is_not_played_to(self) -> None:
        ami = FakeAmi(
            {
                actions.Status: [events.Status(event="Status", app="Wait")],
                actions.Getvar: GetvarAnswer(response="Success", value="17"),
            }
        )
        pbx = Pbx(AsteriskConfig(), ami=cast(Ami, ami))
        with pytest.raises(Exception, match=r"no sound now, in Wait.*transmit_silence"):
            await pbx.playback.play(ALICE, ["a"])
        assert actions.Originate not in {type(each) for each in ami.asked}
