"""How calls come about in the scenarios, and the order in which the servers tell of them."""

from __future__ import annotations

from typing import Any

from tests.conformance.events import Events
from tests.conformance.place import Place

__all__ = ["ANSWERED", "CREATED", "HUNG_UP", "create", "hang_up", "order", "originate", "pair"]

# What is told of a channel that an application originates, and that is answered at once. It is
# subscribed to once it exists, so that nobody hears of its creation.
ANSWERED = ["Dial", "ChannelStateChange", "Dial", "ChannelVarset", "StasisStart"]
# Of one that an application creates. The variable is STASISSTATUS.
CREATED = ["ChannelDialplan", "ChannelVarset", "StasisStart"]
# Of one in an application that is hung up by it, and that it originated or created.
HUNG_UP = ["ChannelHangupRequest", "StasisEnd", "ChannelVarset", "ChannelDestroyed"]


async def originate(
    a: Place, events: Events, name: str, extension: str = "call-answer", **query: Any
) -> str:
    """Call an extension and enter the application once it has answered. Returns the channel's id."""
    channel = a.name(name)
    endpoint = f"Local/{extension}@{a.context}/n"
    told = {"endpoint": endpoint, "app": events.app, "channelId": channel} | query
    reply = await a.post("channels", **told)
    assert reply.status == 200, reply
    await events.next("StasisStart", channel=channel)
    return channel


async def create(
    a: Place, events: Events, name: str, extension: str = "call-answer", **query: Any
) -> str:
    """Create a channel in the application, not dialled yet. Returns its id."""
    channel = a.name(name)
    endpoint = f"Local/{extension}@{a.context}/n"
    told = {"endpoint": endpoint, "app": events.app, "channelId": channel} | query
    reply = await a.post("channels/create", **told)
    assert reply.status == 200, reply
    start = await events.next("StasisStart", channel=channel)
    assert start["channel"]["state"] == "Down"
    return channel


async def pair(a: Place, events: Events, name: str) -> tuple[str, str]:
    """A call of which both ends are in the application: what one sends, the other hears.

    Returns the caller's id, and that of the end that was called by the dialplan.
    """
    channel = await originate(a, events, name, f"call-up-{events.app}")
    await events.next("StasisStart", channel=f"{channel};2")
    return channel, f"{channel};2"


async def hang_up(a: Place, events: Events, channel: str) -> dict[str, Any]:
    """Hang up and wait for its end. Returns ChannelDestroyed."""
    assert (await a.delete(f"channels/{channel}")).status == 204
    return await events.next("ChannelDestroyed", channel=channel)


def order(events: Events, channel: str, *left_out: str) -> list[str]:
    """The types of what was told of a channel so far, but for these."""
    return [each for each in events.types(channel=channel) if each not in left_out]
