"""What `stasis webrtc doctor` looks at, and what it found: the finding, and the way to Asterisk."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import SplitResult, urlsplit

from attrs import define, field, frozen

from stasis import Ari
from stasis_webrtc.config import WebrtcConfig
from stasis_webrtc.device import endpoint_name, new_secret
from stasis_webrtc.provision import Devices
from stasis_webrtc.sip_socket import SipSocket

__all__ = ["Examined", "Hop", "State"]

State: TypeAlias = Literal["ok", "warning", "failed", "skipped"]


@frozen
class Hop:
    """A finding.

    name: of the hop, stable. state: `failed` makes the doctor fail. text: what was measured or
    seen. fix: the file and the line to add, or what else to do.
    """

    name: str
    state: State
    text: str
    fix: str = ""


@define
class Examined:
    """One examination.

    ari: every operation. config: the plugin's. authority: a PEM file of the authority that signed
    Asterisk's certificate; None trusts the system's. device, secret: of the throw-away device.
    phone: it, once its socket is open. modules: the running ones. in_dialplan: whether the devices'
    context takes what they dial, once known.
    """

    ari: Ari
    config: WebrtcConfig
    authority: Path | None = None
    device: str = field(factory=lambda: endpoint_name("doctor"))
    secret: str = field(factory=new_secret, repr=False)
    phone: SipSocket | None = None
    modules: frozenset[str] = frozenset()
    in_dialplan: bool | None = None

    @property
    def url(self) -> SplitResult:
        """Where browsers open their WebSocket."""
        return urlsplit(self.config.websocket)

    @property
    def host(self) -> str:
        """Its host."""
        return self.url.hostname or ""

    @property
    def port(self) -> int:
        """Its port."""
        return self.url.port or (443 if self.secure else 80)

    @property
    def secure(self) -> bool:
        """Whether it is over TLS."""
        return self.url.scheme == "wss"

    @property
    def devices(self) -> Devices:
        """Devices as the plugin makes them."""
        return Devices(lambda: self.ari, self.config.device_rules())

    def trust(self) -> ssl.SSLContext:
        """Whom to trust: the given authority, or the system's. Raises OSError."""
        return ssl.create_default_context(cafile=self.authority)

    def socket(self, secret: str) -> SipSocket:
        """A phone of the throw-away device with this secret; its socket is not open yet."""
        return SipSocket(
            self.config.websocket,
            self.device,
            secret,
            self.config.domain or self.host,
            self.trust() if self.secure else None,
        )

    def listening(self) -> Mapping[str, str]:
        """The lines of http.conf that have Asterisk listen where browsers look for it."""
        if self.secure:
            return {
                "tlsenable": "yes",
                "tlsbindaddr": f"0.0.0.0:{self.port}",
                "tlscertfile": "/etc/asterisk/keys/cert.pem",
                "tlsprivatekey": "/etc/asterisk/keys/key.pem",
            }
        return {"enabled": "yes", "bindaddr": self.host, "bindport": str(self.port)}
