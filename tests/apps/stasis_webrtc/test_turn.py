"""ICE servers: credentials that a TURN server can check, and that end."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from stasis_webrtc.turn import Turn, credential, hosts, ice_servers

from stasis import ConfigError, Secret

NOW = datetime.fromtimestamp(1_400_000_000, UTC)
STUN, TURN = "stun:stun.example.org", "turn:turn.example.org:3478?transport=udp"


class TestCredential:
    def test_it_is_the_hmac_that_openssl_computes(self):
        # printf '1400000000:anna' | openssl dgst -sha1 -hmac north -binary | base64
        assert credential("1400000000:anna", "north") == "aAKPxJ+93dgzzLsHuqqZIjOOWUk="

    def test_it_is_the_hmac_of_rfc_2202(self):
        # Test case 2: key "Jefe", data "what do ya want for nothing?".
        assert credential("what do ya want for nothing?", "Jefe") == "7/zfauXrL6LSdBbV8YTfnCWafHk="


class TestServers:
    def test_the_name_is_when_it_ends_and_whose_it_is(self):
        turn = Turn((STUN,), (TURN,), Secret("north"), 600)
        stun, relay = ice_servers(turn, "anna", NOW)
        assert (stun.urls, stun.username) == ((STUN,), "")
        assert relay.username == "1400000600:anna"
        assert relay.credential == credential("1400000600:anna", "north")

    def test_it_is_what_a_browser_takes(self):
        turn = Turn((STUN,), (TURN,), Secret("north"), 600)
        stun, relay = msgspec.json.decode(msgspec.json.encode(ice_servers(turn, "anna", NOW)))
        assert stun == {"urls": [STUN]}
        assert set(relay) == {"urls", "username", "credential"}

    def test_none_are_told_where_none_are(self):
        assert ice_servers(Turn(), "anna", NOW) == ()

    def test_where_they_are(self):
        urls = [STUN, TURN, "turns:[2001:db8::1]:443", "turns:t.example.org", "nonsense"]
        assert hosts(urls) == [
            ("stun", "stun.example.org", 3478, "udp"),
            ("turn", "turn.example.org", 3478, "udp"),
            ("turns", "2001:db8::1", 443, "tcp"),
            ("turns", "t.example.org", 5349, "tcp"),
        ]


class TestConfiguration:
    def test_what_is_right_is_taken(self):
        Turn((STUN, "stuns:x:5349"), (TURN, "turns:x"), Secret("north")).check()
        Turn().check()

    @pytest.mark.parametrize(
        ("stun", "turn"),
        [("turn:x", ""), ("stun.example.org", ""), ("", "stun:x"), ("", "turn:x?transport=sctp")],
    )
    def test_a_wrong_url_is_named(self, stun: str, turn: str):
        wrong = Turn((stun,) if stun else (), (turn,) if turn else (), Secret("north"))
        with pytest.raises(ConfigError) as raised:
            wrong.check()
        assert repr(stun or turn) in str(raised.value)

    def test_a_turn_server_without_its_secret(self):
        with pytest.raises(ConfigError, match="static-auth-secret"):
            Turn((), (TURN,)).check()
