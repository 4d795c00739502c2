"""Flows whose calls are kept, for the tests of what a new process does with them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import attrs

from stasis.ari.events import (
    ChannelDestroyed,
    ChannelDtmfReceived,
    Event,
    StasisEnd,
)
from stasis.bridge import Bridge
from stasis.channel import Channel
from stasis.config import Config
from stasis.dialling import Dialling
from stasis.flow import Flow
from stasis.keep import VARIABLE
from stasis.record import Record
from stasis.recording import LiveRecording, StoredRecording
from stasis.trigger import After, Other
from tests.server import Process, Server


@asynccontextmanager
async def restarted(
    server: Server, old: Process, runs: Any, config: Config | None = None
) -> AsyncIterator[Process]:
    """The process is killed, and a new one begins. What it does is counted from here on."""
    await old.kill()
    server.lines.clear()
    async with Process(server, runs, config) as new:
        assert new.link.state.value == "ready"
        yield new


def record_of(server: Server, channel_id: str) -> Record:
    """What is kept of a call."""
    return Record.decode(server.variables[channel_id, VARIABLE])


async def forever() -> None:
    """Stay in the state."""
    await asyncio.get_running_loop().create_future()


@attrs.define
class Data:
    """What the flow keeps."""

    pin: str = ""
    tries: int = 0
    said: dict[str, list[int]] = attrs.field(factory=dict)
    desk: Channel | None = None
    room: Bridge | None = None
    ringing: Dialling | None = None
    message: StoredRecording | None = None


class Told(Flow):
    """Writes down what its states were entered with."""

    def __init__(self) -> None:
        self.told: list[Event] = []
        self.ends: list[Event | None] = []

    async def ended(self, event: Event | None) -> None:
        self.ends.append(event)


class Menu(Told):
    """A menu, and a state behind it."""

    data: Any = Data()

    async def menu(self, event: Event) -> None:
        self.told.append(event)

    async def pin(self, event: Event) -> None:
        self.told.append(event)
        self.data.tries += 1

    async def late(self, event: Event) -> None:
        self.told.append(event)

    start = menu
    table: ClassVar = {
        menu: {(ChannelDtmfReceived, "1"): pin},
        pin: {(ChannelDtmfReceived, "#"): menu, After(10): late},
        late: {After(3600): late},
    }


class Stays(Told):
    """Stays in its one state."""

    async def here(self, event: Event) -> None:
        self.told.append(event)

    start: ClassVar[Any] = here
    table: ClassVar = {here: {After(36_000): here}}


class Desk(Told):
    """Makes one of everything, and knows what came of the desk."""

    data: Any = Data()

    def __init__(self) -> None:
        super().__init__()
        self.made: list[Any] = []

    async def making(self, event: Event) -> None:
        self.told.append(event)
        self.made.append(await self.channel.originate("PJSIP/desk"))
        self.made.append(await self.channel.create("PJSIP/other"))
        self.made.append(await self.channel.snoop())
        self.made.append(await self.channel.bridge())

    async def talking(self, event: Event) -> None:
        self.told.append(event)

    async def over(self, event: Event) -> None:
        self.told.append(event)

    start = making
    table: ClassVar = {
        making: {Other(ChannelDestroyed): over},
        talking: {Other(StasisEnd): over},
        over: {After(3600): over},
    }


class Speaks(Told):
    """Plays and records."""

    data: Any = Data()

    def __init__(self) -> None:
        super().__init__()
        self.recording: LiveRecording | None = None

    async def speaking(self, event: Event) -> None:
        self.told.append(event)
        for medium in ("sound:a", "sound:b"):
            await self.channel.play(medium)

    async def recording_(self, event: Event) -> None:
        self.told.append(event)
        self.recording = await self.channel.record("messages/1")
        result = await self.recording.finished()
        self.data.message = result.stored

    async def thanks(self, event: Event) -> None:
        self.told.append(event)

    start = speaking
    table: ClassVar = {
        speaking: {(ChannelDtmfReceived, "1"): recording_},
        recording_: {(ChannelDtmfReceived, "#"): thanks},
        thanks: {After(3600): thanks},
    }


class Newer(Menu):
    """The flow `Menu` of a later day, whose data have another form."""

    version = 2


Newer.__name__ = "Menu"
