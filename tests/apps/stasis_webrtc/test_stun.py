"""STUN messages: as in RFC 5769, and answers of anybody."""

from __future__ import annotations

import asyncio
import secrets
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stasis_webrtc import stun

from stasis.testing.clock import virtual_time

IDENTITY = bytes.fromhex("b7e7a701bc34d686fa87dfae")
# RFC 5769, 2.2: a response over IPv4, with SOFTWARE, XOR-MAPPED-ADDRESS, integrity, fingerprint.
RESPONSE = bytes.fromhex(
    "0101003c2112a442b7e7a701bc34d686fa87dfae"
    "8022000b7465737420766563746f7220"
    "002000080001a147e112a643"
    "000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7"
    "80280004c07d4c96"
)


class TestRequest:
    def test_its_parts_are_where_the_rfc_wants_them(self):
        # As RFC 5769, 2.1, whose padding is of spaces instead of zeros, so its hash differs.
        made = stun.request(
            stun.BINDING,
            IDENTITY,
            {stun.USERNAME: b"evtj:h6vY", stun.PRIORITY: bytes.fromhex("6e0001ff")},
            b"VOkJxbRl1RmTxUk/WvJxBt",
        )
        assert made[:2] == b"\0\1" and made[4:8] == bytes.fromhex("2112a442")
        assert len(made) == 20 + int.from_bytes(made[2:4])
        assert made[8:20] == IDENTITY
        assert made[20:36] == b"\0\x06\0\x09evtj:h6vY\0\0\0"

    def test_without_a_key_it_is_not_signed(self):
        made = stun.request(stun.BINDING, IDENTITY, {})
        assert len(made) == 28 and made[20:24] == bytes.fromhex("80280004")

    def test_the_key_of_the_rfc(self):
        # RFC 8489, B.1: user, realm, password.
        assert stun.long_term("user", "realm", "pass").hex() == "8493fbc53ba582fb4c044c456bdc40eb"


class TestReply:
    def test_that_of_the_rfc_is_read(self):
        reply = stun.parsed(RESPONSE, IDENTITY)
        assert reply is not None and reply.success
        assert reply.attributes[0x8022] == b"test vector"

    def test_an_error_is_told_with_its_reason(self):
        body = stun.attribute(stun.ERROR, b"\0\0\x04\x01Unauthorized")
        body += stun.attribute(stun.REALM, b"lab")
        reply = stun.parsed(stun.header(0x0113, len(body), IDENTITY) + body, IDENTITY)
        assert reply is not None and not reply.success
        assert (reply.code, reply.reason, reply.text(stun.REALM)) == (401, "Unauthorized", "lab")
        assert reply.text(stun.NONCE) == ""

    @pytest.mark.parametrize(
        "data", [b"", b"\0" * 19, RESPONSE[:-1], b"\0\1" + RESPONSE[2:]], ids=len
    )
    def test_what_is_no_reply_is_none(self, data: bytes):
        assert stun.parsed(data, IDENTITY) is None

    def test_a_reply_to_another_is_none(self):
        assert stun.parsed(RESPONSE, secrets.token_bytes(12)) is None

    @virtual_time
    async def test_that_of_a_busy_server_is_waited_for(self):
        loop = asyncio.get_running_loop()
        begun = loop.time()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
            server.bind(("127.0.0.1", 0))

            def answers() -> None:
                data, client = server.recvfrom(2048)
                server.sendto(stun.header(0x0101, 0, data[8:20]), client)

            loop.call_later(2, answers)
            with await stun.connected(*server.getsockname()) as plain:
                reply = await stun.asked(plain, stun.BINDING, {})
        assert reply is not None and reply.success
        assert loop.time() - begun < 2.5

    @given(st.binary(max_size=60))
    def test_whatever_comes_is_read_or_not_but_never_breaks(self, body: bytes):
        stun.parsed(stun.header(0x0101, len(body), IDENTITY) + body, IDENTITY)
