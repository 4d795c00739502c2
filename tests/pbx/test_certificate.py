"""Certificates out of DER, against another library's; and what comes over the network."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st
from stasis_webrtc.authority import Authority

from stasis.pbx.certificate import GENERALIZED_TIME, UTC_TIME, moment, read, served
from tests.until import until

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
HOSTS = ["pbx.example.org", "192.0.2.7", "2001:db8::7", "*.example.org"]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.open(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def der(authority: Authority) -> bytes:
    chain, _ = authority.signed(HOSTS, NOW)
    return x509.load_pem_x509_certificate(chain).public_bytes(Encoding.DER)


class TestReading:
    def test_what_people_ask_about_it(self, der: bytes):
        other, found = x509.load_der_x509_certificate(der), read(der, NOW)
        assert found.names == tuple(HOSTS)
        assert (found.subject, found.issuer) == (
            "CN=pbx.example.org",
            "CN=stasis development authority",
        )
        assert (found.begins, found.ends) == (other.not_valid_before_utc, other.not_valid_after_utc)
        assert found.days == 90 and not found.self_signed

    def test_an_authoritys_own(self, authority: Authority):
        found = read(authority.certificate.public_bytes(Encoding.DER))
        assert found.self_signed and found.names == () and found.subject == found.issuer

    @pytest.mark.parametrize(
        ("tag", "text", "year"),
        [
            (UTC_TIME, b"491231235959Z", 2049),
            (UTC_TIME, b"500101000000Z", 1950),
            (UTC_TIME, b"991231235959Z", 1999),
            (GENERALIZED_TIME, b"20500101000000Z", 2050),
        ],
    )
    def test_the_century_of_two_digits(self, tag: int, text: bytes, year: int):
        assert moment(tag, text).year == year

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


class TestServing:
    @pytest.fixture
    def files(self, authority: Authority, tmp_path: Path) -> tuple[Path, Path]:
        chain, key = authority.signed(["127.0.0.1", "pbx.example.org"])
        (tmp_path / "cert.pem").write_bytes(chain)
        (tmp_path / "key.pem").write_bytes(key)
        return tmp_path / "cert.pem", tmp_path / "key.pem"

    async def test_it_is_read_and_judged(
        self, files: tuple[Path, Path], authority: Authority, monkeypatch: pytest.MonkeyPatch
    ):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
        server = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0, ssl=context)
        async with server:
            port = server.sockets[0].getsockname()[1]
            found = await served("127.0.0.1", port, "here")
            assert found.where == f"127.0.0.1:{port}" and found.server == "here"
            assert "certificate" in found.problem and found.days == 89
            monkeypatch.setenv("SSL_CERT_FILE", str(authority.folder / "ca.pem"))
            assert (await served("127.0.0.1", port, "here")).problem == ""
            assert (await served("127.0.0.1", port, "here", "pbx.example.org")).problem == ""
            assert "b.org" in (await served("127.0.0.1", port, "here", "b.org")).problem
            await until(lambda: len(asyncio.all_tasks()) == 1)  # the server's last one too

    async def test_where_nobody_speaks_tls(self):
        def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"hello\n")
            writer.close()

        server = await asyncio.start_server(greet, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            assert (await served("127.0.0.1", port, "here")).problem.startswith("no TLS there: ")
        assert (await served("127.0.0.1", port, "here")).problem.startswith("no TLS there: ")


def test_days_are_of_now(der: bytes):
    assert read(der, NOW + timedelta(days=100)).days == -10
