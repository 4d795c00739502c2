"""What can be a token, and where it stands in a request."""

from __future__ import annotations

import pytest
from aiohttp.test_utils import make_mocked_request

from stasis.web.token import LIMIT, bearer, token_of


@pytest.mark.parametrize("token", ["a", "A-Za.z0_9~+/=", "a b:c{}", "x" * LIMIT])
def test_printable_ascii_can_be_one(token):
    assert token_of(token) == token


@pytest.mark.parametrize(
    "said",
    [None, 1, ["a"], {}, "", "x" * (LIMIT + 1), "é", "a\n", "a\0", "\ud800", "a\x7f", "\u202e"],
)
def test_nothing_else_can(said):
    assert token_of(said) == ""


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer abc", "abc"), ("bearer abc", "abc"), ("BEARER   abc ", "abc"),
        ("Bearer", ""), ("Bearer ", ""), ("Bearer é", ""),
        ("Basic abc", None), ("abc", None), ("", None), ("Bearerabc", None),
    ],
)  # fmt: skip
def test_it_is_the_bearers(header, token):
    request = make_mocked_request("GET", "/?token=other", {"Authorization": header})
    assert bearer(request) == token


def test_there_is_none_without_its_header():
    assert bearer(make_mocked_request("GET", "/?token=other")) is None
