"""Conference rooms on a real server: in this process, or as `stasis run` in one of its own."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from stasis_conference.action import perform
from stasis_conference.live import LiveRoom, RoomEvent
from stasis_conference.member import Member
from stasis_conference.order import Order
from stasis_conference.plugin import ConferenceConfig, ConferencePlugin
from stasis_conference.rows import SessionRow
from stasis_conference.store import Store

from stasis import Link
from stasis.app import background
from stasis.ari import Ari
from stasis.lab.lab import Lab
from stasis.section import section
from stasis.servers import Servers
from stasis.transport.http import Http
from tests.asterisk.command_line import environment
from tests.asterisk.deployed import bridges, destroy
from tests.asterisk.listener import until
from tests.asterisk.phones import Phone
from tests.asterisk.servers import LOOKS, Server

SECONDS = 10.0


class House:
    """The plugin on a real server. events: what it has told."""

    def __init__(self, plugin: ConferencePlugin, link: Link) -> None:
        self.plugin = plugin
        self.link = link
        self.events: list[RoomEvent] = []
        plugin.listeners.append(self.events.append)

    @property
    def rooms(self) -> dict[str, LiveRoom]:
        """The rooms that live."""
        return self.plugin.rooms.live

    def inside(self, room: str = "1000") -> list[str]:
        """The numbers of who is inside."""
        live = self.rooms.get(room)
        return [] if live is None else [m.channel.caller_number for m in live.members.values()]

    def member(self, phone: Phone) -> Member:
        """The member that a phone is."""
        (found,) = [
            member
            for room in self.rooms.values()
            for member in room.everybody()
            if member.channel.caller_number == phone.name
        ]
        return found

    async def do(
        self, action: str, on: Phone | None = None, room: str = "1000", **more: Any
    ) -> None:
        """Have something done as the API does. on: to whom."""
        member = None if on is None else self.member(on)
        await perform(Order(action, self.plugin.rooms, self.rooms[room], member=member, **more))

    async def come(self, *phones: Phone, room: str = "1000") -> None:
        """Wait until these are inside, and nobody else is."""
        names = sorted(each.name for each in phones)
        await until(lambda: sorted(self.inside(room)) == names, f"{names} in {room}")

    async def tells(self, kind: str, count: int = 1) -> RoomEvent:
        """Wait until something was told so often. Returns the last one."""

        def told() -> list[RoomEvent]:
            return [each for each in self.events if each.kind == kind]

        await until(lambda: len(told()) >= count, kind)
        return told()[-1]

    async def history(self) -> list[SessionRow]:
        """All conferences until now, the first one first."""
        return (await self.plugin.store.history())[::-1]


@asynccontextmanager
async def opened(lab: Lab, folder: Path, text: str = "") -> AsyncIterator[House]:
    """A house with rooms on the server; at its end nothing is left there.

    text: the conference's file.
    """
    (folder / "conference.toml").write_text(text)
    keys = {"file": str(folder / "conference.toml"), "database": url_of(folder)}
    plugin = ConferencePlugin(section(ConferenceConfig, keys, "[plugin.conference]"))
    link = Link(Server(lab, "http").config(), plugin.programs())
    plugin.servers = Servers({link.name: link})
    await plugin.start()
    running = asyncio.create_task(link.run())
    try:
        await link.state.reached("ready", timeout=SECONDS)
        async with background([plugin]):
            house = House(plugin, link)
            yield house
            async with asyncio.timeout(SECONDS):
                await link.idle()
            await until(lambda: not house.rooms, "the rooms' end")
            await nothing_left(link.ari)
        assert not any(link.router.counts().values()), link.router.counts()
    finally:
        link.stop()
        await running
        await plugin.stop()


def url_of(folder: Path) -> str:
    """The database of a house in this folder."""
    return f"sqlite:///{folder}/conference.db"


@asynccontextmanager
async def store_of(folder: Path) -> AsyncIterator[Store]:
    """What a house has written down."""
    store = Store(url_of(folder))
    await store.open()
    try:
        yield store
    finally:
        await store.close()


class Program:
    """The plugin as `stasis run`, a process in a folder of its own. text: its file."""

    def __init__(self, lab: Lab, folder: Path, text: str) -> None:
        self.lab = lab
        self.folder = folder
        self._process: Process | None = None
        self._starts = 0
        (folder / "conference.toml").write_text(text)
        (folder / "stasis.toml").write_text(
            '[plugins]\nenabled = ["conference"]\n[plugin.conference]\nfile = "conference.toml"\n'
        )

    async def start(self) -> None:
        """Start it, and wait until it is ready."""
        self._starts += 1
        changed = {"STASIS_HTTP_PORT": "0", "STASIS_LOG_LEVEL": "debug"}
        with self.log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "stasis", "run"),
                cwd=self.folder,
                env=environment(self.lab, changed),
                stdout=DEVNULL,
                stderr=log,
            )
        await until(lambda: "ready on " in self.said, "ready")

    @property
    def log(self) -> Path:
        """What the process writes."""
        return self.folder / f"log-{self._starts}"

    @property
    def said(self) -> str:
        """What it has written until now."""
        return self.log.read_text("utf-8")

    async def kill(self) -> None:
        """kill -9."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            await process.wait()


@asynccontextmanager
async def deployed(lab: Lab, folder: Path, text: str) -> AsyncIterator[Program]:
    """The process, ready for calls; at its end nothing is left on the server."""
    program = Program(lab, folder, text)
    try:
        await program.start()
        yield program
        async with Http(Server(lab, "http").config().asterisk) as send:
            await nothing_left(Ari(send))
        assert "[error" not in program.said, program.said
    finally:
        await program.kill()
        await asyncio.to_thread(lab.cli, "channel request hangup all")


async def nothing_left(ari: Ari) -> None:
    """Wait until no channel and no bridge is on the server."""
    left: list[object] = []
    for _ in range(LOOKS):
        left = [*await ari.channels.list(), *await ari.bridges.list()]
        if not left:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"left: {left}")


def on_both(
    scenario: Callable[[Lab, Path], Coroutine[Any, Any, None]],
) -> Callable[[dict[str, Lab], Path], Awaitable[None]]:
    """A test that plays its scenario on Asterisk 22 and on 16 at the same time."""

    async def test(labs: dict[str, Lab], tmp_path: Path) -> None:
        for version in labs:
            (tmp_path / version).mkdir()
            # Made one after the other: alembic does one at a time in a process.
            async with store_of(tmp_path / version):
                pass
        try:
            async with asyncio.TaskGroup() as group:
                for version, lab in labs.items():
                    folder = tmp_path / version
                    group.create_task(scenario(lab, folder), name=f"Asterisk {version}")
        except BaseException:
            for lab in labs.values():  # the next test begins with none of it
                await asyncio.to_thread(lab.cli, "channel request hangup all")
                await destroy(lab, await asyncio.to_thread(bridges, lab, "conference"))
            raise

    test.__name__, test.__doc__ = scenario.__name__, scenario.__doc__
    return test
