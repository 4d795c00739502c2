"""A client's queue: what is told, and how it ends."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from attrs import frozen

from stasis.web.client import Client, message


class Socket:
    """Takes what is sent."""

    def __init__(self) -> None:
        self.sent: list[Any] = []

    async def send_str(self, text: str) -> None:
        self.sent.append(json.loads(text))

    async def close(self, *, code: int, message: bytes) -> None:
        self.sent.append((code, message.decode()))


@frozen
class Bearer:
    name: str = "ann"
    scopes: frozenset[str] = frozenset()


async def snapshot(who: Bearer) -> dict[str, Any]:
    return {"n": 0}


def made(limit: int = 3) -> tuple[Client[Bearer], Socket]:
    """A client, and its socket."""
    socket = Socket()
    return Client(socket, None, Bearer(), "t", limit), socket  # type: ignore[arg-type]


class TestClient:
    async def test_what_waits_is_told_before_the_end(self):
        client, socket = made()
        client.tell(message("a", {}))
        client.tell(message("b", {}))
        client.end(4401, "revoked")
        client.tell(message("c", {}))
        await client.write(snapshot)
        assert socket.sent[-1] == (4401, "revoked")
        assert [each["type"] for each in socket.sent[:-1]] == ["a", "b"]

    async def test_one_that_is_too_slow_is_told_nothing_more(self):
        client, socket = made(limit=2)
        for kind in "abc":
            client.tell(message(kind, {}))
        assert client.waiting.qsize() == 1
        await client.write(snapshot)
        assert socket.sent == [(1013, "too slow: connect again")]

    async def test_the_first_end_counts(self):
        client, socket = made()
        client.end(4401, "first")
        client.end(1001, "second")
        await client.write(snapshot)
        assert socket.sent == [(4401, "first")]


class TestMessage:
    def test_it_is_a_message_without_its_brace_and_number(self):
        told = json.loads(b'{"seq":7,' + message("door", {"open": True}))
        assert told["seq"] == 7 and told["type"] == "door" and told["open"] is True
        assert told["at"].endswith("Z") and list(told)[:3] == ["seq", "type", "at"]

    def test_what_is_no_data_is_refused(self):
        with pytest.raises(TypeError):
            message("door", {"open": object()})

    def test_a_name_of_its_own_is_refused(self):
        with pytest.raises(ValueError, match="'seq' is the feed's own"):
            message("door", {"seq": 1})

    def test_a_struct_is_told_as_it_is_described(self):
        class Door(msgspec.Struct, rename="camel"):
            is_open: bool

        assert b'"door":{"isOpen":true}' in message("x", {"door": Door(True)})
