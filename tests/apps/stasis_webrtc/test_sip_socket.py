"""The doctor's phone: it reads SIP, and answers a challenge as RFC 7616 wants."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from stasis_webrtc.sip_socket import Message, SipSocket, digest, parsed
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

RESPONSE = (
    "SIP/2.0 401 Unauthorized\r\nVia: a\r\nvia: b\r\nTo: <sip:x@y>;tag=1\r\n"
    'WWW-Authenticate: Digest realm="one", nonce="n1", algorithm=SHA-512\r\n'
    'WWW-Authenticate: Digest realm="two", nonce="n2", algorithm=MD5, qop="auth"\r\n'
    "Content-Length: 0\r\n\r\n"
)


class TestMessage:
    def test_a_response(self):
        found = parsed(RESPONSE)
        assert (found.status, found.method) == (401, "")
        assert found.headers["via"] == "a", "the first of each name"
        assert len(found.challenges) == 2

    def test_a_request_with_a_body(self):
        found = parsed("INVITE sip:x@y SIP/2.0\r\nContent-Length: 5\r\n\r\nv=0\r\n")
        assert (found.status, found.method, found.body) == (0, "INVITE", "v=0\r\n")


class TestDigest:
    """RFC 7616, 3.9.1: both algorithms with the same challenge."""

    CHALLENGE = {
        "realm": "http-auth@example.org",
        "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        "opaque": "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",
    }

    @pytest.mark.parametrize(
        ("algorithm", "response"),
        [
            ("md5", "8ca523f5e9506fed4657c9700eebdbec"),
            ("sha256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ],
    )
    def test_the_response_is_that_of_the_rfc(self, algorithm: str, response: str):
        made = digest(
            algorithm,
            self.CHALLENGE,
            "Mufasa",
            "Circle of Life",
            "GET",
            "/dir/index.html",
            "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        )
        assert f'response="{response}"' in made
        assert f'opaque="{self.CHALLENGE["opaque"]}"' in made

    def test_the_first_algorithm_that_is_known_is_taken(self):
        phone = SipSocket("ws://x", "anna", "geheim")
        assert 'realm="two"' in phone.credentials("REGISTER", "sip:x", parsed(RESPONSE))

    def test_none_that_is_known(self):
        phone = SipSocket("ws://x", "anna", "geheim")
        reply = Message("SIP/2.0 401 x", {}, ('Digest realm="r", algorithm=SHA-512',))
        assert phone.credentials("REGISTER", "sip:x", reply) == ""

    def test_the_secret_does_not_show(self):
        assert "geheim" not in repr(SipSocket("ws://x", "anna", "geheim"))


Serve = Callable[[ServerConnection], Awaitable[None]]


@asynccontextmanager
async def phone(answer: Serve) -> AsyncIterator[SipSocket]:
    """A phone on a server that does this."""
    sip = [Subprotocol("sip")]
    async with serve(answer, "127.0.0.1", 0, subprotocols=sip) as server:
        port = server.sockets[0].getsockname()[1]
        async with SipSocket(f"ws://127.0.0.1:{port}/ws", "anna", "geheim") as opened:
            yield opened


class TestSocket:
    async def test_what_is_asked_of_it_meanwhile_is_answered_later(self):
        told: list[str] = []

        async def server(socket: ServerConnection) -> None:
            await socket.recv()
            await socket.send("OPTIONS sip:a SIP/2.0\r\nCall-ID: 1\r\n\r\n")
            await socket.send("INVITE sip:a SIP/2.0\r\nCall-ID: 2\r\nTo: <sip:a>\r\n\r\n")
            await socket.send("SIP/2.0 100 Trying\r\n\r\n")
            await socket.send("SIP/2.0 200 OK\r\n\r\n")
            told.extend([str(await socket.recv()), str(await socket.recv())])

        async with phone(server) as mine:
            assert await mine.register() == 200
            invite = await mine.request("INVITE")
            await mine.reply(invite, "486 Busy Here")
            async with asyncio.timeout(5):
                while len(told) < 2:
                    await asyncio.sleep(0)
        assert told[0].startswith("SIP/2.0 200 OK") and "Call-Id: 1" in told[0]
        assert told[1].startswith("SIP/2.0 486 Busy Here") and f";tag={mine.tag}" in told[1]

    async def test_a_closed_socket_is_told(self):
        async def server(socket: ServerConnection) -> None:
            await socket.recv()

        async with phone(server) as mine:
            with pytest.raises(ConnectionClosed):
                await mine.register()
