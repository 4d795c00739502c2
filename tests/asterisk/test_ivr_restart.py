"""The shipped IVR as `stasis run`, killed with `kill -9` while its callers are in the midst of it."""

from __future__ import annotations

import asyncio
import io
import json
import os
import sys
import wave
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from time import monotonic

import pytest

from stasis import Channel, ChannelGone, Link
from stasis.errors import NotFound
from stasis.lab.lab import Lab
from tests.asterisk.command_line import environment, stasis
from tests.asterisk.listener import until
from tests.asterisk.servers import Callers, Server

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(90)]

FILE = """
start = "menu:main"

[menu.main]
prompt = "sound:demo-instruct"
choices.1 = "desk:sales"
choices.2 = "message:office"
choices."#" = "play:bye"

[desk.sales]
endpoints = "Local/stasis-desk@default/n"
no_answer = "play:bye"
after = "play:bye"

[message.office]
silence = 0
min_seconds = 0
folder = "FOLDER"
after = "play:bye"

[play.bye]
prompt = "sound:vm-goodbye"
"""
# What a deploy leaves of it.
OTHER = """
start = "menu:other"
[menu.other]
prompt = "sound:demo-thanks"
choices."#" = "hangup"
"""


class Program:
    """The process, in a folder of its own. It writes a new log each time that it is started."""

    def __init__(self, folder: Path, lab: Lab) -> None:
        self.folder = folder
        self.lab = lab
        self.starts = 0
        self._process: Process | None = None
        (folder / "stasis.toml").write_text(
            '[plugins]\nenabled = ["ivr"]\n[plugin.ivr]\nfile = "ivr.toml"\n'
        )
        self.write(FILE)

    def write(self, text: str) -> None:
        """The file that the next process reads."""
        (self.folder / "ivr.toml").write_text(text.replace("FOLDER", self.folder.name))

    @property
    def log(self) -> Path:
        return self.folder / f"log-{self.starts}"

    async def start(self) -> None:
        """Start it, and wait until it is ready."""
        self.starts += 1
        changed = {
            "STASIS_HTTP_PORT": "0",
            "STASIS_LOG_LEVEL": "debug",
            "STASIS_LOG_FORMAT": "json",
        }
        with self.log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "stasis", "run"),
                cwd=self.folder,
                env=environment(self.lab, changed),
                stdout=DEVNULL,
                stderr=log,
            )
        await until(lambda: "ready on " in self.log.read_text("utf-8"), "ready")

    async def kill(self) -> None:
        """kill -9."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
        if self._process is not None:
            await self._process.wait()

    async def restart(self) -> None:
        """Kill it, and start the next one."""
        await self.kill()
        await self.start()

    def lines(self, event: str) -> list[dict[str, str]]:
        """What this process has logged of a kind."""
        lines = self.log.read_text("utf-8").split(os.linesep)[:-1]
        told = [json.loads(line) for line in lines if line.startswith("{")]
        return [line for line in told if line["event"] == event]

    def states(self) -> list[str]:
        """The states that calls have entered in this process."""
        return [line["state"] for line in self.lines("enters state")]

    async def reaches(self, *states: str) -> None:
        """Wait until its calls have entered exactly these."""
        await until(lambda: len(self.states()) >= len(states), f"{states}, not {self.states()}")
        assert self.states() == list(states)


class Desk:
    """An application that is rung, and answers when it is told to.

    rung: who was rung, the oldest first. answers: set when it shall.
    """

    def __init__(self) -> None:
        self.rung: list[Channel] = []
        self.answers = asyncio.Event()

    async def flow(self, channel: Channel) -> None:
        """One phone."""
        self.rung.append(channel)
        try:
            await channel.ring()
            await self.answers.wait()
            await channel.answer()
            await channel.ended()
        except ChannelGone:
            return


class World:
    """A caller in the IVR, and the desk."""

    def __init__(self, program: Program, link: Link, desk: Desk, caller: Channel) -> None:
        self.program = program
        self.link = link
        self.desk = desk
        self.caller = caller

    async def together(self) -> dict[str, list[str]]:
        """Who is in which bridge of the IVR."""
        bridges = await self.link.ari.bridges.list()
        return {b.id: sorted(b.channels) for b in bridges if b.id.startswith("bridge-ivr-")}

    async def talking(self) -> dict[str, list[str]]:
        """Wait until two are in one."""
        async with asyncio.timeout(15):
            while [len(ids) for ids in (await self.together()).values()] != [2]:
                await asyncio.sleep(0.02)
        return await self.together()

    async def speaks(self) -> None:
        """The caller leaves a message, and has begun to speak."""
        await self.caller.start_moh()
        await self.caller.send_dtmf("2")
        await until(lambda: self.program.states()[-1] == "recording", "the state")
        begun = {"event_type": "RecordingStarted"}
        await until(
            lambda: any(begun.items() <= line.items() for line in self.program.lines("no trigger")),
            "the recording",
        )

    async def stored(self) -> list[str]:
        """The names of the messages; one that is still being recorded is among them."""
        found = await self.link.ari.recordings.list_stored()
        folder = f"{self.program.folder.name}/"
        return [each.name for each in found if each.name.startswith(folder)]

    async def message_over(self) -> None:
        """Wait until the one message is recorded to its end."""
        async with asyncio.timeout(15):
            while not await self.stored():
                await asyncio.sleep(0.02)
            (name,) = await self.stored()
            with suppress(NotFound):
                while await self.link.ari.recordings.get_live(name):
                    await asyncio.sleep(0.02)

    async def messages(self) -> dict[str, float]:
        """Seconds of each stored message; they are deleted."""
        found: dict[str, float] = {}
        for name in await self.stored():
            file = await self.link.ari.recordings.get_stored_file(name)
            await self.link.ari.recordings.delete_stored(name)
            with wave.open(io.BytesIO(file)) as sound:
                found[name] = sound.getnframes() / sound.getframerate()
        return found


@asynccontextmanager
async def called(lab: Lab, folder: Path) -> AsyncIterator[World]:
    """A call that is in the menu. At the end of the calls nothing is left of them."""
    program, callers, desk = Program(folder, lab), Callers(), Desk()
    server = Server(lab, "http")
    try:
        await program.start()
        async with server.link({"caller": callers.caller, "desk": desk.flow}) as link:
            caller = await callers.call(link, "ivr", formats="ulaw")
            await program.reaches("welcome", "menu")
            yield World(program, link, desk, caller)
            await caller.ended(15)
            await until(lambda: len(program.lines("call ended")) == 1, "the call's end")
            assert program.lines("the flow failed") == []
            assert await server.channels(link) == []
        done = await asyncio.to_thread(stasis, folder, lab, "strays", "--app", "ivr")
        assert done.returncode == 0, done.stdout
    finally:
        await program.kill()
        await asyncio.to_thread(lab.cli, "channel request hangup all")


async def test_killed_in_a_menu_it_is_said_again_and_chosen_from(lab: Lab, tmp_path: Path) -> None:
    async with called(lab, tmp_path) as world:
        await world.program.restart()
        await world.program.reaches("menu")
        await world.caller.send_dtmf("#")
        await world.program.reaches("menu", "play", "goodbye")


async def test_killed_while_a_desk_rings_it_rings_on_and_is_talked_to(
    lab: Lab, tmp_path: Path
) -> None:
    async with called(lab, tmp_path) as world:
        await world.caller.send_dtmf("1")
        await until(lambda: world.desk.rung, "the desk rings")
        await world.program.restart()
        await world.program.reaches("ringing")
        (phone,) = world.desk.rung
        world.desk.answers.set()
        await world.program.reaches("ringing", "talking")
        await world.talking()
        await phone.hangup()
        await world.program.reaches("ringing", "talking", "parted", "play", "goodbye")
        assert len(world.desk.rung) == 1


async def test_killed_while_two_talk_they_talk_on(lab: Lab, tmp_path: Path) -> None:
    async with called(lab, tmp_path) as world:
        world.desk.answers.set()
        await world.caller.send_dtmf("1")
        before = await world.talking()
        await world.program.kill()
        assert await world.together() == before
        await world.program.start()
        await world.program.reaches("talking")
        assert await world.together() == before and len(world.desk.rung) == 1
        await world.desk.rung[0].hangup()
        await world.program.reaches("talking", "parted", "play", "goodbye")


async def test_killed_while_a_message_is_left_it_has_all_that_was_said(
    lab: Lab, tmp_path: Path
) -> None:
    async with called(lab, tmp_path) as world:
        await world.speaks()
        begun = monotonic()
        await world.program.kill()
        await asyncio.sleep(2)  # of speaking, while nobody is there
        await world.program.start()
        await world.program.reaches("recording")
        spoken = monotonic() - begun
        await world.caller.send_dtmf("#")
        await world.program.reaches("recording", "recorded", "saved", "play", "goodbye")
        ((_, seconds),) = (await world.messages()).items()
        # The beep is no part of it, and a digit leaves a hole.
        assert seconds > spoken * 0.9 - 1.0


async def test_killed_while_a_message_is_left_the_caller_may_hang_up(
    lab: Lab, tmp_path: Path
) -> None:
    async with called(lab, tmp_path) as world:
        await world.speaks()
        await world.program.restart()
        await world.program.reaches("recording")
        await world.caller.hangup()
        await until(lambda: world.program.lines("a message was left"), "the message is kept")
        assert len(await world.messages()) == 1


async def test_a_message_that_ended_while_nobody_was_there_is_kept(
    lab: Lab, tmp_path: Path
) -> None:
    async with called(lab, tmp_path) as world:
        await world.speaks()
        await asyncio.sleep(2)  # of speaking; the beep takes not so long
        await world.program.kill()
        await world.caller.send_dtmf("#")
        await world.message_over()
        await world.program.start()
        await world.program.reaches("recording", "recorded", "saved", "play", "goodbye")
        ((_, seconds),) = (await world.messages()).items()
        assert seconds > 0.5


async def test_deployed_with_another_file_the_call_goes_on_in_it(lab: Lab, tmp_path: Path) -> None:
    async with called(lab, tmp_path) as world:
        world.desk.answers.set()
        await world.caller.send_dtmf("1")
        await world.talking()
        world.program.write(OTHER)
        await world.program.restart()
        await world.program.reaches("talking")
        await world.desk.rung[0].hangup()
        await world.program.reaches("talking", "parted", "menu")
        await world.caller.send_dtmf("#")
        await world.program.reaches("talking", "parted", "menu", "goodbye")
