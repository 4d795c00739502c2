"""Transports: where SIP is listened for, the HTTP server and its certificate, and browsers."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from urllib.parse import urlsplit

from stasis.ami import actions
from stasis.pbx.certificate import Certificate, served
from stasis.pbx.endpoints import details_of
from stasis.pbx.errors import Missing
from stasis.pbx.group import Group
from stasis.pbx.thing import thing
from stasis.pbx.transport import (
    HttpServer,
    Transport,
    WebrtcEndpoint,
    lacks,
    meant,
    transports,
)
from stasis.pbx.values import EndpointName, HostName

__all__ = ["Transports"]

NEEDS = "res_pjsip.so"


class Transports(Group):
    """Transports of SIP, TLS, and what browsers need."""

    name = "transports"

    @thing("GET /transports", needs=NEEDS)
    async def list(self) -> Sequence[Transport]:
        """List the transports of SIP, and where each listens.

        Returns them by name. Raises PbxError. CLI: pjsip show transports, http show status.
        """
        return transports(await self.ways.command("pjsip show transports"), await self.server())

    @thing("GET /transports/http")
    async def http(self) -> HttpServer:
        """Show the HTTP server: where it listens, and what it has.

        Raises PbxError. CLI: http show status.
        """
        return await self.server()

    @thing("GET /transports/certificates", needs=NEEDS)
    async def certificates(self, *, name: HostName = "") -> Sequence[Certificate]:
        """List the certificates as they are served by HTTPS and by SIP over TLS.

        name: the host that browsers and phones know Asterisk by; empty: the address it listens on,
        or the host of asterisk.url. Returns one for each port with TLS, with what is wrong with
        it. Raises PbxError. CLI: pjsip show transports, http show status; then TLS to the port.
        """
        server = await self.server()
        places = [(server.secure, "http.conf")] if server.secure else []
        for each in transports(await self.ways.command("pjsip show transports"), server):
            if each.protocol == "tls":
                places.append((each.bind, f"transport {each.name}"))
        found = []
        for place, what in places:
            parts = urlsplit(f"//{place}")
            host = self.reached(parts.hostname or "")
            found.append(await served(host, parts.port or 0, what, name))
        return found

    @thing("GET /transports/webrtc", needs=NEEDS)
    async def webrtc(
        self, *, endpoint: EndpointName = "", every: bool = False
    ) -> Sequence[WebrtcEndpoint]:
        """List the endpoints that are meant for browsers, and what each lacks for a call.

        endpoint: this one only. every: also phones that nobody meant for a browser. Returns them by
        name. Raises Missing, PbxError. AMI: PJSIPShowEndpoint; CLI: as `list`.
        """
        server = await self.server()
        known = transports(await self.ways.command("pjsip show transports"), server)
        srtp = await self.ways.loaded("res_srtp.so")
        listed = [] if endpoint else await self.items(actions.PJSIPShowEndpoints())
        found = []
        for name in [endpoint] if endpoint else sorted(each.object_name for each in listed):
            details = await details_of(self, name)
            if details is not None and (endpoint or every or meant(details)):
                found.append(lacks(details, server, known, srtp))
        if endpoint and not found:
            raise Missing("transports.webrtc", f"there is no endpoint {endpoint!r}")
        return found

    async def server(self) -> HttpServer:
        """The HTTP server. Raises PbxError, AmiError."""
        return HttpServer.of(await self.ways.command("http show status"))

    def reached(self, host: str) -> str:
        """Where to reach what listens on an address: 0.0.0.0 is on the host of asterisk.url."""
        try:
            everywhere = ipaddress.ip_address(host).is_unspecified
        except ValueError:
            everywhere = not host
        return self.url_host() if everywhere else host

    def url_host(self) -> str:
        """The host of asterisk.url."""
        return urlsplit(self.ways.config.url).hostname or "127.0.0.1"
