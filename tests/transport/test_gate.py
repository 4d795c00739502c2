"""A `Send` that can be shut."""

from __future__ import annotations

import pytest

from stasis.ari.resource import Request, Response
from stasis.errors import NotSent, OutcomeUnknown, Unreachable
from stasis.transport.gate import Gate
from tests.answers import Answers

ASKED = Request("DELETE", "/channels/c1", operation="channels.hangup")


async def test_an_open_one_passes_requests_and_answers_on(answers: Answers):
    answers.answer("DELETE /channels/c1", 200, {"id": "c1"})
    assert await Gate(answers)(ASKED) == Response(200, "", b'{"id": "c1"}')
    assert answers.sent == [ASKED]


async def test_and_errors(answers: Answers):
    answers.given["DELETE"] = OutcomeUnknown("DELETE", "/channels/c1", "late")
    with pytest.raises(OutcomeUnknown):
        await Gate(answers)(ASKED)


async def test_a_shut_one_sends_nothing_and_says_why(answers: Answers):
    gate = Gate(answers)
    gate.shut("another program runs the application now")
    with pytest.raises(Unreachable, match="another program runs the application now") as refused:
        await gate(ASKED)
    assert answers.sent == [] and isinstance(refused.value, NotSent)
    assert (refused.value.method, refused.value.path) == ("DELETE", "/channels/c1")


async def test_it_can_be_opened_again(answers: Answers):
    gate = Gate(answers)
    gate.shut("no more")
    gate.open()
    await gate(ASKED)
    assert answers.sent == [ASKED]
