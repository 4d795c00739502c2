"""A real Asterisk as a test sees it: a link that runs flows, and scripted callers.

A scripted caller is the other half of a Local channel, in an application of its own: what it
sends travels through Asterisk like a phone's.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import attrs

from stasis import Channel, ChannelGone, Link
from stasis.ari.channels import Channel as Snapshot
from stasis.config import AsteriskConfig, Config
from stasis.lab.lab import Lab
from stasis.program import Program, Runnable
from stasis.section import Secret

# How often it is looked at what is left, 50 ms apart: on a busy machine a hang-up takes seconds.
LOOKS = 200
# The links that are open, the outermost first.
OPEN: list[Link] = []


@attrs.frozen
class Server:
    """A lab, and how requests travel to it."""

    lab: Lab
    transport: str

    def config(self, **engine: Any) -> Config:
        """A configuration for it."""
        config = Config(
            asterisk=AsteriskConfig(
                url=self.lab.url,
                username=self.lab.username,
                password=Secret(self.lab.password),
                transport=self.transport,
            )
        )
        return attrs.evolve(config, engine=attrs.evolve(config.engine, **engine))

    @asynccontextmanager
    async def link(
        self, programs: Mapping[str, Runnable | Program], **engine: Any
    ) -> AsyncIterator[Link]:
        """A ready link that runs these flows; at its end no call, claim, wait or task is left.

        Inside another link's block, tasks of that one may be about to end (its half of a call
        that has just been hung up), so there they have a second to do so.
        """
        before = asyncio.all_tasks()
        inside = bool(OPEN)
        link = Link(
            self.config(**engine),
            {
                name: flow if isinstance(flow, Program) else Program.of(flow)
                for name, flow in programs.items()
            },
        )
        OPEN.append(link)
        task = asyncio.create_task(link.run())
        try:
            await asyncio.wait(
                {task, asyncio.create_task(link.state.reached("ready"))},
                timeout=15,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if task.done():
                task.result()
            assert link.state.value == "ready"
            yield link
            async with asyncio.timeout(20):
                await link.idle()
            assert not any(link.router.counts().values()), link.router.counts()
        finally:
            OPEN.remove(link)
            link.stop()
            await task
        left = {each for each in asyncio.all_tasks() - before if not each.done()}
        if inside:
            left = {each for each in left if not carries(each)}
        if left and inside:
            _, left = await asyncio.wait(left, timeout=1)
        assert not left, left

    async def channels(self, link: Link) -> list[Snapshot]:
        """What lives on the server, once hangups have had time to come through."""
        for _ in range(LOOKS):
            left = list(await link.ari.channels.list())
            if not left:
                break
            await asyncio.sleep(0.05)
        return left

    async def bridges(self, link: Link) -> list[str]:
        """The bridges on the server, once those that are being destroyed have gone.

        Asterisk answers the request to destroy one a moment before it is gone.
        """
        for _ in range(LOOKS):
            left = [bridge.id for bridge in await link.ari.bridges.list()]
            if not left:
                break
            await asyncio.sleep(0.05)
        return left


def carries(task: asyncio.Task[Any]) -> bool:
    """Whether a task is that of a socket for requests, which stays as long as its link does."""
    return task.get_name() in ("pings", "stasis rest socket", "stasis sockets")


class Callers:
    """An application whose channels are scripted callers.

    present: set once a caller has entered. A flow that may end at once waits for it, since
    the caller's half of a call that is hung up first never enters.
    """

    def __init__(self) -> None:
        self.came: asyncio.Queue[Channel] = asyncio.Queue()
        self.present = asyncio.Event()

    async def caller(self, channel: Channel) -> None:
        """The flow of a scripted caller: it waits until it is hung up."""
        self.came.put_nowait(channel)
        self.present.set()
        try:
            await channel.ended()
        except ChannelGone:
            return

    async def call(self, link: Link, app: str, args: str = "", **parameters: Any) -> Channel:
        """Call an application; returns the caller's side once the flow has answered."""
        exten = f"stasis-{app}" + (f",{args}" if args else "")
        await link.originate(f"Local/{exten}@default/n", "caller", timeout=20, **parameters)
        async with asyncio.timeout(20):
            return await self.came.get()
