"""What happened while the socket was lost: Asterisk does not repeat it, so we ask.

Everything that we have claimed is looked for. What is no longer there has ended, and its end is
told as the event that was missed; what is there goes on. A wait that was armed before the gap is
settled by one or the other.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from stasis.ari import Ari
from stasis.ari.bridges import Bridge
from stasis.ari.channels import Channel
from stasis.ari.events import (
    BridgeDestroyed,
    ChannelDestroyed,
    Event,
    PlaybackFinished,
    RecordingFinished,
    StasisEnd,
)
from stasis.ari.playbacks import Playback
from stasis.ari.recordings import LiveRecording
from stasis.errors import NotFound
from stasis.router import Router

__all__ = ["missed"]

T = TypeVar("T")


async def missed(ari: Ari, router: Router) -> list[Event]:
    """The ends that were missed, media before channels, as Asterisk would have told them.

    Bridges that are still there are subscribed to again, since a subscription may have gone
    with the socket. Raises AriError when Asterisk cannot be asked.
    ARI: GET /channels, /bridges, /playbacks/{id}, /recordings/live/{name}.
    """
    # Before the questions: what is made while they are answered is not in the answers.
    known = router.claimed_by_kind()
    events: list[Event] = []
    for playback_id, app in known["playback"]:
        if await gone(ari.playbacks.get, playback_id):
            playback = Playback(id=playback_id, state="done")
            events.append(PlaybackFinished(application=app, playback=playback))
    for name, app in known["recording"]:
        if await gone(ari.recordings.get_live, name):
            recording = LiveRecording(name=name, state="done")
            events.append(RecordingFinished(application=app, recording=recording))
    bridges = {bridge.id for bridge in await ari.bridges.list()} if known["bridge"] else set()
    for bridge_id, app in known["bridge"]:
        if bridge_id in bridges:
            await ari.applications.subscribe(app, event_source=[f"bridge:{bridge_id}"])
        else:
            events.append(BridgeDestroyed(application=app, bridge=Bridge(id=bridge_id)))
    channels = {channel.id for channel in await ari.channels.list()} if known["channel"] else set()
    for channel_id, app in known["channel"]:
        if channel_id not in channels:
            channel = Channel(id=channel_id)
            events.append(StasisEnd(application=app, channel=channel))
            events.append(ChannelDestroyed(application=app, channel=channel))
    return events


async def gone(get: Callable[[str], Awaitable[T]], name: str) -> bool:
    """Whether Asterisk does not know it any more."""
    try:
        await get(name)
    except NotFound:
        return True
    return False
