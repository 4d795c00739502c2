"""Certificates as a TLS server shows them: asked for over the network, and read by `x509`.

Nothing here decides whether one may be trusted: that is OpenSSL's part, in `trusted`. Who asks for
no certificate needs nothing that reading one stands on.
"""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from datetime import datetime

import msgspec

from stasis.pbx.errors import Needs

__all__ = ["Certificate", "served", "trusted"]

SECONDS = 5.0


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
    """The certificate at a port. name: what it is to be for; empty: host.

    Raises Needs without the library that reads it.
    """
    try:
        from stasis.pbx.x509 import read  # not for everybody: it needs an extra
    except ModuleNotFoundError as error:
        raise Needs("", f"needs {error.name}: pip install 'stasis-ari[pbx]'") from None
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


def address(text: str) -> bool:
    """Whether a host is an address, which no server is asked for by name."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
