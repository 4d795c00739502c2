"""A phone that was rung becomes a call of its own, on real servers: also when the process is killed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stasis.ari import Ari
from stasis.identity import identity_of
from stasis.keep import VARIABLE
from stasis.lab.lab import Lab
from stasis.record import Record
from stasis.transport.http import Http
from tests.asterisk.command_line import environment
from tests.asterisk.listener import until
from tests.asterisk.servers import Server

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(90)]

APP = "handover"
THERE = "handover_there"
# The caller's flow rings a desk, and gives it away; both stay in a room until they hang up.
FLOW = """
from typing import Any

import attrs

from stasis import Dialling, Event, Flow, Other, StasisEnd


@attrs.define
class Data:
    ringing: Dialling | None = None


class Phone(Flow):
    data: Any = Data()
    to = ""

    async def begin(self, event: Event) -> str:
        return "party" if self.channel.args else "caller"

    async def ringing(self, event: Event) -> str:
        await self.channel.answer()
        self.data.ringing = await self.channel.dial("Local/echo@default/n")
        return str((await self.data.ringing.answered()).status)

    async def giving(self, event: Event) -> str:
        result = await self.data.ringing.answered()
        room = await self.asterisk.bridge(self.app, "the two")
        await room.add(self.channel, result.channel)
        await result.channel.hand_over("joined", "7", app=self.to)
        return "given"

    async def talking(self, event: Event) -> None:
        pass

    async def party(self, event: Event) -> None:
        assert self.channel.args == ("joined", "7")

    async def over(self, event: Event) -> None:
        pass

    start = begin
    table = {
        begin: {"caller": ringing, "party": party},
        ringing: {"ANSWER": giving},
        giving: {"given": talking},
        talking: {Other(StasisEnd): over},
        party: {Other(StasisEnd): over},
        over: {},
    }


class Elsewhere(Phone):
    to = "handover_there"
"""


class Deployed:
    """One program on a lab: processes of it can be killed and followed."""

    def __init__(self, folder: Path, lab: Lab, flow: str, app: str) -> None:
        self.folder, self.lab, self.flow, self.app = folder, lab, flow, app
        self.processes: list[subprocess.Popen[bytes]] = []
        (folder / "phones.py").write_text(FLOW)

    def start(self) -> None:
        """The next process."""
        with self.log.open("wb") as log:
            self.processes.append(
                subprocess.Popen(
                    (sys.executable, "-m", "stasis", "run", self.flow, "--app", self.app),
                    cwd=self.folder,
                    env=environment(self.lab, {"STASIS_HTTP_PORT": "0"}),
                    stdout=subprocess.DEVNULL,
                    stderr=log,
                )
            )

    async def ready(self) -> None:
        """Start it, and wait until it is ready."""
        self.start()
        await until(lambda: "ready on " in self.log.read_text("utf-8"), self.log.read_text)

    @property
    def log(self) -> Path:
        return self.folder / f"log-{self.app}"

    def kill(self) -> None:
        """kill -9."""
        self.processes[-1].kill()
        self.processes[-1].wait()


@contextmanager
def programs(*all: Deployed) -> Iterator[None]:
    """Nothing of them is left."""
    try:
        yield
    finally:
        for each in all:
            for process in each.processes:
                process.kill()
                process.wait()
        all[0].lab.cli("channel request hangup all")


class Look:
    """What lives on the server."""

    def __init__(self, ari: Ari) -> None:
        self.ari = ari

    async def desk(self) -> str | None:
        """The channel that was dialled."""
        ids = [each.id for each in await self.ari.channels.list()]
        return next((id for id in ids if identity_of(id) is not None), None)

    async def caller(self, app: str) -> str:
        """The channel that came in."""
        return next(
            each.id
            for each in await self.ari.channels.list()
            if identity_of(each.id) is None
            and (each.dialplan.app_data or "").startswith(app)
            and each.dialplan.app_name == "Stasis"
        )

    async def record(self, id: str) -> Record | None:
        """What is kept of a channel."""
        try:
            found = await self.ari.channels.get_channel_var(id, variable=VARIABLE)
        except Exception:
            return None
        return Record.decode(found.value) if found.value else None

    async def reaches(self, id: str, app: str, state: str) -> None:
        """Wait until it is there."""
        for _ in range(600):
            record = await self.record(id)
            if record is not None and (record.app, record.state) == (app, state):
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{id} is not in {state} of {app}: {record}")

    async def room(self) -> list[str]:
        """Who is in the room."""
        return sorted(
            id for each in await self.ari.bridges.list() for id in each.channels if each.name
        )


@pytest.mark.parametrize("there", [False, True], ids=["here", "there"])
@pytest.mark.parametrize("early", [False, True], ids=["later", "at-once"])
async def test_it_outlives_its_maker_and_every_process(
    lab: Lab, tmp_path: Path, there: bool, early: bool
) -> None:
    """Killed as soon as the record stands, or once both talk: the next process has both."""
    (tmp_path / "two").mkdir()
    first = Deployed(tmp_path, lab, "phones:Elsewhere" if there else "phones:Phone", APP)
    second = Deployed(tmp_path / "two", lab, "phones:Phone", THERE)
    app = THERE if there else APP
    async with Http(Server(lab, "http").config().asterisk) as send:
        look = Look(Ari(send))
        with programs(first, second):
            if there:
                await second.ready()
            await first.ready()
            lab.cli(f"channel originate Local/stasis-{APP}@default/n application Wait 600")
            desk = None
            while desk is None:
                desk = await look.desk()
            if early:
                while await look.record(desk) is None:
                    pass
            else:
                await look.reaches(desk, app, "party")
            first.kill()
            caller = await look.caller(APP)
            await first.ready()
            await look.reaches(desk, app, "party")
            await look.reaches(caller, APP, "talking")
            assert await look.room() == sorted([caller, desk])
            # The maker's end is not its own.
            await look.ari.channels.hangup(caller)
            async with asyncio.timeout(10):
                while caller in await look.room():
                    await asyncio.sleep(0.02)
            await asyncio.sleep(0.5)
            assert await look.desk() == desk and await look.room() == [desk]
            first.kill()
            await first.ready()
            await look.reaches(desk, app, "party")
            await look.ari.channels.hangup(desk)
            for bridge in await look.ari.bridges.list():
                await look.ari.bridges.destroy(bridge.id)
