"""The texts that make Asterisk dial out: complete, and nothing that breaks out of its line."""

from __future__ import annotations

from typing import Any

import pytest

from stasis.lab.fault import LabError
from stasis.lab.outbound import Outbound, ari_sections, client_sections


def outbound(**values: Any) -> Outbound:
    """A connection, valid but for what is given."""
    settings: dict[str, Any] = {
        "name": "ours",
        "url": "ws://127.0.0.1:8089/ari",
        "apps": ("ivr", "hello"),
        "username": "asterisk",
        "password": "geheim",
        **values,
    }
    return Outbound(**settings)


def test_a_persistent_one_names_its_applications_and_the_user_it_acts_as() -> None:
    one = outbound()
    assert "connection_type = persistent\n" in client_sections([one])
    assert "uri = ws://127.0.0.1:8089/ari\n" in client_sections([one])
    assert "username = asterisk\npassword = geheim\n" in client_sections([one])
    assert "apps = ivr,hello\nlocal_ari_user = stasis\n" in ari_sections([one])


def test_one_per_call_has_its_tries() -> None:
    text = client_sections([outbound(per_call=True, attempts=7, interval=200)])
    assert "connection_type = per_call_config\n" in text
    assert "reconnect_interval = 200\nreconnect_attempts = 7\n" in text


def test_tls_checks_the_certificate_when_there_is_one_to_trust() -> None:
    trusting = client_sections([outbound(url="wss://127.0.0.1:1/ari")])
    assert "tls_enabled = yes\nverify_server_cert = no\n" in trusting
    checking = client_sections([outbound(url="wss://127.0.0.1:1/ari", ca="/etc/x.pem")])
    assert "verify_server_cert = yes\n" in checking and "ca_list_file = /etc/x.pem\n" in checking
    assert "tls" not in client_sections([outbound()])


def test_both_sections_have_one_name_for_each_connection() -> None:
    both = [outbound(name="a"), outbound(name="b", per_call=True)]
    for text in (client_sections(both), ari_sections(both)):
        assert text.count("[a]\n") == text.count("[b]\n") == 1
    assert "websocket_client_id = b\n" in ari_sections(both)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "a]b"},
        {"name": ""},
        {"url": "http://h/ari"},
        {"url": "ws://h/ari\npassword = x"},
        {"apps": ()},
        {"apps": ("a b",)},
        {"password": "a;b"},
        {"password": "a\nb"},
        {"username": "a b"},
        {"user": "x\n[y]"},
        {"ca": "a b"},
    ],
)
def test_what_would_break_the_file_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(LabError):
        outbound(**wrong)


def test_its_password_does_not_show() -> None:
    assert "geheim" not in repr(outbound())
