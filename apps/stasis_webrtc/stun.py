"""STUN messages as the doctor needs them (RFC 8489), and TURN's request for a relay (RFC 8656).

Pure but for `asked`, which sends one over UDP. It finds out whether somebody is there and takes
our credentials, no more.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import socket
import struct
import zlib
from collections.abc import Mapping

from attrs import frozen

__all__ = ["ALLOCATE", "BINDING", "Reply", "asked", "connected", "long_term", "parsed", "request"]

COOKIE = 0x2112A442
BINDING, ALLOCATE, REFRESH = 0x0001, 0x0003, 0x0004
USERNAME, INTEGRITY, ERROR, REALM, NONCE = 0x0006, 0x0008, 0x0009, 0x0014, 0x0015
TRANSPORT, LIFETIME, PRIORITY, CONTROLLED = 0x0019, 0x000D, 0x0024, 0x8029
FINGERPRINT = 0x8028
UDP = b"\x11\0\0\0"
TRIES = 3


@frozen
class Reply:
    """A response. success: whether it is one. code, reason: of an error. attributes: by type."""

    success: bool
    code: int
    reason: str
    attributes: Mapping[int, bytes]

    def text(self, kind: int) -> str:
        """An attribute as text; empty when it is not there."""
        return self.attributes.get(kind, b"").decode("utf-8", "replace")


def request(
    method: int, identity: bytes, attributes: Mapping[int, bytes], key: bytes | None = None
) -> bytes:
    """A request. identity: 12 random bytes. key: signs it; None does not."""
    body = b"".join(attribute(kind, value) for kind, value in attributes.items())
    if key is not None:
        signed = header(method, len(body) + 24, identity) + body
        body += attribute(INTEGRITY, hmac.new(key, signed, hashlib.sha1).digest())
    checked = header(method, len(body) + 8, identity) + body
    value = zlib.crc32(checked) ^ 0x5354554E
    body += attribute(FINGERPRINT, struct.pack("!I", value))
    return header(method, len(body), identity) + body


def header(method: int, length: int, identity: bytes) -> bytes:
    """The first 20 bytes."""
    return struct.pack("!HHI", method, length, COOKIE) + identity


def attribute(kind: int, value: bytes) -> bytes:
    """One attribute, filled up to four bytes."""
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def parsed(data: bytes, identity: bytes) -> Reply | None:
    """A response to the request of that identity; None for anything else."""
    if len(data) < 20 or data[8:20] != identity:
        return None
    kind, length = struct.unpack("!HH", data[:4])
    if kind & 0x0110 not in (0x0100, 0x0110) or len(data) < 20 + length:
        return None
    found: dict[int, bytes] = {}
    at = 20
    while at + 4 <= 20 + length:
        name, size = struct.unpack("!HH", data[at : at + 4])
        found.setdefault(name, data[at + 4 : at + 4 + size])
        at += 4 + size + -size % 4
    error = found.get(ERROR, b"")
    code = (error[2] & 7) * 100 + error[3] if len(error) >= 4 else 0
    reason = error[4:].decode("utf-8", "replace")
    return Reply(kind & 0x0110 == 0x0100, code, reason, found)


def long_term(user: str, realm: str, password: str) -> bytes:
    """The key of a long-term credential, as TURN has them."""
    return hashlib.md5(f"{user}:{realm}:{password}".encode(), usedforsecurity=False).digest()


async def connected(host: str, port: int) -> socket.socket:
    """A UDP socket to somewhere, to be closed. Raises OSError when there is no such place."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    family, _, _, _, address = found[0]
    plain = socket.socket(family, socket.SOCK_DGRAM)
    try:
        plain.setblocking(False)
        plain.connect(address)
    except OSError:
        plain.close()
        raise
    return plain


async def asked(
    plain: socket.socket,
    method: int,
    attributes: Mapping[int, bytes],
    key: bytes | None = None,
    seconds: float = 0.5,
) -> Reply | None:
    """Send a request, three times if need be. None when nobody answers.

    plain: see `connected`. seconds: to wait for the first; twice as long for each further one (RFC
    8489, 6.2.1), since a server that is busy is not one that is away.
    """
    loop = asyncio.get_running_loop()
    identity = secrets.token_bytes(12)
    data = request(method, identity, attributes, key)
    for number in range(TRIES):
        try:
            async with asyncio.timeout(seconds * 2**number):
                await loop.sock_sendall(plain, data)
                while True:
                    reply = parsed(await loop.sock_recv(plain, 2048), identity)
                    if reply is not None:
                        return reply
        except TimeoutError:
            continue
        except ConnectionError:  # a closed port, told by ICMP
            await asyncio.sleep(seconds / 4)
    return None
