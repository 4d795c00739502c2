"""`ask`: what ends an entry, when the prompt stops, and that no digit is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stasis.ari.resource import Response
from stasis.ask import Collector, Entered
from stasis.channel import Channel
from stasis.errors import ChannelGone
from stasis.testing.clock import virtual_time
from tests.fake import FakeAsterisk, FakeCall

KEYS = "0123456789*#ABCD"


class TestEntered:
    def test_it_is_the_digits(self):
        entered = Entered("1234", "length")
        assert entered == "1234" and f"{entered}" == "1234" and entered.isdecimal()

    def test_a_secret_does_not_show_in_its_repr(self):
        entered = Entered("1234", "length", secret=True)
        assert repr(entered) == "Entered('****')"
        assert "1234" not in repr([entered]) and str(entered) == "1234"

    def test_without_a_secret_its_repr_tells(self):
        assert repr(Entered("12", "inter_digit")) == "Entered('12')"


class TestCollector:
    def test_exactly_so_many_digits_are_taken(self):
        collector = Collector(3, 3)
        assert [collector.feed(d) for d in "123"] == [None, None, "length"]
        assert collector.digits == "123" and collector.complete

    def test_the_terminator_ends_it_and_is_not_part_of_it(self):
        collector = Collector(1, 10)
        assert [collector.feed(d) for d in "12#"] == [None, None, "terminator"]
        assert collector.digits == "12" and collector.complete

    def test_the_terminator_alone_is_an_empty_entry(self):
        collector = Collector(1, 10)
        assert collector.feed("#") == "terminator"
        assert collector.digits == "" and not collector.complete

    def test_too_few_digits_are_told(self):
        collector = Collector(4, 4)
        collector.feed("1")
        assert collector.feed("#") == "terminator" and not collector.complete

    def test_without_a_terminator_every_key_counts(self):
        collector = Collector(1, 3, terminator=None)
        assert [collector.feed(d) for d in "#*#"] == [None, None, "length"]
        assert collector.digits == "#*#"

    def test_none_at_all_may_be_enough(self):
        assert Collector(0, 4).complete

    @pytest.mark.parametrize(("minimum", "maximum"), [(-1, 4), (5, 4), (0, 0)])
    def test_impossible_numbers_of_digits_are_refused(self, minimum: int, maximum: int):
        with pytest.raises(ValueError, match="cannot be entered"):
            Collector(minimum, maximum)

    @pytest.mark.parametrize("terminator", ["", "##", "x", " "])
    def test_a_terminator_that_no_keypad_has_is_refused(self, terminator: str):
        with pytest.raises(ValueError, match="one key"):
            Collector(1, 4, terminator)

    @given(st.text(KEYS), st.integers(0, 5), st.integers(1, 8), st.sampled_from([*KEYS, None]))
    def test_what_is_taken_is_what_was_pressed_up_to_its_end(
        self, pressed: str, minimum: int, more: int, terminator: str | None
    ):
        collector = Collector(minimum, minimum + more, terminator)
        used = 0
        ended = None
        for digit in pressed:
            used += 1
            if (ended := collector.feed(digit)) is not None:
                break
        taken = pressed[:used]
        assert collector.digits == (taken[:-1] if ended == "terminator" else taken)
        assert len(collector.digits) <= minimum + more
        assert collector.complete == (len(collector.digits) >= minimum)
        assert (ended == "length") == (len(collector.digits) == minimum + more)


class Asked:
    """A call whose flow asks once. now: the virtual seconds since it began to."""

    def __init__(self, *media: str, before: float = 0.0, **options: Any) -> None:
        self.entered: Entered | None = None
        self.error: Exception | None = None
        self.after = 0.0
        self.left = ""
        self._media = media
        self._before = before
        self._options = options

    async def flow(self, channel: Channel) -> None:
        await asyncio.sleep(self._before)
        began = asyncio.get_running_loop().time()
        try:
            self.entered = await channel.ask(*self._media, **self._options)
        except Exception as error:
            self.error = error
            raise
        finally:
            self.after = asyncio.get_running_loop().time() - began
            self.left = "".join(event.digit for event in channel.digits.events())

    @asynccontextmanager
    async def call(self) -> AsyncIterator[tuple[FakeAsterisk, FakeCall]]:
        async with FakeAsterisk(self.flow) as asterisk:
            yield asterisk, await asterisk.call()


class TestAsk:
    @virtual_time
    async def test_so_many_digits_as_asked_are_returned_at_once(self):
        asked = Asked("sound:vm-password", digits=4)
        async with asked.call() as (asterisk, call):
            await asterisk.finish()
            await call.digit("1234")
            assert asked.entered == "1234"
            assert asked.entered.ended_by == "length" and asked.entered.complete
        assert asked.after == 0.0

    @virtual_time
    async def test_the_terminator_ends_a_shorter_entry(self):
        asked = Asked("sound:vm-password", max=8)
        async with asked.call() as (asterisk, call):
            await asterisk.finish()
            await call.digit("12#")
            assert asked.entered == "12" and asked.entered.ended_by == "terminator"

    @virtual_time
    async def test_silence_after_a_digit_ends_it(self):
        asked = Asked(max=8, inter_digit=3)
        async with asked.call() as (_, call):
            await asyncio.sleep(4)
            await call.digit("1")
            await asyncio.sleep(2.9)
            await call.digit("2")
            await asyncio.sleep(2.9)
            assert asked.entered is None
            await asyncio.sleep(0.2)
            assert asked.entered == "12" and asked.entered.ended_by == "inter_digit"

    @virtual_time
    async def test_no_digit_at_all_is_told_after_the_first_time_out(self):
        asked = Asked(timeout=10)
        async with asked.call():
            await asyncio.sleep(10.1)
            assert asked.entered == "" and asked.entered.ended_by == "first_digit"
            assert not asked.entered.complete
        assert asked.after == pytest.approx(10)

    @virtual_time
    async def test_the_time_for_the_first_digit_begins_when_the_prompt_is_over(self):
        asked = Asked("sound:demo-instruct", timeout=10)
        async with asked.call() as (asterisk, _):
            await asyncio.sleep(60)
            await asterisk.finish()
            await asyncio.sleep(9.9)
            assert asked.entered is None
            await asyncio.sleep(0.2)
            assert asked.entered is not None

    @virtual_time
    async def test_the_overall_limit_holds_however_eagerly_digits_come(self):
        asked = Asked("sound:demo-instruct", overall=5, max=20)
        async with asked.call() as (asterisk, call):
            await asyncio.sleep(60)
            await asterisk.finish()
            for _ in range(3):
                await asyncio.sleep(1.5)
                await call.digit("7")
            assert asked.entered is None
            await asyncio.sleep(0.6)
            assert asked.entered == "777" and asked.entered.ended_by == "overall"
        assert asked.after == pytest.approx(65)

    @virtual_time
    async def test_the_first_digit_stops_the_prompt(self):
        asked = Asked("sound:demo-instruct", digits=2)
        async with asked.call() as (asterisk, call):
            assert await asterisk.plays() == ["sound:demo-instruct"]
            await call.digit("1")
            assert await asterisk.plays() == []
            assert asked.entered is None
            await call.digit("2")
            assert asked.entered == "12"

    @virtual_time
    async def test_a_single_digit_that_cuts_the_prompt_is_the_answer(self):
        asked = Asked("sound:demo-instruct", digits=1)
        async with asked.call() as (_, call):
            await call.digit("5")
            assert asked.entered == "5"

    @virtual_time
    async def test_a_prompt_that_asterisk_cannot_stop_does_not_stop_the_question(self):
        asked = Asked("number:42", digits=2)
        async with asked.call() as (asterisk, call):
            asterisk.refuse["DELETE /playbacks"] = Response(
                500, "", b'{"message": "Could not stop"}'
            )
            await call.digit("1")
            assert await asterisk.plays() == ["number:42"]
            await call.digit("2")
            assert asked.entered == "12"

    @virtual_time
    async def test_without_barge_in_the_prompt_is_heard_out_and_its_digits_count(self):
        asked = Asked("sound:demo-instruct", digits=2, barge_in=False)
        async with asked.call() as (asterisk, call):
            await call.digit("12")
            assert await asterisk.plays() == ["sound:demo-instruct"] and asked.entered is None
            await asterisk.finish()
            assert asked.entered == "12"

    @virtual_time
    async def test_without_barge_in_and_type_ahead_its_digits_are_dropped(self):
        asked = Asked("sound:demo-instruct", digits=2, barge_in=False, type_ahead=False)
        async with asked.call() as (asterisk, call):
            await call.digit("12")
            await asterisk.finish()
            assert asked.entered is None
            await call.digit("34")
            assert asked.entered == "34"

    @virtual_time
    async def test_a_complete_answer_typed_ahead_needs_no_prompt(self):
        asked = Asked("sound:vm-password", digits=4, before=5, barge_in=False)
        async with asked.call() as (asterisk, call):
            await call.digit("12345")
            await asyncio.sleep(5.1)
            assert asked.entered == "1234"
            assert not any("/play/" in request for request in asterisk.requests)
        assert asked.left == "5"

    @virtual_time
    async def test_digits_typed_ahead_skip_a_prompt_that_a_digit_may_cut(self):
        asked = Asked("sound:vm-password", digits=4, before=5)
        async with asked.call() as (asterisk, call):
            await call.digit("12")
            await asyncio.sleep(5.1)
            assert await asterisk.plays() == []
            await call.digit("34")
            assert asked.entered == "1234"

    @virtual_time
    async def test_without_barge_in_half_an_answer_typed_ahead_hears_the_prompt(self):
        asked = Asked("sound:vm-password", digits=4, before=5, barge_in=False)
        async with asked.call() as (asterisk, call):
            await call.digit("12")
            await asyncio.sleep(5.1)
            assert await asterisk.plays() == ["sound:vm-password"]
            await call.digit("34")
            await asterisk.finish()
            assert asked.entered == "1234"

    @virtual_time
    async def test_type_ahead_can_be_refused(self):
        asked = Asked("sound:vm-password", digits=2, before=5, type_ahead=False)
        async with asked.call() as (asterisk, call):
            await call.digit("99")
            await asyncio.sleep(5.1)
            assert await asterisk.plays() == ["sound:vm-password"]
            await call.digit("12")
            assert asked.entered == "12"

    @virtual_time
    async def test_digits_behind_the_answer_stay_for_the_next_question(self):
        answers: list[str] = []

        async def flow(channel: Channel) -> None:
            answers.append(await channel.ask("sound:one", digits=2))
            answers.append(await channel.ask("sound:two", max=5))
            answers.append(await channel.ask("sound:three", digits=1))

        async with FakeAsterisk(flow) as asterisk:
            call = await asterisk.call()
            await call.digit("12345#6")
            assert answers == ["12", "345", "6"]

    @virtual_time
    async def test_digits_in_one_burst_arrive_in_order(self):
        asked = Asked("sound:demo-instruct", digits=9)
        async with asked.call() as (_, call):
            await call.digit("123456789")
            assert asked.entered == "123456789"

    @virtual_time
    async def test_a_missing_prompt_does_not_leave_the_caller_stuck(self):
        asked = Asked("sound:no-such-file", digits=1)
        async with asked.call() as (asterisk, call):
            await asterisk.finish("failed")
            assert asked.entered is None
            await call.digit("5")
            assert asked.entered == "5"

    @virtual_time
    async def test_a_prompt_that_never_ends_does_not_leave_the_caller_stuck(self):
        asked = Asked("recording:not-there", digits=1, barge_in=False)
        async with asked.call() as (asterisk, call):
            await asyncio.sleep(125)
            assert await asterisk.plays() == []
            await call.digit("5")
            assert asked.entered == "5"

    @virtual_time
    async def test_a_hang_up_ends_the_question(self):
        for media in ((), ("sound:demo-instruct",)):
            asked = Asked(*media)
            async with asked.call() as (_, call):
                await asyncio.sleep(1)
                await call.hangs_up()
                assert isinstance(asked.error, ChannelGone)

    @virtual_time
    async def test_two_questions_at_once_are_refused(self):
        errors: list[BaseException] = []

        async def flow(channel: Channel) -> None:
            both = await asyncio.gather(
                channel.ask(digits=1), channel.ask(digits=1), return_exceptions=True
            )
            errors.extend(each for each in both if isinstance(each, RuntimeError))

        async with FakeAsterisk(flow) as asterisk:
            call = await asterisk.call()
            await call.digit("1")
        assert len(errors) == 1
