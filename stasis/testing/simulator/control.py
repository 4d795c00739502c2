"""A channel's stay in a Stasis application: its commands, one after the other.

Rules: a command that takes time (a playback, a recording, digits) keeps those behind it waiting;
a hang-up ends all of them. What was asked for at once (`hangup`) is no command.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from stasis.testing.simulator.bus import Application
from stasis.testing.simulator.channel import Channel, HungUp, Redirected
from stasis.testing.simulator.functions import Dangerous
from stasis.testing.simulator.utf8 import is_utf8

__all__ = ["Control", "Work", "stasis"]

Work = Callable[[], Awaitable[None]]


class Leaves(Exception):
    """The channel leaves the application."""


class Control:
    """What runs a channel while it is in an application. app: which.

    busy: a command runs.
    """

    def __init__(self, channel: Channel, app: Application) -> None:
        self.channel = channel
        self.app = app
        self.onward: tuple[str, str, int] | None = None
        self.moving: tuple[str, list[str]] | None = None
        self.busy = False
        self._leaves = False
        self._after: list[Callable[[], None]] = []
        self._waiting: deque[tuple[Work, asyncio.Future[None]]] = deque()
        self._work = channel.machine.loop.create_future()
        # What an application does to a channel while nothing else plays: music, silence, ringing.
        self.drops: list[Callable[[], None]] = []

    def queue(self, work: Work) -> asyncio.Future[None]:
        """Do this when what was asked for before is done. The future is done with it.

        The future raises HungUp when the channel ends first.
        """
        done: asyncio.Future[None] = self.channel.machine.loop.create_future()
        done.add_done_callback(lambda future: future.cancelled() or future.exception())
        self._waiting.append((work, done))
        if not self._work.done():
            self._work.set_result(None)
        return done

    def afterwards(self, work: Callable[[], None]) -> None:
        """Do this when the command that runs now is over, before the next."""
        self._after.append(work)

    def leave(self, onward: tuple[str, str, int] | None = None) -> None:
        """Leave the application after what was asked for; on to this place in the dialplan."""

        async def work() -> None:
            self.onward = onward
            raise Leaves

        self.queue(work)

    def move(self, app: str, args: list[str]) -> None:
        """Go to another application after what was asked for."""

        async def work() -> None:
            machine = self.channel.machine
            if machine.bus.active(app) is None:
                fields = {"channel": self.channel.json(), "destination": app, "args": args}
                machine.bus.send(self.app, "ApplicationMoveFailed", fields)
                return
            self.moving = (app, args)
            raise Leaves

        self.queue(work)

    async def run(self) -> None:
        """Carry out commands until the channel leaves. Raises HungUp, Redirected."""
        loop = self.channel.machine.loop
        while True:
            self.channel.check()
            if not self._waiting:
                self._work = loop.create_future()
                await self.channel.wait(until=self._work)
                continue
            work, done = self._waiting.popleft()
            self.busy = True
            try:
                await work()
            except Leaves:
                settle(done)
                return
            except (HungUp, Redirected) as error:
                settle(done, error)
                raise
            except Exception as error:
                if not isinstance(error, Dangerous):
                    self.channel.machine.failed(error)
                settle(done, error)
            else:
                settle(done)
            finally:
                self.busy = False
                while self._after:
                    self._after.pop(0)()

    def close(self) -> None:
        """The channel has left: what was still asked for is not done."""
        for drop in self.drops:
            drop()
        while self._waiting:
            _, done = self._waiting.popleft()
            settle(done, HungUp())


def settle(done: asyncio.Future[None], error: Exception | None = None) -> None:
    """A command is done, or has failed; who asked for it may have gone."""
    if done.done():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)


async def stasis(
    channel: Channel,
    name: str,
    args: list[str],
    *,
    tells: bool = True,
    clears: bool = True,
    replaces: Channel | None = None,
    begins: Callable[[], None] = lambda: None,
) -> bool:
    """Run a channel in an application until it leaves it. Sets STASISSTATUS.

    tells: it tells its success itself; else whoever runs it does, when all is over. clears: the
    status of an application before is cleared first. replaces: whose place it takes after a
    transfer: the application hears no more of that one. begins: called once the start is told.

    Returns whether it was told where to go on, which is its place then. Raises HungUp, Redirected.
    """
    machine = channel.machine
    if clears:
        channel.set_variable("STASISSTATUS", "")
    app = machine.bus.active(name)
    if app is None or not all(is_utf8(each) for each in args):
        channel.set_variable("STASISSTATUS", "FAILED")
        if app is None:
            running = ", ".join(sorted(machine.bus.applications)) or "none"
            channel.astray = (
                f"Stasis({name}) at {channel.place}: nobody runs it; running: {running}"
            )
        return False
    while app is not None:
        control = channel.control = Control(channel, app)
        app.subscribe(channel.topic)
        start: dict[str, Any] = {"args": args, "channel": channel.json()}
        if replaces is not None:
            start["replace_channel"] = replaces.json()
            app.unsubscribe(replaces.topic)
        machine.bus.send(app, "StasisStart", start)
        try:
            begins()
            await control.run()
        finally:
            channel.control = None
            control.close()
            if control.moving is None and channel.bridge is not None:
                channel.bridge.remove(channel)
            app.unsubscribe(channel.topic)
            machine.bus.send(app, "StasisEnd", {"channel": channel.json()})
            machine.bus.reap(app)
            if channel.ending and tells and not channel.taken_over:
                channel.set_variable("STASISSTATUS", "SUCCESS")
        if control.moving is None:
            if tells:
                channel.set_variable("STASISSTATUS", "SUCCESS")
            if control.onward is not None:
                channel.context, channel.exten, channel.priority = control.onward
            return control.onward is not None
        (name, args), replaces, begins = control.moving, None, lambda: None
        app = machine.bus.active(name)
    return False
