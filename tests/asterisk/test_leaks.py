"""Nothing is left behind: counted on the server and in the process, after every kind of end."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from stasis_ivr.flow import Ivr, Next
from stasis_ivr.plugin import IvrConfig, IvrPlugin
from stasis_ivr.target import Target

from stasis import Channel, Event, Program
from stasis.ari import Request, Response, Send
from tests.asterisk.servers import Callers, Server

pytestmark = pytest.mark.asterisk


Reached = Callable[[str], Awaitable[None]]
Script = Callable[[Channel, Reached], Awaitable[None]]


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
            # The link's own are none: those go by the clock.
            if not request.path.startswith(("/applications", "/asterisk")):
                self.count += 1
                if self.count == self.at:
                    self.reached.set()
            return await send(request)

        return counting


IVR = """
start = "menu:main"

[menu.main]
prompt = "sound:beep"
failed = "hangup"

[menu.main.choices]
1 = "desk:sales"
2 = "message:office"

[desk.sales]
endpoints = "Local/answer@default/n"
prompt = "sound:beep"
no_answer = "message:office"

[message.office]
prompt = "sound:beep"
saved = "sound:beep"
silence = 0
min_seconds = 0
folder = "leaks"
"""


async def desk_call(caller: Channel, reached: Reached) -> None:
    """Choose the desk, talk to it, and hang up."""
    await reached("menu")
    await caller.send_dtmf("1")
    await reached("talking")
    await asyncio.sleep(0.3)
    await caller.hangup()


async def message_call(caller: Channel, reached: Reached) -> None:
    """Choose the message, speak, end it with #, and hear that it was saved."""
    await reached("menu")
    await caller.send_dtmf("2")
    await reached("message")
    # It is listed as soon as it is recorded; a # before that would be none of its end.
    while not await caller._owner.ari.recordings.list_stored():
        await asyncio.sleep(0.05)
    await asyncio.sleep(1)
    await caller.send_dtmf("#")
    await caller.ended(10)


async def one_call(server: Server, script: Script, at: int, file: Path) -> tuple[int, list[str]]:
    """Run a call of the IVR; hang it up at a point. Returns the points it had, and its states."""
    points = Points(at)
    callers = Callers()
    states: list[str] = []

    async def reached(state: str) -> None:
        async with asyncio.timeout(10):
            while state not in states:
                await asyncio.sleep(0.01)

    class Watched(Ivr):
        """The IVR, noting each state it enters."""

        def go(self, target: Target) -> Next:
            following = super().go(target)
            states.append(following)
            return following

        async def talking(self, event: Event) -> None:
            await super().talking(event)
            states.append("talking")

        start = Ivr.start
        table = Ivr.table

    plugin = IvrPlugin(IvrConfig(file=str(file)))
    async with (
        server.link({"caller": callers.caller}) as outside,
        server.link({"ivr": Program(Watched, plugin)}) as link,
    ):
        for resource in link.ari.resources:
            resource._send = points.around(resource._send)
        placing = asyncio.create_task(callers.call(outside, "ivr"))

        async def hang_up_at_the_point() -> None:
            await points.reached.wait()
            runner = next(iter(link.runners))
            await outside.ari.channels.hangup(runner.channel.id)

        hanging = asyncio.create_task(hang_up_at_the_point())
        try:
            await asyncio.wait({placing, hanging}, return_when=asyncio.FIRST_COMPLETED)
            if placing.done():
                scripting = asyncio.create_task(script(placing.result(), reached))
                await asyncio.wait({scripting, hanging}, return_when=asyncio.FIRST_COMPLETED)
                if not scripting.done():
                    scripting.cancel()
                await asyncio.gather(scripting, return_exceptions=bool(at))
            else:
                # Hung up before it was answered: the caller's half may never enter.
                placing.cancel()
            async with asyncio.timeout(20):
                await link.idle()
        finally:
            hanging.cancel()
            await asyncio.gather(hanging, placing, return_exceptions=True)
        assert await server.channels(outside) == []
        assert await server.bridges(outside) == []
    await no_recordings(server)
    return points.count, states


async def no_recordings(server: Server) -> None:
    """What the aborted calls have recorded is kept by design; clear it for the next test."""
    async with server.link({"caller": Callers().caller}) as link:
        for stored in await link.ari.recordings.list_stored():
            await link.ari.recordings.delete_stored(stored.name)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("script", "last"), [(desk_call, "talking"), (message_call, "hangup")])
async def test_a_hangup_at_every_point_of_the_ivr_leaves_nothing(
    server: Server, script: Script, last: str, tmp_path: Path
) -> None:
    """No channel, bridge, playback, claim, wait or task is left, wherever the call is cut."""
    file = tmp_path / "ivr.toml"
    file.write_text(IVR)
    points, states = await one_call(server, script, 0, file)
    assert states[-1] == last, "the script must reach the end of the flow"
    assert points >= 6
    for at in range(1, points + 1):
        await one_call(server, script, at, file)


@pytest.mark.alone
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
