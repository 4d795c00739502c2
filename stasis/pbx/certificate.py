"""Certificates as a TLS server shows them: read from DER (X.509), asked for over the network.

Only what people ask about one is read: who, for which names, until when, signed by whom. Nothing
here decides whether it may be trusted: that is OpenSSL's part, in `trusted`.
"""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

__all__ = ["Certificate", "read", "served", "trusted"]

SECONDS = 5.0

SEQUENCE, SET, OID, OCTETS = 0x30, 0x31, 0x06, 0x04
UTC_TIME, GENERALIZED_TIME = 0x17, 0x18
EXTENSIONS, VERSION = 0xA3, 0xA0
NAME_DNS, NAME_IP = 0x82, 0x87
UTF16, UTF32 = 0x1E, 0x1C
ALTERNATIVE_NAMES = bytes.fromhex("551d11")
PARTS = {
    bytes.fromhex("550403"): "CN",
    bytes.fromhex("55040a"): "O",
    bytes.fromhex("55040b"): "OU",
    bytes.fromhex("550406"): "C",
}


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate as it is served.

    where: host and port. server: what listens there. names: hosts and addresses that it is for.
    issuer: who signed it. ends: when it runs out, in `days` from now. problem: why a browser would
    not trust it; empty when it would.
    """

    where: str
    server: str
    problem: str
    days: int | None = None
    ends: datetime | None = None
    names: tuple[str, ...] = ()
    subject: str = ""
    issuer: str = ""
    self_signed: bool = False
    begins: datetime | None = None


async def served(host: str, port: int, server: str, name: str = "") -> Certificate:
    """The certificate at a port. name: what it is to be for; empty: host. Never raises."""
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        der = await shown(host, port, name or host)
        found = read(der)
    except (OSError, TimeoutError) as error:
        why = "no answer" if isinstance(error, TimeoutError) else str(error)
        return Certificate(where=where, server=server, problem=f"no TLS there: {why}")
    except ValueError as error:
        return Certificate(where=where, server=server, problem=f"no certificate: {error}")
    problem = await trusted(host, port, name or host)
    return msgspec.structs.replace(found, where=where, server=server, problem=problem)


async def shown(host: str, port: int, name: str) -> bytes:
    """The certificate that a server shows, as DER, trusted or not. Raises OSError, TimeoutError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # it is looked at, and nothing is sent
    async with asyncio.timeout(SECONDS):
        _, writer = await asyncio.open_connection(
            host, port, ssl=context, server_hostname=None if address(name) else name
        )
    try:
        found = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        return bytes(found or b"")
    finally:
        writer.transport.abort()


async def trusted(host: str, port: int, name: str) -> str:
    """Why this machine does not trust what is served under a name; empty when it does."""
    try:
        async with asyncio.timeout(SECONDS):
            _, writer = await asyncio.open_connection(
                host, port, ssl=ssl.create_default_context(), server_hostname=name
            )
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    except (OSError, TimeoutError) as error:
        return str(error) or "no answer"
    writer.transport.abort()
    return ""


def read(der: bytes, now: datetime | None = None) -> Certificate:
    """A certificate out of DER. Raises ValueError for what is none."""
    try:
        (whole,) = items(der)
        signed = list(items(list(items(whole[1]))[0][1]))
        if signed[0][0] == VERSION:
            del signed[0]
        _, _, issuer, validity, subject, *rest = (value for _, value in signed)
        begins, ends = (moment(tag, value) for tag, value in items(validity))
        names = tuple(alternative_names([each for each in signed if each[0] == EXTENSIONS]))
        del rest
    except (IndexError, KeyError, ValueError, TypeError) as error:
        raise ValueError(f"not readable as X.509: {error}") from None
    return Certificate(
        where="",
        server="",
        problem="",
        subject=title(subject),
        issuer=title(issuer),
        self_signed=subject == issuer,
        names=names,
        begins=begins,
        ends=ends,
        days=(ends - (now or datetime.now(UTC))).days,
    )


def items(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The tag and the value of each element. Raises ValueError when one is cut."""
    at = 0
    while at < len(data):
        tag, size = data[at], data[at + 1] if at + 1 < len(data) else 256
        at += 2
        if size > 0x80:
            more = size & 0x7F
            if more > 4 or at + more > len(data):
                raise ValueError("a length is cut")
            size, at = int.from_bytes(data[at : at + more], "big"), at + more
        if size == 0x80 or at + size > len(data):
            raise ValueError("an element is cut")
        yield tag, data[at : at + size]
        at += size


def title(name: bytes) -> str:
    """A distinguished name as people write it: CN=pbx.example.org, O=Example."""
    told = []
    for _, one in items(name):
        for _, pair in items(one):
            (_, oid), (tag, value) = items(pair)
            codec = {UTF16: "utf-16-be", UTF32: "utf-32-be"}.get(tag, "utf-8")
            text = value.decode(codec, "replace")
            if oid in PARTS:
                told.append(f"{PARTS[oid]}={printable(text)}")
    return ", ".join(sorted(told, key=lambda each: not each.startswith("CN=")))


def alternative_names(extensions: list[tuple[int, bytes]]) -> Iterator[str]:
    """The hosts and addresses that it is for."""
    for _, all_of_them in extensions:
        for _, each in items(next(items(all_of_them))[1]):
            (_, oid), *_, (tag, value) = items(each)
            if oid != ALTERNATIVE_NAMES or tag != OCTETS:
                continue
            for kind, text in items(next(items(value))[1]):
                if kind == NAME_DNS:
                    yield printable(text.decode("ascii", "replace"))
                elif kind == NAME_IP:
                    yield str(ipaddress.ip_address(text))


def moment(tag: int, value: bytes) -> datetime:
    """A time of a certificate, which is in UTC."""
    form = {UTC_TIME: "%y%m%d%H%M%SZ", GENERALIZED_TIME: "%Y%m%d%H%M%SZ"}[tag]
    text = value.decode("ascii")
    found = datetime.strptime(text, form).replace(tzinfo=UTC)
    # Two digits are of 1950 to 2049; Python takes 69 to 99 for the last century.
    if tag == UTC_TIME and found.year >= 2050:
        return found.replace(year=found.year - 100)
    return found


def printable(text: str) -> str:
    """A text without what would move a terminal's cursor."""
    return "".join(each if each.isprintable() else "\ufffd" for each in text)


def address(text: str) -> bool:
    """Whether a host is an address, which no server is asked for by name."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
