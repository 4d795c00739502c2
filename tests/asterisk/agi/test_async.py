"""The same script over AsyncAGI, on a real Asterisk: a small AMI of the test's carries the lines.

It is what another way to carry commands needs: a `Transport`, and who tells a `Session` the end.
"""

from __future__ import annotations

import asyncio
import itertools
from urllib.parse import unquote

import pytest

from stasis import ChannelGone
from stasis.agi import Agi, CommandFailed, Environment, InvalidSyntax, Session
from stasis.agi.agi import Script
from stasis.lab.lab import Lab
from tests.asterisk.agi.calls import place
from tests.asterisk.agi.test_hangup import hang_up

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(60)]


class Ami:
    """AMI, as much as one session needs, and its transport. AMI cuts a line at 1,024 bytes."""

    limit = 900

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.channel = ""
        self.numbers = itertools.count(1)
        self.replies: dict[str, asyncio.Future[str]] = {}

    async def open(self) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.lab.ami_port)
        await self.reader.readline()
        self.act(Action="Login", Username=self.lab.username, Secret=self.lab.password)

    def act(self, **fields: str) -> None:
        lines = [f"{name}: {value}\r\n" for name, value in fields.items()]
        self.writer.write("".join([*lines, "\r\n"]).encode())

    async def event(self) -> dict[str, str]:
        block = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        fields = (line.partition(": ")[::2] for line in block.split("\r\n"))
        return {name.lower(): value for name, value in fields}

    async def send(self, line: str) -> str:
        name = f"c{next(self.numbers)}"
        self.replies[name] = asyncio.get_running_loop().create_future()
        self.act(Action="AGI", Channel=self.channel, Command=line, CommandID=name)
        return await self.replies[name]

    async def run(self, script: Script) -> bool:
        """Run a script on the next call that asks for it."""
        while (start := await self.event()).get("event") != "AsyncAGIStart":
            pass
        self.channel = start["channel"]
        agi = Agi(Environment.decoded(start["env"]), self)
        session = Session(agi, script, farewell="ASYNCAGI BREAK")
        running = asyncio.create_task(session.run())
        reading = asyncio.create_task(self.read(session))
        good = await running
        reading.cancel()
        await asyncio.wait({reading})
        self.writer.close()
        await self.writer.wait_closed()
        return good

    async def read(self, session: Session) -> None:
        while event := await self.event():
            if event.get("event") == "AsyncAGIExec":
                reply = self.replies.pop(event["commandid"])
                if not reply.done():
                    reply.set_result(unquote(event["result"]))
            elif event.get("event") in ("AsyncAGIEnd", "HangupRequest") and (
                event["channel"] == self.channel
            ):
                session.hung_up()


async def test_the_same_script_runs(lab: Lab) -> None:
    ami = Ami(lab)
    await ami.open()
    odd = 'Zoë "x" \\ ; | ${EPOCH} $(id), %41'

    async def script(agi: Agi) -> None:
        await agi.answer()
        assert agi.environment.request == "async"
        assert agi.environment.arguments == ("one",)
        await agi.set_variable("ODD", odd)
        assert await agi.get_variable("ODD") == odd
        assert (await agi.stream_file("beep")).digit == ""
        with pytest.raises(CommandFailed):
            await agi.channel_status() and await agi.exec("NoSuch")
        with pytest.raises(InvalidSyntax, match="digit string"):
            await agi.command("SAY DIGITS")

    call = await place(lab, "agi:async,one")
    assert await ami.run(script) is True
    assert await call.status() == "SUCCESS"


async def test_a_failure_gives_the_call_back(lab: Lab) -> None:
    ami = Ami(lab)
    await ami.open()

    async def script(agi: Agi) -> None:
        raise RuntimeError("a bug")

    call = await place(lab, "agi:async")
    assert await ami.run(script) is False
    assert await call.status() == "FAILURE"


async def test_a_hang_up_is_told(lab: Lab) -> None:
    ami = Ami(lab)
    await ami.open()
    at = asyncio.Event()
    ended: list[ChannelGone] = []

    async def script(agi: Agi) -> None:
        await agi.answer()
        at.set()
        try:
            await agi.wait_for_digit()
        except ChannelGone as gone:
            ended.append(gone)
            raise

    call = await place(lab, "agi:async")
    running = asyncio.create_task(ami.run(script))
    await at.wait()
    await hang_up(lab, call.name)
    assert await asyncio.wait_for(running, 10) is True
    assert len(ended) == 1
