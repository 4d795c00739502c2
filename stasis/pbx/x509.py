"""A certificate out of DER (X.509): who, for which names, until when, signed by whom."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import UTC, datetime

from cryptography import x509
from cryptography.x509.oid import NameOID

from stasis.pbx.certificate import Certificate

__all__ = ["read"]

# What is told of a distinguished name, in this order.
PARTS = {
    "CN": NameOID.COMMON_NAME,
    "C": NameOID.COUNTRY_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
}
BROKEN = (
    ValueError,
    TypeError,
    OverflowError,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)


def read(der: bytes, now: datetime | None = None) -> Certificate:
    """A certificate out of DER. Raises ValueError for what is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is odd, and is shown all the same
            found = x509.load_der_x509_certificate(der)
            return Certificate(
                where="",
                server="",
                problem="",
                subject=title(found.subject),
                issuer=title(found.issuer),
                self_signed=found.subject == found.issuer,
                names=tuple(names(found)),
                begins=found.not_valid_before_utc,
                ends=found.not_valid_after_utc,
                days=(found.not_valid_after_utc - (now or datetime.now(UTC))).days,
            )
    except BROKEN as error:
        raise ValueError(f"not readable as X.509: {printable(str(error))}") from None


def title(name: x509.Name) -> str:
    """A distinguished name as people write it: CN=pbx.example.org, O=Example."""
    return ", ".join(
        f"{part}={printable(text(each.value))}"
        for part, oid in PARTS.items()
        for each in name.get_attributes_for_oid(oid)
    )


def names(found: x509.Certificate) -> Iterator[str]:
    """The hosts and addresses that it is for."""
    try:
        there = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return
    for each in there:
        if isinstance(each, (x509.DNSName, x509.IPAddress)):
            yield printable(str(each.value))


def text(value: str | bytes) -> str:
    """A value of a name."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def printable(text: str) -> str:
    """A text without what would move a terminal's cursor."""
    return "".join(each if each.isprintable() else "\ufffd" for each in text)
