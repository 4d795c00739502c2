"""ICE servers for the page, with TURN credentials that end by themselves.

The scheme is that of the IETF draft «A REST API for access to TURN services», which coturn knows as
`use-auth-secret`: the name is when it ends and whose it is, the password its HMAC-SHA1 under a
secret that the TURN server shares. Nobody can take one back before it ends: keep it short.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime

import msgspec
from attrs import frozen

from stasis import ConfigError, Secret

__all__ = ["IceServer", "Turn", "ice_servers"]

URL = re.compile(r"(stuns?|turns?):([^:?\s]+|\[[0-9a-fA-F:]+\])(:\d{1,5})?(\?transport=(udp|tcp))?")


class IceServer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One of `iceServers`, as a browser's RTCPeerConnection takes it."""

    urls: tuple[str, ...]
    username: str = ""
    credential: str = ""


@frozen
class Turn:
    """Where browsers find their own address, and a way around a firewall.

    stun, turn: URLs such as stun:stun.example.org and turn:turn.example.org:3478?transport=udp.
    secret: the `static-auth-secret` of the TURN server. seconds: how long a credential lasts.
    """

    stun: tuple[str, ...] = ()
    turn: tuple[str, ...] = ()
    secret: Secret = Secret("")
    seconds: int = 3600

    def check(self) -> None:
        """Look at the values. Raises ConfigError that names what is wrong."""
        for urls, kinds in ((self.stun, ("stun", "stuns")), (self.turn, ("turn", "turns"))):
            for url in urls:
                match = URL.fullmatch(url)
                if match is None or match[1] not in kinds:
                    raise ConfigError(
                        f"[plugin.webrtc] {kinds[0]}: {url!r} is not of the form"
                        f" {kinds[0]}:HOST:PORT"
                    )
        if self.turn and not self.secret.reveal():
            raise ConfigError(
                "[plugin.webrtc] turn_secret: empty; it is static-auth-secret of turnserver.conf"
            )


def ice_servers(turn: Turn, user: str, now: datetime) -> tuple[IceServer, ...]:
    """The servers for a user's page, with credentials from now on.

    user: whose they are, for the TURN server's log.
    """
    found = []
    if turn.stun:
        found.append(IceServer(urls=turn.stun))
    if turn.turn:
        name = f"{int(now.timestamp()) + turn.seconds}:{user}"
        password = credential(name, turn.secret.reveal())
        found.append(IceServer(urls=turn.turn, username=name, credential=password))
    return tuple(found)


def credential(name: str, secret: str) -> str:
    """The password of a name: base64 of its HMAC-SHA1."""
    made = hmac.new(secret.encode(), name.encode(), hashlib.sha1)
    return base64.b64encode(made.digest()).decode()


def hosts(urls: Sequence[str]) -> list[tuple[str, str, int, str]]:
    """Scheme, host, port and transport of each URL that is one."""
    found = []
    for url in urls:
        match = URL.fullmatch(url)
        if match:
            secure = match[1].endswith("s")
            port = int(match[3][1:]) if match[3] else (5349 if secure else 3478)
            transport = match[5] or ("tcp" if secure else "udp")
            found.append((match[1], match[2].strip("[]"), port, transport))
    return found
