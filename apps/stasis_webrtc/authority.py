"""A certification authority for development, and a certificate for Asterisk's HTTP server.

Rules: a browser opens `wss` only where it trusts the certificate, so the authority is installed
once, as a trusted one, on the machines that test. Its key signs anything: it is readable by nobody
else, and not for the public. What is there is never overwritten; to have it new, delete the file.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from attrs import frozen
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from stasis import StasisError

__all__ = ["Authority", "AuthorityError", "FILES"]

AUTHORITY_DAYS = 825  # no platform trusts a longer one
CERTIFICATE_DAYS = 90
RENEW_DAYS = 14
CURVE = ec.SECP256R1()
FILES = ("ca.pem", "ca.key", "cert.pem", "key.pem")
PEM = serialization.Encoding.PEM


class AuthorityError(StasisError):
    """A file that cannot be used, or written; the text names it and says what to do."""


@frozen
class Authority:
    """An authority in a folder.

    ca.pem: its certificate, for browsers. ca.key: its key, 0600. cert.pem, key.pem: what Asterisk
    shows, the authority's own certificate with it, and its key.
    """

    folder: Path
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def open(cls, folder: Path, now: datetime | None = None) -> Authority:
        """The authority of a folder; it is made when there is none.

        Raises AuthorityError when half of it is there, when it has run out, or is no authority.
        """
        now = now or datetime.now(UTC)
        public, private = folder / "ca.pem", folder / "ca.key"
        if public.exists() != private.exists():
            lone = public if public.exists() else private
            raise AuthorityError(f"{lone} is there without its other half: delete it, or bring it")
        if not public.exists():
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise AuthorityError(f"{folder} cannot be written: {error.strerror}") from None
            key = ec.generate_private_key(CURVE)
            certificate = root(key, now)
            save(private, key_pem(key), 0o600)
            save(public, certificate.public_bytes(PEM), 0o644)
            return cls(folder, certificate, key)
        certificate, found = read(public), read_key(private)
        if certificate.public_key() != found.public_key():
            raise AuthorityError(f"{private} is not the key of {public}: delete both")
        if certificate.not_valid_after_utc < now + timedelta(days=RENEW_DAYS):
            until = certificate.not_valid_after_utc.date()
            raise AuthorityError(f"{public} ends on {until}: delete it and {private.name}")
        return cls(folder, certificate, found)

    def issue(self, hosts: Sequence[str], now: datetime | None = None) -> tuple[Path, Path]:
        """The certificate for Asterisk under these names, made when there is none that will do.

        hosts: host names and addresses, as browsers write them. Returns cert.pem and key.pem.

        Raises AuthorityError when there is one for other names, that ends soon, or is another's.
        """
        now = now or datetime.now(UTC)
        public, private = self.folder / "cert.pem", self.folder / "key.pem"
        if public.exists():
            if problem := self.problem(read(public), hosts, now):
                raise AuthorityError(f"{public} {problem}: delete it and {private.name}")
            if not private.exists():
                raise AuthorityError(f"{private} is missing: delete {public}")
            return public, private
        if private.exists():
            raise AuthorityError(f"{private} is there without cert.pem: delete it")
        chain, key = self.signed(hosts, now)
        save(private, key, 0o600)
        save(public, chain, 0o644)
        return public, private

    def signed(self, hosts: Sequence[str], now: datetime | None = None) -> tuple[bytes, bytes]:
        """A new certificate with those it stands on, and its key, as PEM. Nothing is written.

        Raises AuthorityError for no host at all.
        """
        if not hosts:
            raise AuthorityError("a certificate needs a host: --host asterisk.example.org")
        now = now or datetime.now(UTC)
        key = ec.generate_private_key(CURVE)
        builder = (
            begun(hosts[0], self.certificate.subject, key, now, CERTIFICATE_DAYS)
            .add_extension(x509.SubjectAlternativeName([name_of(each) for each in hosts]), False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
            .add_extension(usage(digital_signature=True), True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), False
            )
        )
        certificate = builder.sign(self.key, hashes.SHA256())
        chain = certificate.public_bytes(PEM) + self.certificate.public_bytes(PEM)
        return chain, key_pem(key)

    def problem(self, certificate: x509.Certificate, hosts: Sequence[str], now: datetime) -> str:
        """Why a certificate will not do; empty when it will."""
        try:
            certificate.verify_directly_issued_by(self.certificate)
        except Exception:
            return f"was not made by {self.folder / 'ca.pem'}"
        if certificate.not_valid_after_utc < now + timedelta(days=RENEW_DAYS):
            return f"ends on {certificate.not_valid_after_utc.date()}"
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        missing = [each for each in hosts if name_of(each) not in names]
        return f"is not for {', '.join(missing)}" if missing else ""


def root(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    """An authority's certificate of itself. It signs no other authority."""
    title = "stasis development authority"
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, title)])
    return (
        begun(title, name, key, now, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .add_extension(usage(key_cert_sign=True, crl_sign=True), True)
        .sign(key, hashes.SHA256())
    )


def begun(
    title: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    """What both kinds of certificate have."""
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, title[:64])]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))  # for clocks that are behind
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    )


def usage(
    digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False
) -> x509.KeyUsage:
    """What a key may be used for: this, and nothing else."""
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def name_of(host: str) -> x509.GeneralName:
    """A host as a certificate names it: an address, or a name."""
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host.encode("idna").decode())


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """A private key's text."""
    return key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def read(path: Path) -> x509.Certificate:
    """The first certificate of a file. Raises AuthorityError."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise AuthorityError(f"{path} is no certificate: {error}") from None


def read_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """The key of a file. Raises AuthorityError."""
    try:
        found = serialization.load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise AuthorityError(f"{path} is no private key: {error}") from None
    if not isinstance(found, ec.EllipticCurvePrivateKey):
        raise AuthorityError(f"{path} is a key of another kind than ours: delete it")
    return found


def save(path: Path, data: bytes, mode: int) -> None:
    """Write a file that is not there yet; nobody can read a key even for a moment.

    Raises AuthorityError.
    """
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(data)
    except OSError as error:
        raise AuthorityError(f"{path} cannot be written: {error.strerror}") from None
