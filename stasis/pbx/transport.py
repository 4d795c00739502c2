"""Transports, the HTTP server and what a browser's endpoint needs: read from texts. Pure.

Both versions print these tables alike; a line that is none of theirs is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

import msgspec

from stasis.pbx.endpoint import EndpointDetails

__all__ = ["HttpServer", "Transport", "WebrtcEndpoint", "lacks", "transports"]

BOUND = re.compile(r"(HTTPS? )?Server Enabled and Bound to (\S+)")
URI = re.compile(r"(/\S*) => (.*)")
WEBSOCKETS = ("ws", "wss")
AUDIO = ("opus", "ulaw", "alaw", "g722")
YES = ("yes", "true")
# What a browser insists on, as pjsip.conf names it; webrtc=yes sets them all.
SETTINGS = (
    ("use_avpf", YES),
    ("media_encryption", ("dtls",)),
    ("ice_support", YES),
    ("rtcp_mux", YES),
)


class HttpServer(msgspec.Struct, frozen=True, kw_only=True):
    """Asterisk's HTTP server. plain, secure: where it listens; empty: it does not.

    websocket: whether SIP over WebSocket is at /ws there. uris: all that it has.
    """

    plain: str
    secure: str
    websocket: bool
    uris: Sequence[str]

    @classmethod
    def of(cls, lines: Iterable[str]) -> HttpServer:
        """From what `http show status` prints."""
        plain = secure = ""
        uris = []
        for line in map(str.strip, lines):
            if match := BOUND.fullmatch(line):
                if match[1] == "HTTPS ":
                    secure = match[2]
                else:
                    plain = match[2]
            elif match := URI.fullmatch(line):
                uris.append(match[1])
        path = next((each for each in uris if each.endswith("/ws")), "")
        return cls(plain=plain, secure=secure, websocket=bool(path), uris=uris)


class Transport(msgspec.Struct, frozen=True, kw_only=True):
    """A transport of PJSIP. protocol: udp, tcp, tls, ws or wss.

    listens: the address, or the URL for ws and wss, which the HTTP server serves; empty when it
    does not. bind: as pjsip.conf has it.
    """

    name: str
    protocol: str
    listens: str
    bind: str
    tos: int
    cos: int


class WebrtcEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint as a browser would need it. lacks: what to change, and where."""

    name: str
    ready: bool
    state: str
    codecs: Sequence[str]
    lacks: Sequence[str]


def transports(lines: Iterable[str], server: HttpServer) -> list[Transport]:
    """The transports that `pjsip show transports` prints, by name."""
    found = []
    for line in lines:
        words = line.split()
        if len(words) != 6 or words[0] != "Transport:" or not words[3].isdigit():
            continue
        _, name, protocol, cos, tos, bind = words
        found.append(
            Transport(
                name=name,
                protocol=protocol,
                listens=listens(protocol, bind, server),
                bind=bind,
                tos=int(tos) if tos.isdigit() else 0,
                cos=int(cos),
            )
        )
    return sorted(found, key=lambda each: each.name)


def listens(protocol: str, bind: str, server: HttpServer) -> str:
    """Where a transport really listens."""
    if protocol not in WEBSOCKETS:
        return bind
    place = server.secure if protocol == "wss" else server.plain
    path = next((each for each in server.uris if each.endswith("/ws")), "")
    return f"{protocol}://{place}{path}" if place and path else ""


def endpoint_lacks(details: EndpointDetails, known: Sequence[Transport]) -> list[str]:
    """What an endpoint's own sections lack, as lines for pjsip.conf."""
    found = []
    if not details.webrtc:
        wrong = [key for key, good in SETTINGS if details.setting(key).lower() not in good]
        if wrong:
            found.append(f"webrtc = yes (it has not: {', '.join(wrong)})")
    made = details.setting("dtls_auto_generate_cert").lower() in YES
    if not made and not details.setting("dtls_cert_file"):
        found.append("dtls_auto_generate_cert = yes, or dtls_cert_file")
    if not set(AUDIO) & set(details.codecs):
        found.append("allow = opus,ulaw")
    if not details.auths:
        found.append("auth")
    if not any(each.max_contacts for each in details.aors):
        found.append("aors, whose AOR has max_contacts")
    chosen = {each.name: each.protocol for each in known}.get(details.transport)
    if chosen is not None and chosen not in WEBSOCKETS:
        found.append(f"a transport of ws or wss, or none (it has {details.transport})")
    return found


def server_lacks(server: HttpServer, known: Sequence[Transport], srtp: bool) -> list[str]:
    """What the server lacks for every browser."""
    found = []
    protocols = {each.protocol for each in known}
    if not protocols & set(WEBSOCKETS):
        found.append("pjsip.conf: a transport with protocol = wss")
    if not server.plain and not server.secure:
        found.append("http.conf: enabled = yes")
    elif not server.websocket:
        found.append("modules.conf: res_http_websocket.so")
    if not server.secure and not loopback(server.plain):
        found.append("http.conf: tlsenable = yes: browsers call by wss only")
    if not srtp:
        found.append("modules.conf: res_srtp.so")
    return found


def lacks(
    details: EndpointDetails, server: HttpServer, known: Sequence[Transport], srtp: bool
) -> WebrtcEndpoint:
    """An endpoint with all that it lacks."""
    found = [*endpoint_lacks(details, known), *server_lacks(server, known, srtp)]
    return WebrtcEndpoint(
        name=details.name,
        ready=not found,
        state=details.state,
        codecs=details.codecs,
        lacks=found,
    )


def meant(details: EndpointDetails) -> bool:
    """Whether somebody meant an endpoint for a browser: any of its settings says so."""
    dtls = details.setting("media_encryption").lower() == "dtls"
    return details.webrtc or dtls or details.setting("use_avpf").lower() in YES


def loopback(place: str) -> bool:
    """Whether an address is this machine's own, where browsers take plain ws."""
    host = urlsplit(f"//{place}").hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")
