"""The hops of sound: places that are offered, and relays, by a real TURN server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from stasis_webrtc.config import WebrtcConfig
from stasis_webrtc.examined import Examined, Hop
from stasis_webrtc.sound_hops import dialplan, reached, relays

from stasis import Secret
from stasis.ari import Ari
from tests.apps.stasis_webrtc.coturn import SECRET, coturn

FINGERPRINT = "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=fingerprint:SHA-256 00\r\n"
ICE = "a=ice-ufrag:u\r\na=ice-pwd:p\r\na=mid:audio-0\r\n"


async def of(ari: Ari, sdp: str) -> Hop:
    """What is found for an offer."""
    sent: list[str] = []

    async def answer(ours: str) -> None:
        sent.append(ours)

    hop = await reached(Examined(ari, WebrtcConfig()), sdp, answer)
    assert all("a=candidate:1 1 UDP" in each and "a=mid:audio-0" in each for each in sent)
    return hop


class TestOffer:
    async def test_plain_sound_is_not_for_browsers(self, ari: Ari):
        hop = await of(ari, "m=audio 9 RTP/AVP 0\r\n")
        assert hop.state == "failed" and "load = res_srtp.so" in hop.fix

    async def test_without_candidates_ice_is_off(self, ari: Ari):
        hop = await of(ari, FINGERPRINT + ICE)
        assert hop.state == "failed" and hop.fix == "rtp.conf: [general] icesupport = yes"

    async def test_where_nobody_answers_the_ports_are_closed(self, ari: Ari):
        place = "a=candidate:1 1 UDP 1 127.0.0.1 9 typ host\r\n"
        hop = await of(ari, FINGERPRINT + ICE + place)
        assert hop.state == "failed" and hop.text.startswith("Asterisk offers 127.0.0.1;")
        assert "UDP rtpstart to rtpend of rtp.conf" in hop.fix

    async def test_a_dialplan_that_was_not_looked_at_is_no_failure(self, ari: Ari):
        assert (await dialplan(Examined(ari, WebrtcConfig()))).state == "skipped"


class TestRelays:
    @pytest.fixture
    async def port(self, tmp_path: Path) -> AsyncIterator[int]:
        """Of a TURN server."""
        async with coturn(tmp_path) as port:
            yield port

    def asked(self, ari: Ari, port: int, secret: str = SECRET, scheme: str = "turn") -> Examined:
        url = f"{scheme}:127.0.0.1:{port}"
        config = WebrtcConfig(
            stun=[url] if scheme == "stun" else [],
            turn=[url] if scheme == "turn" else [],
            turn_secret=Secret(secret),
        )
        return Examined(ari, config)

    async def test_a_turn_server_takes_our_credentials(self, ari: Ari, port: int):
        for _ in range(3):  # and gets its relay back each time
            hop = await relays(self.asked(ari, port))
            assert (hop.state, hop.text) == ("ok", f"turn:127.0.0.1:{port} work from here")

    async def test_another_secret_is_told(self, ari: Ari, port: int):
        hop = await relays(self.asked(ari, port, "south"))
        assert hop.state == "failed" and "refuses our credentials: 401" in hop.text
        assert "static-auth-secret" in hop.fix and "south" not in hop.text + hop.fix

    async def test_a_stun_server_answers(self, ari: Ari, port: int):
        assert (await relays(self.asked(ari, port, scheme="stun"))).state == "ok"

    @pytest.mark.parametrize("scheme", ["stun", "turn"])
    async def test_nobody_there(self, ari: Ari, scheme: str):
        hop = await relays(self.asked(ari, 9, scheme=scheme))
        assert hop.state == "failed" and "does not answer" in hop.text

    async def test_no_such_host(self, ari: Ari):
        config = WebrtcConfig(stun=["stun:nowhere.invalid"])
        hop = await relays(Examined(ari, config))
        assert hop.state == "failed" and "is no place" in hop.text

    async def test_none_are_needed(self, ari: Ari):
        assert (await relays(Examined(ari, WebrtcConfig()))).state == "skipped"

    async def test_those_over_tls_are_not_looked_at(self, ari: Ari):
        config = WebrtcConfig(turn=["turns:turn.example.org"], turn_secret=Secret("north"))
        assert (await relays(Examined(ari, config))).state == "skipped"
