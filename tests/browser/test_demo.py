"""What a newcomer does: `make run`, and then two browsers talk, with what it has printed alone."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import expect

from stasis.lab.sipp import free_port
from tests.browser.chromium import TONES, Chromium
from tests.browser.office import Person

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(180)]

ROOT = Path(__file__).parent.parent.parent


def target(name: str) -> str:
    """The command of a target of the Makefile."""
    lines = (ROOT / "Makefile").read_text().split(f"\n{name}:")[1].splitlines()
    return next(line.strip() for line in lines if "stasis" in line)


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[str]:
    """What `make run` starts, with a lab of its own. Yields what it has printed."""
    words = target("run").replace("$(BIN)/stasis", "").split()
    environment = {
        **os.environ,
        "XDG_STATE_HOME": str(folder / "state"),
        "STASIS_HTTP_PORT": str(free_port(socket.SOCK_STREAM)),
        "PYTHONDEVMODE": "",
    }
    told = folder / "told"
    with told.open("w") as file:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "stasis",
            *words,
            cwd=folder,
            env=environment,
            stdout=file,
            stderr=file,
        )
    try:
        for _ in range(1000):
            if "log in as bob" in told.read_text():
                break
            assert process.returncode is None, told.read_text()
            await asyncio.sleep(0.1)
        yield told.read_text()
    finally:
        for _ in range(3):
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
                await asyncio.sleep(0.3)
        await asyncio.wait_for(process.wait(), 20)
        down = [sys.executable, "-m", "stasis", "lab", "down", "--all"]
        await asyncio.to_thread(subprocess.run, down, env=environment, check=True)


async def test_two_browsers_talk_and_a_moderator_looks_on(tmp_path: Path) -> None:
    async with running(tmp_path) as told:
        page = re.search(r"softphone: (\S+)", told)
        moderators = re.search(r"conference moderators: (\S+)", told)
        room = re.search(r"room (\w+), PIN (\d+)", told)
        assert page and moderators and room, told
        passwords = dict(re.findall(r"log in as (\w+), password (\S+)", told))
        async with Chromium(TONES[0]) as first, Chromium(TONES[1]) as second:
            people = []
            for name, browser in (("alice", first), ("bob", second)):
                person = Person(name, browser.tone, browser, await browser.open(page[1]))
                await person.log_in(passwords[name])
                people.append(person)
            alice, bob = people
            await alice.dials("102")
            await bob.answers()
            await asyncio.gather(alice.hears(bob), bob.hears(alice))
            await bob.hangs_up()
            await alice.sees("Call ended")
            await alice.dials(room[1])
            moderator = await second.open(moderators[1])
            await moderator.get_by_label("Room").fill(room[1])
            await moderator.get_by_label(re.compile("PIN")).fill(room[2])
            await moderator.keyboard.press("Enter")
            await expect(moderator.get_by_text("101").first).to_be_visible(timeout=15_000)
