"""baresip's control connection, against a server that speaks netstrings."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from stasis.lab import wire as module
from stasis.lab.fault import PhoneError
from stasis.lab.wire import Wire


class Phone:
    """The other end: answers every command, except `refuse` and `silent`."""

    def __init__(self) -> None:
        self.writer: asyncio.StreamWriter | None = None
        self.commands: list[tuple[str, str]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        while (command := await module.netstring(reader)) is not None:
            self.commands.append((command["command"], command["params"]))
            if command["command"] == "silent":
                continue
            ok = command["command"] != "refuse"
            self.say({"response": True, "ok": ok, "data": "data", "token": command["token"]})
        writer.close()

    def say(self, message: dict[str, Any], raw: bytes | None = None) -> None:
        assert self.writer is not None
        body = json.dumps(message).encode() if raw is None else raw
        self.writer.write(b"%d:%s," % (len(body), body) if raw is None else raw)

    def event(self, kind: str, **more: str) -> None:
        self.say({"event": True, "type": kind, **more})


class Child:
    """A process that runs, as far as `connect` looks."""

    returncode: int | None = None


@pytest.fixture
async def phone() -> AsyncIterator[Phone]:
    """A phone to control."""
    yield Phone()


@pytest.fixture
async def wire(phone: Phone) -> AsyncIterator[Wire]:
    """A connection to it."""
    server = await asyncio.start_server(phone.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    connected = await Wire.connect(port, 2.0, Child())  # type: ignore[arg-type]
    yield connected
    await connected.close()
    server.close()
    await server.wait_closed()


async def test_a_command_is_answered(wire: Wire, phone: Phone) -> None:
    assert await wire.ask("dial", "sip:é@host") == "data"
    assert phone.commands == [("dial", "sip:é@host")]


async def test_a_refused_command_is_an_error_with_its_text(wire: Wire) -> None:
    with pytest.raises(PhoneError, match="refuses refuse x: data"):
        await wire.ask("refuse", "x")


async def test_no_answer_is_an_error(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.05)
    with pytest.raises(PhoneError, match="no answer to silent within"):
        await wire.ask("silent")


async def test_an_event_that_came_before_the_wait_is_not_missed(wire: Wire, phone: Phone) -> None:
    await wire.ask("x")
    phone.event("CALL_INCOMING", peeruri="sip:1")
    await wire.ask("y")  # what comes later is read later: the event is there now
    assert (await wire.event("CALL_INCOMING", timeout=1))["peeruri"] == "sip:1"


async def test_the_first_of_several_kinds_is_given_once(wire: Wire, phone: Phone) -> None:
    await wire.ask("x")
    phone.event("B")
    phone.event("A")
    assert (await wire.event("A", "B", timeout=1))["type"] == "B"
    assert (await wire.event("A", "B", timeout=1))["type"] == "A"
    with pytest.raises(PhoneError, match="no A or B within"):
        await wire.event("A", "B", timeout=0.05)


async def test_a_kept_event_stays_for_the_next(wire: Wire, phone: Phone) -> None:
    await wire.ask("x")
    phone.event("A")
    await wire.event("A", timeout=1, keep="A")
    assert (await wire.event("A", timeout=1))["type"] == "A"


async def test_forgotten_events_are_gone(wire: Wire, phone: Phone) -> None:
    await wire.ask("x")
    phone.event("A")
    await wire.ask("y")
    wire.forget()
    with pytest.raises(PhoneError):
        await wire.event("A", timeout=0.05)


@pytest.mark.parametrize("rubbish", [b"", b"hello:", b"3:abc,", b"5:[1,2],"])
async def test_a_phone_that_ends_or_talks_rubbish_ends_every_wait(
    wire: Wire, phone: Phone, rubbish: bytes
) -> None:
    await wire.ask("x")
    assert phone.writer is not None
    phone.writer.write(rubbish)
    phone.writer.write_eof()
    with pytest.raises(PhoneError, match="baresip ended while A was awaited"):
        await wire.event("A", timeout=5)


async def test_a_phone_that_never_listens_is_an_error() -> None:
    child = Child()
    child.returncode = 1
    with pytest.raises(PhoneError, match="does not start"):
        await Wire.connect(1, 5.0, child)  # type: ignore[arg-type]
