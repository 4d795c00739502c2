"""The examples of guide.md, and what has to be there before one can be run."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    suppress,
)
from datetime import datetime

from attrs import evolve, frozen

from stasis.ami import Ami, AmiError
from stasis.lab.baresip import Baresip
from stasis.pbx import Missing, Pbx, PbxError
from stasis.section import Secret
from tests.asterisk.pbx.conftest import Office, phone
from tests.asterisk.pbx.talking import talk
from tests.docs.pages import DOCS

__all__ = ["EXAMPLES", "PAGE", "SETUPS", "Example"]

PAGE = DOCS / "guide.md"
MARK = re.compile(r"<!-- (with|then): (.+) -->")
# The channels that the page writes.
ALICE, BOB, DESK = "PJSIP/alice-00000001", "PJSIP/bob-00000002", "PJSIP/desk1-00000003"
SECONDS = 10.0


@frozen
class Example:
    """An example. setup: of SETUPS, or "". then: an expression that takes it back, or "".

    line: of its first line on the page.
    """

    heading: str
    language: str
    text: str
    line: int
    setup: str
    then: str

    def __str__(self) -> str:
        return f"{self.heading}-{self.language}"


def examples() -> list[Example]:
    """All examples that are run, in the order of the page."""
    found: list[Example] = []
    chapter = heading = language = ""
    marks: dict[str, str] = {}
    text: list[str] = []
    for number, line in enumerate(PAGE.read_text("utf-8").splitlines(), 1):
        if language:
            if line == "```":
                found.append(
                    Example(
                        f"{chapter}, {heading}",
                        language,
                        "\n".join(text),
                        number - len(text),
                        marks.get("with", ""),
                        marks.get("then", ""),
                    )
                )
                language = ""
            else:
                text.append(line)
        elif line.startswith("```"):
            language, text = line[3:], []
        elif line.startswith("## "):
            chapter, marks = line[3:], {}
        elif line.startswith("### "):
            heading, marks = line[4:], {}
        elif mark := MARK.fullmatch(line):
            marks[mark[1]] = mark[2]
    return [each for each in found if each.language in ("python", "sh", "http")]


EXAMPLES = examples()

Replaced = Mapping[str, str]
Setup = Callable[[Pbx, Office], AbstractAsyncContextManager[Replaced]]


@asynccontextmanager
async def nothing(pbx: Pbx, office: Office) -> AsyncIterator[Replaced]:
    """Nothing has to be there."""
    yield {}


@asynccontextmanager
async def phones(pbx: Pbx, office: Office) -> AsyncIterator[Replaced]:
    """Two phones that are registered, and answer."""
    async with await phone(office, "alice", 700.0), await phone(office, "bob", 1300.0):
        yield {}


@asynccontextmanager
async def call(pbx: Pbx, office: Office) -> AsyncIterator[Replaced]:
    """Alice talks to bob."""
    async with (
        await phone(office, "alice", 700.0) as alice,
        await phone(office, "bob", 1300.0) as bob,
    ):
        first, second = await talk(pbx, alice, bob)
        yield {ALICE: first, BOB: second}
        await over(pbx)


@asynccontextmanager
async def recorded_call(pbx: Pbx, office: Office) -> AsyncIterator[Replaced]:
    """Alice talks to bob, and is recorded."""
    async with call(pbx, office) as replaced:
        await pbx.recordings.start(replaced[ALICE], "call-0815")
        yield replaced
    await pbx.recordings.delete("call-0815", confirm=True)


@asynccontextmanager
async def stored(pbx: Pbx, office: Office) -> AsyncIterator[Replaced]:
    """A recording is stored."""
    async with call(pbx, office) as replaced:
        await pbx.recordings.start(replaced[ALICE], "call-0815")
        await asyncio.sleep(0.3)
        await pbx.recordings.stop(replaced[ALICE])
        async with asyncio.timeout(SECONDS):
            while "call-0815" not in [each.recording for each in await pbx.recordings.list()]:
                await asyncio.sleep(0.05)
    yield {}
    try:
        await pbx.recordings.delete("call-0815", confirm=True)
    except Missing:
        pass  # the example was to delete it


@asynccontextmanager
async def member(pbx: Pbx, office: Office) -> AsyncIterator[Replaced]:
    """Bob is a member of the queue."""
    await pbx.queues.add("support", "PJSIP/bob")
    yield {}
    try:
        await pbx.queues.remove("support", "PJSIP/bob")
    except Missing:
        pass  # the example was to remove him


@asynccontextmanager
async def conference(pbx: Pbx, office: Office) -> AsyncIterator[Replaced]:
    """Alice and bob are in a conference."""
    async with (
        await phone(office, "alice", 700.0) as alice,
        await phone(office, "bob", 1300.0) as bob,
    ):
        for each in (alice, bob):
            await each.dial("confbridge-sales")
        async with asyncio.timeout(SECONDS):
            while True:
                try:
                    found = [each.channel for each in await pbx.confbridge.participants("sales")]
                except Missing:
                    found = []
                if len(found) == 2:
                    break
                await asyncio.sleep(0.05)
        first, second = sorted(found)
        yield {ALICE: first, BOB: second}
        await over(pbx)


@asynccontextmanager
async def ringing(pbx: Pbx, office: Office) -> AsyncIterator[Replaced]:
    """Bob calls a desk that rings, and alice is there too."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(await phone(office, "alice", 700.0))
        bob = await stack.enter_async_context(await phone(office, "bob", 1300.0))
        desk = await Baresip.start(
            office.lab.sip_port, user="desk1", port=office.lab.desk_ports[0], answer="manual"
        )
        await stack.enter_async_context(desk)
        dialling = asyncio.create_task(bob.dial("dial-1"))
        async with asyncio.timeout(SECONDS):
            while not (found := await ringing_desk(pbx)):
                await asyncio.sleep(0.05)
        yield {DESK: found}
        await over(pbx)
        dialling.cancel()
        await asyncio.gather(dialling, return_exceptions=True)


