"""Type-ahead: no digit is lost, none is used twice, and none is used when it is old."""

from __future__ import annotations

import asyncio

import pytest

from stasis.ari.events import ChannelDtmfReceived
from stasis.digits import LIMIT, SECONDS, Digits
from stasis.errors import ChannelGone
from stasis.testing.clock import virtual_time


def pressed(digits: Digits, keys: str) -> list[ChannelDtmfReceived]:
    """Press keys, one after the other."""
    events = [ChannelDtmfReceived(digit=key) for key in keys]
    for event in events:
        digits.add(event)
    return events


@virtual_time
async def test_digits_come_out_in_the_order_they_were_pressed():
    digits = Digits()
    pressed(digits, "123")
    assert len(digits) == 3
    assert [await digits.next() for _ in range(3)] == ["1", "2", "3"]
    assert len(digits) == 0


@virtual_time
async def test_a_question_waits_for_the_next_one():
    digits = Digits()
    asyncio.get_running_loop().call_later(5, pressed, digits, "7")
    assert await digits.next(10) == "7"
    assert asyncio.get_running_loop().time() == pytest.approx(5)


@virtual_time
async def test_without_one_in_time_it_is_none():
    assert await Digits().next(3) is None
    assert asyncio.get_running_loop().time() == pytest.approx(3)


@virtual_time
async def test_what_was_typed_ahead_needs_no_time():
    digits = Digits()
    pressed(digits, "4")
    assert await digits.next(0) == "4"


@virtual_time
async def test_a_digit_after_a_timeout_stays_for_the_next_question():
    digits = Digits()
    assert await digits.next(1) is None
    pressed(digits, "5")
    assert await digits.next(1) == "5"


@virtual_time
async def test_one_that_a_trigger_used_is_no_answer():
    digits = Digits()
    first, second = pressed(digits, "12")
    digits.discard(first)
    assert first not in digits and second in digits
    assert digits.events() == [second] and await digits.next() == "2"


@virtual_time
async def test_the_same_key_pressed_twice_is_two_digits():
    digits = Digits()
    first, second = pressed(digits, "11")
    digits.discard(first)
    assert first not in digits and second in digits


@virtual_time
async def test_what_was_typed_ahead_can_be_forgotten():
    digits = Digits()
    pressed(digits, "123")
    digits.clear()
    assert len(digits) == 0


@virtual_time
async def test_an_old_digit_is_no_answer_and_fires_no_trigger():
    digits = Digits()
    (old,) = pressed(digits, "1")
    await asyncio.sleep(SECONDS + 1)
    assert old not in digits
    (fresh,) = pressed(digits, "2")
    assert digits.events() == [fresh] and await digits.next() == "2"


@virtual_time
async def test_until_then_it_is_one():
    digits = Digits()
    (digit,) = pressed(digits, "1")
    await asyncio.sleep(SECONDS - 1)
    assert digit in digits and len(digits) == 1


@virtual_time
async def test_a_flood_drops_the_oldest_and_counts():
    digits = Digits()
    pressed(digits, "1" * LIMIT + "23")
    assert len(digits) == LIMIT and digits.dropped == 2
    assert [event.digit for event in digits.events()][-2:] == ["2", "3"]


@virtual_time
async def test_discarding_keeps_the_bound():
    digits = Digits()
    first, *_ = pressed(digits, "1" * LIMIT)
    digits.discard(first)
    pressed(digits, "23")
    assert len(digits) == LIMIT and digits.dropped == 1


@virtual_time
async def test_who_waits_is_told_that_the_channel_is_gone():
    digits = Digits()
    gone = ChannelGone("c1", "hung up")
    asyncio.get_running_loop().call_later(2, digits.fail, gone)
    with pytest.raises(ChannelGone, match="hung up"):
        await digits.next(10)
    with pytest.raises(ChannelGone):
        await digits.next(10)


@virtual_time
async def test_digits_pressed_before_it_went_are_still_there():
    digits = Digits()
    pressed(digits, "1")
    digits.fail(ChannelGone("c1"))
    assert await digits.next() == "1"
    with pytest.raises(ChannelGone):
        await digits.next()


def test_only_one_question_is_open_at_a_time():
    digits = Digits()
    with digits.question():
        assert digits.asking
        with pytest.raises(RuntimeError, match="await the first question"):
            with digits.question():
                pass
        assert digits.asking
    assert not digits.asking


def test_a_question_that_fails_is_over():
    digits = Digits()
    with pytest.raises(ValueError), digits.question():
        raise ValueError
    with digits.question():
        assert digits.asking


@virtual_time
async def test_nothing_is_held_for_a_caller_who_presses_nothing_or_whose_digits_are_used():
    digits = Digits()
    assert digits._items is None
    (event,) = pressed(digits, "1")
    digits.discard(event)
    assert digits._items is None
    pressed(digits, "2")
    await digits.next()
    assert len(digits) == 0 and digits._items is None
