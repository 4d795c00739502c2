"""Rows of a table: what each says of itself, and which tables are refused."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request

from stasis.web import Asked, Operation
from stasis.web.operation import rows_of


async def ring(asked: Any) -> None:
    """Ring a bell.

    It rings
    once.
    """


async def silent(asked: Any) -> None: ...


class TestOperation:
    def test_its_words_are_those_of_its_function(self):
        assert Operation("GET", "/x", ring).words() == ("Ring a bell", "It rings\nonce.")
        assert Operation("GET", "/x", silent).words() == ("", "")
        assert Operation("GET", "/x", ring, summary="Other").words() == ("Other", "")

    def test_its_name_is_its_functions(self):
        assert Operation("GET", "/x", ring).operation_id == "ring"
        assert Operation("GET", "/x", ring, name="other").operation_id == "other"
        assert Operation("GET", "/x", partial(ring), name="part").operation_id == "part"

    def test_its_success_follows_from_what_it_answers(self):
        assert Operation("GET", "/x", ring).success == 204
        assert Operation("GET", "/x", ring, answers=int).success == 200
        assert Operation("GET", "/x", ring, answers=int, status=201).success == 201
        assert Operation("GET", "/x", ring, answers="audio/wav").raw

    def test_it_needs_a_token_unless_it_says_otherwise(self):
        assert Operation("GET", "/x", ring).scope == "*"


class TestAsked:
    def test_who_asks_is_not_known_where_no_token_is_needed(self):
        asked: Asked[Any, None] = Asked(make_mocked_request("GET", "/"), None, {}, None, None)
        with pytest.raises(LookupError, match="needs no token"):
            _ = asked.who


class TestTable:
    def test_rows_are_by_path_and_method(self):
        get, put = Operation("GET", "/x/{n}", ring), Operation("PUT", "/x/{n}", silent)
        assert rows_of([get, put]) == {"/x/{n}": {"GET": get, "PUT": put}}

    @pytest.mark.parametrize(
        ("rows", "words"),
        [
            ([("GET", "/x", "a"), ("GET", "/x", "b")], "GET /x is there twice"),
            ([("GET", "/x", "a"), ("PUT", "/x", "a")], "PUT /x: another is called 'a'; give it a name="),
            ([("GET", "/x/{n}", "a"), ("PUT", "/x/{m}", "b")], "PUT /x/{m} is the same path as /x/{n}"),
            ([("get", "/x", "a")], "get /x: the method is one of GET, POST, PUT, PATCH, DELETE"),
            ([("HEAD", "/x", "a")], "HEAD /x: the method is one of"),
            ([("GET", "x", "a")], "GET x: a path is /parts"),
            ([("GET", "/x/", "a")], "GET /x/: a path is /parts"),
            ([("GET", "", "a")], "GET : a path is /parts"),
            ([("GET", "/x/{n:.*}", "a")], "a path is /parts"),
            ([("GET", "/x/{n}.wav", "a")], "a path is /parts"),
            ([("GET", "/x y", "a")], "a path is /parts"),
        ],
    )  # fmt: skip
    def test_one_that_is_not_clear_is_refused(self, rows, words):
        with pytest.raises(ValueError) as refused:
            rows_of([Operation(method, path, ring, name=name) for method, path, name in rows])
        assert words in str(refused.value)

    def test_one_without_a_name_is_refused(self):
        with pytest.raises(ValueError, match="another is called ''; give it a name="):
            rows_of([Operation("GET", "/x", partial(ring))])
