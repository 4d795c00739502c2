"""A tap sees both seams of a link, and the steps of its stop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from stasis.ari.resource import Request, Response, Send
from stasis.config import Config, KeepConfig
from stasis.link import Link
from stasis.testing.clock import virtual_time
from stasis.transport.frames import Frames
from tests.server import Process, Server


class Seen:
    """A tap that counts."""

    def __init__(self) -> None:
        self.link: Link | None = None
        self.items: list[Any] = []
        self.requests: list[str] = []
        self.steps: list[str] = []

    def attach(self, link: Any) -> None:
        self.link = link

    async def frames(self, frames: Frames) -> AsyncIterator[Any]:
        async for item in frames:
            self.items.append(item)
            yield item

    def send(self, send: Send) -> Send:
        async def carried(request: Request) -> Response:
            self.requests.append(request.operation)
            return await send(request)

        return carried

    def stopping(self, step: str) -> None:
        self.steps.append(step)


@virtual_time
async def test_it_sees_what_passes_and_how_the_link_stops() -> None:
    seen = Seen()
    process = Process(Server(), {})
    process.link = Link(
        Config(keep=KeepConfig(store="off")),
        {},
        frames=process.frames(),
        send=process.send,
        tap=seen,
    )
    assert seen.link is process.link
    async with process:
        assert process.ready
        process.link.drain()
        process.link.end_calls()
    assert [type(item).__name__ for item in seen.items] == ["Opened"]
    assert "asterisk.get_info" in seen.requests
    assert seen.steps == ["drain", "end_calls", "let_go", "stop"]
