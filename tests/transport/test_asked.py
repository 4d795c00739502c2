"""Requests as frames, and who waits for which answer."""

from __future__ import annotations

import asyncio
import gc
import json

import pytest

from stasis.ari.events import RESTResponse
from stasis.ari.resource import Request
from stasis.transport.asked import Asked, encode


def test_a_request_is_one_frame_as_asterisk_reads_it():
    request = Request("POST", "/channels/a%20b/x", (("variable", "X+Y"),), b'{"a":"\xc3\xa9"}')
    assert json.loads(encode(request, "7")) == {
        "request_id": "7",
        "type": "RESTRequest",
        "method": "POST",
        "uri": "channels/a%20b/x",
        "query_strings": [{"name": "variable", "value": "X+Y"}],
        "content_type": "application/json",
        "message_body": '{"a":"é"}',
    }


def test_without_a_body_none_is_sent():
    assert json.loads(encode(Request("GET", "/channels"), "7")).keys() == {
        "request_id",
        "type",
        "method",
        "uri",
        "query_strings",
    }


async def test_an_answer_finds_its_request():
    asked = Asked()
    first, second = asked.add("1"), asked.add("2")
    asked.answered(RESTResponse(request_id="2", status_code=204))
    asked.answered(RESTResponse(request_id="1", status_code=200))
    assert [(await first).status, (await second).status] == [200, 204]
    assert len(asked) == 0


async def test_one_that_nobody_waits_for_is_dropped():
    asked = Asked()
    answer = asked.add("1")
    asked.forget("1", answer)
    asked.answered(RESTResponse(request_id="1", status_code=200))
    asked.answered(RESTResponse(request_id="strange", status_code=200))
    assert not answer.done()


async def test_with_the_socket_all_of_them_are_lost():
    asked = Asked()
    answers = [asked.add("1"), asked.add("2")]
    asked.lost("gone")
    for answer in answers:
        with pytest.raises(ConnectionResetError, match="gone"):
            await answer


async def test_nobody_is_told_of_an_error_that_came_after_another():
    noticed: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: noticed.append(context))
    asked = Asked()
    answer = asked.add("1")
    asked.lost("gone")
    asked.forget("1", answer)
    del answer
    gc.collect()
    assert noticed == []
