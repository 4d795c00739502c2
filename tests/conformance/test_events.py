"""What a scenario can ask of the frames that came."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from stasis.testing.clock import virtual_time
from tests.conformance.events import Events
from tests.conformance.server import Closed
from tests.conformance.tape import Tape


class Fed:
    """A WebSocket that brings what it is given."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[str | None] = asyncio.Queue()
        self.sent: list[str | bytes] = []

    def feed(self, kind: str, **fields: Any) -> None:
        self.queue.put_nowait(json.dumps({"type": kind, **fields}))

    async def receive(self) -> str:
        text = await self.queue.get()
        if text is None:
            raise Closed(1006)
        return text

    async def send(self, text: str | bytes) -> None:
        self.sent.append(text)

    async def close(self) -> None:
        self.queue.put_nowait(None)


class Scene:
    """Events over a fed WebSocket."""

    def __init__(self) -> None:
        self.wire = Fed()
        self.tape = Tape()
        self.events = Events(self.wire, ("app",), self.tape, self._probe, self._parting)

    async def __aenter__(self) -> Scene:
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self.events.close()

    async def _probe(self, app: str, mark: str) -> None:
        self.wire.feed("ChannelUserevent", eventname=mark, application=app)

    async def _parting(self) -> None:
        pass


@virtual_time
async def test_next_waits_for_its_frame_and_takes_it() -> None:
    async with Scene() as scene:
        loop = asyncio.get_running_loop()
        loop.call_later(1, lambda: scene.wire.feed("StasisStart", channel={"id": "c"}))
        assert (await scene.events.next("StasisStart", channel="c"))["channel"]["id"] == "c"
        with pytest.raises(AssertionError, match="no StasisStart.*not within 2 s; came: Stasis"):
            await scene.events.next("StasisStart", channel="c", seconds=2)


@virtual_time
async def test_what_nobody_took_is_still_there() -> None:
    async with Scene() as scene:
        scene.wire.feed("StasisStart", channel={"id": "c", "state": "Up"})
        scene.wire.feed("Dial", peer={"id": "c"})
        await scene.events.next("Dial", channel="c")
        await scene.events.next("StasisStart", where={"channel.state": "Up"})
        assert scene.events.types(channel="c") == ["StasisStart", "Dial"]


@virtual_time
async def test_none_waits_before_it_says_so() -> None:
    async with Scene() as scene:
        await scene.events.none("StasisEnd")
        asyncio.get_running_loop().call_later(0.2, lambda: scene.wire.feed("StasisEnd"))
        with pytest.raises(AssertionError, match="must be no StasisEnd"):
            await scene.events.none("StasisEnd", within=0.3)


@virtual_time
async def test_settled_returns_when_all_before_it_has_come_and_leaves_no_trace() -> None:
    async with Scene() as scene:
        scene.wire.feed("StasisStart", channel={"id": "c"})
        await scene.events.settled()
        assert scene.events.types() == ["StasisStart"]
        assert [each.frame["type"] for each in scene.tape.frames] == ["StasisStart"]


@virtual_time
async def test_a_socket_that_the_server_closes_ends_the_wait() -> None:
    async with Scene() as scene:
        scene.wire.queue.put_nowait(None)
        with pytest.raises(AssertionError, match="closed with 1006"):
            await scene.events.next("StasisStart")
        assert await scene.events.closed() == 1006


@virtual_time
async def test_an_unknown_filter_is_a_mistake() -> None:
    async with Scene() as scene:
        with pytest.raises(AssertionError, match="no such filter: chanel"):
            await scene.events.next("StasisStart", chanel="c")
