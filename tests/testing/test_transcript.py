"""A call in lines: who does what, what is heard, where the flow is, and when."""

from __future__ import annotations

import asyncio

from stasis.ari.events import ChannelDtmfReceived, Event
from stasis.channel import Channel
from stasis.flow import Flow
from stasis.table import Do
from stasis.testing import Asterisk, virtual_time
from stasis.testing.transcript import LINES, Transcript
from stasis.trigger import After


class Desk(Flow):
    async def menu(self, event: Event) -> None:
        await self.channel.answer()
        await self.channel.play("sound:menu")

    async def note(self, event: Event) -> None: ...

    async def ringing(self, event: Event) -> None:
        dialling = await self.channel.dial("PJSIP/alice", timeout=20)
        await dialling.answered()
        await dialling.connect()

    start = menu
    table = {
        menu: {
            (ChannelDtmfReceived, "1"): ringing,
            (ChannelDtmfReceived, "*"): Do(note),
            After(30): ringing,
        },
        ringing: {After(60): menu},
    }


async def broken(channel: Channel) -> None:
    await channel.answer()
    raise ValueError("no such account")


class TestACall:
    @virtual_time
    async def test_is_told_with_the_seconds_since_it_began(self):
        async with Asterisk(Desk, sounds={}) as asterisk:
            await asyncio.sleep(100)
            caller = await asterisk.call("700", number="1")
            await caller.waits(2)
            await caller.dials("*1")
            alice = await asterisk.rings("PJSIP/alice")
            await alice.answers()
            await caller.talks_with(alice)
            await caller.speaks(1)
            await caller.holds()
            await caller.resumes()
            await alice.hangs_up(17)
            lines = str(asterisk.transcript).splitlines()
        assert lines == [
            "    0.0 s  1 calls 700",
            "    0.0 s  1: menu",
            "    0.0 s  1 is answered",
            "    0.0 s  1 hears sound:menu",
            "    2.1 s  1 presses *",
            "    2.1 s  1: menu: does note (ChannelDtmfReceived *)",
            "    2.3 s  1 presses 1",
            "    2.3 s  1: ringing (ChannelDtmfReceived 1)",
            "    2.3 s  1 hears ringing",
            "    2.3 s  PJSIP/alice is called",
            "    2.4 s  PJSIP/alice answers",
            "    2.4 s  1 speaks for 1 s",
            "    3.4 s  1 holds",
            "    3.4 s  1 resumes",
            "    3.4 s  PJSIP/alice hangs up (17)",
            "    3.4 s  PJSIP/alice has no call any more (cause 17)",
        ]

    @virtual_time
    async def test_is_told_to_its_end_with_what_the_flow_has_raised(self):
        async with Asterisk(broken, sounds={}) as asterisk:
            caller = await asterisk.call()
            assert caller.failure
            lines = asterisk.transcript.lines
        assert lines[0] == "    0.0 s  100 calls"
        assert any(
            "100: the flow has raised ValueError: no such account in state 'running'" in line
            for line in lines
        )

    @virtual_time
    async def test_two_of_one_number_are_told_apart(self):
        async with Asterisk(Desk, sounds={}) as asterisk:
            for _ in range(3):
                await asterisk.call(number="100")
            assert [each for each in asterisk.transcript.lines if "calls" in each] == [
                f"    0.0 s  {name} calls" for name in ("100", "100 #2", "100 #3")
            ]

    @virtual_time
    async def test_does_not_tell_what_somebody_does_who_has_no_call(self):
        async with Asterisk(Desk, sounds={}) as asterisk:
            caller = await asterisk.call()
            await caller.hangs_up()
            before = len(asterisk.transcript.lines)
            await caller.hangs_up()
            await caller.dials("1")
            await caller.speaks()
            assert len(asterisk.transcript.lines) == before


def test_a_long_one_is_told_by_its_last_lines():
    transcript = Transcript()
    transcript.lines += [f"line {number}" for number in range(LINES + 5)]
    first, second, *_, last = str(transcript).splitlines()
    assert (first, second, last) == ("   … 5 lines before", "line 5", f"line {LINES + 4}")
