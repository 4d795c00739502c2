"""People at phones: each verb, and what a test is told when it does not happen."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from stasis.ari.events import ChannelDtmfReceived, Event
from stasis.channel import Channel
from stasis.flow import Flow
from stasis.testing import Asterisk, Callee, NotHeard, virtual_time
from stasis.testing.party import Caller
from stasis.trigger import After


class Menu(Flow):
    """Plays two prompts; a key leads to a desk; goes after 30 s."""

    async def menu(self, event: Event) -> None:
        await self.channel.answer()
        await self.channel.play("sound:one", "sound:two")

    async def desk(self, event: Event) -> None:
        dialling = await self.channel.dial("PJSIP/alice", timeout=20)
        await dialling.answered()
        await dialling.connect()

    async def goodbye(self, event: Event) -> None:
        playback = await self.channel.play("sound:bye")
        await playback.finished()

    start = menu
    table = {
        menu: {(ChannelDtmfReceived, "1"): desk, ChannelDtmfReceived: goodbye, After(30): goodbye},
        desk: {ChannelDtmfReceived: menu},
    }


async def broken(channel: Channel) -> None:
    raise ValueError("no such account")


def server(programs: Any = Menu, **options: Any) -> Asterisk:
    """A server whose sounds do not depend on what is installed."""
    return Asterisk(programs, **{"sounds": {"gone": 0}, **options})


def now() -> float:
    return asyncio.get_running_loop().time()


async def at_desk(asterisk: Asterisk) -> tuple[Caller, Callee]:
    """Somebody is put through to Alice, who has answered."""
    caller = await asterisk.call(number="1")
    await caller.dials("1")
    alice = await asterisk.rings("PJSIP/alice")
    await alice.answers()
    await caller.talks_with(alice)
    return caller, alice


def told(caught: pytest.ExceptionInfo[NotHeard]) -> str:
    """The error's text, without ids."""
    return re.sub(r" (\d+\.\d+|channel-[^>]*)>", ">", str(caught.value))


class TestHearing:
    @virtual_time
    async def test_is_used_up_in_order(self):
        async with server() as asterisk:
            caller = await asterisk.call()
            await caller.hears("sound:one")
            await caller.hears("sound:two")
            with pytest.raises(NotHeard):
                await caller.hears("sound:one", within=5)
            assert caller.heard == ["sound:one", "sound:two"]

    @virtual_time
    async def test_passes_over_what_comes_before(self):
        async with server() as asterisk:
            caller = await asterisk.call()
            await caller.hears("sound:bye")

    @virtual_time
    async def test_is_awaited_no_longer_than_it_takes(self):
        async with server() as asterisk:
            caller = await asterisk.call()
            await caller.hears("sound:two")
            assert now() == pytest.approx(2, abs=0.1)

    @virtual_time
    async def test_that_does_not_come_in_time_says_what_came_instead(self):
        async with server() as asterisk:
            caller = await asterisk.call()
            with pytest.raises(NotHeard) as caught:
                await caller.hears("sound:bye", within=10)
            assert told(caught) == (
                "<Caller 100> has not heard sound:bye within 10 s;"
                " heard instead: sound:one, sound:two; the flow is in menu"
            )
            await caller.hears("sound:two")
            with pytest.raises(NotHeard, match=r"within 2 s; heard nothing; the flow is in menu$"):
                await caller.hears("sound:bye", within=2)

    @virtual_time
    async def test_fails_at_once_when_the_call_is_over(self):
        async with server() as asterisk:
            caller = await asterisk.call()
            await caller.hangs_up()
            before = now()
            with pytest.raises(NotHeard) as caught:
                await caller.hears("sound:bye")
            assert now() == pytest.approx(before, abs=0.1)
            assert told(caught) == (
                "<Caller 100> was hung up before sound:bye was heard;"
                " heard instead: sound:one; the flow is in menu"
            )

    @virtual_time
    async def test_of_what_was_heard_before_the_end_counts_after_it(self):
        async with server() as asterisk:
            caller = await asterisk.call()
            await caller.dials("5")
            await caller.is_hung_up()
            await caller.hears("sound:bye")

    @virtual_time
    async def test_names_what_the_flow_has_raised(self):
        async with server(broken) as asterisk:
            caller = await asterisk.call()
            with pytest.raises(NotHeard) as caught:
                await caller.hears("sound:one")
            assert told(caught).endswith(
                "heard nothing; the flow has raised ValueError: no such account"
            )
            assert not caller.looked, "the test has not looked at it by that"
            assert isinstance(caller.failure, ValueError)

    @virtual_time
    async def test_names_where_a_call_is_that_no_flow_has(self):
        async with server(dialplan="[default]\nexten => 1,1,Wait(60)\n") as asterisk:
            caller = await asterisk.call("1")
            with pytest.raises(NotHeard) as caught:
                await caller.hears("sound:one", within=5)
            assert told(caught).endswith("heard nothing; no flow has the call, it is in Wait")
            with pytest.raises(LookupError, match="has reached no flow: is the extension right"):
                _ = caller.flow
            assert caller.state == "" and caller.failure is None

    @virtual_time
    async def test_names_a_sound_that_the_server_does_not_have(self):
        async with server() as asterisk:
            caller = await asterisk.call()
            with pytest.raises(NotHeard, match="the server has no sound 'gone'"):
                await caller.hears("sound:gone", within=5)

    @virtual_time
    async def test_nothing_is_heard_or_what_was_is_said(self):
        async with server() as asterisk:
            caller = await asterisk.call()
            await caller.hears_nothing(1.5)
            with pytest.raises(NotHeard) as caught:
                await caller.hears_nothing(5)
            assert told(caught) == "<Caller 100> has heard sound:two; the flow is in menu"


