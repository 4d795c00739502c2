"""Requests over HTTP: what goes out, and a clear error for each way a server can misbehave."""

from __future__ import annotations

import asyncio
import ssl
from types import SimpleNamespace
from typing import Any

import aiohttp
import attrs
import pytest

from stasis.ari.resource import Request
from stasis.errors import NotAri, OutcomeUnknown, Unreachable
from stasis.section import Secret
from stasis.transport import http as module
from stasis.transport.http import TRIES, Http, authorization, encoded_query
from tests.transport.servers import (
    ENCODED,
    config,
    free_port,
    headers_of,
    raw_server,
    reply,
    secret_free,
    told,
)

GET = Request("GET", "/asterisk/info", seconds=10.0, repeatable=True)
POST = Request("POST", "/channels/c/answer", seconds=10.0)


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pause between tries."""
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.0)


class TestWhatGoesOut:
    async def test_credentials_go_into_the_header_and_nowhere_else(self):
        heads: list[str] = []

        async def conversation(reader: Any, writer: Any) -> None:
            heads.append(await headers_of(reader))
            writer.write(reply("200 OK", b"{}"))

        async with raw_server(conversation) as port, Http(config(port)) as http:
            response = await http(GET)
        assert response.status == 200 and response.body == b"{}"
        assert response.content_type == "application/json" and response.reason == "OK"
        (head,) = heads
        assert head.startswith("GET /ari/asterisk/info HTTP/1.1\r\n")
        assert f"Authorization: Basic {ENCODED}\r\n" in head

    async def test_path_and_query_go_out_as_they_were_encoded(self):
        heads: list[str] = []

        async def conversation(reader: Any, writer: Any) -> None:
            heads.append(await headers_of(reader))
            writer.write(reply("204 No Content"))

        request = Request(
            "POST", "/channels/a%2Fb%3B%20c", (("variable", "X+Y é,/&="), ("value", "100%"))
        )
        async with raw_server(conversation) as port, Http(config(port)) as http:
            await http(request)
        line = heads[0].split("\r\n")[0]
        assert line == (
            "POST /ari/channels/a%2Fb%3B%20c?variable=X%2BY%20%C3%A9%2C%2F%26%3D&value=100%25"
            " HTTP/1.1"
        )

    async def test_a_body_goes_out_as_json(self):
        seen: list[str] = []

        async def conversation(reader: Any, writer: Any) -> None:
            seen.append(await headers_of(reader))
            seen.append((await reader.readexactly(9)).decode())
            writer.write(reply("204 No Content"))

        async with raw_server(conversation) as port, Http(config(port)) as http:
            await http(Request("POST", "/channels", body=b'{"a":"b"}'))
        assert "Content-Type: application/json\r\n" in seen[0] and seen[1] == '{"a":"b"}'

    async def test_connections_are_kept_and_used_again(self):
        connections = 0

        async def conversation(reader: Any, writer: Any) -> None:
            nonlocal connections
            connections += 1
            for _ in range(3):
                await headers_of(reader)
                writer.write(reply("200 OK", b"{}"))

        async with raw_server(conversation) as port, Http(config(port)) as http:
            for _ in range(3):
                await http(GET)
        assert connections == 1

    async def test_no_more_connections_at_once_than_configured(self):
        now = most = 0

        async def conversation(reader: Any, writer: Any) -> None:
            nonlocal now, most
            while True:
                await headers_of(reader)
                now += 1
                most = max(most, now)
                await asyncio.sleep(0.01)
                now -= 1
                writer.write(reply("200 OK", b"{}"))

        async with raw_server(conversation) as port, Http(config(port, connections=2)) as http:
            with_answers = await asyncio.gather(*(http(GET) for _ in range(6)))
        assert [each.status for each in with_answers] == [200] * 6 and most == 2

    async def test_after_close_nothing_is_sent_any_more(self):
        async def conversation(reader: Any, writer: Any) -> None:
            await headers_of(reader)
            writer.write(reply("200 OK", b"{}"))

        async with raw_server(conversation) as port:
            http = Http(config(port))
            assert (await http(GET)).status == 200
            await http.close()
            await http.close()
            with pytest.raises(Unreachable, match="is closed"):
                await http(POST)

    async def test_every_status_is_handed_on_as_it_is(self):
        async def conversation(reader: Any, writer: Any) -> None:
            await headers_of(reader)
            writer.write(reply("302 Found", more="Location: http://127.0.0.1:1/\r\n"))

        async with raw_server(conversation) as port, Http(config(port)) as http:
            assert (await http(GET)).status == 302

    def test_a_query_without_pairs_is_none(self):
        assert encoded_query(()) == ""
        assert encoded_query((("a b", "+"), ("c", ""))) == "?a%20b=%2B&c="

    def test_names_and_passwords_of_any_script_are_utf8(self):
        both = attrs.evolve(config(1), username="jürgen", password=Secret("pässwörd"))
        assert authorization(both) == "Basic asO8cmdlbjpww6Rzc3fDtnJk"


class TestRefused:
    """Nothing was sent."""

    async def test_nobody_listens(self):
        port = free_port()
        async with Http(config(port)) as http:
            with pytest.raises(Unreachable) as caught:
                await http(POST)
        text = str(caught.value)
        assert f"http://127.0.0.1:{port}/ari" in text and "refused" in text
        assert "bindport in http.conf" in text and "is Asterisk running" in text
        assert secret_free(told(caught.value))

    async def test_the_host_is_unknown(self):
        async with Http(config(1, url="http://asterisk.invalid:8088/ari")) as http:
            with pytest.raises(Unreachable, match=r"unknown host; check asterisk\.url") as caught:
                await http(POST)
        assert secret_free(told(caught.value))

    async def test_the_connection_is_not_accepted_in_time(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(module, "CONNECT_SECONDS", 0.02)
        loop = asyncio.get_running_loop()

        async def never(*args: Any) -> None:
            await asyncio.sleep(60)

        monkeypatch.setattr(loop, "sock_connect", never)
        async with Http(config(1)) as http:
            with pytest.raises(Unreachable, match="does not answer") as caught:
                await http(POST)
        assert secret_free(told(caught.value))

    async def test_tls_where_there_is_none(self):
        async def conversation(reader: Any, writer: Any) -> None:
            await reader.read(100)
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        async with raw_server(conversation) as port:
            async with Http(config(port, url=f"https://127.0.0.1:{port}/ari")) as http:
                with pytest.raises(Unreachable, match="no connection") as caught:
                    await http(POST)
        assert secret_free(told(caught.value))

    async def test_a_certificate_that_is_not_valid(self):
        key: Any = SimpleNamespace(host="127.0.0.1", port=8089, is_ssl=True, ssl=True)

        def request(*args: Any, **kwargs: Any) -> Any:
            raise aiohttp.ClientConnectorCertificateError(
                key, ssl.SSLCertVerificationError("self-signed certificate")
            )

        http = Http(config(1))
        http._open = lambda _: SimpleNamespace(request=request)  # type: ignore[assignment,return-value]
        with pytest.raises(Unreachable, match="its certificate is not valid") as caught:
            await http(POST)
        assert "self-signed" in str(caught.value) and secret_free(told(caught.value))


class TestNoAnswer:
    """It was sent, and nobody knows what became of it."""

    async def test_the_server_hangs(self):
        async def conversation(reader: Any, writer: Any) -> None:
            await reader.read()

        request = Request("POST", "/channels/c/answer", seconds=0.05)
        async with raw_server(conversation) as port, Http(config(port)) as http:
            with pytest.raises(OutcomeUnknown) as caught:
                await http(request)
        assert "no answer within 0.05 s" in str(caught.value)
        assert "waits behind media" in str(caught.value) and secret_free(told(caught.value))

    async def test_it_closes_without_a_byte(self):
        async def conversation(reader: Any, writer: Any) -> None:
            await headers_of(reader)

        async with raw_server(conversation) as port, Http(config(port)) as http:
            with pytest.raises(OutcomeUnknown, match="raise sessionlimit in http.conf") as caught:
                await http(POST)
        assert secret_free(told(caught.value))

    async def test_it_closes_in_the_middle_of_its_answer(self):
        async def conversation(reader: Any, writer: Any) -> None:
            await headers_of(reader)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")

        async with raw_server(conversation) as port, Http(config(port)) as http:
            with pytest.raises(OutcomeUnknown, match="the connection failed") as caught:
                await http(POST)
        assert secret_free(told(caught.value))

    async def test_it_resets_the_connection(self):
        async def conversation(reader: Any, writer: Any) -> None:
            await headers_of(reader)
            writer.transport.abort()

        async with raw_server(conversation) as port, Http(config(port)) as http:
            with pytest.raises(OutcomeUnknown):
                await http(POST)

    async def test_it_closes_a_kept_connection_as_we_send(self):
        # Asterisk closes an idle connection at any moment: a POST may or may not have arrived.
        served = 0

        async def conversation(reader: Any, writer: Any) -> None:
            nonlocal served
            await headers_of(reader)
            served += 1
            writer.write(reply("204 No Content"))
            await headers_of(reader)

        async with raw_server(conversation) as port, Http(config(port)) as http:
            await http(POST)
            with pytest.raises(OutcomeUnknown):
                await http(POST)
            assert served == 1
            # What may be repeated comes through on a fresh connection.
            await http(GET)
        assert served == 2


class TestNotHttp:
    async def test_garbage_is_no_ari(self):
        async def conversation(reader: Any, writer: Any) -> None:
            await headers_of(reader)
            writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")

        async with raw_server(conversation) as port, Http(config(port)) as http:
            with pytest.raises(NotAri, match="not HTTP as ARI speaks it") as caught:
                await http(POST)
        assert secret_free(told(caught.value))

    async def test_other_servers_pages_are_for_the_resource_to_judge(self):
        async def conversation(reader: Any, writer: Any) -> None:
            await headers_of(reader)
            writer.write(reply("404 Not Found", b"<html>nginx</html>", "text/html"))

        async with raw_server(conversation) as port, Http(config(port)) as http:
            response = await http(GET)
        assert (response.status, response.content_type) == (404, "text/html")


class TestTries:
    async def test_what_may_be_repeated_is_tried_again(self):
        tries = 0

        async def conversation(reader: Any, writer: Any) -> None:
            nonlocal tries
            await headers_of(reader)
            tries += 1
            if tries == TRIES:
                writer.write(reply("200 OK", b"{}"))

        async with raw_server(conversation) as port, Http(config(port)) as http:
            assert (await http(GET)).status == 200
        assert tries == TRIES

    async def test_and_no_more(self):
        asked = 0
        http = Http(config(1))

        async def fail(request: Request) -> Any:
            nonlocal asked
            asked += 1
            raise Unreachable("GET", "/x", "no")

        http._try = fail  # type: ignore[method-assign]
        with pytest.raises(Unreachable):
            await http(GET)
        assert asked == TRIES

    async def test_what_may_not_is_sent_once(self):
        tries = 0

        async def conversation(reader: Any, writer: Any) -> None:
            nonlocal tries
            await headers_of(reader)
            tries += 1

        async with raw_server(conversation) as port, Http(config(port)) as http:
            with pytest.raises(OutcomeUnknown):
                await http(POST)
        assert tries == 1

    async def test_a_refusal_is_an_answer_and_not_tried_again(self):
        tries = 0

        async def conversation(reader: Any, writer: Any) -> None:
            nonlocal tries
            await headers_of(reader)
            tries += 1
            writer.write(reply("503 Service Unavailable", b'{"message":"x"}'))

        async with raw_server(conversation) as port, Http(config(port)) as http:
            assert (await http(GET)).status == 503
        assert tries == 1

    async def test_its_caller_may_be_cancelled_at_any_time(self):
        arrived = asyncio.Event()

        async def conversation(reader: Any, writer: Any) -> None:
            await headers_of(reader)
            arrived.set()
            await reader.read()

        async with raw_server(conversation) as port, Http(config(port)) as http:
            asking = asyncio.ensure_future(http(GET))
            await arrived.wait()
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking


def test_nothing_shows_the_password():
    assert secret_free(repr(config(1)) + repr(Http(config(1))))
