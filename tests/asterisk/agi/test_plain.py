"""Plain AGI on a real Asterisk: it starts a process, which relays to the script's own, outside.

The server's root has no Python. So its process is a shell that passes on stdin, stdout and SIGHUP,
and ends with the exit code of the script's.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from stasis.lab.lab import Lab
from tests.asterisk.agi.calls import Call, place
from tests.asterisk.agi.test_hangup import hang_up

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(60)]

RELAY = """#!/bin/bash
exec 3<>/dev/tcp/127.0.0.1/$1 4<>/dev/tcp/127.0.0.1/$1 5<&0
trap 'echo HUP >&4' HUP
cat <&3 &
cat <&5 >&3 &
for turn in 1 2 3; do read -r code <&4 && break; done
exit $code
"""

SCRIPT = """
import asyncio, sys
from stasis.agi import Agi, run_plain

async def script(agi: Agi) -> None:
    print("this goes to stderr")
    await agi.answer()
    await agi.set_variable("SEEN", "/".join(agi.environment.arguments[1:]))
    await agi.database_put("agi-plain", agi.environment.extension, "answered")
    if agi.environment.arguments[1] == "raises":
        raise RuntimeError("a bug")
    if agi.environment.arguments[1] == "waits":
        try:
            await asyncio.sleep(60)
        finally:
            await agi.database_put("agi-plain", agi.environment.extension, "cleaned up")

run_plain(script)
"""


async def plain(lab: Lab, tmp_path: Path, argument: str) -> tuple[Call, int, str]:
    """A call with a plain script: the call, the process's exit code, and its stderr."""
    relay = lab.folder / "lib" / "relay.sh"
    relay.write_text(RELAY)
    relay.chmod(0o755)
    file = tmp_path / "script.py"
    file.write_text(SCRIPT)
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    loop = asyncio.get_running_loop()
    with listener:
        port = listener.getsockname()[1]
        call = await place(
            lab,
            f"/var/lib/asterisk/relay.sh,{port},{argument}",
            after=["Set(DB(agi-plain/x)=${SEEN})"],
        )
        async with asyncio.timeout(10):
            pipe, _ = await loop.sock_accept(listener)
            told, _ = await loop.sock_accept(listener)
    pipe.setblocking(True)
    with pipe, told:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(file),
            stdin=pipe,
            stdout=pipe,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        )
        pipe.close()
        if argument == "waits":
            assert await stored(lab, call.name, "answered")
            await hang_up(lab, call.name)
            async with asyncio.timeout(10):
                assert await loop.sock_recv(told, 10) == b"HUP\n"
            process.send_signal(signal.SIGHUP)
        async with asyncio.timeout(20):
            _, errors = await process.communicate()
        assert process.returncode is not None
        await loop.sock_sendall(told, f"{process.returncode}\n".encode())
        if argument != "waits":
            await call.status()
    return call, process.returncode, errors.decode()


async def stored(lab: Lab, key: str, value: str) -> bool:
    """Whether the script, or the dialplan after it, has stored a value, soon."""
    async with asyncio.timeout(10):
        while value not in await asyncio.to_thread(lab.cli, f"database get agi-plain {key}"):
            await asyncio.sleep(0.1)
    return True


async def test_a_script_runs_as_a_process_of_asterisk_s(lab: Lab, tmp_path: Path) -> None:
    call, code, errors = await plain(lab, tmp_path, "one")
    assert (code, await call.status()) == (0, "SUCCESS")
    assert "this goes to stderr" in errors
    assert await stored(lab, "x", "one")


async def test_one_that_raises_is_a_failure(lab: Lab, tmp_path: Path) -> None:
    call, code, errors = await plain(lab, tmp_path, "raises")
    assert (code, await call.status()) == (1, "FAILURE")
    assert "a bug" in errors


async def test_a_hang_up_ends_it_and_its_cleanup_still_works(lab: Lab, tmp_path: Path) -> None:
    call, code, errors = await plain(lab, tmp_path, "waits")
    assert code == 0, errors
    assert await stored(lab, call.name, "cleaned up")