class TestTalking:
    @virtual_time
    async def test_is_hearing_each_other(self):
        async with server() as asterisk:
            caller, alice = await at_desk(asterisk)
            assert caller.can_hear(alice) and alice.can_hear(caller)
            stranger = await asterisk.call(number="9")
            assert not stranger.can_hear(alice) and not alice.can_hear(stranger)

    @virtual_time
    async def test_that_does_not_come_about_says_who_does_not_hear_whom(self):
        async with server() as asterisk:
            caller, alice = await at_desk(asterisk)
            await caller.holds()
            with pytest.raises(NotHeard) as caught:
                await caller.talks_with(alice, within=5)
            assert told(caught) == (
                "<Caller 1> does not hear <Callee PJSIP/alice>,"
                " <Callee PJSIP/alice> does not hear <Caller 1>; the flow is in desk"
            )
            await caller.resumes()
            await caller.talks_with(alice)

    @virtual_time
    async def test_fails_at_once_when_one_has_gone(self):
        async with server() as asterisk:
            caller, alice = await at_desk(asterisk)
            await alice.hangs_up()
            before = now()
            with pytest.raises(NotHeard, match=r"; <Callee [^>]*> was hung up"):
                await caller.talks_with(alice)
            assert now() == pytest.approx(before, abs=0.1)


class TestTheEnd:
    @virtual_time
    async def test_has_a_cause(self):
        async with server() as asterisk:
            caller = await asterisk.call()
            await caller.dials("5")
            assert await caller.is_hung_up() == 16 and caller.over
            assert await caller.is_hung_up() == 16

    @virtual_time
    async def test_that_does_not_come_in_time_says_where_the_call_is(self):
        async with server() as asterisk:
            caller = await asterisk.call()
            with pytest.raises(NotHeard) as caught:
                await caller.is_hung_up(within=5)
            assert told(caught) == (
                "<Caller 100> is still there after 5 s;"
                " heard instead: sound:one, sound:two; the flow is in menu"
            )

    @virtual_time
    async def test_leaves_the_flow_to_be_looked_at(self):
        async with server() as asterisk:
            caller = await asterisk.call()
            await caller.dials("5")
            await caller.is_hung_up()
            assert isinstance(caller.flow, Menu) and caller.failure is None
            assert caller.variable("nothing") is None


class TestDoing:
    @virtual_time
    async def test_digits_take_their_time(self):
        async with server() as asterisk:
            caller = await asterisk.call()
            frames: list[dict[str, Any]] = []
            asterisk.machine.bus.connect("x", frames.append, everything=True)
            await caller.dials("1,2", seconds=0.25, gap=0.05)
            assert now() == pytest.approx(1.6, abs=0.01)
            digits = [f for f in frames if f["type"] == "ChannelDtmfReceived"]
            assert [(f["digit"], f["duration_ms"]) for f in digits] == [("1", 250), ("2", 250)]

    @virtual_time
    async def test_what_is_no_key_is_refused_before_any_is_pressed(self):
        async with server() as asterisk:
            caller = await asterisk.call()
            with pytest.raises(ValueError, match=r"dials\('5e'\): 'e' is no key; .* 0123456789"):
                await caller.dials("5e")
            assert caller.state == "menu"

    @virtual_time
    async def test_speaking_takes_its_time_and_is_told_where_it_is_listened_for(self):
        async with server() as asterisk:
            caller = await asterisk.call()
            frames: list[dict[str, Any]] = []
            asterisk.machine.bus.connect("x", frames.append, everything=True)
            caller.line.channel.talk_detect = True
            await caller.speaks(3)
            await caller.waits(1)
            assert now() == pytest.approx(4, abs=0.1)
            kinds = [f["type"] for f in frames if "Talking" in f["type"]]
            assert kinds == ["ChannelTalkingStarted", "ChannelTalkingFinished"]

    @virtual_time
    async def test_a_callee_answers_declines_or_is_busy(self):
        for verb, cause in (("declines", 21), ("is_busy", 17)):
            async with server() as asterisk:
                caller = await asterisk.call()
                await caller.dials("1")
                alice = await asterisk.rings("PJSIP/alice")
                assert not alice.answered
                await getattr(alice, verb)()
                assert alice.over and await alice.is_hung_up() == cause
                assert caller.failure is not None, "it connects nobody"

    @virtual_time
    async def test_who_hangs_up_gives_a_cause(self):
        async with server() as asterisk:
            caller = await asterisk.call()
            await caller.hangs_up(31)
            assert await caller.is_hung_up() == 31


class TestAfterTheCall:
    @virtual_time
    async def test_nothing_that_anybody_does_has_an_effect(self):
        async with server() as asterisk:
            caller, alice = await at_desk(asterisk)
            await alice.hangs_up()
            await caller.hangs_up()
            frames: list[dict[str, Any]] = []
            asterisk.machine.bus.connect("x", frames.append, everything=True)
            for each in (caller, alice):
                each.line.channel.talk_detect = True
                await each.dials("12")
                await each.speaks(1)
                await each.holds()
                await each.resumes()
                await each.hangs_up(17)
                await each.hears_nothing(1)
                await each.waits(1)
                assert await each.is_hung_up() == 16
                assert not each.can_hear(caller)
            for verb in (alice.answers, alice.declines, alice.is_busy):
                await verb()
            assert frames == []

    @virtual_time
    async def test_who_answers_too_late_is_with_nobody(self):
        async with server() as asterisk:
            caller = await asterisk.call()
            await caller.dials("1")
            alice = await asterisk.rings("PJSIP/alice")
            await caller.hangs_up()
            await alice.answers()
            assert alice.over and not alice.answered
