"""`stasis run --listen` as a process of its own, killed and started again, and its callers.

What its flows do is read from the file that they write, what it says from its standard error.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from pathlib import Path

from stasis import Channel, ChannelGone, Link
from stasis.errors import NotFound
from stasis.lab.baresip import bound
from stasis.lab.lab import Lab
from stasis.lab.outbound import Outbound
from stasis.owner import new_id
from tests.asterisk.command_line import environment
from tests.asterisk.servers import Callers, Server

PASSWORD = "outbound-4711"
SECONDS = 15.0
SLOW = re.compile(r"\] Executing <.* took [\d.]+ seconds\b")


async def until(holds: Callable[[], object], what: str = "") -> None:
    """Look again and again until it holds. Raises AssertionError when it does not for long."""
    try:
        async with asyncio.timeout(SECONDS):
            while not holds():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"it did not come about: {what}") from None


class Listening:
    """The process. folder: where it runs and writes. port: where it listens.

    said: its standard error so far. pages: where its health pages are.
    """

    def __init__(self, folder: Path, lab: Lab, app: str, *, instance: str = "") -> None:
        self.folder = folder
        self.lab = lab
        self.flow_app = app
        self.app = f"{app}-{instance}" if instance else app
        # Kept until the end: it is started late, and more than once.
        self._held = ExitStack()
        self.port, self.pages = (held_port(self._held) for _ in range(2))
        self.said = ""
        self.instance = instance
        self._process: Process | None = None
        self._stopping = False
        self._reader: asyncio.Task[None] | None = None
        folder.mkdir(exist_ok=True)
        shutil.copy(Path(__file__).parent / "reception.py", folder / "reception.py")

    def dialling(self, name: str, *apps: str, per_call: bool, password: str = PASSWORD) -> Outbound:
        """What Asterisk is told, so that it dials us."""
        url = f"ws://127.0.0.1:{self.port}/ari?{name}"
        return Outbound(
            name,
            url,
            apps or (self.app,),
            "asterisk",
            password,
            per_call=per_call,
            # A call waits so long for us; what is persistent reads a changed password only then.
            attempts=60 if per_call else 4,
        )

    async def start(self) -> None:
        """Start it, and wait until it listens."""
        changed = {
            "STASIS_ASTERISK_URL": "http://127.0.0.1:9/ari",  # nothing may be asked of it there
            "STASIS_ASTERISK_INSTANCE": self.instance,
            "STASIS_LISTEN_PORT": str(self.port),
            "STASIS_LISTEN_PASSWORD": PASSWORD,
            "STASIS_HTTP_PORT": str(self.pages),
            "STASIS_ENGINE_STALL_SECONDS": "0",  # how busy the machine is is not asked here
        }
        words = (
            "-m",
            "stasis",
            "run",
            "reception.py:Reception",
            "--app",
            self.flow_app,
            "--listen",
        )
        self.said, self._stopping = "", False
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *words,
            cwd=self.folder,
            env=environment(self.lab, changed),
            stderr=PIPE,
        )
        self._reader = asyncio.create_task(self._read(self._process))
        await self.says("listening for Asterisk")

    async def _read(self, process: Process) -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            self.said += line.decode()

    async def says(self, words: str, times: int = 1) -> None:
        """Wait until it has said something so often."""
        try:
            await until(lambda: self.said.count(words) >= times or self._over(), words)
        finally:
            assert self.said.count(words) >= times, self.said

    def _over(self) -> bool:
        return self._reader is None or self._reader.done()

    async def stop(self, number: signal.Signals = signal.SIGHUP) -> None:
        """Send a signal and wait for the end. It must never have ended in a traceback."""
        if self._process is None:
            return
        if number != signal.SIGTERM or not self._stopping:
            self.signal(number)
        process, self._process = self._process, None
        async with asyncio.timeout(SECONDS):
            code = await process.wait()
            assert self._reader is not None
            await self._reader
        assert code == (0 if number != signal.SIGKILL else -signal.SIGKILL), self.said
        assert "Traceback" not in self.said, self.said

    async def end(self) -> None:
        """Kill it if it runs, and give its ports back."""
        try:
            await self.stop(signal.SIGKILL)
        finally:
            self._held.close()

    def freeze(self, frozen: bool) -> None:
        """Have it do nothing at all, or let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP if frozen else signal.SIGCONT)

    @property
    def complaints(self) -> list[str]:
        """The warnings and errors that it has written.

        In development mode asyncio warns of each step that a busy machine makes slow: that is
        none of its own.
        """
        lines = re.findall(r"^.*\[(?:warning|error)\b.*$", self.said, re.MULTILINE)
        return [line for line in lines if not SLOW.search(line)]

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        assert self._process is not None
        self._stopping = True
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    @property
    def notes(self) -> list[str]:
        """What its flows have written."""
        file = self.folder / "notes"
        return file.read_text().splitlines() if file.exists() else []

    async def notes_of(self, channel_id: str, *lines: str) -> None:
        """Wait until the flow of a call has written exactly these lines."""
        wanted = [f"{channel_id} {line}" for line in lines]
        await until(lambda: len(self._of(channel_id)) >= len(wanted), f"{wanted}")
        assert self._of(channel_id) == wanted, f"{self._of(channel_id)}\n{self.said}"

    def _of(self, channel_id: str) -> list[str]:
        return [line for line in self.notes if line.startswith(f"{channel_id} ")]


