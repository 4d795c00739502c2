"""ari-client 0.9 (PyPI): a handler for each kind of event, run as a task; models by pydantic.

It has no handlers for a channel: the code of each is found by the channel's id, as its users do.
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit

from ari_client import AriClient  # type: ignore[import-not-found]  # in its own environment

from bench.clients.ear import Ear, called, rested
from bench.clients.gauge import Gauge
from bench.tape import DIGIT, KINDS


def listen(client: Any, ear: Ear) -> None:
    """Register what the scenarios on events need."""

    async def started(event: Any) -> None:
        ear.entered(event.channel.id, event.channel)

    async def ended(event: Any) -> None:
        ear.left(event.channel.id)

    async def event(event: Any) -> None:
        ear.event(event.channel.id, event.channel.accountcode, event.type == DIGIT)

    async def held(event: Any) -> None:
        ear.taken()
        await ear.held(event.channel.id, event.channel.accountcode)

    async def told(event: Any) -> None:
        if event.channel is None:
            ear.told(event.eventname, event.userevent)
        else:
            await heard(event)

    heard = held if ear.gauge.name == "busy" else event
    for kind in KINDS:
        client.on_event(kind)(heard)
    client.on_stasis_start(started)
    client.on_stasis_end(ended)
    client.on_channel_userevent(told)


async def call(client: Any, ear: Ear) -> None:
    """The scenario `call`."""
    over = asyncio.Semaphore(0)

    async def started(event: Any) -> None:
        await event.channel.answer()
        await event.channel.stop()

    async def ended(event: Any) -> None:
        over.release()

    client.on_stasis_start(started)
    client.on_stasis_end(ended)
    endpoint = ear.gauge.scenario["endpoint"]
    await called(ear, lambda: client.ari.originate(endpoint), over)


async def main() -> None:
    """One scenario."""
    ear = Ear(Gauge())
    gauge = ear.gauge
    address = urlsplit(gauge.url)
    client = AriClient(address.hostname, address.port, gauge.username, gauge.password)
    if gauge.name != "call":
        listen(client, ear)
    await client.connect(gauge.app)
    ear.ready()
    work = None
    if gauge.name == "rest":
        work = rested(ear, client.ari.get_channel)
    elif gauge.name == "call":
        work = call(client, ear)
    await ear.over(work, client.event_listener)


if __name__ == "__main__":
    asyncio.run(main())
