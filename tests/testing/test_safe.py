"""Any caller: what breaks a flow is found, and its script is as short as it gets."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from stasis import (
    After,
    AriError,
    Channel,
    ChannelDtmfReceived,
    Dialling,
    Done,
    Event,
    Flow,
    Other,
    StasisEnd,
    StasisError,
)
from stasis.plugin import NoConfig, Plugin
from stasis.program import Runnable
from stasis.testing.asterisk import Asterisk
from stasis.testing.safe import (
    CalleeAnswers,
    CalleeHangsUp,
    Cut,
    HangsUp,
    Presses,
    Refuses,
    Unsafe,
    Waits,
    assert_safe,
    tried,
)


class Answering(Flow):
    """The states that the flows below share."""

    async def menu(self, event: Event) -> None:
        await self.channel.answer()
        await self.channel.play("sound:demo-instruct")

    async def goodbye(self, event: Event) -> None:
        playback = await self.channel.play("sound:vm-goodbye")
        await playback.finished()


class Safe(Answering):
    """Nothing is wrong with it."""

    start = Answering.menu
    table = {
        Answering.menu: {
            (ChannelDtmfReceived, "1"): Answering.menu,
            ChannelDtmfReceived: Answering.goodbye,
            After(10): Answering.goodbye,
        }
    }


class Raises(Answering):
    """Seeded: PIN 37 is looked up where it is not."""

    async def pin(self, event: Event) -> str:
        digits = await self.channel.ask("sound:vm-password", digits=2, timeout=5)
        return {"37": "known"}[digits] if digits.startswith("3") else "unknown"

    start = Answering.menu
    table = {
        Answering.menu: {(ChannelDtmfReceived, "5"): pin, After(10): Answering.goodbye},
        pin: {"known": Answering.goodbye, "unknown": Answering.goodbye},
    }


class Stuck(Answering):
    """Seeded: after two steps nothing but a key leads on."""

    async def news(self, event: Event) -> None:
        await self.channel.play("sound:demo-moreinfo")

    async def weather(self, event: Event) -> None:
        await self.channel.play("sound:demo-moreinfo")

    start = Answering.menu
    table = {
        Answering.menu: {(ChannelDtmfReceived, "3"): news, After(10): Answering.goodbye},
        news: {(ChannelDtmfReceived, "4"): weather, After(10): Answering.goodbye},
        weather: {(ChannelDtmfReceived, "9"): Answering.goodbye},
    }


class Leaks(Answering):
    """Seeded: it makes a bridge behind the engine's back."""

    async def leak(self, event: Event) -> None:
        await self.asterisk.ari.bridges.create_with_id(f"stray-{self.channel.id}")

    start = Answering.menu
    table = {
        Answering.menu: {(ChannelDtmfReceived, "#"): leak, After(10): Answering.goodbye},
        leak: {Done: Answering.goodbye},
    }


@dataclass
class DeskData:
    dialling: Dialling | None = None


class Desk(Answering):
    """Two people talk, for as long as they like."""

    data = DeskData()

    async def ringing(self, event: Event) -> str:
        self.data.dialling = await self.channel.dial("PJSIP/alice", timeout=20)
        result = await self.data.dialling.answered()
        return "answered" if result.status == "ANSWER" else "missed"

    async def talking(self, event: Event) -> None:
        assert self.data.dialling is not None
        await self.data.dialling.connect()

    start = ringing
    table = {
        ringing: {"answered": talking, "missed": Answering.goodbye},
        talking: {Other(StasisEnd): Answering.goodbye},
    }


class Unprepared(Answering):
    """Seeded: it has an outcome for a refused prompt that its table does not know."""

    async def prompt(self, event: Event) -> str:
        try:
            playback = await self.channel.play("sound:hello-world")
        except AriError:
            return "failed"
        await playback.finished()
        return "played"

    start = Answering.menu
    table = {
        Answering.menu: {(ChannelDtmfReceived, "1"): prompt, After(10): Answering.goodbye},
        prompt: {"played": Answering.goodbye},
    }


class Unmakeable(Answering):
    """Seeded: its `__init__` raises."""

    def __init__(self) -> None:
        raise KeyError("no such account")

    start = Answering.menu


async def forgets_to_wait(channel: Channel) -> None:
    await channel.answer()
    playback = await channel.play("sound:hello-world")
    playback.finished()  # type: ignore[unused-coroutine]


async def leaves_a_task(channel: Channel) -> None:
    await channel.answer()
    asyncio.create_task(asyncio.sleep(1e6), name="beside")


async def raises_when_left(channel: Channel) -> None:
    await channel.answer()
    try:
        await asyncio.sleep(1000)
    finally:
        raise KeyError("when left")


