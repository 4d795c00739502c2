"""Which page has sent a request, and from which address it comes."""

from __future__ import annotations

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from stasis.http import PROXIES
from stasis.web import address_of, same_origin

HOST = "pbx.example:8080"


def origin(text: str | None, host: str = HOST) -> bool:
    """Whether a request with this origin counts as of our own page."""
    headers = {"Host": host} if text is None else {"Host": host, "Origin": text}
    return same_origin(make_mocked_request("GET", "/", headers), ["https://phone.example"])


@pytest.mark.parametrize(
    "text",
    [None, f"http://{HOST}", f"https://{HOST}", "http://PBX.example:8080", "https://phone.example"],
)
def test_no_page_our_page_and_those_that_are_named_count(text):
    assert origin(text)


@pytest.mark.parametrize(
    "text",
    [
        "null", "", "https://", HOST, f"//{HOST}", "http://pbx.example", "http://pbx.example:80801",
        f"http://{HOST}.evil.example", f"http://{HOST}@evil.example", f"http://evil.example/{HOST}",
        "http://phone.example", "https://phone.example.evil", "https://phone.example/", "http://[",
        f"http://user@{HOST}", f"file://{HOST}", f"chrome-extension://{HOST}",
    ],
)  # fmt: skip
def test_no_other_does(text):
    assert not origin(text)


@pytest.mark.parametrize("text", ["null", "", "https://", "x"])
def test_a_request_without_a_host_is_of_no_page(text):
    assert not origin(text, host="")


def test_an_address_is_never_empty():
    assert address_of(make_mocked_request("GET", "/")) == "unknown"


class TestBehindProxies:
    """Who asks is what proxies that are known say, and nobody else."""

    def address(self, remote: str, *told: str, known: tuple[str, ...] = ("10.0.0.1",)) -> str:
        app = web.Application()
        app[PROXIES] = frozenset(known)
        headers = CIMultiDict([("X-Forwarded-For", each) for each in told])
        request = make_mocked_request("GET", "/", headers=headers, app=app)
        return address_of(request.clone(remote=remote))

    def test_a_proxy_that_is_known_is_believed(self):
        assert self.address("10.0.0.1", "192.0.2.7") == "192.0.2.7"

    def test_anybody_else_is_not(self):
        assert self.address("192.0.2.9", "127.0.0.1") == "192.0.2.9"

    def test_what_was_there_before_the_nearest_proxy_counts_for_nothing(self):
        assert self.address("10.0.0.1", "127.0.0.1, 192.0.2.7") == "192.0.2.7"

    def test_a_row_of_proxies_is_followed_to_the_first_that_is_none(self):
        known = ("10.0.0.1", "10.0.0.2")
        told = ("1.1.1.1, 192.0.2.7", "10.0.0.2")
        assert self.address("10.0.0.1", *told, known=known) == "192.0.2.7"

    @pytest.mark.parametrize("told", ["", "unknown", "192.0.2.7:4711", "%x"])
    def test_what_is_no_address_ends_it(self, told):
        assert self.address("10.0.0.1", told) == "10.0.0.1"
