"""The server of AsyncAGI, on a manager interface that answers as told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import quote

import pytest
from structlog.testing import capture_logs

from stasis import ChannelGone, ConfigError
from stasis.agi import Agi, AsyncAgi, AsyncAgiConfig, Script
from stasis.ami import Ami
from stasis.ami.message import Message
from tests.agi.peer import ENVIRONMENT
from tests.ami.server import Server, Session, listing

QUICK = AsyncAgiConfig(stop_timeout=0.5, leave_timeout=0.2)
FAILURE = 'GOSUB "stasis-agi-script-failed" "s" "1"'


class Asterisk(Server):
    """Its AGI commands succeed. commands: what came, in turn; silent: what is not replied to."""

    def __init__(self, **answers: object) -> None:
        super().__init__(AGI=self._agi, CoreShowChannels=listing("CoreShowChannel"), **answers)  # type: ignore[arg-type]
        self.commands: list[str] = []
        self.silent = ""

    def _agi(self, session: Session, asked: Message) -> None:
        channel, command = asked.get("Channel"), asked.get("Command")
        if "/" in channel:
            session.answer(asked, f"Message: Channel {channel} does not exist.", response="Error")
            return
        session.answer(asked, "Message: Added AGI command to queue")
        self.commands.append(command)
        if command != self.silent:
            self.tell(channel, "AsyncAGIExec", f"CommandId: {asked.get('CommandID')}", DONE)

    def tell(self, channel: str, event: str, *more: str) -> None:
        self.session.send(f"Event: {event}", f"Uniqueid: {channel}", *more)

    def start(self, channel: str, *arguments: str) -> None:
        lines = [each for each in ENVIRONMENT if "network" not in each and "uniqueid" not in each]
        given = [f"agi_arg_{number}: {each}" for number, each in enumerate(arguments, 1)]
        text = "\n".join([*lines, f"agi_uniqueid: {channel}", *given, "", ""])
        self.tell(channel, "AsyncAGIStart", f"Env: {quote(text)}")


DONE = f"Result: {quote('200 result=1' + chr(10))}"


@asynccontextmanager
async def serving(
    asterisk: Asterisk, config: AsyncAgiConfig = QUICK, **routes: Script
) -> AsyncIterator[AsyncAgi]:
    async with asterisk, Ami(asterisk.config()) as ami, AsyncAgi(ami, routes, config) as server:
        yield server


async def until(server: AsyncAgi, **counts: int) -> None:
    """Wait until it has counted these."""
    async with asyncio.timeout(5):
        while dict(server.counts) != {name.replace("_", " "): n for name, n in counts.items()}:
            await asyncio.sleep(0.01)


async def answers(agi: Agi) -> None:
    await agi.answer()


async def test_a_script_runs_and_the_call_is_given_back() -> None:
    async with serving(asterisk := Asterisk(), menu=answers) as server:
        asterisk.start("1.1", "menu?x=1")
        await until(server, done=1)
    assert asterisk.commands == ["ANSWER", "ASYNCAGI BREAK"]


async def test_calls_do_not_get_each_others_replies() -> None:
    seen: list[str | None] = []

    async def script(agi: Agi) -> None:
        await agi.set_variable("X", agi.channel_id)
        seen.append(agi.channel_id)

    async with serving(asterisk := Asterisk(), menu=script) as server:
        for number in range(10):
            asterisk.start(f"1.{number}", "menu")
        await until(server, done=10)
    assert sorted(map(str, seen)) == [f"1.{number}" for number in range(10)]


async def test_a_hang_up_is_told_though_the_end_of_agi_is_not() -> None:
    ended: list[str] = []

    async def script(agi: Agi) -> None:
        try:
            await asyncio.sleep(60)
        except ChannelGone as gone:
            ended.append(gone.reason)
            raise

    async with serving(asterisk := Asterisk(), menu=script) as server:
        asterisk.start("1.1", "menu")
        async with asyncio.timeout(5):
            while not server.sessions:
                await asyncio.sleep(0.01)
        asterisk.tell("1.1", "Hangup")
        await until(server, done=1)
    assert ended == ["hung up"]
    assert asterisk.commands == []


async def test_calls_that_come_while_it_stops_are_given_back_as_failures() -> None:
    async def waits(agi: Agi) -> None:
        await asyncio.sleep(60)

    async with serving(asterisk := Asterisk(), menu=waits) as server:
        asterisk.start("1.1", "menu")
        async with asyncio.timeout(5):
            while not server.sessions:
                await asyncio.sleep(0.01)
        closing = asyncio.create_task(server.close())
        await asyncio.sleep(0.05)
        asterisk.start("1.2", "menu")
        await closing
        assert server.counts == {"too many": 1, "failed": 1}
    assert asterisk.commands.count(FAILURE) == 2


async def test_an_environment_that_is_none_is_given_back() -> None:
    async with serving(asterisk := Asterisk(), menu=answers) as server:
        asterisk.tell("1.1", "AsyncAGIStart", "Env: nonsense%0A%0A")
        await until(server, nonsense=1)
        async with asyncio.timeout(5):
            while "ASYNCAGI BREAK" not in asterisk.commands:
                await asyncio.sleep(0.01)
    assert [each.split()[0] for each in asterisk.commands] == ["VERBOSE", "GOSUB", "ASYNCAGI"]


async def test_a_connection_that_is_lost_ends_what_runs_and_a_call_that_lives_is_given_back() -> (
    None
):
    asterisk = Asterisk()
    asterisk.silent = "ANSWER"
    channel = "Uniqueid: 1.1\r\nApplication: AGI\r\nApplicationData: agi:async,menu"
    with capture_logs():
        async with serving(asterisk, menu=answers) as server:
            asterisk.start("1.1", "menu")
            async with asyncio.timeout(5):
                while "ANSWER" not in asterisk.commands:
                    await asyncio.sleep(0.01)
            asterisk.answers["CoreShowChannels"] = listing("CoreShowChannel", channel)
            asterisk.session.cut()
            await until(server, lost=1, done=1, given_back=1)
            async with asyncio.timeout(5):
                while "ASYNCAGI BREAK" not in asterisk.commands:
                    await asyncio.sleep(0.01)
    assert [each.split()[0] for each in asterisk.commands] == [
        "ANSWER",
        "VERBOSE",
        "GOSUB",
        "ASYNCAGI",
    ]


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("Permission denied", "class agi in read and write of the user 'me'"),
        ("Invalid/unknown command: AGI.", "needs the module res_agi.so"),
    ],
)
async def test_without_the_right_or_the_module_it_does_not_open(message: str, words: str) -> None:
    asterisk = Asterisk()
    asterisk.answers["AGI"] = lambda session, asked: session.answer(
        asked, f"Message: {message}", response="Error"
    )
    async with asterisk, Ami(asterisk.config()) as ami:
        with pytest.raises(ConfigError, match=words):
            await AsyncAgi(ami, {"menu": answers}).open()
