"""The simulated server: everything that lives on it, by id, and its clock.

Rules: one event loop, no threads; whatever takes time waits on the loop's clock, so that a test
in virtual time is over at once and the same each time. It knows nothing of sockets: requests
come in through `rest`, events go out through `bus`.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stasis.ari.version import Since, Version
from stasis.testing.clock import VirtualClockLoop
from stasis.testing.simulator.bus import Bus
from stasis.testing.simulator.devices import Devices
from stasis.testing.simulator.dialplan import Dialplan
from stasis.testing.simulator.log_channels import LogChannels
from stasis.testing.simulator.modules import Modules
from stasis.testing.simulator.sorcery import Sorcery
from stasis.testing.simulator.sounds import Sounds
from stasis.testing.simulator.wave import seconds_of

if TYPE_CHECKING:
    from stasis.testing.simulator.bridge import Bridge
    from stasis.testing.simulator.channel import Channel
    from stasis.testing.simulator.phone import Phone
    from stasis.testing.simulator.playback import Playback
    from stasis.testing.simulator.recording import Recording

# Technologies that can be heard of as a whole.
TECHNOLOGIES = ("PJSIP", "Local", "IAX2", "SIP")

__all__ = ["ASTERISK_ID", "VERSIONS", "Machine"]

# Why a channel is hung up when the server ends, and how long its threads may take.
SHUTDOWN = 4
SHUTDOWN_SECONDS = 1.0
ASTERISK_ID = "00:00:5e:00:53:01"
VERSIONS = {"22": Version(22, 10, 1), "16": Version(16, 28, 0)}
# Virtual time begins here, so that a test's timestamps are the same each time.
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class Machine:
    """The server. version: as whose it behaves. plan: its dialplan. sounds: its prompts.

    recordings: the folder where recorded files are written. Made inside a running event loop.

    failures: what has gone wrong in the simulator itself; a test must not pass then.
    """

    def __init__(self, version: Version, plan: Dialplan, sounds: Sounds, recordings: Path) -> None:
        self.version = version
        self.plan = plan
        self.sounds = sounds
        self.folder = recordings
        self.loop = asyncio.get_running_loop()
        virtual = isinstance(self.loop, VirtualClockLoop)
        self._epoch = (EPOCH if virtual else datetime.now(UTC)) - timedelta(
            seconds=self.loop.time()
        )
        self.started = self.stamp()
        lasting = not self.has("20.14", "21.9", "22.4")
        self.bus = Bus(self.stamp, ASTERISK_ID, self.changed, lasting=lasting)
        # Names of variables that every channel in an event carries.
        self.channelvars: tuple[str, ...] = ()
        self.channels: dict[str, Channel] = {}
        self.bridges: dict[str, Bridge] = {}
        self.playbacks: dict[str, Playback] = {}
        self.recordings: dict[str, Recording] = {}
        self.phones: dict[str, Phone] = {}
        self.on_unknown_phone: Callable[[str], Phone | None] = lambda name: None
        self.variables: dict[str, str] = dict(plan.globals)
        self.devices = Devices(self)
        self.mailboxes: dict[str, tuple[int, int]] = {}
        self.modules = Modules()
        self.log_channels = LogChannels()
        self.sorcery = Sorcery(late=version.major > 16)
        # What was sent to endpoints: texts and referrals, as ARI was asked for them.
        self.messages: list[dict[str, Any]] = []
        self.failures: list[BaseException] = []
        self._numbers = itertools.count()
        # In the order they came, so that a test goes the same way each time.
        self._watching: dict[asyncio.Future[None], None] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def now(self) -> datetime:
        """The server's clock."""
        return self._epoch + timedelta(seconds=self.loop.time())

    def new_phone(self, name: str) -> Phone | None:
        """The phone of an endpoint that is called for the first time; None when there is none."""
        return self.on_unknown_phone(name)

    def stamp(self) -> str:
        """Now, as ARI writes a time."""
        now = self.now
        return f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}+0000"

    def has(self, *since: str) -> bool:
        """Whether the version has what came with these: `machine.has("20.14", "22.4")`."""
        return Since(*since).holds(self.version)

    def changed(self) -> None:
        """Something has happened: whoever waits for something looks again."""
        watching, self._watching = self._watching, {}
        for change in watching:
            if not change.done():
                change.set_result(None)

    async def until(self, predicate: Callable[[], object], seconds: float) -> bool:
        """Wait until something is so. Returns False when it is not so in time."""
        end = self.loop.time() + seconds
        while not predicate():
            left = end - self.loop.time()
            if left <= 0:
                return False
            change: asyncio.Future[None] = self.loop.create_future()
            self._watching[change] = None
            await asyncio.wait({change}, timeout=left)
            self._watching.pop(change, None)
        return True

    def number(self) -> int:
        """The next number for a name that Asterisk makes."""
        return next(self._numbers)

    def new_id(self) -> str:
        """An id as Asterisk makes it, when nobody has chosen one."""
        return f"{self.now.timestamp():.0f}.{self.number()}"

    def spawn(self, work: Any, name: str) -> asyncio.Task[None]:
        """Run something beside: a channel's thread."""
        task: asyncio.Task[None] = self.loop.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self.failed(error)

    def failed(self, error: BaseException) -> None:
        """Something has gone wrong in the simulator itself."""
        if error not in self.failures:
            self.failures.append(error)

    async def restart(self) -> None:
        """What `core restart now` does: all are hung up, nothing that lived is left, and the server
        has started later. Device states and mailboxes stay.
        """
        for channel in list(self.channels.values()):
            channel.soft_hangup(0, SHUTDOWN)
        await self.until(lambda: not self.channels, SHUTDOWN_SECONDS)
        await self.stop()
        for living in (self.channels, self.bridges, self.playbacks, self.recordings):
            living.clear()
        self.variables = dict(self.plan.globals)
        self.modules, self.log_channels = Modules(), LogChannels()
        for name in self.sorcery.names("endpoint"):
            self.phones.pop(f"PJSIP/{name}", None)
        self.sorcery = Sorcery(late=self.version.major > 16)
        self.bus.applications.clear()
        self.started = self.stamp()

    async def stop(self) -> None:
        """End all that runs, as the end of the server's process does."""
        while self._tasks:
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def later(self, seconds: float, do: Callable[[], object]) -> asyncio.TimerHandle:
        """Do something in so many seconds."""

        def done() -> None:
            try:
                do()
            except Exception as error:
                self.failed(error)

        return self.loop.call_later(seconds, done)

    # Stored recordings

    def path_of(self, name: str, kind: str) -> Path:
        """Where a recording of this name and format is stored."""
        return self.folder / f"{name}.{kind}"

    def stored(self, name: str) -> Path | None:
        """The stored recording of this name; None when there is none."""
        path = self.folder / name
        if not path.parent.is_dir() or not self.keeps(path):
            return None
        found = (each for each in path.parent.iterdir() if each.stem == path.name)
        return next(found, None)

    def keeps(self, path: Path) -> bool:
        """Whether a path is one of the folder of recordings: a name may lead out of it."""
        return path.resolve().is_relative_to(self.folder.resolve())

    def stored_seconds(self, name: str) -> float:
        """How long a stored recording plays."""
        path = self.stored(name)
        return 0.0 if path is None else seconds_of(path)

    # Endpoints

    def endpoint(self, name: str) -> dict[str, Any] | None:
        """An endpoint such as `PJSIP/alice`, as ARI's model Endpoint; None when there is none."""
        phone = self.phones.get(name)
        if phone is None:
            return None
        technology, _, resource = name.partition("/")
        start = f"{name}-"
        return {
            "technology": technology,
            "resource": resource,
            "state": "offline" if phone.behaviour == "unreachable" else "online",
            "channel_ids": [c.id for c in self.channels.values() if c.name.startswith(start)],
        }

    def has_endpoint(self, name: str) -> bool:
        """Whether there is such an endpoint, or a technology of that name."""
        return name in self.phones or name in TECHNOLOGIES
