"""A problem: why a request was not done, as RFC 9457 writes it."""

from __future__ import annotations

import json

import pytest
from aiohttp import ServerDisconnectedError, web

from stasis.errors import StasisError
from stasis.web import Problem
from tests.web.rooms import served


def test_its_answer_says_everything_once():
    answer = Problem(404, "no_room", "there is no room 'x'").response()
    assert (answer.status, answer.content_type) == (404, "application/problem+json")
    assert isinstance(answer.body, bytes)
    assert json.loads(answer.body) == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "code": "no_room",
        "detail": "there is no room 'x'",
    }
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Retry-After" not in answer.headers


def test_it_says_when_to_try_again_and_what_else_belongs_to_it():
    problem = Problem(429, "often", "too often", retry_after=7, headers={"X-Left": "0"})
    answer = problem.response()
    assert (answer.headers["Retry-After"], answer.headers["X-Left"]) == ("7", "0")


def test_it_is_one_of_the_errors_of_stasis_and_its_text_is_the_detail():
    with pytest.raises(StasisError, match="^no way$") as caught:
        raise Problem(403, "no", "no way")
    assert isinstance(caught.value, Problem) and caught.value.code == "no"


def test_text_that_cannot_be_sent_is_replaced():
    answer = Problem(404, "x", "there is no \ud800").response()
    assert isinstance(answer.body, bytes)
    assert json.loads(answer.body)["detail"] == "there is no ?"


@pytest.mark.parametrize("status", [0, 499, 600, 999])
def test_a_status_that_http_does_not_know_is_refused_where_it_is_made(status):
    with pytest.raises(ValueError, match=str(status)):
        Problem(status, "x", "x")


async def test_a_header_cannot_end_its_line():
    """Nothing at all is sent."""

    async def evil(request: web.Request) -> web.Response:
        return Problem(400, "x", "x", headers={"X-A": "1\r\nX-Evil: 1"}).response()

    async with served(web.get("/x", evil)) as client:
        with pytest.raises(ServerDisconnectedError):
            await client.get("/rooms/x")