async def ringing_desk(pbx: Pbx) -> str:
    """The channel of the desk that rings; empty while none does."""
    for each in await pbx.calls.list():
        if each.channel.startswith("PJSIP/desk1-") and each.state == "Ringing":
            return each.channel
    return ""


@asynccontextmanager
async def player(pbx: Pbx, office: Office) -> AsyncIterator[Replaced]:
    """A program is where mpg123 would be: it plays silence, as long as it is let."""
    program = office.lab.folder / "bin" / "mpg123"
    program.write_text("#!/bin/sh\nexec cat /dev/zero\n")
    program.chmod(0o755)
    yield {}


@asynccontextmanager
async def restart(pbx: Pbx, office: Office) -> AsyncIterator[Replaced]:
    """Nobody talks; afterwards Asterisk is there again, and has started anew."""
    before = (await pbx.system.uptime()).started
    await asyncio.sleep(1)  # it counts whole seconds
    yield {}
    async with asyncio.timeout(SECONDS):
        while await started(pbx) in (before, None):
            await asyncio.sleep(0.1)
    await asyncio.to_thread(office.lab.ready)


async def started(pbx: Pbx) -> datetime | None:
    """When Asterisk has started; None while it is not there."""
    try:
        return (await pbx.system.uptime()).started
    except PbxError:
        return None


@asynccontextmanager
async def qualified(pbx: Pbx, office: Office) -> AsyncIterator[Replaced]:
    """Asterisk asks the phones for signs of life."""
    file = office.lab.etc / "pjsip.conf"
    before = file.read_text("utf-8")
    asks = "max_contacts = 5\nqualify_frequency = 60\n"
    office.lab.write("pjsip.conf", before.replace("max_contacts = 5\n", asks))
    await pbx.system.reload("res_pjsip.so")
    async with phones(pbx, office) as replaced:
        yield replaced
    office.lab.write("pjsip.conf", before)
    await pbx.system.reload("res_pjsip.so")


@asynccontextmanager
async def failed_log_in(pbx: Pbx, office: Office) -> AsyncIterator[Replaced]:
    """Somebody has tried to log in at AMI with a wrong secret, while the log was written."""
    config = evolve(office.config().ami, secret=Secret("wrong"))
    heard = asyncio.Event()
    async with await pbx.security.watch(heard=lambda failure: heard.set()):
        with suppress(AmiError):
            await Ami(config).start()
        await asyncio.wait_for(heard.wait(), SECONDS)
    yield {}


@asynccontextmanager
async def happening(pbx: Pbx, office: Office) -> AsyncIterator[Replaced]:
    """A phone comes and goes, and calls."""

    async def busy() -> None:
        while True:
            async with await phone(office, "alice", 700.0) as alice:
                await alice.dial("answer")
                await alice.established()
                await alice.hangup()

    task = asyncio.create_task(busy())
    yield {}
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def over(pbx: Pbx) -> None:
    """Every call is over."""
    ami = await pbx.ways.ami()
    await ami.action("Hangup", channel="/^.*/")
    async with asyncio.timeout(SECONDS):
        while await pbx.calls.list():
            await asyncio.sleep(0.05)


SETUPS: Mapping[str, Setup] = {
    "": nothing,
    "phones": phones,
    "qualified phones": qualified,
    "a failed log-in": failed_log_in,
    "call": call,
    "recorded call": recorded_call,
    "stored": stored,
    "member": member,
    "conference": conference,
    "ringing": ringing,
    "a player": player,
    "a restart": restart,
    "things that happen": happening,
}
