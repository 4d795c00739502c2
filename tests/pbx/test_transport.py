"""What Asterisk prints of transports and its HTTP server, and what a browser needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from stasis.pbx.endpoint import Aor, Auth, EndpointDetails
from stasis.pbx.transport import (
    HttpServer,
    Transport,
    lacks,
    loopback,
    meant,
    server_lacks,
    transports,
)

# As 22 and 16 print them alike.
SHOWN = """
Transport:  <TransportId........>  <Type>  <cos>  <tos>  <BindAddress....................>
==========================================================================================

Transport:  a-transport-with-a-very-long-name-indeed-1234567890     tcp      3     96  [::1]:28041
Transport:  udp                       udp      0      0  127.0.0.1:28001
Transport:  ws                         ws      0      0  127.0.0.1:5060
Transport:  wss                       wss      0      0  127.0.0.1:5060

Objects found: 4

""".splitlines()
STATUS_22 = """HTTP Server Status:
Prefix: /pbx
Server: Asterisk/22.10.1+dfsg+~cs6.17.60671434-1
Server Enabled and Bound to 127.0.0.1:28000

HTTPS Server Enabled and Bound to [::]:28003

Enabled URI's:
/pbx/media/... => Media over Websocket
/pbx/ari/... => Asterisk RESTful API
/pbx/ws => Asterisk HTTP WebSocket

Enabled Redirects:
  None.
""".splitlines()
STATUS_16 = """HTTP Server Status:
Prefix:
Server: Asterisk/16.28.0~dfsg-0+deb11u4
Server Disabled

Enabled URI's:
/httpstatus => Asterisk HTTP General Status

Enabled Redirects:
  None.
""".splitlines()  # fmt: skip
SERVER = HttpServer.of(STATUS_22)
KNOWN = transports(SHOWN, SERVER)


class TestTheHttpServer:
    def test_where_it_listens_and_what_it_has(self):
        assert (SERVER.plain, SERVER.secure) == ("127.0.0.1:28000", "[::]:28003")
        assert SERVER.websocket and SERVER.uris == ["/pbx/media/...", "/pbx/ari/...", "/pbx/ws"]

    def test_one_that_is_off(self):
        found = HttpServer.of(STATUS_16)
        assert (found.plain, found.secure, found.websocket) == ("", "", False)

    def test_nothing_is_nothing(self):
        assert HttpServer.of([]) == HttpServer(plain="", secure="", websocket=False, uris=[])


class TestTransports:
    def test_each_with_where_it_really_listens(self):
        assert [(each.name[:6], each.protocol, each.listens) for each in KNOWN] == [
            ("a-tran", "tcp", "[::1]:28041"),
            ("udp", "udp", "127.0.0.1:28001"),
            ("ws", "ws", "ws://127.0.0.1:28000/pbx/ws"),
            ("wss", "wss", "wss://[::]:28003/pbx/ws"),
        ]
        assert (KNOWN[0].cos, KNOWN[0].tos) == (3, 96)

    def test_without_an_http_server_no_browser_comes(self):
        off = transports(SHOWN, HttpServer.of(STATUS_16))
        assert [each.listens for each in off if each.protocol in ("ws", "wss")] == ["", ""]

    def test_other_lines_are_left_out(self):
        assert transports(["No objects found.", "", "Transport: x"], SERVER) == []


@dataclass
class Phone:
    """An endpoint's settings, those of a browser's unless said otherwise."""

    webrtc: bool = True
    codecs: tuple[str, ...] = ("opus",)
    transport: str = ""
    auths: tuple[str, ...] = ("alice",)
    contacts: int = 1
    settings: dict[str, str] | None = None

    def details(self) -> EndpointDetails:
        """As they are read."""
        made: dict[str, Any] = dict.fromkeys(EndpointDetails.__struct_fields__, "")
        return EndpointDetails(**made | {
            "name": "alice", "channels": 0, "webrtc": self.webrtc, "codecs": self.codecs,
            "transport": self.transport, "contacts": (), "outbound_auths": (), "matches": (),
            "auths": [Auth(name=n, username=n, password="***", kind="userpass") for n in self.auths],
            "aors": [Aor(name="alice", contacts=0, max_contacts=self.contacts, qualify_every=0,
                         qualify_timeout=3.0, remove_existing=True, expires=1, minimum=1,
                         maximum=1)],
            "settings": self.settings or {"DtlsAutoGenerateCert": "Yes"},
        })  # fmt: skip


class TestABrowser:
    def test_one_that_is_ready(self):
        assert lacks(Phone().details(), SERVER, KNOWN, True).ready

    @pytest.mark.parametrize(
        ("phone", "what"),
        [
            (Phone(webrtc=False), "webrtc = yes"),
            (Phone(settings={"DtlsAutoGenerateCert": "No"}), "dtls_auto_generate_cert"),
            (Phone(codecs=("g729",)), "allow"),
            (Phone(auths=()), "auth"),
            (Phone(contacts=0), "aors"),
            (Phone(transport="udp"), "a transport of ws or wss"),
        ],
    )
    def test_what_it_lacks(self, phone: Phone, what: str):
        found = lacks(phone.details(), SERVER, KNOWN, True)
        assert not found.ready and [each for each in found.lacks if each.startswith(what)]

    def test_settings_by_hand_are_as_good_as_webrtc(self):
        settings = {
            "UseAvpf": "true", "MediaEncryption": "dtls", "IceSupport": "true", "RtcpMux": "true",
            "DtlsCertFile": "/etc/asterisk/keys/dtls.pem",
        }  # fmt: skip
        by_hand = Phone(webrtc=False, settings=settings).details()
        assert lacks(by_hand, SERVER, KNOWN, True).ready and meant(by_hand)
        assert not meant(Phone(webrtc=False).details())

    @pytest.mark.parametrize(
        ("server", "known", "srtp", "what"),
        [
            (SERVER, [], True, "pjsip.conf"),
            (HttpServer.of(STATUS_16), KNOWN, True, "http.conf: enabled = yes"),
            (HttpServer(plain="192.0.2.1:8088", secure="", websocket=True, uris=["/ws"]), KNOWN,
             True, "http.conf: tlsenable = yes"),
            (HttpServer(plain="127.0.0.1:8088", secure="", websocket=False, uris=[]), KNOWN, True,
             "modules.conf: res_http_websocket.so"),
            (SERVER, KNOWN, False, "modules.conf: res_srtp.so"),
        ],
    )  # fmt: skip
    def test_what_the_server_lacks(
        self, server: HttpServer, known: list[Transport], srtp: bool, what: str
    ):
        assert [each for each in server_lacks(server, known, srtp) if each.startswith(what)]

    @pytest.mark.parametrize(
        ("place", "own"),
        [("127.0.0.1:1", True), ("[::1]:1", True), ("0.0.0.0:1", False), ("", False)],
    )
    def test_whose_address_it_is(self, place: str, own: bool):
        assert loopback(place) is own
