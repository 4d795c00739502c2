"""`menu`: what keys and patterns mean, when a choice is taken, and what another try costs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stasis.channel import Channel
from stasis.errors import ChannelGone
from stasis.menu import Choice, Matcher, Selection
from stasis.testing.clock import virtual_time
from tests.fake import FakeAsterisk, FakeCall

KEYS = "0123456789*#ABCD"


class TestMatcher:
    @pytest.mark.parametrize(
        ("keys", "digits", "key", "more"),
        [
            (["1", "2"], "1", "1", False),
            (["1", "2"], "3", None, False),
            (["1", "2"], "12", None, False),
            (["1", "10"], "1", "1", True),
            (["1", "10"], "10", "10", False),
            (["10"], "1", None, True),
            (["*", "#"], "#", "#", False),
            (["_1XX"], "1", None, True),
            (["_1XX"], "10", None, True),
            (["_1XX"], "109", "_1XX", False),
            (["_1XX"], "1*9", None, False),
            (["_Z"], "0", None, False),
            (["_Z"], "1", "_Z", False),
            (["_N"], "1", None, False),
            (["_N"], "2", "_N", False),
            (["_[1-3]"], "3", "_[1-3]", False),
            (["_[1-3]"], "4", None, False),
            (["_[13-57*]"], "4", "_[13-57*]", False),
            (["_[13-57*]"], "2", None, False),
            (["_[13-57*]"], "*", "_[13-57*]", False),
            (["_0."], "0", None, True),
            (["_0."], "01", "_0.", True),
            (["_0."], "01234567890", "_0.", True),
            (["_."], "5", "_.", True),
            (["_."], "", None, True),
        ],
    )
    def test_what_digits_mean(self, keys: list[str], digits: str, key: str | None, more: bool):
        match = Matcher(keys).match(digits)
        assert (match.key, match.more) == (key, more)

    @pytest.mark.parametrize(
        ("keys", "digits", "key"),
        [
            (["_X", "5"], "5", "5"),
            (["_X", "_[1-5]"], "5", "_[1-5]"),
            (["_.", "_X"], "5", "_X"),
            (["_1.", "_1XX"], "123", "_1XX"),
            (["_1XX", "_12X"], "123", "_12X"),
            (["_XX1", "_1XX"], "121", "_1XX"),
            (["_[12]", "_[23]"], "2", "_[12]"),
        ],
    )
    def test_the_narrowest_key_wins_whatever_the_order(
        self, keys: list[str], digits: str, key: str
    ):
        assert Matcher(keys).match(digits).key == key

    @pytest.mark.parametrize(
        "key", ["", "x", "1 2", "_", "_Y", "_1!", "_[", "_[]", "_[5-1]", "_[a]", "_1.2", "12.", "é"]
    )
    def test_a_key_that_nobody_could_press_is_refused(self, key: str):
        with pytest.raises(ValueError, match="menu key"):
            Matcher([key])

    def test_a_menu_without_choices_is_refused(self):
        with pytest.raises(ValueError, match="at least one"):
            Matcher([])

    @given(st.lists(st.text(KEYS, min_size=1, max_size=4), min_size=1), st.text(KEYS, max_size=5))
    def test_exact_keys_match_themselves_and_nothing_else(self, keys: list[str], digits: str):
        match = Matcher(keys).match(digits)
        assert match.key == (digits if digits in keys else None)
        assert match.more == any(k != digits and k.startswith(digits) for k in keys)

    @given(
        st.lists(
            st.one_of(
                st.text(KEYS, min_size=1, max_size=4),
                st.text("0123456789XZN", min_size=1, max_size=4).map("_{}".format),
                st.text("0123456789XZN", max_size=3).map("_{}.".format),
            ),
            min_size=1,
        ),
        st.text(KEYS, min_size=1, max_size=6),
    )
    def test_what_a_menu_says_of_a_beginning_holds_for_what_follows(
        self, keys: list[str], digits: str
    ):
        matcher = Matcher(keys)
        for end in range(len(digits)):
            if not matcher.match(digits[:end]).more:
                assert matcher.match(digits).hopeless
                break


class TestSelection:
    def test_a_choice_that_nothing_longer_begins_with_is_taken_at_once(self):
        selection = Selection(Matcher(["1", "20", "21"]), 2.0)
        assert selection.feed("1") == "length"

    def test_a_choice_that_could_grow_waits_for_the_inter_digit_time(self):
        selection = Selection(Matcher(["2", "20"]), 2.0)
        assert selection.feed("2") is None and selection.pause == 2.0
        assert selection.match.key == "2"

    def test_a_wrong_entry_ends_at_the_callers_first_pause(self):
        selection = Selection(Matcher(["1"]), 2.0)
        assert selection.feed("9") is None and selection.pause == 0.5

    def test_a_stuck_key_comes_to_an_end(self):
        selection = Selection(Matcher(["1"]), 2.0)
        ended = [selection.feed("9") for _ in range(32)]
        assert ended == [None] * 31 + ["length"]


class Offered:
    """A call whose flow offers one menu."""

    def __init__(self, *media: str, **options: Any) -> None:
        self.choice: Choice[Any] | None = None
        self.error: Exception | None = None
        self._media = media
        self._options = options

    async def flow(self, channel: Channel) -> None:
        try:
            self.choice = await channel.menu(*self._media, **self._options)
        except Exception as error:
            self.error = error
            raise

    @asynccontextmanager
    async def call(self) -> AsyncIterator[tuple[FakeAsterisk, FakeCall]]:
        async with FakeAsterisk(self.flow) as asterisk:
            yield asterisk, await asterisk.call()


def heard(asterisk: FakeAsterisk) -> list[str]:
    """The media of every play that was asked for, in order."""
    plays = [request for request in asterisk.sent if "/play/" in request.path]
    return [dict(request.query)["media"] for request in plays]


class TestMenu:
    @virtual_time
    async def test_a_key_chooses_its_value_while_the_prompt_plays(self):
        offered = Offered("sound:demo-instruct", choices={"1": "sales", "2": "support"})
        async with offered.call() as (_, call):
            await call.digit("2")
            assert offered.choice == Choice("2", "support", "chosen", 1, "2")

    @virtual_time
    async def test_each_character_of_a_text_is_a_key_that_stands_for_itself(self):
        offered = Offered(choices="12*")
        async with offered.call() as (_, call):
            await call.digit("*")
            assert offered.choice == Choice("*", "*", "chosen", 1, "*")

    @virtual_time
    async def test_a_text_that_begins_with_an_underscore_is_one_pattern(self):
        offered = Offered(choices="_1XX")
        async with offered.call() as (_, call):
            await call.digit("142")
            assert offered.choice == Choice("_1XX", "_1XX", "chosen", 1, "142")

    @virtual_time
    async def test_keys_may_come_as_a_list(self):
        offered = Offered(choices=["10", "20"])
        async with offered.call() as (_, call):
            await call.digit("20")
            assert offered.choice is not None and offered.choice.value == "20"

    @virtual_time
    async def test_a_key_that_could_grow_is_taken_after_the_pause(self):
        offered = Offered(choices=["1", "10"], inter_digit=2)
        async with offered.call() as (_, call):
            await call.digit("1")
            await asyncio.sleep(1.9)
            assert offered.choice is None
            await asyncio.sleep(0.2)
            assert offered.choice is not None and offered.choice.key == "1"

    @virtual_time
    async def test_a_wrong_key_is_told_and_asked_again(self):
        offered = Offered("sound:menu", choices="1", invalid="sound:pbx-invalid")
        async with offered.call() as (asterisk, call):
            await call.digit("9")
            await asyncio.sleep(1)
            assert heard(asterisk) == ["sound:menu", "sound:pbx-invalid,sound:menu"]
            await call.digit("1")
            assert offered.choice == Choice("1", "1", "chosen", 2, "1")

    @virtual_time
    async def test_silence_is_told_and_asked_again(self):
        offered = Offered("sound:menu", choices="1", no_input=["sound:a", "sound:b"], timeout=5)
        async with offered.call() as (asterisk, call):
            await asterisk.finish()
            await asyncio.sleep(5.1)
            assert heard(asterisk) == ["sound:menu", "sound:a,sound:b,sound:menu"]
            await call.digit("1")
            assert offered.choice is not None and offered.choice.tries == 2

    @virtual_time
    async def test_after_the_last_try_the_menu_says_what_it_was(self):
        offered = Offered(choices="1", tries=2, timeout=5)
        async with offered.call() as (_, call):
            await call.digit("9")
            await asyncio.sleep(0.6)
            assert offered.choice is None
            await call.digit("8")
            await asyncio.sleep(0.6)
            assert offered.choice == Choice(None, None, "invalid", 2, "8")

    @virtual_time
    async def test_silence_to_the_end_is_no_input(self):
        offered = Offered(choices="1", tries=3, timeout=5)
        async with offered.call():
            await asyncio.sleep(15.1)
            assert offered.choice == Choice(None, None, "no_input", 3)

    @virtual_time
    async def test_the_rest_of_a_wrong_number_costs_no_further_try(self):
        offered = Offered(choices="1", tries=2)
        async with offered.call() as (_, call):
            for digit in "95213":
                await call.digit(digit)
                await asyncio.sleep(0.3)
            await asyncio.sleep(0.5)
            assert offered.choice is None
            await call.digit("1")
            assert offered.choice == Choice("1", "1", "chosen", 2, "1")

    @virtual_time
    async def test_digits_behind_the_choice_are_for_the_next_menu(self):
        chosen: list[str | None] = []

        async def flow(channel: Channel) -> None:
            for _ in range(2):
                chosen.append((await channel.menu("sound:menu", choices="12")).key)

        async with FakeAsterisk(flow) as asterisk:
            call = await asterisk.call()
            await call.digit("12")
            assert chosen == ["1", "2"]

    @virtual_time
    async def test_a_hang_up_ends_the_menu(self):
        offered = Offered("sound:menu", choices="1")
        async with offered.call() as (_, call):
            await call.hangs_up()
            assert isinstance(offered.error, ChannelGone)

    @virtual_time
    async def test_no_try_at_all_is_refused(self):
        offered = Offered(choices="1", tries=0)
        async with offered.call():
            assert isinstance(offered.error, ValueError)
