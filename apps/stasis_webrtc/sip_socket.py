"""The least of a SIP phone on a WebSocket (RFC 7118): it registers, and is called.

For the doctor and for tests: one request at a time, no sound. It answers a digest challenge (RFC
7616: MD5, SHA-256) with its secret.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import ssl
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from attrs import define, field, frozen
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

__all__ = ["Message", "SipSocket", "parsed"]

SECONDS = 5.0
ALGORITHMS = {"MD5": "md5", "SHA-256": "sha256"}
PARAMETER = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')


@frozen
class Message:
    """A SIP request or response.

    start: its first line. headers: name in lower case to value, the first of each name.
    challenges: its digest challenges, in the server's order. body: text.
    """

    start: str
    headers: Mapping[str, str]
    challenges: tuple[str, ...] = ()
    body: str = ""

    @property
    def status(self) -> int:
        """The code of a response; 0 for a request."""
        first, _, rest = self.start.partition(" ")
        return int(rest[:3]) if first == "SIP/2.0" else 0

    @property
    def method(self) -> str:
        """Of a request; empty for a response."""
        return "" if self.status else self.start.partition(" ")[0]


def parsed(text: str) -> Message:
    """A message from its text."""
    head, _, body = text.partition("\r\n\r\n")
    start, *lines = head.split("\r\n")
    headers: dict[str, str] = {}
    challenges = []
    for line in lines:
        name, _, value = line.partition(":")
        name, value = name.strip().lower(), value.strip()
        headers.setdefault(name, value)
        if name in ("www-authenticate", "proxy-authenticate"):
            challenges.append(value)
    return Message(start, headers, tuple(challenges), body)


@define
class SipSocket:
    """A phone on its socket; used as an async context manager.

    url: ws://HOST:PORT/ws or wss://… user, secret: of the endpoint. host: the domain in its
    addresses. trust: for wss, whom to trust; None takes the system's authorities.

    Entering raises OSError and websockets' exceptions when the socket does not open.
    """

    url: str
    user: str
    secret: str = field(repr=False)
    host: str = "127.0.0.1"
    trust: ssl.SSLContext | None = None
    socket: ClientConnection = field(init=False, repr=False)
    contact: str = field(init=False, factory=lambda: f"{secrets.token_hex(6)}.invalid")
    tag: str = field(init=False, factory=lambda: secrets.token_hex(4))
    count: int = field(init=False, default=0)
    waiting: list[Message] = field(init=False, factory=list, repr=False)

    async def __aenter__(self) -> Self:
        self.socket = await connect(
            self.url,
            subprotocols=[Subprotocol("sip")],
            ssl=self.trust if self.url.startswith("wss:") else None,
            open_timeout=SECONDS,
            close_timeout=1.0,
            proxy=None,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.socket.close()

    async def register(self, seconds: int = 60) -> int:
        """Register for so many seconds; 0 ends it. Returns the status: 200, or why not.

        Raises TimeoutError when nothing is answered in 5 s, and ConnectionClosed.
        """
        reply = await self.ask("REGISTER", f"sip:{self.host}", self.user, {"Expires": str(seconds)})
        return reply.status

    async def ask(
        self,
        method: str,
        uri: str,
        to: str,
        headers: Mapping[str, str] | None = None,
        body: str = "",
    ) -> Message:
        """Send a request, with credentials when they are asked for. Returns the final response.

        to: the user part of whom it is for. Raises as `register`.
        """
        call = secrets.token_hex(8)
        await self.send(method, uri, to, call, headers or {}, body)
        reply = await self.response()
        if reply.status in (401, 407):
            credentials = self.credentials(method, uri, reply)
            if credentials:
                name = "Authorization" if reply.status == 401 else "Proxy-Authorization"
                with_them = {**(headers or {}), name: credentials}
                await self.send(method, uri, to, call, with_them, body)
                reply = await self.response()
        return reply

    async def send(
        self, method: str, uri: str, to: str, call: str, headers: Mapping[str, str], body: str
    ) -> None:
        """Send a request without waiting."""
        self.count += 1
        lines = {
            "Via": f"SIP/2.0/WS {self.contact};branch=z9hG4bK{secrets.token_hex(8)}",
            "Max-Forwards": "70",
            "From": f"<sip:{self.user}@{self.host}>;tag={self.tag}",
            "To": f"<sip:{to}@{self.host}>",
            "Call-ID": call,
            "CSeq": f"{self.count} {method}",
            "Contact": f"<sip:{self.user}@{self.contact};transport=ws>",
            **headers,
        }
        await self.socket.send(composed(f"{method} {uri} SIP/2.0", lines, body))

    def credentials(self, method: str, uri: str, reply: Message) -> str:
        """The answer to the first challenge that we can answer; empty for none."""
        for challenge in reply.challenges:
            found = {name: quoted or bare for name, quoted, bare in PARAMETER.findall(challenge)}
            algorithm = ALGORITHMS.get(found.get("algorithm", "MD5").upper())
            if algorithm:
                return digest(algorithm, found, self.user, self.secret, method, uri)
        return ""

    async def response(self) -> Message:
        """The next final response. Requests that come meanwhile are kept for `request`."""
        async with asyncio.timeout(SECONDS):
            while True:
                message = await self.received()
                if message.status >= 200:
                    return message
                if not message.status:
                    self.waiting.append(message)

    async def request(self, method: str, seconds: float = SECONDS) -> Message:
        """Wait for a request, such as an INVITE; others are answered with 200.

        Raises TimeoutError when none comes, and ConnectionClosed.
        """
        async with asyncio.timeout(seconds):
            while True:
                message = self.waiting.pop(0) if self.waiting else await self.received()
                if message.method == method:
                    return message
                if message.method and message.method != "ACK":
                    await self.reply(message, "200 OK")

    async def reply(self, request: Message, status: str, sdp: str = "") -> None:
        """Answer a request. status: such as `486 Busy Here`. sdp: with our side of the sound."""
        names = ("via", "from", "to", "call-id", "cseq")
        lines = {name.title(): request.headers.get(name, "") for name in names}
        if ";tag=" not in lines["To"]:
            lines["To"] += f";tag={self.tag}"
        if sdp:
            lines["Contact"] = f"<sip:{self.user}@{self.contact};transport=ws>"
            lines["Content-Type"] = "application/sdp"
        await self.socket.send(composed(f"SIP/2.0 {status}", lines, sdp))

    async def received(self) -> Message:
        """The next message of any kind."""
        found = await self.socket.recv()
        return parsed(found if isinstance(found, str) else found.decode("utf-8", "replace"))


def composed(start: str, headers: Mapping[str, str], body: str) -> str:
    """A message's text."""
    lines = [start, *(f"{name}: {value}" for name, value in headers.items())]
    lines.append(f"Content-Length: {len(body.encode())}")
    return "\r\n".join(lines) + f"\r\n\r\n{body}"


