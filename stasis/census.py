"""A census: what lives on one Asterisk at one moment, as far as our applications are concerned."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import TypeVar

from attrs import frozen

from stasis.ari import Ari
from stasis.ari.bridges import Bridge
from stasis.ari.channels import Channel
from stasis.ari.playbacks import Playback
from stasis.ari.recordings import LiveRecording
from stasis.errors import NotFound
from stasis.router import Key

__all__ = ["Census", "args_of", "is_out"]

T = TypeVar("T")

BROADCAST = "StasisBroadcast"


@frozen
class Census:
    """What lives.

    channels, bridges: all of the server's, by id. within: the bridge of each channel that is in
    one. heard: ids of the channels that each of our applications is subscribed to. playbacks,
    recordings: of those that were asked for.
    """

    channels: dict[str, Channel]
    bridges: dict[str, Bridge]
    within: dict[str, str]
    heard: dict[str, frozenset[str]]
    playbacks: dict[str, Playback]
    recordings: dict[str, LiveRecording]

    @classmethod
    async def take(cls, ari: Ari, apps: Iterable[str], asked: Collection[Key] = ()) -> Census:
        """Ask Asterisk. apps: our applications. asked: playbacks and recordings to look for.

        Raises AriError when it cannot be asked.
        ARI: GET /channels, /bridges, /applications/{app}, /playbacks/{id}, /recordings/live/{name}.
        """
        names = list(apps)
        channels, bridges, playbacks, recordings, applications = await asyncio.gather(
            ari.channels.list(),
            ari.bridges.list(),
            each(ari.playbacks.get, [id for kind, id in asked if kind == "playback"]),
            each(ari.recordings.get_live, [id for kind, id in asked if kind == "recording"]),
            asyncio.gather(*(ari.applications.get(name) for name in names)),
        )
        return cls(
            {channel.id: channel for channel in channels},
            {bridge.id: bridge for bridge in bridges},
            {member: bridge.id for bridge in bridges for member in bridge.channels},
            {
                name: frozenset(found.channel_ids)
                for name, found in zip(names, applications, strict=True)
            },
            playbacks,
            recordings,
        )

    @classmethod
    def of_nothing(cls) -> Census:
        """An Asterisk that has just been started."""
        return cls({}, {}, {}, {}, {}, {})

    def app_of(self, channel: Channel, last: str | None = None) -> str | None:
        """Which of our applications a channel is in; None when in none.

        The dialplan says so, and is wrong only of a channel that was moved between two. Who was
        offered to several is in the one that claimed it, and that hears it since. last: where it
        is known to have been since it entered Stasis; believed while it is heard there, since
        Asterisk tells the application that has originated a channel of it wherever it is.
        """
        if channel.dialplan.app_name == BROADCAST:
            pattern = given(channel)[1]
            ours = (app for app, ids in self.heard.items() if channel.id in ids)
            return next((app for app in ours if offered(pattern, app)), None)
        if channel.dialplan.app_name != "Stasis":
            return None
        if last is not None and channel.id in self.heard.get(last, ()):
            return last
        entered = (channel.dialplan.app_data or "").partition(",")[0]
        if entered in self.heard and channel.id in self.heard[entered]:
            return entered
        # An application of one call is called `app:channel`, and the dialplan says `app`.
        if entered not in {name for app in self.heard for name in (app, app.partition(":")[0])}:
            return None  # another program's: Asterisk tells us of it since we have dialled it
        return next((app for app, ids in self.heard.items() if channel.id in ids), None)


def is_out(channel: Channel) -> bool:
    """Whether a channel lives in the dialplan, of itself or because a flow has sent it on.

    The dialplan of one that still rings for us names the dialling, and of one that goes nothing.
    """
    return channel.dialplan.app_name not in ("Stasis", BROADCAST, "AppDial2", "", None)


def args_of(channel: Channel) -> tuple[str, ...]:
    """The arguments that a channel has brought, as the dialplan still knows them.

    Those of `Stasis(app,one,two)`, or of `StasisBroadcast(timeout,filter,one:two)`.
    """
    if channel.dialplan.app_name == BROADCAST:
        args = given(channel)[2]
        return tuple(args.split(":")) if args else ()
    return tuple((channel.dialplan.app_data or "").split(",")[1:])


def given(channel: Channel) -> list[str]:
    """What was given to StasisBroadcast: timeout, filter, arguments, and more."""
    return [*(channel.dialplan.app_data or "").split(","), "", "", ""]


def offered(pattern: str, app: str) -> bool:
    """Whether StasisBroadcast has offered a call to an application. pattern: its filter."""
    try:
        return re.search(pattern, app) is not None
    except re.error:
        return True  # Asterisk's expressions are of another kind


async def each(get: Callable[[str], Awaitable[T]], names: Iterable[str]) -> dict[str, T]:
    """What is there of these, by name."""

    async def one(name: str) -> tuple[str, T] | None:
        try:
            return name, await get(name)
        except NotFound:
            return None

    return dict(filter(None, await asyncio.gather(*map(one, names))))
