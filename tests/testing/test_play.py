"""A call from the keyboard: what keys do, and the moments that are told."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from stasis.ari.events import ChannelDtmfReceived, Event, StasisEnd
from stasis.channel import Channel
from stasis.flow import Flow
from stasis.table import Do
from stasis.testing import virtual_time
from stasis.testing.play import DIGITS, KEYS, Moment, Play
from stasis.trigger import After, Other


class Desk(Flow):
    """A menu; 1 calls Alice, 2 counts, anything else and silence lead to a goodbye."""

    async def menu(self, event: Event) -> None:
        await self.channel.answer()
        await self.channel.play("sound:menu")

    async def count(self, event: Event) -> None:
        pass

    async def ringing(self, event: Event) -> str:
        dialling = await self.channel.dial("PJSIP/alice", timeout=20)
        result = await dialling.answered()
        if result.status == "ANSWER":
            await dialling.connect()
        return result.status

    async def talking(self, event: Event) -> None:
        pass

    async def goodbye(self, event: Event) -> None:
        playback = await self.channel.play("sound:bye")
        await playback.finished()

    start = menu
    table = {
        menu: {
            (ChannelDtmfReceived, "1"): ringing,
            (ChannelDtmfReceived, "2"): Do(count),
            ChannelDtmfReceived: goodbye,
            After(30): goodbye,
        },
        ringing: {"ANSWER": talking, "BUSY": menu, "NOANSWER": menu},
        talking: {Other(StasisEnd): menu},
    }


async def broken(channel: Channel) -> None:
    raise ValueError("no such account")


def play(programs: Any = Desk, **options: Any) -> Play:
    """A call whose sounds do not depend on what is installed."""
    return Play(programs, sounds={}, **options)


def texts(playing: Play, *kinds: str) -> list[str]:
    """What is told. kinds: only these."""
    return [m.text for m in playing.moments if not kinds or m.kind in kinds]


class TestMoments:
    @virtual_time
    async def test_tell_the_call_from_its_beginning_to_its_end(self):
        async with play() as playing:
            await playing.press(",5")
            await asyncio.sleep(5)
            assert playing.over and playing.state == ""
        assert texts(playing) == [
            "you call",
            "menu",
            "answered",
            "you hear sound:menu",
            "you press 5",
            "goodbye (ChannelDtmfReceived)",
            "you hear sound:bye",
            "the call is over (cause 16)",
        ]
        assert [moment.at for moment in playing.moments] == sorted(m.at for m in playing.moments)

    @virtual_time
    async def test_are_told_at_once_and_name_what_is_heard(self):
        told: list[Moment] = []
        playing = play()
        playing.on_moment.append(told.append)
        async with playing:
            assert told == playing.moments
            heard = [m.media for m in told if m.media]
            assert heard == ["sound:menu"]

    @virtual_time
    async def test_tell_an_action_with_its_state(self):
        async with play() as playing:
            await playing.press("2")
            assert texts(playing, "state") == ["menu", "menu: count (ChannelDtmfReceived 2)"]
            assert playing.state == "menu"

    @virtual_time
    async def test_tell_what_the_flow_has_raised_and_go_on(self):
        async with play(broken) as playing:
            (told,) = texts(playing, "error")
            assert told.startswith(
                "the flow failed: ValueError: no such account in state 'running', "
            )
            await playing.press("c")
        assert texts(playing, "call") == ["you call", "you call"]

    @virtual_time
    async def test_tell_what_is_left_behind(self):
        async def strays(channel: Channel) -> None:
            await channel.answer()

        async with play(strays) as playing:
            await playing._asterisk.link.ari.bridges.create_with_id("stray")
        assert texts(playing, "error") == ["left behind: bridge stray"]

    @virtual_time
    async def test_know_how_long_the_call_and_its_state_have_lasted(self):
        async with play() as playing:
            await playing.press(",,,5")
            await asyncio.sleep(1)
            assert playing.elapsed == pytest.approx(4.2, abs=0.2)
            assert playing.in_state == pytest.approx(1.1, abs=0.1)


class TestKeys:
    @virtual_time
    async def test_a_phone_that_is_called_answers_and_hangs_up(self):
        async with play() as playing:
            await playing.press("1")
            assert texts(playing, "phone") == ["PJSIP/alice is called"]
            assert len(playing.callees) == 1
            await playing.press("a,x")
            assert texts(playing, "phone")[1:] == ["PJSIP/alice answers", "PJSIP/alice hangs up"]
            assert "PJSIP/alice's call is over (cause 16)" in texts(playing, "end")
            assert playing.callees == []

    @virtual_time
    async def test_or_is_busy(self):
        async with play() as playing:
            await playing.press("1b")
            assert texts(playing, "phone")[1:] == ["PJSIP/alice is busy"]
            assert playing.state == "menu"

    @virtual_time
    async def test_nobody_answers_where_nobody_is_called(self):
        async with play() as playing:
            await playing.press("abx")
            assert texts(playing, "phone") == []

    @virtual_time
    async def test_the_caller_hangs_up_once_and_calls_again(self):
        async with play() as playing:
            await playing.press("h")
            assert playing.over
            before = len(playing.moments)
            await playing.press("h5s")
            assert len(playing.moments) == before, "nobody is there"
            await playing.press("cc")
            assert not playing.over and texts(playing, "call") == ["you call"] * 2
            assert playing.elapsed < 1

    @virtual_time
    async def test_the_caller_speaks(self):
        async with play() as playing:
            await playing.press("s")
            assert texts(playing, "does") == ["you speak for 2 s"]
            assert playing.elapsed == pytest.approx(2, abs=0.1)

    @virtual_time
    async def test_what_is_no_key_does_nothing(self):
        async with play() as playing:
            before = len(playing.moments)
            await playing.press("z?\x1b")
            assert len(playing.moments) == before

    def test_each_has_words_and_none_is_a_digit(self):
        assert all(words for words, _ in KEYS.values()) and not set(KEYS) & set(DIGITS)


class TestSkipping:
    @virtual_time
    async def test_passes_over_the_time_until_something_happens(self):
        async with play() as playing:
            await playing.press(" ")
            assert texts(playing)[-1] == "you hear sound:bye" or playing.state == "goodbye"
            assert playing.elapsed == pytest.approx(30, abs=0.2)
            await playing.press(" ")
            await playing.press(" ")
            assert playing.over

    @virtual_time
    async def test_does_nothing_when_nobody_is_in_a_call(self):
        async with play() as playing:
            await playing.press("h")
            before = asyncio.get_running_loop().time()
            await playing.press(" ")
            assert asyncio.get_running_loop().time() == before

    @virtual_time
    async def test_moves_a_real_clock_on(self):
        jumps: list[float] = []
        async with play(jump=jumps.append) as playing:
            asyncio.get_running_loop().call_later(0.001, lambda: playing._tell("does", "x"))
            await playing.press(" ")
        assert jumps and set(jumps) == {0.1}


class TestWhatIsPlayed:
    @virtual_time
    async def test_is_the_first_of_several_with_its_arguments(self):
        async with play({"desk": Desk, "broken": broken}, args=["de", "vip"]) as playing:
            assert playing.flow is Desk
            assert playing.caller is not None
            assert playing.caller.flow.channel.args == ("de", "vip")

    @virtual_time
    async def test_is_played_as_on_a_version(self):
        async with play(version="16") as playing:
            assert playing.state == "menu"