def digest(
    algorithm: str,
    challenge: Mapping[str, str],
    user: str,
    secret: str,
    method: str,
    uri: str,
    cnonce: str | None = None,
) -> str:
    """The credentials for a challenge, with quality of protection `auth`.

    algorithm: hashlib's name of it. challenge: its parameters. cnonce: None takes a random one.
    """

    def hashed(text: str) -> str:
        return hashlib.new(algorithm, text.encode()).hexdigest()

    realm, nonce = challenge.get("realm", ""), challenge.get("nonce", "")
    cnonce = cnonce or secrets.token_hex(8)
    mine, asked = hashed(f"{user}:{realm}:{secret}"), hashed(f"{method}:{uri}")
    response = hashed(f"{mine}:{nonce}:00000001:{cnonce}:auth:{asked}")
    fields = {
        "username": f'"{user}"',
        "realm": f'"{realm}"',
        "nonce": f'"{nonce}"',
        "uri": f'"{uri}"',
        "response": f'"{response}"',
        "algorithm": challenge.get("algorithm", "MD5"),
        "qop": "auth",
        "nc": "00000001",
        "cnonce": f'"{cnonce}"',
    }
    if "opaque" in challenge:
        fields["opaque"] = f'"{challenge["opaque"]}"'
    return "Digest " + ", ".join(f"{name}={value}" for name, value in fields.items())
