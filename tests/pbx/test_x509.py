"""Certificates out of DER: what people ask about one, and what is broken on purpose."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st
from stasis_webrtc.authority import Authority

from stasis.pbx.x509 import read

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
HOSTS = ["pbx.example.org", "192.0.2.7", "2001:db8::7", "*.example.org"]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.open(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def der(authority: Authority) -> bytes:
    chain, _ = authority.signed(HOSTS, NOW)
    return x509.load_pem_x509_certificate(chain).public_bytes(Encoding.DER)


def named(*attributes: x509.NameAttribute) -> bytes:
    """A self-signed certificate of that name."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name(attributes)
    built = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW + timedelta(days=1))
    return built.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


class TestReading:
    def test_what_people_ask_about_it(self, der: bytes):
        found = read(der, NOW)
        assert found.names == tuple(HOSTS)
        assert (found.subject, found.issuer) == (
            "CN=pbx.example.org",
            "CN=stasis development authority",
        )
        assert found.begins is not None and found.begins <= NOW
        assert found.ends is not None and found.ends.tzinfo is UTC
        assert found.days == 90 and not found.self_signed

    def test_days_are_of_now(self, der: bytes):
        assert read(der, NOW + timedelta(days=100)).days == -10

    def test_an_authoritys_own(self, authority: Authority):
        found = read(authority.certificate.public_bytes(Encoding.DER))
        assert found.self_signed and found.names == () and found.subject == found.issuer

    def test_who_it_is_comes_before_where_that_belongs(self):
        der = named(
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Klinik"),
            x509.NameAttribute(NameOID.COMMON_NAME, "Zoë", _ASN1Type.BMPString),
        )
        assert read(der).subject == "CN=Zoë, C=DE, O=Klinik"

    def test_a_name_that_would_move_the_cursor(self):
        der = named(x509.NameAttribute(NameOID.COMMON_NAME, "a\x1b[2Jb"))
        assert read(der).subject == "CN=a\ufffd[2Jb"

    def test_every_beginning_of_it_is_refused(self, der: bytes):
        for size in range(len(der) - 1):
            with pytest.raises(ValueError, match="X.509"):
                read(der[:size])

    @given(st.data())
    def test_one_that_is_broken_is_read_or_refused(self, der: bytes, data: st.DataObject):
        broken = bytearray(der)
        for _ in range(data.draw(st.integers(1, 4))):
            broken[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
        try:
            found = read(bytes(broken))
        except ValueError:
            return
        assert all(each.isprintable() for each in (found.subject, found.issuer, *found.names))

    @given(st.binary(max_size=400))
    def test_anything_else_is_refused(self, data: bytes):
        with pytest.raises(ValueError, match="X.509"):
            read(data)
