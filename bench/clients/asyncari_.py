"""asyncari 0.20 (PyPI): an object for each channel, which its events are given to by the reader.

The cheapest way that it has is taken: a callback on each channel. In `busy`, where that would keep
the reader, a task for each channel iterates over the channel, as the library offers.
"""

from __future__ import annotations

import asyncio
from typing import Any

import asyncari  # type: ignore[import-not-found]  # in its own environment

from bench.clients.ear import Ear, called, rested
from bench.clients.gauge import Gauge
from bench.tape import DIGIT


async def starts(client: Any, ear: Ear) -> None:
    """Give each channel that enters its code."""

    def heard(event: Any) -> None:
        # Its `channel` is one object for all events, and tells of the newest one.
        if event.type not in {"StasisStart", "StasisEnd", "ChannelDestroyed"}:
            ear.event(event.channel.id, event["channel"]["accountcode"], event.type == DIGIT)

    async def iterate(channel: Any) -> None:
        async for event in channel:
            if event.type not in {"StasisStart", "StasisEnd", "ChannelDestroyed"}:
                await ear.held(event.channel.id, event["channel"]["accountcode"])

    async with client.on_channel_event("StasisStart") as entered:
        async for objects, _ in entered:
            channel = objects["channel"]
            if ear.gauge.name == "busy":
                channel.on_event("*", lambda event: ear.taken())
                client.taskgroup.start_soon(iterate, channel)
            else:
                channel.on_event("*", heard)
            ear.entered(channel.id, channel)


async def ends(client: Any, ear: Ear) -> None:
    """Forget each channel that leaves."""
    async with client.on_channel_event("StasisEnd") as left:
        async for channel, _ in left:
            ear.left(channel.id)


async def tells(client: Any, ear: Ear) -> None:
    """Hear what begins and ends a measurement."""
    async with client.on_event("ChannelUserevent") as told:
        async for event in told:
            if event._get("channel") is None:
                ear.told(event.eventname, event.userevent)


async def call(client: Any, ear: Ear) -> None:
    """The scenario `call`."""
    over = asyncio.Semaphore(0)

    async def answer(channel: Any) -> None:
        await channel.answer()
        await channel.hangup()

    async def started() -> None:
        async with client.on_channel_event("StasisStart") as entered:
            async for objects, _ in entered:
                client.taskgroup.start_soon(answer, objects["channel"])

    async def ended() -> None:
        async with client.on_channel_event("StasisEnd") as left:
            async for _ in left:
                over.release()

    client.taskgroup.start_soon(started)
    client.taskgroup.start_soon(ended)
    await asyncio.sleep(0.1)
    where = {"endpoint": ear.gauge.scenario["endpoint"], "app": ear.gauge.app}
    await called(ear, lambda: client.channels.originate(**where), over)


async def run(ear: Ear, connected: asyncio.Future[Any]) -> None:
    """Be connected, until it fails: what fails in a task of the client ends all of it."""
    gauge = ear.gauge
    url = gauge.url.removesuffix("ari")
    async with asyncari.connect(url, gauge.app, gauge.username, gauge.password) as client:
        if gauge.name != "call":
            for part in (starts, ends, tells):
                client.taskgroup.start_soon(part, client, ear)
            await asyncio.sleep(0.1)
        connected.set_result(client)
        await asyncio.Event().wait()


async def main() -> None:
    """One scenario."""
    ear = Ear(Gauge())
    connected: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    reader = asyncio.create_task(run(ear, connected))
    await asyncio.wait({connected, reader}, return_when=asyncio.FIRST_COMPLETED)
    if reader.done():
        await reader
    client = connected.result()
    ear.ready()
    work = None
    if ear.gauge.name == "rest":
        work = rested(ear, lambda id: client.channels.get(channelId=id))
    elif ear.gauge.name == "call":
        work = call(client, ear)
    await ear.over(work, reader)


if __name__ == "__main__":
    asyncio.run(main())
