"""Nothing is left behind: counted on the server and in the process, after every kind of end."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable

import pytest

from stasis import Channel, ChannelGone
from stasis.ari import Request, Response, Send
from tests.asterisk.everything import Everything
from tests.asterisk.servers import Callers, Server

pytestmark = pytest.mark.asterisk


class Points:
    """Counts the requests of the call's own application, and tells when one is about to go.

    A call can be hung up between any two requests; each is a point. at: the point at which
    `reached` is set; 0 is none.
    """

    def __init__(self, at: int) -> None:
        self.at = at
        self.count = 0
        self.reached = asyncio.Event()

    def around(self, send: Send) -> Send:
        """The same way to send, with counting before it."""

        async def counting(request: Request) -> Response:
            if not request.path.startswith("/applications"):
                self.count += 1
                if self.count == self.at:
                    self.reached.set()
            return await send(request)

        return counting


async def desk_call(caller: Channel) -> None:
    """Choose 1, type the PIN, talk, and hang up after half a second."""
    await asyncio.sleep(0.3)
    await caller.send_dtmf("1")
    await asyncio.sleep(0.3)
    await caller.send_dtmf("1234")
    await asyncio.sleep(1.0)
    await caller.hangup()


async def message_call(caller: Channel) -> None:
    """Choose 2, leave a message, end it with #, hear it."""
    await asyncio.sleep(0.3)
    await caller.send_dtmf("2")
    await asyncio.sleep(1.2)
    await caller.send_dtmf("#")
    await asyncio.sleep(1.5)
    await caller.hangup()


Script = Callable[[Channel], Awaitable[None]]


async def one_call(server: Server, script: Script, at: int) -> tuple[int, list[str]]:
    """Run a call; hang it up at a point. Returns the points it had, and the states it saw."""
    points = Points(at)
    callers = Callers()
    flows: list[Everything] = []

    class Watched(Everything):
        def __init__(self) -> None:
            super().__init__()
            flows.append(self)

        start = Everything.menu
        table = Everything.table

    async with (
        server.link({"caller": callers.caller}) as outside,
        server.link({"everything": Watched}) as link,
    ):
        for resource in link.ari.resources:
            resource._send = points.around(resource._send)
        placing = asyncio.create_task(callers.call(outside, "everything"))

        async def hang_up_at_the_point() -> None:
            await points.reached.wait()
            await outside.ari.channels.hangup(flows[0].channel.id)

        hanging = asyncio.create_task(hang_up_at_the_point())
        try:
            await asyncio.wait({placing, hanging}, return_when=asyncio.FIRST_COMPLETED)
            if placing.done():
                try:
                    await script(placing.result())
                except ChannelGone:
                    pass
            else:
                # Hung up before it was answered: the caller's half may never enter.
                placing.cancel()
            async with asyncio.timeout(20):
                await link.idle()
        finally:
            hanging.cancel()
            await asyncio.gather(hanging, placing, return_exceptions=True)
        left = await server.channels(outside)
        assert left == []
        assert list(await outside.ari.bridges.list()) == []
    await no_recordings(server)
    return points.count, flows[0].walked if flows else []


async def no_recordings(server: Server) -> None:
    """What the aborted calls have recorded is kept by design; clear it for the next test."""
    async with server.link({"caller": Callers().caller}) as link:
        for stored in await link.ari.recordings.list_stored():
            await link.ari.recordings.delete_stored(stored.name)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("script", [desk_call, message_call])
async def test_a_hangup_at_every_point_leaves_nothing(server: Server, script: Script) -> None:
    """No channel, bridge, playback, claim, wait or task is left, wherever the call is cut."""
    points, walked = await one_call(server, script, at=0)
    assert walked[-1] in ("talking", "thanks", "over"), "the script must reach the end of the flow"
    assert points >= 6
    for at in range(1, points + 1):
        await one_call(server, script, at)


@pytest.mark.timeout(300)
async def test_a_thousand_calls_leave_nothing_and_no_memory(server: Server) -> None:
    """1,000 calls, 50 at once: 0 stray channels, 0 tasks, memory flat to 2 MB after the first 200.

    They run in a process of their own, whose memory is the product's alone.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.asterisk.soak",
        server.lab.name,
        server.transport,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    found = json.loads(output.splitlines()[-1])
    assert found["calls"] == 1000
    assert found["strays"] == 0
    assert found["tasks"] == 0
    assert found["grown_mb"] < 2.0
