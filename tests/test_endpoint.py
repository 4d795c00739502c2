"""The endpoint handle: a phone or trunk that Asterisk knows."""

from __future__ import annotations

import pytest

from stasis.ari import Ari
from stasis.endpoint import Endpoint
from stasis.errors import InvalidRequest
from tests.answers import Answers


async def test_it_tells_its_state(ari: Ari, answers: Answers):
    answers.answer(
        "GET",
        200,
        {"technology": "PJSIP", "resource": "alice", "state": "online", "channel_ids": []},
    )
    assert (await Endpoint(ari, "PJSIP", "alice").get()).state == "online"
    assert answers.requests == ["GET /endpoints/PJSIP/alice"]


async def test_a_message_goes_as_query_and_its_variables_as_body(ari: Ari, answers: Answers):
    await Endpoint(ari, "PJSIP", "alice").send_message("pjsip:bob", "hello + é", {"X": "1"})
    assert answers.requests == ["PUT /endpoints/PJSIP/alice/sendMessage"]
    assert answers.last["from"] == "pjsip:bob" and answers.last["body"] == "hello + é"
    assert answers.last["variables"] == {"X": "1"}


async def test_it_can_be_asked_to_call_somebody(ari: Ari, answers: Answers):
    await Endpoint(ari, "PJSIP", "alice").refer("pjsip:bob", "PJSIP/carol")
    assert answers.requests == ["POST /endpoints/PJSIP/alice/refer"]
    assert answers.last["refer_to"] == "PJSIP/carol" and answers.last["from"] == "pjsip:bob"


async def test_odd_names_are_encoded(ari: Ari, answers: Answers):
    answers.answer("GET", 200, {"technology": "PJSIP", "resource": "a/b", "channel_ids": []})
    await Endpoint.parse(ari, "PJSIP/a/b").get()
    assert answers.requests == ["GET /endpoints/PJSIP/a%2Fb"]


@pytest.mark.parametrize("text", ["alice", "PJSIP/", "/alice", ""])
def test_what_is_no_endpoint_is_refused(text: str, ari: Ari):
    with pytest.raises(InvalidRequest, match="write Technology/resource"):
        Endpoint.parse(ari, text)


def test_its_repr_names_it(ari: Ari):
    assert repr(Endpoint.parse(ari, "PJSIP/alice")) == "<Endpoint PJSIP/alice>"
