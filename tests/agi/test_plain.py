"""Plain AGI: a process with Asterisk on its stdin and stdout."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.agi.peer import ENVIRONMENT

SCRIPT = """
import asyncio
from stasis.agi import Agi, run_plain

async def script(agi: Agi) -> None:
    print("this is not for Asterisk")
    await agi.answer()
    if agi.environment.arguments == ("raise",):
        raise RuntimeError("a bug")
    if agi.environment.arguments == ("wait",):
        try:
            await agi.noop("it waits")
            await asyncio.sleep(60)
        finally:
            await agi.set_variable("CLEANED", "up")

run_plain(script)
"""


@asynccontextmanager
async def process(tmp_path: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    file = tmp_path / "script.py"
    file.write_text(SCRIPT)
    made = await asyncio.create_subprocess_exec(
        sys.executable,
        str(file),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    try:
        yield made
    finally:
        if made.returncode is None:
            made.kill()
        await made.communicate()


async def begin(made: asyncio.subprocess.Process, argument: str) -> None:
    assert made.stdin is not None and made.stdout is not None
    lines = [*ENVIRONMENT, f"agi_arg_1: {argument}", "", ""]
    made.stdin.write("\n".join(lines).encode())
    async with asyncio.timeout(20):
        assert await made.stdout.readline() == b"ANSWER\n"
    made.stdin.write(b"200 result=0\n")


@pytest.mark.parametrize(("argument", "code"), [("return", 0), ("raise", 1)])
async def test_how_the_script_ends_is_the_exit_code(
    tmp_path: Path, argument: str, code: int
) -> None:
    async with process(tmp_path) as made:
        await begin(made, argument)
        out, errors = await asyncio.wait_for(made.communicate(), 20)
    assert made.returncode == code
    # A failure is told by a command, too: Asterisk may look at the exit code too early.
    assert out.startswith(b"GOSUB ") if code else out == b""
    assert b"this is not for Asterisk" in errors
    assert (b"a bug" in errors) == (code == 1)


async def test_sighup_is_the_caller_s_hang_up(tmp_path: Path) -> None:
    async with process(tmp_path) as made:
        await begin(made, "wait")
        assert made.stdin is not None and made.stdout is not None
        async with asyncio.timeout(20):
            assert await made.stdout.readline() == b'NOOP "it waits"\n'
            made.stdin.write(b"200 result=0\n")
            made.send_signal(signal.SIGHUP)
            assert await made.stdout.readline() == b'SET VARIABLE "CLEANED" "up"\n'
            made.stdin.write(b"200 result=1\n")
            await made.wait()
    assert made.returncode == 0


async def test_an_asterisk_that_is_gone_ends_it(tmp_path: Path) -> None:
    async with process(tmp_path) as made:
        await begin(made, "wait")
        assert made.stdin is not None
        made.stdin.close()
        assert await asyncio.wait_for(made.wait(), 20) == 0


async def test_who_starts_it_by_hand_is_told_so(tmp_path: Path) -> None:
    async with process(tmp_path) as made:
        _, errors = await asyncio.wait_for(made.communicate(b""), 20)
    assert made.returncode == 1
    assert b"not started by Asterisk's AGI()" in errors
