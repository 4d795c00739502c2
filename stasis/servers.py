"""The Asterisks that one process runs calls on, by name.

Each has a link of its own, with its own socket, claims and calls: everything is keyed by
(server, id), and one that goes down leaves the others untouched.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sized
from functools import partial
from typing import Any, TypeAlias

import attrs
import structlog
from attrs import field, frozen

from stasis.config import Config
from stasis.errors import ConfigError, StasisError
from stasis.flow import Leave
from stasis.link import Link
from stasis.metrics import Metrics
from stasis.program import Program
from stasis.transport.arrived import Arrived
from stasis.transport.listen import Listener
from stasis.transport.tap import Tap
from stasis.trigger import Gap
from stasis.watch import Watch

__all__ = ["MakeTap", "Servers", "Shown"]

# A name is a label of metrics, a field of logs and a folder.
NAME = re.compile(r"[^A-Za-z0-9_-]+")

log = structlog.get_logger("stasis.servers")

MakeTap: TypeAlias = Callable[[str], Tap]
"""Makes what looks on at one link, by the link's name."""


class Servers(Mapping[str, Link]):
    """The links, by the Asterisks' names."""

    def __init__(self, links: Mapping[str, Link]) -> None:
        self._links: dict[str, Link] = dict(links)
        self.on_gap: list[Callable[[Gap], Coroutine[Any, Any, None]]] = []
        self._draining = False
        self._count = 0
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stopping = asyncio.Event()
        self._changed = asyncio.Event()
        self._first: Watch[Link | None] = Watch(None)
        self._looking: set[asyncio.Task[None]] = set()
        self._listener: Listener | None = None
        self._metrics = Metrics()

    @classmethod
    def of(
        cls,
        config: Config,
        programs: Mapping[str, Program],
        metrics: Metrics | None = None,
        *,
        take_over: bool = False,
        tap: MakeTap | None = None,
    ) -> Servers:
        """A link for each Asterisk of the configuration; see `Link`.

        tap: makes what looks on at a link, by the link's name.

        One of several that is not there at the start is waited for; a single one is an error,
        unless `asterisk.start_timeout` says otherwise.
        """
        configs = config.asterisks()
        if len(configs) > 1:
            configs = {name: patient(each) for name, each in configs.items()}
        return cls(
            {
                name: Link(
                    each,
                    programs,
                    name=name,
                    metrics=metrics,
                    take_over=take_over,
                    tap=tap(name) if tap is not None else None,
                )
                for name, each in configs.items()
            }
        )

    def __getitem__(self, name: str) -> Link:
        return self._links[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._links)

    def __len__(self) -> int:
        return len(self._links)

    @property
    def first(self) -> Link:
        """The first of them: the only one, for most programs.

        Raises ConfigError while there is none, as when Asterisk is to dial us and has not yet.
        """
        for link in self._links.values():
            return link
        raise ConfigError("no Asterisk has connected yet")

    async def listen(
        self,
        listener: Listener,
        config: Config,
        programs: Mapping[str, Program],
        metrics: Metrics,
        tap: MakeTap | None = None,
    ) -> None:
        """Take the connections that Asterisks open to us, until the listener closes.

        Each is a link of its own: one for all calls of its applications, or one for each call.
        When `run` ends, no more are let in: Asterisk keeps what happens for the next process.
        """
        self._listener, self._metrics = listener, metrics
        async for arrived in listener:
            if self._stopping.is_set():
                continue  # the listener is about to close it
            name = name_of(arrived)
            link = Link(
                config,
                programs,
                name=name,
                metrics=metrics,
                frames=arrived.frames,
                over_socket=True,
                tap=tap(name) if tap is not None else None,
            )
            link.calls.draining = self._draining
            link.on_gap += self.on_gap
            self._count += 1
            key = f"{name}/{arrived.application}" if arrived.per_call else name
            if key in self._links:
                key = f"{key}#{self._count}"  # several Asterisks on one machine have one id
            self._links[key] = link
            metrics.watch(name, partial(self._live, name))
            self._begin(key)

    async def ready(self) -> Link:
        """Wait for the first link that is ready, also one that comes later."""
        async for link in self._first:
            if link is not None:
                return link
        raise AssertionError  # a watch has no end

    def _live(self, name: str) -> Iterator[tuple[str, str, str, int]]:
        """For the metrics: the calls of all links to one Asterisk."""
        for link in self._links.values():
            if link.name == name:
                yield from link.live()

    @property
    def calls(self) -> int:
        """How many calls run, on all of them."""
        return sum(len(link.runners) for link in self._links.values())

    async def run(self, *, listening: bool = False) -> None:
        """Run all links until `stop`. listening: there may be none now, and more will come.

        Raises what the only link raises. Of several, one that fails for good is left out and
        told in the log; when all have failed, the first error is raised.
        """
        failed: list[StasisError] = []
        for name in self._links:
            self._begin(name)
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            while (self._tasks or listening) and not self._stopping.is_set():
                self._changed.clear()
                changed = asyncio.create_task(self._changed.wait())
                try:
                    await asyncio.wait(
                        {*self._tasks.values(), stopping, changed},
                        return_when=asyncio.FIRST_COMPLETED,
                    )
                finally:
                    changed.cancel()
                failed += self._reap()
            if failed and not self._tasks and not self._stopping.is_set():
                raise failed[0]
        finally:
            stopping.cancel()
            if self._listener is not None:
                self._listener.refuse()
            for link in self._links.values():
                link.stop()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def stop(self) -> None:
        """Close all sockets and return from `run`. Calls should have ended before."""
        self._stopping.set()

    def drain(self) -> None:
        """Take no new calls; live ones finish."""
        self._draining = True
        for link in self._links.values():
            link.drain()

    def end_calls(self, leave: Leave | None = None) -> None:
        """End every call soon; see `Link.end_calls`."""
        for link in self._links.values():
            link.end_calls(leave)

    def let_go(self, why: str) -> None:
        """Leave every call as it is, for the next process; see `Link.let_go`."""
        for link in self._links.values():
            link.let_go(why)

    @property
    def draining(self) -> bool:
        """Whether no new calls are taken."""
        return self._draining

    async def idle(self) -> None:
        """Wait until no call runs on any of them, nor on one that has come meanwhile."""
        while self.calls:
            for link in list(self._links.values()):
                await link.idle()

    def _begin(self, name: str) -> None:
        link = self._links[name]
        self._tasks[name] = asyncio.create_task(link.run(), name=f"server {name}")
        self._changed.set()
        looking = asyncio.create_task(self._look(link), name=f"ready {name}")
        self._looking.add(looking)
        looking.add_done_callback(self._looking.discard)

    async def _look(self, link: Link) -> None:
        if await link.state.reached("ready", "stopped") == "ready" and self._first.value is None:
            self._first.set(link)

    def _forget(self, name: str) -> None:
        """A connection that Asterisk had opened is over; others of the same server may live."""
        server = self._links.pop(name).name
        alive = [
            link.state.value == "ready" for link in self._links.values() if link.name == server
        ]
        self._metrics.of(server).connected = any(alive)

    def _reap(self) -> list[StasisError]:
        """Forget the links that are over. Returns what ended those that failed."""
        failed: list[StasisError] = []
        for name, task in list(self._tasks.items()):
            if not task.done():
                continue
            del self._tasks[name]
            listened = self._links[name].over_socket
            if listened:
                self._forget(name)
            error = task.exception()
            if isinstance(error, StasisError):
                failed.append(error)
                if listened or len(self._links) > 1:
                    log.error("a server is left out", server=name, error=str(error))
            elif error is not None:
                raise error
        return failed


