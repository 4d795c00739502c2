"""Flows whose code is slow or broken, each in its own way, and a healthy one beside them.

The first argument is the call's name. Each notes what it does, as `Calls` does.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stasis import (
    After,
    ChannelDtmfReceived,
    ChannelGone,
    Do,
    Done,
    Event,
    Flow,
    Plugin,
    Runnable,
)
from tests.faults.calls import CallsConfig
from tests.faults.journal import Journal

__all__ = ["BLOCKED_SECONDS", "BrokenPlugin"]

BLOCKED_SECONDS = 0.2
FOREVER = 100_000
# Whatever a leaking flow has started; asyncio itself keeps only weak references.
LEAKED: set[asyncio.Task[None]] = set()


class Noted(Flow):
    """Notes what it does in the journal."""

    plugin: BrokenPlugin

    def note(self, what: str, **detail: Any) -> None:
        self.plugin.journal.write(self.channel.args[0], what, **detail)

    async def begin(self, state: str) -> None:
        self.note("state", state=state)
        await self.channel.answer()

    async def ended(self, event: Event | None) -> None:
        self.note("ended", state="ended", why=type(event).__name__)

    async def second(self, event: Event) -> None:
        self.note("state", state="second")


class Healthy(Noted):
    """Hears digits, and notes how long each took from Asterisk to here."""

    async def menu(self, event: Event) -> None:
        await self.begin("menu")

    async def heard(self, event: ChannelDtmfReceived) -> None:
        assert event.timestamp is not None
        self.note("heard", state="menu", lag=(datetime.now(UTC) - event.timestamp).total_seconds())

    start = menu
    table = {menu: {ChannelDtmfReceived: Do(heard)}}


class Sleeps(Noted):
    """Awaits three seconds in its state, in its action, and in `ended`."""

    async def menu(self, event: Event) -> None:
        await self.begin("menu")
        await asyncio.sleep(3)

    async def act(self, event: ChannelDtmfReceived) -> None:
        await asyncio.sleep(3)
        self.note("heard", state="menu")

    async def ended(self, event: Event | None) -> None:
        await asyncio.sleep(0.5)
        await super().ended(event)

    start = menu
    table = {menu: {ChannelDtmfReceived: Do(act)}}


class RaisesAtOnce(Noted):
    """Raises in its first state."""

    async def menu(self, event: Event) -> None:
        await self.begin("menu")
        raise ValueError("in the first state")

    start = menu
    table = {menu: {ChannelDtmfReceived: Noted.second}, Noted.second: {After(60): menu}}


class RaisesLater(Noted):
    """Raises in its second state."""

    async def menu(self, event: Event) -> None:
        await self.begin("menu")

    async def second(self, event: Event) -> None:
        await super().second(event)
        raise KeyError("in the second state")

    start = menu
    table = {menu: {Done: second}, second: {After(60): menu}}


class RaisesInAction(Noted):
    """Raises in an action."""

    async def menu(self, event: Event) -> None:
        await self.begin("menu")

    async def act(self, event: Event) -> None:
        raise ZeroDivisionError("in an action")

    start = menu
    table = {menu: {After(0.5): Do(act)}}


class RaisesInEnded(Noted):
    """Raises in `ended`."""

    async def menu(self, event: Event) -> None:
        await self.begin("menu")

    async def ended(self, event: Event | None) -> None:
        await super().ended(event)
        raise RuntimeError("in ended")

    start = menu
    table = {menu: {After(60): Noted.second}}


class RaisesInCleanup(Noted):
    """Raises while it is being cancelled."""

    async def menu(self, event: Event) -> None:
        await self.begin("menu")
        try:
            await asyncio.sleep(FOREVER)
        finally:
            raise LookupError("in the cleanup")

    start = menu
    table = {menu: {After(0.5): Noted.second}, Noted.second: {After(60): menu}}


class Never(Noted):
    """Never returns."""

    async def menu(self, event: Event) -> None:
        await self.begin("menu")
        await asyncio.get_running_loop().create_future()

    start = menu
    table = {menu: {After(600): Noted.second}}


class Stubborn(Noted):
    """Ignores that it is cancelled, whoever does it."""

    async def menu(self, event: Event) -> None:
        await self.begin("menu")
        while True:
            try:
                await asyncio.sleep(FOREVER)
            except BaseException:
                continue

    start = menu
    table = {menu: {After(1): Noted.second}, Noted.second: {After(60): menu}}


class Swallows(Noted):
    """Takes the end of its caller for something that will pass."""

    async def menu(self, event: Event) -> None:
        await self.begin("menu")
        while True:
            try:
                playback = await self.channel.play("sound:beep")
                await playback.finished(5)
            except ChannelGone:
                await asyncio.sleep(0.1)

    start = menu
    table = {menu: {After(600): Noted.second}}


class Leaks(Noted):
    """Starts tasks that nobody ends, and one that goes on with the channel."""

    async def menu(self, event: Event) -> None:
        await self.begin("menu")
        for work in asyncio.sleep(FOREVER), self.goes_on():
            task = asyncio.create_task(work)
            LEAKED.add(task)

    async def goes_on(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            await self.channel.play("sound:beep")

    start = menu
    table = {menu: {After(600): Noted.second}}


class Odd(BaseException):
    """No Exception."""


class RaisesOdd(Noted):
    """Raises what is no Exception."""

    async def menu(self, event: Event) -> None:
        await self.begin("menu")
        raise Odd

    start = menu
    table = {menu: {After(60): Noted.second}}


class Blocks(Noted):
    """Blocks the event loop itself, on each digit."""

    async def menu(self, event: Event) -> None:
        await self.begin("menu")

    async def act(self, event: ChannelDtmfReceived) -> None:
        time.sleep(BLOCKED_SECONDS)  # noqa: ASYNC251  this is the fault
        self.note("heard", state="menu")

    start = menu
    table = {menu: {ChannelDtmfReceived: Do(act)}}


class BrokenPlugin(Plugin):
    """All of them, each in an application of its own name."""

    name = "broken"
    config_class = CallsConfig

    def __init__(self, config: CallsConfig) -> None:
        super().__init__(config)
        self.journal = Journal(Path(config.journal))

    def flows(self) -> dict[str, Runnable]:
        """The flows by application."""
        kinds: list[type[Flow]] = [
            *(Healthy, Sleeps, RaisesAtOnce, RaisesLater, RaisesInAction, RaisesInEnded),
            *(RaisesInCleanup, RaisesOdd, Never, Stubborn, Swallows, Leaks, Blocks),
        ]
        return {each.__name__.lower(): each for each in kinds}
