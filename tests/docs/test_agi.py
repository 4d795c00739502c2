"""agi.md: its scripts, called over FastAGI and as a process, as the page says."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path
from types import ModuleType
from urllib.parse import quote

import pytest

from stasis.agi import Agi, FastAgi, FastAgiConfig, errors
from tests.agi.peer import ENVIRONMENT, Peer, Told, words
from tests.agi.test_async_agi import Asterisk
from tests.docs.conftest import Import
from tests.docs.pages import DOCS, every, table

PAGE = DOCS / "agi.md"


@pytest.fixture
def page(module: Import) -> ModuleType:
    return module(PAGE)


async def call(
    server: FastAgi, script: str, answers: dict[str, str], *more: str
) -> list[list[str]]:
    """Call a script; the words of each line that it has sent."""
    peer = await Peer.connect(server.port)
    peer.begin(*more, script=script)
    await peer.serve(answers)
    await peer.close()
    return [words(line) for line in peer.lines if line]


async def test_the_account_is_asked_for_and_kept(page: ModuleType) -> None:
    async with page.server(0) as server:
        answers = {'GET DATA "vm-password" "5000" "4"': "200 result=4711", "ANSWER": "200 result=0"}
        assert await call(server, "sales/account?language=de", answers) == [
            ["ANSWER"],
            ["SET", "VARIABLE", "CHANNEL(language)", "de"],
            ["GET", "DATA", "vm-password", "5000", "4"],
            ["SET", "VARIABLE", "ACCOUNT", "4711"],
            ["SET", "CALLERID", '"Zoë" <4711>'],
        ]


async def test_after_three_wrong_ones_the_call_is_hung_up(page: ModuleType) -> None:
    async with page.server(0) as server:
        wrong = {
            'GET DATA "vm-password" "5000" "4"': "200 result=1 (timeout)",
            'STREAM FILE "vm-incorrect" ""': "200 result=0 endpos=1",
            "HANGUP": "200 result=1",
        }
        lines = await call(server, "sales/account", wrong)
        assert [each[0] for each in lines] == ["ANSWER", "SET", *["GET", "STREAM"] * 3, "HANGUP"]


async def test_a_message_is_counted_when_the_caller_hangs_up(page: ModuleType) -> None:
    async with page.server(0) as server:
        peer = await Peer.connect(server.port)
        peer.begin(script="message")
        assert await peer.hear() == "ANSWER"
        peer.say("200 result=0")
        assert (await peer.hear()).startswith("RECORD FILE")
        peer.say("200 result=-1 (hangup) endpos=8000", "HANGUP")
        lines = []
        while line := await peer.hear():
            lines.append(line)
            peer.say("200 result=1")
        await peer.close()
        assert 'DATABASE PUT "messages" "1700000000.1" "4711"' in lines
        assert server.counts == {"done": 1}


async def test_a_folder_that_cannot_be_written_is_told_and_is_a_failure(page: ModuleType) -> None:
    async with page.server(0) as server:
        record = 'RECORD FILE "messages/1700000000.1" "wav" "#" "60000" "BEEP" "s=5"'
        lines = await call(server, "message", {record: "200 result=-1 (writefile)"})
        assert [each[0] for each in lines][-3:] == ["VERBOSE", "DATABASE", "GOSUB"]
        assert server.counts == {"failed": 1}


async def test_one_endpoint_is_dialled_whatever_it_holds(page: ModuleType) -> None:
    async with FastAgi({"x": page.operator}, FastAgiConfig(port=0)) as server:
        played = {'STREAM FILE "vm-nobodyavail" ""': "200 result=0 endpos=1"}
        assert await call(server, "x", played, "agi_arg_1: PJSIP/a,60,g") == [
            ["EXEC", "Dial", "PJSIP/a\\,60\\,g,20"],
            ["NOOP"],
            ["GET", "VARIABLE", "DIALSTATUS"],
            ["STREAM", "FILE", "vm-nobodyavail", ""],
        ]


async def test_a_lookup_has_its_time(page: ModuleType) -> None:
    async with FastAgi({"x": page.lookup}, FastAgiConfig(port=0)) as server:
        assert await call(server, "x", {}) == [["SET", "VARIABLE", "PLAN", "gold"]]


async def test_the_process_is_a_script_too(tmp_path: Path) -> None:
    (block,) = [each for each in every(PAGE) if each.marks.get("file") == ["account.py"]]
    (tmp_path / "account.py").write_text(block.text)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(tmp_path / "account.py"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(DOCS.parent)},
    )
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write("\n".join([*ENVIRONMENT, "", ""]).encode())
    lines = []
    async with asyncio.timeout(20):
        while line := (await process.stdout.readline()).decode().strip():
            lines.append(line)
            reply = "200 result=4711" if line.startswith("GET DATA") else "200 result=0"
            process.stdin.write(f"{reply}\n".encode())
        assert await process.wait() == 0
    assert lines[-1] == 'SET VARIABLE "ACCOUNT" "4711"'


async def test_another_transport_runs_it_too(page: ModuleType) -> None:
    told = Told("200 result=0", "200 result=1", "200 result=4711", "200 result=1")
    assert await page.run_async(quote("\n".join([*ENVIRONMENT, "", ""])), told) is True
    assert told.lines[-1] == "ASYNCAGI BREAK"


async def test_the_scripts_are_served_over_asyncagi_as_they_are(page: ModuleType) -> None:
    async with Asterisk() as asterisk:
        serving = asyncio.create_task(page.serve(asterisk.config()))
        async with asyncio.timeout(5):
            while "CoreShowChannels" not in asterisk.names():
                await asyncio.sleep(0.01)
            asterisk.start("1.1", "message")
            while "ASYNCAGI BREAK" not in asterisk.commands:
                await asyncio.sleep(0.01)
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
    assert 'DATABASE PUT "messages" "1.1" "4711"' in asterisk.commands


def test_the_page_names_every_command_and_error() -> None:
    rows = table(PAGE, "## Commands")
    named = set(re.findall(r"`([a-z_]+)`", " ".join(row[0] for row in rows)))
    methods = {
        name
        for name in dir(Agi)
        if not name.startswith("_") and name not in ("command", "lose", "channel_id")
    }
    assert named <= methods
    assert {name for name in methods - named if not name.startswith("speech_")} == set()
    text = PAGE.read_text("utf-8")
    assert [
        each
        for each in errors.__all__
        if each not in ("AgiError", "ProtocolError") and f"`{each}`" not in text
    ] == []
