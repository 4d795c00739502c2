"""A webhook: its configuration, and what it gets."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from stasis_pbx.hook import hooks_of
from stasis_pbx.plugin import PbxConfig, PbxPlugin

from stasis import ConfigError
from stasis.pbx import Happening
from stasis.section import section

SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
GOOD: dict[str, Any] = {"url": "https://user:pw@hooks.example.org/x?key=1", "secret": SECRET}


def config(**keys: Any) -> PbxConfig:
    return section(PbxConfig, {"webhook": [GOOD | keys]}, "[plugin.pbx]")


def event(type: str = "Hangup", **changes: Any) -> Happening:
    values: dict[str, Any] = {
        "time": datetime(2026, 11, 23, 10, tzinfo=UTC),
        "server": "east",
        "source": "ami",
        "type": type,
        "group": "calls",
        "channel": "PJSIP/alice-1",
        "what": "",
        "fields": {"Channel": "PJSIP/alice-1"},
    }
    return Happening(**(values | changes))


def test_without_a_choice_it_gets_what_ami_tells_but_for_what_comes_all_the_time():
    (hook,) = hooks_of(config().webhook)
    assert hook.wants(event())
    assert not hook.wants(event(source="ari"))
    assert not hook.wants(event("VarSet", group="dialplan"))
    assert not hook.wants(event("RTCPSent", group="rtp"))
    assert hook.wants(event("Missed", source="both", group="system"))
    assert "key=1" not in repr(hook) and "pw" not in repr(hook) and SECRET not in repr(hook)


@pytest.mark.parametrize(
    ("keys", "taken"),
    [
        ({"types": ["Hang*"]}, True),
        ({"types": ["Queue*"]}, False),
        ({"groups": ["queues"]}, False),
        ({"groups": ["calls"]}, True),
        ({"channel": "PJSIP/alice"}, True),
        ({"channel": "PJSIP/bob"}, False),
        ({"servers": ["east"]}, True),
        ({"servers": ["west"]}, False),
        ({"source": "ari"}, False),
        ({"source": "both"}, True),
    ],
)
def test_it_gets_what_it_asked_for(keys: dict[str, Any], taken: bool):
    (hook,) = hooks_of(config(**keys).webhook)
    assert hook.wants(event()) is taken


def test_a_message_has_type_timestamp_and_data():
    (hook,) = hooks_of(config().webhook)
    message = hook.message(event())
    body = json.loads(message.body)
    assert (body["type"], body["timestamp"]) == ("Hangup", "2026-11-23T10:00:00Z")
    assert body["data"]["channel"] == "PJSIP/alice-1"
    assert message.topic == "east calls"


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ({"url": "ftp://h/x"}, r"\[\[plugin.pbx.webhook\]\] 1: url: must be"),
        ({"secret": "short"}, "openssl rand"),
        ({"groups": ["call"]}, "groups: 'call' is none; known: calls, cdr"),
    ],
)
def test_what_is_wrong_is_told_at_the_start(keys: dict[str, Any], line: str):
    with pytest.raises(ConfigError, match=line):
        PbxPlugin(config(**keys))


def test_one_address_has_one_webhook():
    both = section(PbxConfig, {"webhook": [GOOD, GOOD]}, "[plugin.pbx]")
    with pytest.raises(ConfigError, match="twice"):
        hooks_of(both.webhook)
