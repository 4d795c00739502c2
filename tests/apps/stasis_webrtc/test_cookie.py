"""The cookie of the refresh token."""

from __future__ import annotations

from datetime import timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict
from stasis_webrtc.cookie import MOST, NAME, given, put, taken_back

LOGIN = "/webrtc/api/v1/login"


def request(*lines: str, origin: str = "", path: str = LOGIN) -> web.Request:
    headers = [("Cookie", line) for line in lines]
    if origin:
        headers.append(("Origin", origin))
    return make_mocked_request("POST", path, headers=CIMultiDict(headers))


@pytest.mark.parametrize(
    ("lines", "tokens"),
    [
        ([], []),
        ([f"{NAME}=a"], ["a"]),
        ([f"other=x; {NAME}=a; more=y"], ["a"]),
        ([f"{NAME}=a; {NAME}=b; {NAME}=a"], ["a", "b"]),
        ([f"{NAME}=a", f"{NAME}=b"], ["a", "b"]),
        ([f"{NAME}="], []),
        ([f"{NAME}"], []),
        ([f"{NAME}={'x' * 513}"], []),
        ([f"__Secure-{NAME}=a; x{NAME}=b; {NAME}x=c"], []),
        (["; ".join(f"{NAME}={n}" for n in range(99))], [str(n) for n in range(MOST)]),
    ],
)
def test_all_that_a_request_has_and_no_more_than_can_be_looked_at(
    lines: list[str], tokens: list[str]
):
    assert given(request(*lines)) == tokens


def test_a_page_over_tls_has_one_of_another_name():
    lines = (f"{NAME}=plain; __Secure-{NAME}=safe",)
    assert given(request(*lines, origin="https://x.example")) == ["safe"]
    assert given(request(*lines, origin="http://x.example")) == ["plain"]


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        (LOGIN, "/webrtc/api/v1/session"),
        ("/webrtc/api/v1/session/refresh", "/webrtc/api/v1/session"),
        ("/webrtc/api/v1/session/logout", "/webrtc/api/v1/session"),
    ],
)
def test_it_is_of_the_same_path_whoever_sets_it(path: str, kept: str):
    answer = web.Response()
    put(answer, "token", request(path=path), timedelta(hours=1), secure=False)
    (cookie,) = answer.cookies.values()
    assert (cookie["path"], cookie["max-age"]) == (kept, "3600")
    answer = web.Response()
    taken_back(answer, request(path=path), secure=False)
    (gone,) = answer.cookies.values()
    assert (gone.value, gone["path"], gone["max-age"]) == ("", kept, "0")


@pytest.mark.parametrize(
    ("origin", "secure", "expected"),
    [
        ("http://127.0.0.1:8080", False, False),
        ("http://127.0.0.1:8080", True, True),
        ("https://x.example", False, True),
    ],
)
def test_it_is_for_tls_alone_where_the_page_is_or_asterisk_is(
    origin: str, secure: bool, expected: bool
):
    answer = web.Response()
    put(answer, "x", request(origin=origin), timedelta(1), secure=secure)
    (cookie,) = answer.cookies.values()
    assert bool(cookie["secure"]) is expected
    assert cookie["httponly"] and cookie["samesite"] == "Strict" and not cookie["domain"]
