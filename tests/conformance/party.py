"""Somebody on a call, and what is done to them: for scenarios about what comes after StasisStart."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.conformance.events import SECONDS, Events
from tests.conformance.place import Place
from tests.conformance.server import Reply

__all__ = [
    "LONG",
    "bridge",
    "enter",
    "play",
    "reaches",
    "record",
    "sending",
    "since_start",
    "stopped",
    "stored",
    "told",
    "until_end",
]

# It plays for 73 s.
LONG = "sound:demo-instruct"


async def enter(a: Place, events: Events, text: str, extension: str = "8000") -> str:
    """A channel in the first application of `events`, up. Its other half is at `extension`.

    text: what its id is made of. Returns the id; the other half's is that and `;2`.
    """
    channel = a.name(text)
    reply = await a.post(
        "channels",
        endpoint=f"Local/{extension}@{a.context}/n",
        app=events.app,
        channelId=channel,
    )
    assert reply.status == 200, reply
    await events.next("StasisStart", channel=channel)
    return channel


async def bridge(a: Place, events: Events, text: str, *channels: str, kind: str = "mixing") -> str:
    """A bridge of our own that these channels have entered. Returns its id.

    events: the application that hears of the bridge, because its channels are there.
    """
    made = a.name(text)
    reply = await a.post(f"bridges/{made}", type=kind)
    assert reply.status == 200, reply
    for channel in channels:
        reply = await a.post(f"bridges/{made}/addChannel", channel=channel)
        assert reply.status == 204, reply
        await events.next("ChannelEnteredBridge", channel=channel, bridge=made)
    return made


def since_start(events: Events, channel: str) -> list[str]:
    """The types of what came about a channel after its StasisStart, in order."""
    types = events.types(channel=channel)
    return types[types.index("StasisStart") + 1 :]


async def sending(events: Events, channel: str) -> None:
    """Wait until the other half of a channel sends what its extension has for it."""
    await events.next("ChannelDialplan", channel=f"{channel};2", where={"dialplan_app": "Wait"})


def until_end(events: Events, channel: str) -> list[tuple[str, str]]:
    """What came about a channel and about all media until its StasisEnd, in order.

    Types, each with the id of the playback or the name of the recording, "" for the channel's own.
    """
    story = []
    for frame in events.all():
        media = frame.get("playback") or frame.get("recording") or {}
        if media or frame.get("channel", {}).get("id") == channel:
            story.append((frame["type"], media.get("id") or media.get("name") or ""))
        if story and story[-1] == ("StasisEnd", ""):
            break
    return story


async def play(a: Place, channel: str, text: str, media: str | list[str] = LONG) -> str:
    """Start a playback on a channel. Returns its id."""
    playback = a.name(text)
    reply = await a.post(f"channels/{channel}/play/{playback}", media=media)
    assert reply.status == 201, reply
    return playback


async def reaches(a: Place, playback: str, state: str) -> None:
    """Wait until a playback is in a state: what is asked of it is accepted a moment before."""
    async with asyncio.timeout(SECONDS):
        while (await a.get(f"playbacks/{playback}")).json["state"] != state:
            await a.pause(0.02)


def told(events: Events, playback: str) -> list[tuple[str, str, str, str | None]]:
    """What came of a playback: types, states, media, media to come."""
    frames: list[tuple[str, dict[str, Any]]] = [
        (each["type"], each["playback"]) for each in events.all(playback=playback)
    ]
    return [
        (kind, one["state"], one["media_uri"], one.get("next_media_uri")) for kind, one in frames
    ]


async def record(a: Place, channel: str, text: str, **options: object) -> str:
    """Start a recording of a channel. Returns its name."""
    name = a.name(text)
    options = {"format": "wav", **options}
    reply = await a.post(f"channels/{channel}/record", name=name, **options)
    assert reply.status == 201, reply
    return name


async def stopped(a: Place, events: Events, name: str) -> dict[str, object]:
    """Stop a recording that runs. Returns it as it finished."""
    reply = await a.post(f"recordings/live/{name}/stop")
    assert reply.status == 204, reply
    finished: dict[str, object] = (await events.next("RecordingFinished", recording=name))[
        "recording"
    ]
    return finished


async def stored(a: Place, name: str) -> Reply:
    """The file of a stored recording."""
    return await a.get(f"recordings/stored/{name}/file")
