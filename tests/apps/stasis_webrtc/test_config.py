"""The table `[plugin.webrtc]`: what is wrong is told with the key, and all at once."""

from __future__ import annotations

from typing import Any

import pytest
from stasis_webrtc.config import WebrtcConfig
from stasis_webrtc.doctor import configured
from stasis_webrtc.plugin import WebrtcPlugin

from stasis import Config, ConfigError, Secret
from stasis.config import AsteriskConfig
from stasis.section import section


def test_it_needs_no_configuration():
    config = section(WebrtcConfig, {}, "[plugin.webrtc]")
    config.check()
    assert config.reached("http://pbx.example.org:8088/ari").sip_domain == "pbx.example.org"
    assert config.rules().dial("+4930") == ""
    assert config.session_rules().idle == 86_400
    assert config.device_rules().codecs[0] == "opus"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"websocket": "http://pbx/ws"}, "websocket: must be a URL such as wss://"),
        ({"websocket": "wss://"}, "websocket:"),
        ({"websocket": "wss://pbx; script-src *"}, "websocket:"),
        ({"websocket": "wss://user@pbx/ws"}, "websocket:"),
        ({"origins": ["https://phone.example.org/"]}, "origins: 'https://phone.example.org/'"),
        ({"origins": ["phone.example.org"]}, "origins:"),
        ({"origins": ["null"]}, "origins:"),
        ({"rooms": "8["}, "rooms: no regular expression"),
        ({"static_passwords": {"desk": Secret("x")}}, "static_passwords: desk: say in `static`"),
        ({"static": {"w-anna-0123abcd": "anna"}}, "static: w-anna-0123abcd: names of this form"),
        ({"codecs": []}, "codecs: name one"),
        ({"country": "Germany"}, "country: 'Germany' is none"),
        ({"outside": "PJSIP/trunk"}, "outside: must have {number}"),
        ({"idle_hours": 0.2}, "idle_hours: must be longer than access_seconds"),
        ({"turn": ["turn:x"]}, "turn_secret: empty"),
        ({"stun": ["http://x"]}, "stun: 'http://x' is not of the form"),
    ],
)
def test_what_cannot_be_is_told(given: dict[str, Any], told: str):
    with pytest.raises(ConfigError) as found:
        WebrtcPlugin(WebrtcConfig(**given))
    assert f"[plugin.webrtc] {told}" in str(found.value)


def test_all_is_told_at_once():
    config = WebrtcConfig(websocket="x", rooms="[", codecs=[])
    with pytest.raises(ConfigError) as found:
        config.check()
    assert [each in str(found.value) for each in ("websocket:", "rooms:", "codecs:")] == [True] * 3


@pytest.mark.parametrize(
    "given",
    [
        {"websocket": "wss://[2001:db8::1]:8089/ws", "country": "DE"},
        {"websocket": "ws://localhost", "origins": ["http://localhost:8080"]},
        {"stun": ["stun:x.example.org"], "turn": ["turn:x"], "turn_secret": Secret("x")},
        {"static": {"desk": "Anna"}, "static_passwords": {"desk": Secret("x")}},
        {"outside": "PJSIP/{number}@trunk", "emergency_endpoint": "PJSIP/112@trunk"},
    ],
)
def test_what_can_be_is_taken(given: dict[str, Any]):
    WebrtcConfig(**given).check()


def test_owners_of_endpoints_are_users_however_they_are_written():
    assert WebrtcConfig(static={"desk": " Anna "}).owners == {"desk": "anna"}


def test_no_secret_is_shown():
    config = WebrtcConfig(
        turn_secret=Secret("geheim"),
        demo={"anna": Secret("geheim")},
        static_passwords={"desk": Secret("geheim")},
        database=Secret("postgresql://x:geheim@y/z"),
    )
    assert "geheim" not in repr(config)


@pytest.mark.parametrize(
    ("url", "websocket"),
    [
        ("http://127.0.0.1:8088/ari", "ws://127.0.0.1:8088/ws"),
        ("https://pbx.example.org:8089/ari", "wss://pbx.example.org:8089/ws"),
        ("http://[::1]:8088/asterisk/ari", "ws://[::1]:8088/ws"),
    ],
)
def test_browsers_open_the_websocket_of_asterisk_where_none_is_given(url: str, websocket: str):
    assert WebrtcConfig().reached(url).websocket == websocket
    assert list(WebrtcConfig().reached(url).problems()) == []
    given = WebrtcConfig(websocket="wss://phone.example.org/ws")
    assert given.reached(url) == given


def test_the_commands_reach_it_as_the_plugin_does():
    config = Config(asterisk=AsteriskConfig(url="https://pbx.example.org:8089/ari"))
    assert configured(config).websocket == "wss://pbx.example.org:8089/ws"