class TestAssertSafe:
    def test_a_flow_without_faults_passes(self):
        assert_safe(Safe)

    def test_an_exception_is_found_with_its_shortest_script(self):
        with pytest.raises(Unsafe, match="it raised KeyError") as caught:
            assert_safe(Raises, examples=400, keys="0123456789", faults=False)
        # A 3 that no 7 follows, after the 5 that leads there or typed ahead of it.
        assert set(caught.value.script) == {Presses("3"), Presses("5")}
        assert len(caught.value.script) == 2

    def test_a_state_without_end_is_found_with_its_shortest_script(self):
        with pytest.raises(Unsafe, match=r"keeps a silent caller in 'weather'") as caught:
            assert_safe(Stuck, examples=400)
        assert caught.value.script == (Presses("3"), Presses("4"))

    def test_what_is_left_behind_is_found_with_its_shortest_script(self):
        with pytest.raises(Unsafe, match="left behind: bridge stray-") as caught:
            assert_safe(Leaks)
        assert caught.value.script == (Presses("#"),)

    def test_a_conversation_may_last_until_the_other_hangs_up(self):
        assert_safe(Desk, examples=60, prepare=lambda asterisk: None)

    def test_a_function_is_tried_as_well(self):
        async def hello(channel: Any) -> None:
            await channel.answer()
            greeting = await channel.play("sound:hello-world")
            await greeting.finished()
            await channel.hangup()

        assert_safe(hello, examples=40)

    def test_a_plugin_is_tried_with_the_keys_of_its_flows(self):
        class Office(Plugin):
            name = "office"

            def flows(self) -> dict[str, Runnable]:
                return {"office": Leaks}

        with pytest.raises(Unsafe, match="^Office is not safe: left behind: bridge stray-"):
            assert_safe(Office(NoConfig()))

    def test_the_same_scripts_are_tried_each_time(self):
        tries: list[list[str]] = []
        for _ in range(2):
            seen: list[str] = []

            def prepare(asterisk: Asterisk, seen: list[str] = seen) -> None:
                seen.append("try")

            assert_safe(Safe, examples=20, prepare=prepare)
            tries.append(seen)
        assert tries[0] == tries[1] and len(tries[0]) == 20

    def test_the_script_reads_as_what_people_do(self):
        unsafe = Unsafe("Ivr", (Presses("1"), Waits(10.5), CalleeAnswers(), HangsUp()), "it hangs")
        assert str(unsafe).splitlines() == [
            "Ivr is not safe: it hangs. The caller",
            "  calls",
            "  presses 1",
            "  waits 10.5 s",
            "  who is called answers",
            "  hangs up",
        ]


class Spins(Flow):
    """Seeded: it goes round for ever, in no time."""

    async def here(self, event: Event) -> None:
        """Nothing."""

    async def there(self, event: Event) -> None:
        """Nothing."""

    start = here
    table = {here: {Done: there}, there: {Done: here}}


class TestTried:
    def test_a_flow_that_never_waits_is_not_safe(self):
        assert "does not let time go on" in tried(Spins, ())

    def test_one_script_can_be_tried_again(self):
        assert tried(Stuck, (Presses("3"),)) == ""
        assert "weather" in tried(Stuck, (Presses("3"), Presses("4")))

    def test_a_refused_request_may_fail_the_flow_but_not_strand_the_caller(self):
        assert tried(Safe, (Refuses("play", 500), Presses("1"))) == ""

    def test_a_lost_socket_strands_nobody(self):
        assert tried(Desk, (CalleeAnswers(), Cut(15.0), CalleeHangsUp(16))) == ""

    def test_who_is_called_may_be_busy(self):
        assert tried(Desk, (CalleeHangsUp(17),)) == ""

    def test_a_refused_request_is_no_excuse_for_an_outcome_that_is_not_in_the_table(self):
        assert "FlowError" in tried(Unprepared, [Refuses("play", 500), Presses("1")])
        assert tried(Unprepared, [Presses("1")]) == ""

    def test_a_flow_that_cannot_even_be_made_is_not_safe(self):
        with pytest.raises(Unsafe, match="it raised KeyError: 'no such account'") as unsafe:
            assert_safe(Unmakeable, examples=5)
        assert unsafe.value.script == ()

    def test_what_is_raised_when_the_caller_leaves_counts(self):
        assert "when left" in tried(raises_when_left, [HangsUp()])

    def test_what_is_not_awaited_counts(self):
        why = tried(forgets_to_wait, [])
        assert why.startswith("Playback.finished was not awaited, tests/testing/test_safe.py:")

    def test_a_task_that_is_left_running_counts(self):
        assert tried(leaves_a_task, [HangsUp()]).startswith(
            "tasks left running:\n  beside: sleep()"
        )

    def test_a_refusal_that_hits_nothing_is_no_fault(self):
        assert tried(Safe, [Refuses("record", 500)]) == ""

    def test_hypothesis_must_be_there(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setitem(sys.modules, "hypothesis", None)
        with pytest.raises(StasisError, match=r"pip install 'stasis-ari\[testing\]'"):
            assert_safe(Safe)
