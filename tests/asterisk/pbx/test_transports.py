"""Transports, the HTTP server, certificates and browsers' endpoints on the real servers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from stasis_webrtc.authority import Authority

from stasis.lab.configuration import http
from stasis.pbx import Missing, Pbx
from tests.asterisk.pbx.conftest import Office

# As a browser's endpoint is made; see docs/webrtc.md.
BROWSER = """
[browser]
type = endpoint
context = default
disallow = all
allow = opus,ulaw
auth = browser
aors = browser
webrtc = yes
dtls_auto_generate_cert = yes

[browser]
type = auth
auth_type = userpass
username = browser
password = only-of-this-test

[browser]
type = aor
max_contacts = 1

[half]
type = endpoint
context = default
disallow = all
allow = g729
transport = udp
media_encryption = dtls
aors = half
"""


@pytest.fixture
def plain(office: Office) -> Iterator[None]:
    """The HTTP server without TLS, whatever a test does."""

    def as_it_was() -> None:
        office.lab.write("http.conf", http(office.lab.ports))
        office.lab.cli("module reload http")

    as_it_was()
    yield
    as_it_was()


@pytest.fixture
def secure(plain: None, office: Office, tmp_path: Path) -> Authority:
    """The HTTP server with TLS, and who has signed its certificate."""
    authority = Authority.open(tmp_path)
    chain, key = authority.signed(["127.0.0.1", "pbx.example.org"])
    office.lab.secure(chain.decode(), key.decode())
    return authority


@pytest.fixture
def browsers(office: Office) -> Iterator[None]:
    """Two endpoints that are meant for browsers."""
    text = (office.lab.etc / "pjsip.conf").read_text("utf-8")
    office.lab.write("pjsip.conf", text + BROWSER)
    office.lab.cli("module reload res_pjsip.so")
    yield
    now = (office.lab.etc / "pjsip.conf").read_text("utf-8")
    office.lab.write("pjsip.conf", now.replace(BROWSER, ""))
    office.lab.cli("module reload res_pjsip.so")


@pytest.mark.things("transports.list")
async def test_where_each_listens(pbx: Pbx, office: Office, plain: None):
    found = {each.name: each for each in await pbx.transports.list()}
    lab = office.lab
    assert (found["udp"].protocol, found["udp"].listens) == ("udp", f"127.0.0.1:{lab.sip_port}")
    # The address in pjsip.conf is not listened on.
    assert found["ws"].listens == f"ws://127.0.0.1:{lab.http_port}/ws"
    assert found["ws"].bind == "127.0.0.1:5060"
    assert (found["wss"].protocol, found["wss"].listens) == ("wss", "")


@pytest.mark.things("transports.list", "transports.http")
async def test_with_tls_the_browsers_port_is_there(
    pbx: Pbx, office: Office, plain: None, tmp_path: Path
):
    lab = office.lab
    before = await pbx.transports.http()
    assert (before.plain, before.secure) == (f"127.0.0.1:{lab.http_port}", "")
    assert before.websocket and "/ws" in before.uris and "/ari/..." in before.uris
    assert await pbx.transports.certificates() == []
    chain, key = Authority.open(tmp_path).signed(["127.0.0.1"])
    lab.secure(chain.decode(), key.decode())
    assert (await pbx.transports.http()).secure == f"127.0.0.1:{lab.https_port}"
    found = {each.name: each for each in await pbx.transports.list()}
    assert found["wss"].listens == f"wss://127.0.0.1:{lab.https_port}/ws"


@pytest.mark.things("transports.certificates")
async def test_a_certificate_as_it_is_served(
    pbx: Pbx, office: Office, secure: Authority, monkeypatch: pytest.MonkeyPatch
):
    (shown,) = await pbx.transports.certificates()
    assert shown.where == f"127.0.0.1:{office.lab.https_port}" and shown.server == "http.conf"
    assert shown.names == ("127.0.0.1", "pbx.example.org")
    assert (shown.subject, shown.issuer) == ("CN=127.0.0.1", "CN=stasis development authority")
    assert not shown.self_signed and shown.days == 89
    assert "certificate" in shown.problem  # this machine does not trust it
    monkeypatch.setenv("SSL_CERT_FILE", str(secure.folder / "ca.pem"))
    (shown,) = await pbx.transports.certificates()
    assert shown.problem == ""
    (shown,) = await pbx.transports.certificates(name="pbx.example.org")
    assert shown.problem == ""
    (shown,) = await pbx.transports.certificates(name="other.example.org")
    assert "other.example.org" in shown.problem


@pytest.mark.things("transports.certificates")
async def test_one_that_has_run_out_is_read_all_the_same(
    pbx: Pbx, office: Office, plain: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    authority = Authority.open(tmp_path)
    past = datetime.now(UTC) - timedelta(days=100)
    chain, key = authority.signed(["127.0.0.1"], past)
    office.lab.secure(chain.decode(), key.decode())
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.folder / "ca.pem"))
    (shown,) = await pbx.transports.certificates()
    assert shown.days == -11 and shown.ends is not None and shown.ends < datetime.now(UTC)
    assert "expired" in shown.problem


@pytest.mark.things("transports.webrtc")
async def test_endpoints_for_browsers_and_what_they_lack(
    pbx: Pbx, office: Office, secure: Authority, browsers: None
):
    found = {each.name: each for each in await pbx.transports.webrtc()}
    assert set(found) == {"browser", "half"}
    assert found["browser"].ready and found["browser"].lacks == []
    assert found["browser"].codecs == ["opus", "ulaw"]
    assert [each.partition(",")[0].partition(" (")[0] for each in found["half"].lacks] == [
        "webrtc = yes",
        "dtls_auto_generate_cert = yes",
        "allow = opus",
        "auth",
        "aors",
        "a transport of ws or wss",
    ]
    (alice,) = await pbx.transports.webrtc(endpoint="alice")
    assert not alice.ready
    assert {"alice", "bob", "browser"} <= {
        each.name for each in await pbx.transports.webrtc(every=True)
    }
    with pytest.raises(Missing):
        await pbx.transports.webrtc(endpoint="nobody")


@pytest.mark.things("transports.webrtc")
async def test_a_module_that_every_browser_needs(
    pbx: Pbx, office: Office, plain: None, browsers: None
):
    office.lab.cli("module unload res_srtp.so")
    try:
        (browser,) = await pbx.transports.webrtc(endpoint="browser")
        assert browser.lacks == ["modules.conf: res_srtp.so"]
    finally:
        office.lab.cli("module load res_srtp.so")
    (browser,) = await pbx.transports.webrtc(endpoint="browser")
    assert browser.ready
