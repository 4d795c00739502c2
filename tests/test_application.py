"""The application handle: what Asterisk tells it beside its channels."""

from __future__ import annotations

import pytest

from stasis.application import Application
from stasis.ari import Ari
from stasis.errors import NotFound
from tests.answers import Answers

APP = {"name": "ivr", "channel_ids": ["c1"], "bridge_ids": [], "endpoint_ids": []}


@pytest.fixture
def application(ari: Ari, answers: Answers) -> Application:
    answers.answer("GET /applications/ivr", 200, APP)
    answers.answer("POST /applications/ivr", 200, APP)
    answers.answer("DELETE /applications/ivr", 200, APP)
    answers.answer("PUT /applications/ivr", 200, APP)
    return Application(ari, "ivr")


async def test_it_tells_its_channels(application: Application, answers: Answers):
    assert (await application.get()).channel_ids == ("c1",)
    assert answers.requests == ["GET /applications/ivr"]


async def test_one_that_nobody_has_is_not_found(ari: Ari, answers: Answers):
    answers.refuse("GET", 404, "Application not found")
    with pytest.raises(NotFound):
        await Application(ari, "nobody").get()


async def test_it_hears_more(application: Application, answers: Answers):
    await application.subscribe("bridge:b", "deviceState:Stasis:x")
    assert answers.requests == ["POST /applications/ivr/subscription"]
    assert answers.last["eventSource"] == "bridge:b,deviceState:Stasis:x"


async def test_and_less(application: Application, answers: Answers):
    await application.unsubscribe("endpoint:PJSIP/alice")
    assert answers.requests == ["DELETE /applications/ivr/subscription"]
    assert answers.last["eventSource"] == "endpoint:PJSIP/alice"


async def test_it_filters_kinds_of_events(application: Application, answers: Answers):
    await application.filter(allowed=["StasisStart"], disallowed=("ChannelVarset", "Dial"))
    assert answers.requests == ["PUT /applications/ivr/eventFilter"]
    assert answers.last["allowed"] == [{"type": "StasisStart"}]
    assert answers.last["disallowed"] == [{"type": "ChannelVarset"}, {"type": "Dial"}]


async def test_without_kinds_the_filter_is_removed(application: Application, answers: Answers):
    await application.filter()
    assert answers.last["allowed"] == answers.last["disallowed"] == []


def test_its_repr_names_it(application: Application):
    assert repr(application) == "<Application ivr>"
