"""aioari 0.10 (PyPI): callbacks, which the reader calls and waits for, with the event as a dict.

Where the code of a channel runs for its digits only, one callback finds it by the channel's id;
in `handlers` it is registered on each channel, as the library offers.
"""

from __future__ import annotations

import asyncio
from typing import Any

import aioari  # type: ignore[import-not-found]  # in its own environment

from bench.clients.ear import Ear, called, rested
from bench.clients.gauge import Gauge
from bench.tape import DIGIT, KINDS


def listen(client: Any, ear: Ear) -> None:
    """Register one callback for all events."""
    busy = ear.gauge.name == "busy"

    def heard(event: Any) -> Any:
        kind, channel = event["type"], event.get("channel")
        if channel is None:
            ear.told(event["eventname"], event["userevent"])
        elif kind == "StasisStart":
            ear.entered(channel["id"])
        elif kind == "StasisEnd":
            ear.left(channel["id"])
        elif busy:
            ear.taken()
            return ear.held(channel["id"], channel["accountcode"])
        elif kind != "ChannelDestroyed":
            ear.event(channel["id"], channel["accountcode"], kind == DIGIT)
        return None

    client.on_event("*", heard)


def register(client: Any, ear: Ear) -> None:
    """Register callbacks on each channel as it enters."""
    registered: dict[str, list[Any]] = {}
    kinds = (DIGIT,) if ear.gauge.name == "memory" else KINDS

    def heard(channel: Any, event: Any) -> None:
        ear.event(channel.id, event["channel"]["accountcode"], False)

    def started(objects: Any, event: Any) -> None:
        channel = objects["channel"]
        registered[channel.id] = [channel.on_event(kind, heard) for kind in kinds]
        ear.entered(channel.id, channel)

    def ended(channel: Any, event: Any) -> None:
        for callback in registered.pop(channel.id):
            callback.close()
        ear.left(channel.id)

    def told(event: Any) -> None:
        if event["type"] == "ChannelUserevent" and "channel" not in event:
            ear.told(event["eventname"], event["userevent"])

    client.on_channel_event("StasisStart", started)
    client.on_channel_event("StasisEnd", ended)
    # Behind the channels' callbacks, each of which fails on an event that has no channel.
    client.on_event("*", told)


async def call(client: Any, ear: Ear) -> None:
    """The scenario `call`."""
    over = asyncio.Semaphore(0)

    async def answer(channel: Any) -> None:
        await channel.answer()
        await channel.hangup()

    tasks: set[asyncio.Task[None]] = set()

    def started(objects: Any, event: Any) -> None:
        # A callback that waited for an answer would keep the reader.
        task = asyncio.create_task(answer(objects["channel"]))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    client.on_channel_event("StasisStart", started)
    client.on_channel_event("StasisEnd", lambda channel, event: over.release())
    where = {"endpoint": ear.gauge.scenario["endpoint"], "app": ear.gauge.app}
    await called(ear, lambda: client.channels.originate(**where), over)


async def main() -> None:
    """One scenario."""
    ear = Ear(Gauge())
    gauge = ear.gauge
    client = await aioari.connect(gauge.url.removesuffix("ari"), gauge.username, gauge.password)
    if gauge.name in {"handlers", "memory"}:
        register(client, ear)
    elif gauge.name != "call":
        listen(client, ear)
    reader = asyncio.create_task(client.run(apps=gauge.app))
    while not client.websockets:  # noqa: ASYNC110 - it tells in no other way that it is connected
        await asyncio.sleep(0.01)
    ear.ready()
    work = None
    if gauge.name == "rest":
        work = rested(ear, lambda id: client.channels.get(channelId=id))
    elif gauge.name == "call":
        await asyncio.sleep(0.1)
        work = call(client, ear)
    await ear.over(work, reader)


if __name__ == "__main__":
    asyncio.run(main())
