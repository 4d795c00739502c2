"""What happened while the socket was lost: Asterisk does not repeat it, so we ask and compare.

Everything that we have claimed is looked for, and each difference is told as the event that was
missed, so waits that were armed before the gap are settled. Events go on coming meanwhile: what
they tell of is newer than the answers, and is asked for once more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress

from stasis.ari import Ari
from stasis.ari.bridges import Bridge
from stasis.ari.channels import Channel as Snapshot
from stasis.ari.events import (
    BridgeDestroyed,
    ChannelDestroyed,
    ChannelEnteredBridge,
    ChannelLeftBridge,
    ChannelStateChange,
    Dial,
    Event,
    PlaybackFinished,
    PlaybackStarted,
    RecordingFinished,
    StasisEnd,
    StasisStart,
)
from stasis.ari.playbacks import Playback
from stasis.ari.recordings import LiveRecording
from stasis.bridge import Bridge as BridgeHandle
from stasis.census import Census
from stasis.channel import Channel
from stasis.errors import Unprocessable
from stasis.fence import Fences
from stasis.playback import Playback as PlaybackHandle
from stasis.recording import LiveRecording as RecordingHandle
from stasis.router import Claim, Key, Router, keys_of

__all__ = ["compare", "missed"]

# How often it is asked what events have told of meanwhile; then the events are believed.
ROUNDS = 5


async def compare(
    ari: Ari,
    router: Router,
    fences: Fences,
    apps: Collection[str],
    take: Callable[[Event], None],
    seconds: float,
    known: list[Key],
) -> Census:
    """Ask what lives, tell `take` what was missed, and return what lives.

    apps: our applications. seconds: how long a fence may take. known: the ids that are compared.
    Raises AriError when Asterisk cannot be asked, or its events do not reach us.
    """
    await subscribed(ari, router, known)
    for _ in range(ROUNDS):
        with router.touching() as touched:
            census = await Census.take(ari, apps, known)
            await asyncio.gather(*(fences.passed(app, seconds) for app in apps))
        # From here on nothing waits: the census is true of all that no event has told of.
        for event in missed(census, router, [key for key in known if key not in touched]):
            take(event)
        known = [key for key in known if key in touched and router.claimed(key) is not None]
        if not known:
            break
    return census


async def subscribed(ari: Ari, router: Router, known: Iterable[Key]) -> None:
    """Subscribe again to bridges of ours: a subscription may have gone with the socket."""
    bridges: dict[str, list[str]] = {}
    there = {bridge.id for bridge in await ari.bridges.list()} if known else set()
    for kind, id in known:
        claim = router.claimed((kind, id))
        if kind == "bridge" and id in there and claim is not None:
            bridges.setdefault(claim.app, []).append(f"bridge:{id}")
    for app, sources in bridges.items():
        for source in sources:
            # One by one: of several, one that has just gone would keep the others from it.
            with suppress(Unprocessable):
                await ari.applications.subscribe(app, event_source=source)


def missed(census: Census, router: Router, keys: Iterable[Key]) -> list[Event]:
    """The differences between what we believe of these ids and a census, as events.

    What has started or changed comes first, ends last, media before channels.
    """
    found: list[list[Event]] = [[], [], []]
    for key in keys:
        claim = router.claimed(key)
        if claim is not None:
            kind, id = key
            for event in DIFFERENCES[kind](census, claim, id):
                found[RANK.get(type(event), 0)].append(event)
    # A channel and its bridge both tell of an entry.
    once = {(type(event), *keys_of(event)): event for part in found for event in part}
    return list(once.values())


# Ends of media, then what else changed, then ends of channels and of bridges.
RANK: dict[type[Event], int] = {
    StasisStart: 1,
    Dial: 1,
    ChannelStateChange: 1,
    ChannelLeftBridge: 1,
    ChannelEnteredBridge: 1,
    StasisEnd: 2,
    ChannelDestroyed: 2,
    BridgeDestroyed: 2,
}


def of_playback(census: Census, claim: Claim, id: str) -> list[Event]:
    """A playback that is not there has finished; whether in full, nobody knows."""
    handle = claim.handle
    target = handle.target_uri if isinstance(handle, PlaybackHandle) else ""
    live = census.playbacks.get(id)
    if live is None:
        over = Playback(id=id, target_uri=target, state="done")
        return [PlaybackFinished(application=claim.app, playback=over)]
    if isinstance(handle, PlaybackHandle) and not handle.started and live.state == "playing":
        return [PlaybackStarted(application=claim.app, playback=live)]
    return []


def of_recording(census: Census, claim: Claim, id: str) -> list[Event]:
    """A recording that is not there has finished."""
    if id in census.recordings:
        return []
    handle = claim.handle
    target = handle.target_uri if isinstance(handle, RecordingHandle) else ""
    over = LiveRecording(name=id, target_uri=target, state="done")
    return [RecordingFinished(application=claim.app, recording=over)]


def of_bridge(census: Census, claim: Claim, id: str) -> list[Event]:
    """A bridge may be gone, and others may have entered and left."""
    app, handle = claim.app, claim.handle
    bridge = census.bridges.get(id)
    members = set(bridge.channels) if bridge is not None else set()
    before = set(handle.channels) if isinstance(handle, BridgeHandle) else set(members)
    gone = bridge if bridge is not None else Bridge(id=id)
    events: list[Event] = [
        ChannelLeftBridge(application=app, bridge=gone, channel=census_of(census, channel_id))
        for channel_id in before - members
    ]
    if bridge is None:
        return [*events, BridgeDestroyed(application=app, bridge=gone)]
    entered: list[Event] = [
        ChannelEnteredBridge(application=app, bridge=bridge, channel=census_of(census, channel_id))
        for channel_id in members - before
    ]
    return [*events, *entered]


def of_channel(census: Census, claim: Claim, id: str) -> list[Event]:
    """A channel may be gone, may have left Stasis, been answered, entered or left a bridge."""
    app, handle = claim.app, claim.handle
    live = census.channels.get(id)
    known = handle if isinstance(handle, Channel) else None
    events: list[Event] = []
    snapshot = live or (known.snapshot if known is not None else Snapshot(id=id))
    before = known.bridge_id if known is not None else None
    now = census.within.get(id)
    if known is not None and before is not None and before != now:
        bridge = census.bridges.get(before, Bridge(id=before))
        events.append(ChannelLeftBridge(application=app, bridge=bridge, channel=snapshot))
    ended = StasisEnd(application=app, channel=snapshot)
    if live is None:
        if known is None or (known.gone is None and not known.awaited):
            events.append(ended)
        return [*events, ChannelDestroyed(application=app, channel=snapshot)]
    if known is None or known.gone is not None:
        return events
    if known.state != live.state and known.snapshot.name:
        if live.state == "Up" and not known.own:
            events.append(Dial(application=app, peer=live, dialstatus="ANSWER"))
        events.append(ChannelStateChange(application=app, channel=live))
    if known.awaited:
        if census.app_of(live) == app:
            events.append(StasisStart(application=app, channel=live))
    elif live.dialplan.app_name and census.app_of(live, last_of(live, known, app)) != app:
        return [*events, ended]
    if now is not None and before != now:
        bridge = census.bridges[now]
        events.append(ChannelEnteredBridge(application=app, bridge=bridge, channel=live))
    return events


def last_of(live: Snapshot, known: Channel, app: str) -> str | None:
    """The application that a channel was in, unless it has entered Stasis once more since."""
    return app if live.dialplan.app_data == known.snapshot.dialplan.app_data else None


def of_nothing(census: Census, claim: Claim, id: str) -> list[Event]:
    """Endpoints and devices do not end."""
    return []


DIFFERENCES: dict[str, Callable[[Census, Claim, str], list[Event]]] = {
    "playback": of_playback,
    "recording": of_recording,
    "bridge": of_bridge,
    "channel": of_channel,
    "endpoint": of_nothing,
    "device": of_nothing,
}


def census_of(census: Census, channel_id: str) -> Snapshot:
    """A channel as the census tells of it, or only its id."""
    return census.channels.get(channel_id) or Snapshot(id=channel_id)
