"""A webhook: its configuration, and its signature as the Standard Webhooks have it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from stasis_conference.hook import WebhookConfig, hooks_of
from stasis_conference.live import RoomEvent
from stasis_conference.plugin import ConferenceConfig, ConferencePlugin
from stasis_conference.roster import KINDS, Roster

from stasis import ConfigError, Secret
from stasis.section import section
from tests.apps.stasis_conference.house import BEGINNING

SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
GOOD: dict[str, Any] = {"url": "https://user:pw@hooks.example.org/x?key=1", "secret": SECRET}


def config(**keys: Any) -> ConferenceConfig:
    table = {"webhook": [GOOD | keys]}
    return section(ConferenceConfig, table, "[plugin.conference]")


async def began() -> dict[str, Any]:
    return {}


ROSTER = Roster(dict, began)


def test_a_table_of_the_configuration_is_a_webhook():
    (hook,) = hooks_of(config(kinds=["joined"], rooms=["sales-*"]).webhook)
    assert (hook.site, hook.timeout) == ("https://hooks.example.org", 10.0)
    assert "key=1" not in repr(hook) and "pw" not in repr(hook) and SECRET not in repr(hook)
    assert hook.wants(RoomEvent("joined", "sales-1", BEGINNING))
    assert not hook.wants(RoomEvent("left", "sales-1", BEGINNING))
    assert not hook.wants(RoomEvent("joined", "board", BEGINNING))


def test_without_kinds_it_gets_all_that_do_not_come_all_the_time():
    (hook,) = hooks_of(config().webhook)
    assert set(KINDS) - hook.kinds == {"talking", "silent", "speaker", "volume"}


def test_a_message_has_type_timestamp_and_data():
    (hook,) = hooks_of(config().webhook)
    message = hook.message(RoomEvent("left", "a", BEGINNING, None, {"why": "kicked"}), ROSTER)
    assert json.loads(message.body) == {
        "type": "left",
        "timestamp": "2026-11-23T10:00:00Z",
        "data": {"room": "a", "member": None, "details": {"why": "kicked"}},
    }
    assert message.message.startswith("msg_") and len(message.message) == 36


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ({"url": ""}, "1: url: must be http://HOST"),
        ({"url": "ftp://h/x"}, "url: must be"),
        ({"url": "file:///etc/passwd"}, "url: must be"),
        ({"url": "https://"}, "url: must be"),
        ({"url": "http://h:99999/"}, "url: must be"),
        ({"url": "http://[::1/"}, "url: must be"),
        ({"secret": ""}, "secret: must be whsec_"),
        ({"secret": "whsec_c2hvcnQ="}, "openssl rand"),
        ({"secret": "whsec_***"}, "secret: must be"),
        ({"kinds": ["joins"]}, "kinds: 'joins' is none"),
        ({"rooms": ["[a]"]}, "rooms: '\\[a\\]'"),
    ],
)
def test_what_is_wrong_is_told_at_the_start(keys: dict[str, Any], line: str):
    with pytest.raises(ConfigError, match=line):
        ConferencePlugin(config(**keys))


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ({"urls": "x"}, "unknown key webhook.urls; did you mean webhook.url"),
        ({"timeout": 100}, "timeout must be from 1 to 60"),
        ({"secret": 5}, "must be a text in quotes"),
    ],
)
def test_wrong_keys_and_types_too(keys: dict[str, Any], line: str):
    with pytest.raises(ConfigError, match=line):
        config(**keys)


def test_one_address_has_one_webhook():
    both = [WebhookConfig(GOOD["url"], Secret(SECRET))] * 2
    with pytest.raises(ConfigError, match="twice"):
        hooks_of(both)
