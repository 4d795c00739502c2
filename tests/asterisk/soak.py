"""A program that takes 1,000 calls, 50 at once, and says what is left of them.

Usage: python -m tests.asterisk.soak LAB [http|socket] [CALLS]. Prints one JSON line.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
from time import monotonic

from stasis import Channel, ChannelDestroyed, Link
from stasis.config import LogConfig
from stasis.lab.lab import Lab
from stasis.logs import set_up
from tests.asterisk.servers import Server, carries

FIRST = 200


async def flow(channel: Channel) -> None:
    """Answer, beep, hang up."""
    await channel.answer()
    playback = await channel.play("sound:beep")
    await playback.finished(20)
    await channel.hangup()


async def calls(link: Link, number: int) -> None:
    """Place calls, 50 at once, each to its end."""
    left = iter(range(number))

    async def place() -> None:
        for _ in left:
            channel_id = await link.originate("Local/answer@default/n", "soak", timeout=30)
            gone = link.router.expect(("channel", channel_id), ChannelDestroyed)
            await gone.within(30)

    async with asyncio.TaskGroup() as group:
        for _ in range(50):
            group.create_task(place())


def tasks() -> int:
    """How many there are, without those of sockets for requests: they stay."""
    return sum(not carries(each) for each in asyncio.all_tasks())


def memory() -> float:
    """Resident memory of this process in MB, after a collection."""
    gc.collect()
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


async def main(name: str, transport: str = "http", number: str = "1000") -> None:
    """Run the calls and print what is left."""
    set_up(LogConfig(level="warning"))
    lab = Lab.find(name)
    assert lab is not None, f"no lab {name} runs"
    server = Server(lab, transport)
    async with server.link({"soak": flow}) as link:
        await server.channels(link)  # used below: what it loads is no growth
        await asyncio.sleep(1.0)  # what settles after the connect has done
        before = tasks()
        await calls(link, FIRST)
        await link.idle()
        base, begun = memory(), monotonic()
        await calls(link, int(number) - FIRST)
        seconds = monotonic() - begun
        await link.idle()
        grown = memory() - base
        sys.stdout.write(
            json.dumps(
                {
                    "calls": link.counts["calls"],
                    "strays": len(await server.channels(link)),
                    "tasks": tasks() - before,
                    "grown_mb": round(grown, 2),
                    "calls_per_second": round((int(number) - FIRST) / seconds, 1),
                }
            )
        )


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
