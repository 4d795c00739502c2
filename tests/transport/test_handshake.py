"""The handshake: what each failure says, and that the password goes to nobody else."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Any

import pytest

from stasis.config import AsteriskConfig
from stasis.errors import (
    AriError,
    Forbidden,
    NotAri,
    NotBooted,
    ServerError,
    Unauthorized,
    Unreachable,
)
from stasis.transport.handshake import handshake
from tests.transport.servers import (
    ENCODED,
    Asterisk,
    certificate,
    config,
    free_port,
    headers_of,
    raw_server,
    reply,
    running,
    secret_free,
    told,
)


async def refusal(settings: AsteriskConfig) -> AriError:
    """The error that a handshake raises."""
    with pytest.raises(AriError) as caught:
        await handshake(settings, settings.url.replace("http", "ws", 1) + "/events?app=ivr")
    assert secret_free(told(caught.value)), "the password shows"
    return caught.value


class TestRefused:
    """Every failure is one of our errors, and says what to check."""

    @pytest.mark.parametrize(
        ("status", "kind", "words"),
        [
            (401, Unauthorized, "asterisk.username and asterisk.password against ari.conf"),
            (403, Forbidden, "an ACL in ari.conf refuses this address"),
            (404, NotAri, "is ARI enabled (ari.conf: enabled = yes)"),
            (200, NotAri, "asterisk.url its address"),
            (426, NotAri, "asterisk.url its address"),
            (500, ServerError, "500"),
            (503, NotBooted, "still starting"),
        ],
    )
    async def test_its_status_says_what_to_check(
        self, status: int, kind: type[AriError], words: str
    ):
        asterisk = Asterisk()
        asterisk.refuse = [status]
        async with running(asterisk):
            error = await refusal(config(asterisk.port))
        assert len(asterisk.heads) == 1
        assert type(error) is kind and words in str(error) and str(status) in str(error)

    async def test_nobody_listens(self):
        port = free_port()
        error = await refusal(config(port))
        assert isinstance(error, Unreachable)
        text = str(error)
        assert f"http://127.0.0.1:{port}/ari" in text and "Connection refused" in text
        assert "http.conf" in text

    async def test_the_host_is_unknown(self):
        error = await refusal(config(1, url="http://asterisk.invalid/ari"))
        assert isinstance(error, Unreachable) and "asterisk.invalid" in str(error)

    async def test_the_server_hangs(self):
        async def conversation(reader: Any, writer: Any) -> None:
            await reader.read()

        async with raw_server(conversation) as port:
            error = await refusal(config(port, open_timeout=0.1))
        assert isinstance(error, Unreachable) and "did not answer within 0.1 s" in str(error)

    @pytest.mark.parametrize("how", ["close", "abort"])
    async def test_it_closes_without_a_byte_and_is_asked_no_second_time(self, how: str):
        visits = 0

        async def conversation(reader: Any, writer: Any) -> None:
            nonlocal visits
            visits += 1
            await headers_of(reader)
            getattr(writer.transport, how)()

        async with raw_server(conversation) as port:
            error = await refusal(config(port))
        assert isinstance(error, Unreachable) and visits == 1
        assert "closed the connection without an answer" in str(error)
        assert "raise sessionlimit in http.conf" in str(error)

    async def test_it_closes_in_the_middle_of_its_answer(self):
        async def conversation(reader: Any, writer: Any) -> None:
            await headers_of(reader)
            writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgr")

        async with raw_server(conversation) as port:
            error = await refusal(config(port))
        assert isinstance(error, Unreachable)

    async def test_it_speaks_something_else(self):
        async def conversation(reader: Any, writer: Any) -> None:
            await headers_of(reader)
            writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")

        async with raw_server(conversation) as port:
            error = await refusal(config(port))
        assert isinstance(error, NotAri) and "does not speak WebSocket" in str(error)

    async def test_it_says_what_we_said(self):
        async def conversation(reader: Any, writer: Any) -> None:
            lines = (await headers_of(reader)).splitlines()
            own = next(line for line in lines if line.startswith("Authorization"))
            writer.write(f"{own}\r\n\r\n".encode())

        async with raw_server(conversation) as port:
            error = await refusal(config(port))  # which looks for our password in it
        assert isinstance(error, NotAri)

    async def test_it_answers_the_key_of_somebody_else(self):
        async def conversation(reader: Any, writer: Any) -> None:
            await headers_of(reader)
            writer.write(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                b"Connection: Upgrade\r\nSec-WebSocket-Accept: eA==\r\n\r\n"
            )

        async with raw_server(conversation) as port:
            error = await refusal(config(port))
        assert isinstance(error, NotAri) and "does not speak WebSocket" in str(error)

    async def test_it_upgrades_to_something_else(self):
        async def conversation(reader: Any, writer: Any) -> None:
            await headers_of(reader)
            writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n")

        async with raw_server(conversation) as port:
            error = await refusal(config(port))
        assert isinstance(error, NotAri) and "does not speak WebSocket" in str(error)

    async def test_tls_where_there_is_none(self):
        async def conversation(reader: Any, writer: Any) -> None:
            await reader.read(100)
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        async with raw_server(conversation) as port:
            settings = config(port, url=f"https://127.0.0.1:{port}/ari")
            error = await refusal(settings)
        assert isinstance(error, Unreachable) and "no connection" in str(error)

    async def test_its_certificate_is_of_nobody_we_trust(self, tmp_path: Path):
        async def conversation(reader: Any, writer: Any) -> None:
            await reader.read()

        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*certificate(tmp_path))
        async with raw_server(conversation, tls) as port:
            error = await refusal(config(port, url=f"https://127.0.0.1:{port}/ari"))
        assert isinstance(error, Unreachable) and "no connection" in str(error)
        assert "certificate verify failed" in str(error)

    @pytest.mark.parametrize("location", ["https://127.0.0.1:1/ari", "/login", "ws://127.0.0.1:1/"])
    async def test_it_sends_us_elsewhere(self, location: str):
        # ARI never does: this is another server, and what it names must not get our password.
        visits = 0

        async def conversation(reader: Any, writer: Any) -> None:
            nonlocal visits
            await headers_of(reader)
            visits += 1
            writer.write(reply("302 Found", more=f"Location: {location}\r\n"))

        async with raw_server(conversation) as port:
            error = await refusal(config(port))
        assert isinstance(error, NotAri) and "302" in str(error) and visits == 1


class TestPassword:
    """It is for the one address of the configuration."""

    @pytest.mark.parametrize("status", ["301 x", "302 x", "303 x", "307 x", "308 x"])
    async def test_it_follows_nobody_to_another_place(self, status: str):
        heads: list[str] = []

        async def elsewhere(reader: Any, writer: Any) -> None:
            heads.append(await headers_of(reader))
            writer.write(reply("404 Not Found"))

        async def conversation(reader: Any, writer: Any) -> None:
            heads.append(await headers_of(reader))
            writer.write(reply(status, more=f"Location: ws://127.0.0.1:{other}/ari/events\r\n"))

        async with raw_server(elsewhere) as other, raw_server(conversation) as port:
            error = await refusal(config(port))
        assert isinstance(error, NotAri) and status[:3] in str(error)
        assert len(heads) == 1 and f"Basic {ENCODED}" in heads[0]

    async def test_no_proxy_of_the_environment_gets_it(self, monkeypatch: pytest.MonkeyPatch):
        async def proxy(reader: Any, writer: Any) -> None:
            asked.append(await headers_of(reader))

        asked: list[str] = []
        async with raw_server(proxy) as other, running(Asterisk()) as asterisk:
            for name in ("http_proxy", "https_proxy", "ws_proxy", "all_proxy"):
                monkeypatch.setenv(name, f"http://127.0.0.1:{other}")
            monkeypatch.delenv("no_proxy", raising=False)
            settings = config(asterisk.port)
            connection = await handshake(settings, f"ws://127.0.0.1:{asterisk.port}/ari/events")
            await connection.end()
        assert asked == [] and len(asterisk.heads) == 1
        assert asterisk.heads[0].headers["Authorization"] == f"Basic {ENCODED}"


async def test_it_may_be_cancelled_and_leaves_nothing_open():
    gone = asyncio.Event()

    async def conversation(reader: Any, writer: Any) -> None:
        await headers_of(reader)
        asked.set()
        assert await reader.read() == b""
        gone.set()

    asked = asyncio.Event()
    async with raw_server(conversation) as port, asyncio.timeout(5):
        shaking = asyncio.ensure_future(
            handshake(config(port), f"ws://127.0.0.1:{port}/ari/events")
        )
        await asked.wait()
        shaking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await shaking
        await gone.wait()
