"""A webhook: its signature is that of the Standard Webhooks, and its secrets are in no text."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from stasis.section import Secret
from stasis.web.hook import Hook, hook_id, hook_problems, message_id, signature, site

SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
URL = "https://user:pw@hooks.example.org/x?key=1"


def test_the_signature_is_that_of_the_specifications_example():
    assert (
        signature(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "1614265330",
            '{"test": 2432232314}',
        )
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_what_stands_before_a_body_is_signed_with_it():
    hook = Hook(hook_id(URL), site(URL), Secret(URL), Secret(SECRET), 10.0)
    found = hook.headers("msg_1", "{}", datetime(2026, 11, 23, tzinfo=UTC))
    assert found["webhook-id"] == "msg_1"
    assert found["webhook-signature"] == signature(
        SECRET, "msg_1", found["webhook-timestamp"], "{}"
    )
    assert not {"pw", "key=1", SECRET} & set(repr(hook).split("'"))
    assert "pw" not in repr(hook) and "key=1" not in repr(hook)


def test_it_is_known_again_by_its_address():
    assert site(URL) == "https://hooks.example.org"
    assert hook_id(URL) == hook_id(URL) != hook_id(URL + "1")
    assert message_id() != message_id() and message_id().startswith("msg_")


@pytest.mark.parametrize(
    ("url", "secret", "line"),
    [
        ("", SECRET, "url: must be http://HOST"),
        ("ftp://h/x", SECRET, "url: must be"),
        ("http://h:99999/", SECRET, "url: must be"),
        ("http://[::1/", SECRET, "url: must be"),
        (URL, "", "secret: must be whsec_"),
        (URL, "whsec_c2hvcnQ=", "openssl rand"),
        (URL, "whsec_***", "secret: must be"),
    ],
)
def test_what_is_wrong_is_told_with_the_fix(url: str, secret: str, line: str):
    (problem,) = hook_problems(url, secret)
    assert line in problem


def test_a_good_one_has_no_problem():
    assert list(hook_problems(URL, SECRET)) == []
