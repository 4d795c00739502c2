"""Certificates as they come over the network, and how they are judged."""

from __future__ import annotations

import asyncio
import ssl
import sys
from pathlib import Path

import pytest
from stasis_webrtc.authority import Authority

from stasis.pbx import Needs
from stasis.pbx.certificate import served
from tests.until import until


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.open(tmp_path_factory.mktemp("authority"))


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

    async def test_what_reads_it_may_not_be_there(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setitem(sys.modules, "cryptography", None)
        monkeypatch.delitem(sys.modules, "stasis.pbx.x509", raising=False)
        with pytest.raises(Needs, match=r"cryptography: pip install 'stasis-ari\[pbx\]'"):
            await served("127.0.0.1", 1, "here")
