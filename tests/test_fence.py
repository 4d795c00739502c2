"""A fence: an event of our own that comes back behind all that was published before."""

from __future__ import annotations

import asyncio

import pytest

from stasis.ari import Ari
from stasis.ari.events import ChannelUserevent, StasisEnd
from stasis.errors import NotFound, OutcomeUnknown
from stasis.fence import Fences
from stasis.testing.clock import virtual_time
from tests.answers import Answers


def told(line: str) -> ChannelUserevent:
    """The event that a request makes."""
    return ChannelUserevent(application="ivr", eventname=line.rpartition("/")[2], userevent={})


async def sent(answers: Answers, count: int = 1) -> None:
    """So many requests were sent."""
    while len(answers.requests) < count:
        await asyncio.sleep(0)


@virtual_time
async def test_it_is_passed_once_its_event_is_back():
    answers = Answers()
    fences = Fences(Ari(answers))
    passing = asyncio.ensure_future(fences.passed("ivr", 10))
    await sent(answers)
    assert answers.last["application"] == "ivr"
    await asyncio.sleep(3)
    assert not passing.done()
    assert fences.came(told(answers.requests[0]))
    assert await passing == pytest.approx(3)


@virtual_time
async def test_the_event_may_overtake_the_answer():
    answers = Answers()
    fences = Fences(Ari(answers))
    passing = asyncio.ensure_future(fences.passed("ivr", 10))
    while not answers.requests:
        await asyncio.sleep(0)
    assert fences.came(told(answers.requests[0]))
    assert await passing == pytest.approx(0)


@virtual_time
async def test_each_waits_for_its_own():
    answers = Answers()
    fences = Fences(Ari(answers))
    first, second = (asyncio.ensure_future(fences.passed(app, 10)) for app in ("ivr", "queue"))
    await sent(answers, 2)
    fences.came(told(answers.requests[1]))
    await second
    assert not first.done()
    fences.came(told(answers.requests[0]))
    await first


@virtual_time
async def test_one_that_does_not_come_back_is_told_naming_the_application():
    answers = Answers()
    fences = Fences(Ari(answers))
    with pytest.raises(OutcomeUnknown, match="'ivr' did not come back in 10 s"):
        await fences.passed("ivr", 10)
    assert asyncio.get_running_loop().time() == pytest.approx(10)
    # And when it comes at last, it is known for what it is.
    assert fences.came(told(answers.requests[0]))


@virtual_time
async def test_a_request_that_hangs_is_not_waited_for_longer():
    async def hangs(request: object) -> object:
        return await asyncio.get_running_loop().create_future()

    with pytest.raises(OutcomeUnknown):
        await Fences(Ari(hangs)).passed("ivr", 10)  # type: ignore[arg-type]
    assert asyncio.get_running_loop().time() == pytest.approx(10)


@virtual_time
async def test_a_request_that_is_refused_says_so():
    answers = Answers()
    answers.refuse("POST /events/user", 404, "Application not found")
    with pytest.raises(NotFound):
        await Fences(Ari(answers)).passed("ivr", 10)


async def test_other_events_are_none(ari: Ari):
    fences = Fences(ari)
    assert not fences.came(StasisEnd(application="ivr"))
    assert not fences.came(ChannelUserevent(application="ivr", eventname="Order", userevent={}))


async def test_another_programs_fence_is_one_too_and_nobody_waits_for_it(ari: Ari):
    assert Fences(ari).came(told("/events/user/StasisFence-of-somebody"))
