"""Real Asterisks for the tests of the softphone: ARI, and a throw-away phone on the WebSocket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from stasis_webrtc.sip_socket import SipSocket

from stasis.ari import Ari
from stasis.config import AsteriskConfig
from stasis.lab.lab import Lab
from stasis.section import Secret
from stasis.transport.http import Http

__all__ = ["ari_of", "phone_of", "websocket_of"]


@asynccontextmanager
async def ari_of(lab: Lab) -> AsyncIterator[Ari]:
    """Every operation of a lab's ARI."""
    config = AsteriskConfig(url=lab.url, username=lab.username, password=Secret(lab.password))
    async with Http(config) as http:
        yield Ari(http)


def websocket_of(lab: Lab) -> str:
    """Where browsers speak SIP to a lab."""
    return f"ws://127.0.0.1:{lab.http_port}/ws"


def phone_of(lab: Lab, user: str, secret: str) -> SipSocket:
    """A phone on the lab's WebSocket; enter it to open the socket."""
    return SipSocket(websocket_of(lab), user, secret)
