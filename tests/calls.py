"""A call whose flow does nothing, so that a test can use its channel handle itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from stasis.ari import Send
from stasis.ari.resource import Request, Response
from stasis.channel import Channel
from stasis.errors import OutcomeUnknown
from stasis.owner import Owner
from tests.fake import FakeAsterisk, FakeCall


class Call:
    """A call in the fake, seen from both sides.

    asterisk: the server. caller: who calls. channel: the handle a flow would have.
    """

    def __init__(self, asterisk: FakeAsterisk, caller: FakeCall) -> None:
        self.asterisk = asterisk
        self.caller = caller
        self.channel: Channel = caller.flow.channel

    @property
    def owner(self) -> Owner:
        """Who owns what the call makes."""
        return self.channel._owner

    @property
    def requests(self) -> list[str]:
        """What was sent since the call came in, as `METHOD /path`."""
        return self.asterisk.requests

    def parameters(self, index: int = -1) -> dict[str, Any]:
        """The parameters of a request, from query and body."""
        request = self.asterisk.sent[index]
        return {**dict(request.query), **json.loads(request.body or b"{}")}


@asynccontextmanager
async def calling(
    *, answered: bool = True, prepare: Callable[[FakeAsterisk], None] | None = None, **caller: Any
) -> AsyncIterator[Call]:
    """A call that stays until the test hangs up or ends.

    answered: whether it is up. prepare: what to do with the fake before the call comes in.
    caller: of `FakeAsterisk.call`. At the end nothing of it may be left.
    """

    async def stays(channel: Channel) -> None:
        if answered:
            await channel.answer()
        await asyncio.get_running_loop().create_future()

    async with FakeAsterisk(stays) as asterisk:
        if prepare is not None:
            prepare(asterisk)
        call = Call(asterisk, await asterisk.call(**caller))
        asterisk.requests.clear()
        asterisk.sent.clear()
        yield call
    assert asterisk.link.router.counts() == {"claims": 0, "waits": 0, "held": 0}
    assert set(call.owner.counts().values()) == {0}


def lose_answers(asterisk: FakeAsterisk, *lines: str, happens: bool = True) -> None:
    """Have the answers of requests that begin so lost, and what would tell the outcome too.

    happens: whether Asterisk did what was asked.
    """

    def losing(send: Send) -> Send:
        async def lossy(request: Request) -> Response:
            line = f"{request.method} {request.path}"
            lost = OutcomeUnknown(request.method, request.path, "lost")
            if request.method == "GET":
                raise lost
            if not line.startswith(lines):
                return await send(request)
            if happens:
                await send(request)
            raise lost

        return lossy

    ari = asterisk.link.ari
    ari.channels._send = losing(ari.channels._send)
    ari.bridges._send = losing(ari.bridges._send)


def lose_requests(asterisk: FakeAsterisk, line: str, times: int) -> list[str]:
    """Have the first requests that begin so never arrive. Returns what was sent of them, so far."""
    sent: list[str] = []

    def losing(send: Send) -> Send:
        async def lossy(request: Request) -> Response:
            words = f"{request.method} {request.path}"
            if words.startswith(line):
                sent.append(words)
                if len(sent) <= times:
                    raise OutcomeUnknown(request.method, request.path, "lost")
            return await send(request)

        return lossy

    ari = asterisk.link.ari
    ari.channels._send = losing(ari.channels._send)
    ari.bridges._send = losing(ari.bridges._send)
    return sent
