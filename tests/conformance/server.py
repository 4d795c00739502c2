"""The seam between a scenario and what it runs on: requests, WebSockets, and what they bring.

`over_http` and `inside` are the two ways to have one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

from attrs import field, frozen

from tests.conformance.outside import Outside

__all__ = [
    "Ask",
    "Auth",
    "Closed",
    "Refused",
    "Reply",
    "Server",
    "Users",
    "Wire",
]

# Name and password, or None to send none.
Auth = tuple[str, str] | None


@frozen
class Ask:
    """One request as it goes out.

    path: below /ari/, percent-encoded. query: pairs, not yet encoded. body: None for none; a list
    of pieces goes out as a chunked body.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(factory=dict)
    body: bytes | list[bytes] | None = None
    auth: Auth = None


@frozen
class Reply:
    """What came back. headers: names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded; None when there is none, or when it is not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def __repr__(self) -> str:
        return f"{self.status} {self.body.decode('utf-8', 'replace')[:300]}"


class Refused(Exception):
    """The handshake of a WebSocket was answered with another status than 101."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"the handshake was refused: {reply!r}")
        self.reply = reply


class Closed(Exception):
    """The WebSocket is closed. code: the close code, 1006 when none came."""

    def __init__(self, code: int) -> None:
        super().__init__(f"the WebSocket was closed with {code}")
        self.code = code


@frozen
class Users:
    """The credentials a target knows.

    default: may do all. reader: read-only. crypt: its password is stored as a hash. allowed,
    denied, shut: from here by an access list, from elsewhere, from nowhere (Asterisk 22).
    """

    default: tuple[str, str] = ("stasis", "stasis-change-me")
    reader: tuple[str, str] = ("reader", "reads-only")
    crypt: tuple[str, str] = ("crypt", "kept-as-a-hash")
    allowed: tuple[str, str] = ("allowed", "from-here")
    denied: tuple[str, str] = ("denied", "from-elsewhere")
    shut: tuple[str, str] = ("shut", "from-nowhere")


class Wire(Protocol):
    """One WebSocket, from the program's side."""

    async def receive(self) -> str:
        """The next text frame. Raises Closed."""
        ...

    async def send(self, text: str | bytes) -> None:
        """Send a frame. Raises Closed."""
        ...

    async def close(self) -> None:
        """Close it; closed already is no error."""
        ...


class Server(Protocol):
    """What scenarios run on."""

    @property
    def version(self) -> str:
        """As whose it behaves: "16" or "22"."""
        ...

    @property
    def outside(self) -> Outside:
        """The ways to it beside ARI."""
        ...

    async def send(self, ask: Ask) -> Reply:
        """Carry one request. Raises OSError when the connection breaks."""
        ...

    async def open(
        self, query: tuple[tuple[str, str], ...], auth: Auth, headers: Mapping[str, str]
    ) -> Wire:
        """Open an event WebSocket. Raises Refused."""
        ...