class Shown(Mapping[str, "Link | Entrance"]):
    """What monitors are shown, read when they ask: each link but those of single calls.

    While we listen the way in is shown as one more, called `listen`, with all single calls.
    """

    def __init__(self, servers: Servers, *, listening: bool) -> None:
        self._servers = servers
        self._listening = listening

    def _rows(self) -> dict[str, Link | Entrance]:
        rows: dict[str, Link | Entrance] = {}
        single: list[Link] = []
        for name, link in self._servers.items():
            if link.over_socket and "/" in name:
                single.append(link)
            else:
                rows[name] = link
        if self._listening:
            runners = [runner for link in single for runner in link.runners]
            rows["listen"] = Entrance(self._servers.draining, runners)
        return rows

    def __getitem__(self, name: str) -> Link | Entrance:
        return self._rows()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows())

    def __len__(self) -> int:
        return len(self._rows())


@frozen
class Entrance:
    """Where Asterisk connects to us, for a monitor. runners: the calls with their own sockets."""

    draining: bool
    runners: Sized
    state: Watch[str] = field(factory=lambda: Watch("ready"))


def name_of(arrived: Arrived) -> str:
    """The Asterisk's name: what stands behind the `?` of its uri, else its id.

    Several on one machine have the same id, so each should have a query of its own.
    """
    return NAME.sub("-", arrived.target.partition("?")[2] or arrived.asterisk_id)[:40] or "asterisk"


def patient(config: Config) -> Config:
    """The same, waiting for Asterisk however long it takes to be there."""
    return attrs.evolve(config, asterisk=attrs.evolve(config.asterisk, start_timeout=math.inf))
