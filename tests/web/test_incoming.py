"""A query's types: what its texts become. Bodies, and odd requests, are in test_api.py."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
import pytest
from aiohttp.test_utils import make_mocked_request
from msgspec import Meta

from stasis.web import Problem
from stasis.web.incoming import fields_of


class Query(msgspec.Struct, rename="kebab"):
    """A query."""

    limit: Annotated[int, Meta(ge=1, le=9)] = 5
    from_time: Annotated[datetime, Meta(tz=True)] | None = None
    kind: Literal["a", "b"] | None = None
    full: bool = False
    text: str | None = None


def query(text: str) -> msgspec.Struct | None:
    """What a query becomes."""
    return fields_of(make_mocked_request("GET", f"/x?{text}"), Query)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", Query()),
        ("limit=9&full=true&kind=b", Query(limit=9, full=True, kind="b")),
        ("from-time=2030-01-01T00:00:00Z", Query(from_time=datetime(2030, 1, 1, tzinfo=UTC))),
        ("text=", Query(text="")),
        ("text=a%20b%26c", Query(text="a b&c")),
    ],
)
def test_texts_become_what_the_type_says(text, found):
    assert query(text) == found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("limit=10", "`int` <= 9"),
        (
            "from_time=x",
            "'from_time' is not known here; from-time, full, kind, limit, text may be there",
        ),
        ("from-time=2030-01-01", "`$.from-time`"),
        ("kind=null", "leave 'kind' out"),
        ("limit=1&limit=1", "twice"),
    ],
)
def test_what_does_not_fit_is_told_where(text, words):
    with pytest.raises(Problem) as refused:
        query(text)
    assert (refused.value.status, refused.value.code) == (422, "wrong_query")
    assert words in str(refused.value)


def test_where_there_is_none_none_may_be():
    assert fields_of(make_mocked_request("GET", "/x"), None) is None
    with pytest.raises(Problem, match="no"):
        fields_of(make_mocked_request("GET", "/x?a"), None)
