"""To insist: what has not reached Asterisk is asked of it again, and nothing else is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from stasis.errors import NotFound, OutcomeUnknown
from stasis.insist import TRIES, insisted
from stasis.testing.clock import virtual_time


def lost(*, absent: bool) -> OutcomeUnknown:
    """No answer came. absent: Asterisk has said since that it does not know the id."""
    error = OutcomeUnknown("POST", "/bridges/b", "lost")
    error.absent = absent
    return error


def asked(*answers: str | Exception) -> tuple[Callable[[], Awaitable[str]], list[float]]:
    """A request that is answered so, one time after the other; and when it was sent."""
    times: list[float] = []

    async def ask() -> str:
        times.append(asyncio.get_running_loop().time())
        answer = answers[min(len(times), len(answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return ask, times


@virtual_time
async def test_what_arrives_is_asked_once():
    ask, times = asked("made")
    assert await insisted(ask) == "made" and len(times) == 1


@virtual_time
async def test_what_does_not_is_asked_again_a_little_later_each_time():
    ask, times = asked(*[lost(absent=True)] * (TRIES - 1), "made")
    assert await insisted(ask) == "made" and len(times) == TRIES
    waits = [after - before for before, after in zip(times, times[1:], strict=False)]
    assert waits == sorted(waits) and 0 < waits[0] < waits[-1] < 1


@virtual_time
async def test_but_not_for_ever():
    ask, times = asked(lost(absent=True))
    with pytest.raises(OutcomeUnknown):
        await insisted(ask)
    assert len(times) == TRIES


@virtual_time
async def test_what_asterisk_may_have_is_not_asked_twice():
    ask, times = asked(lost(absent=False), "made")
    with pytest.raises(OutcomeUnknown):
        await insisted(ask)
    assert len(times) == 1


@virtual_time
async def test_nor_what_an_event_has_told_of():
    ask, times = asked(lost(absent=True), "made")
    assert await insisted(ask, lambda: True) is None and len(times) == 1


@virtual_time
async def test_a_refusal_is_an_answer():
    ask, times = asked(NotFound("POST", "/bridges/b", 404, "no"), "made")
    with pytest.raises(NotFound):
        await insisted(ask)
    assert len(times) == 1