@asynccontextmanager
async def listening(
    folder: Path, lab: Lab, app: str, *others: str, per_call: bool
) -> AsyncIterator[Listening]:
    """It runs, and Asterisk dials it; at the end both are stopped. others: applications that it
    does not run."""
    ours = Listening(folder, lab, app)
    try:
        await ours.start()
        way = ours.dialling(app, app, *others, per_call=per_call)
        await asyncio.to_thread(lab.dial_out, way)
        if not per_call:
            await ours.says("ready on ")
        yield ours
    finally:
        await asyncio.to_thread(lab.dial_out)
        await ours.end()


class Street:
    """Callers, and the desks that are called, on a link of their own. link: theirs."""

    def __init__(self, link: Link, callers: Callers, desks: asyncio.Queue[Channel]) -> None:
        self.link = link
        self._callers = callers
        self._desks = desks

    async def call(self, app: str) -> tuple[Channel, str]:
        """Somebody calls and is answered: the caller, and the id of the other half."""
        caller = await self._callers.call(self.link, app)
        return caller, f"{caller.id};2"

    async def call_at(self, extension: str, channel_id: str = "") -> Channel:
        """Somebody calls an extension and is answered: the caller. channel_id: of its channel."""
        # Without a format Asterisk takes the finest, and 40 such calls fill its processor.
        await self.link.ari.channels.originate_with_id(
            channel_id or new_id("call"),
            endpoint=f"Local/{extension}@default/n",
            app="caller",
            timeout=20,
            formats="ulaw",
        )
        async with asyncio.timeout(20):
            return await self._callers.came.get()

    async def desk(self) -> Channel:
        """Who was called last, and has answered."""
        async with asyncio.timeout(SECONDS):
            return await self._desks.get()

    async def empty(self) -> None:
        """Wait until nothing lives any more."""
        ari = self.link.ari
        try:
            async with asyncio.timeout(SECONDS):
                while left := [*await ari.channels.list(), *await ari.bridges.list()]:
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"still there: {left}") from None


@asynccontextmanager
async def street(lab: Lab) -> AsyncIterator[Street]:
    """Callers and desks, while the context lasts."""
    callers = Callers()
    desks: asyncio.Queue[Channel] = asyncio.Queue()

    async def desk(channel: Channel) -> None:
        await channel.answer()
        desks.put_nowait(channel)
        try:
            await channel.ended()
        except ChannelGone:
            return

    async with Server(lab, "http").link({"caller": callers.caller, "desk": desk}) as link:
        try:
            yield Street(link, callers, desks)
        finally:
            for each in await link.ari.channels.list():
                with suppress(NotFound):
                    await link.ari.channels.hangup(each.id)
            for room in await link.ari.bridges.list():
                with suppress(NotFound):
                    await link.ari.bridges.destroy(room.id)


def held_port(held: ExitStack) -> int:
    """A port that nobody else gets, but for a program that is told it, until `held` is left."""
    port: int = bound(0, socket.SOCK_STREAM, held).getsockname()[1]
    return port


def lab_name(what: str) -> str:
    """Of a lab of our own."""
    return f"{what}-{os.getpid()}"
