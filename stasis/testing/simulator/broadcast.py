"""A call that is offered to several applications: the first that claims it has it."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from stasis.testing.simulator.channel import Channel
from stasis.testing.simulator.control import stasis

__all__ = ["Offer", "broadcast"]

DEFAULT_MS = 500


class Offer:
    """What one channel is offered to. winner: who has it, or an empty text."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.winner = ""
        self.claimed: asyncio.Future[None] = channel.machine.loop.create_future()

    def claim(self, app: str) -> bool:
        """Claim it. Returns False when somebody has it."""
        if self.winner:
            return False
        self.winner = app
        self.claimed.set_result(None)
        return True


async def broadcast(channel: Channel, data: list[str]) -> bool:
    """StasisBroadcast(milliseconds,filter,args,notify): sets STASISSTATUS.

    Returns whether the application told where to go on. Raises HungUp, Redirected.
    """
    milliseconds, pattern, args, notify = [*data, "", "", "", ""][:4]
    machine, bus = channel.machine, channel.machine.bus
    channel.set_variable("STASISSTATUS", "")
    offer = channel.offer = Offer(channel)
    offered = [
        app
        for app in bus.applications.values()
        if app.active and re.search(pattern or "", app.name)
    ]
    fields: dict[str, Any] = {
        "channel": channel.json(),
        "caller": channel.caller[1],
        "called": channel.exten,
    }
    for app in offered:
        bus.send(app, "CallBroadcast", fields)
    try:
        if not await channel.wait(float(milliseconds or DEFAULT_MS) / 1000, offer.claimed):
            channel.offer = None
            channel.set_variable("STASISSTATUS", "TIMEOUT")
            return False
        if notify in ("yes", "true", "1"):
            told = {"channel": channel.json(), "winner_app": offer.winner}
            for app in offered:
                if machine.bus.active(app.name) is app:
                    bus.send(app, "CallClaimed", told)
        given = args.split(":") if args else []
        return await stasis(channel, offer.winner, given, clears=False)
    finally:
        channel.offer = None
