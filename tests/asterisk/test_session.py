"""A session is recorded on a real server and replayed: the same flow passes, a changed one does not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from stasis import Channel, Event, Link
from stasis.lab.lab import Lab
from stasis.program import Program
from stasis.testing.session import file
from stasis.testing.session.file import Session
from stasis.testing.session.replay import replay
from stasis.testing.session.tap import SessionTap
from tests.asterisk.command_line import running, stasis
from tests.asterisk.servers import Callers, Server
from tests.testing.session.office import Office

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(90)]

NUMBER = "+4989123456"


async def until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait until something is so, looking at it often."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.02)


async def recorded(server: Server, path: Path, callers: Callers) -> None:
    """Two calls of the office: one with a PIN, one that talks to the desk and hangs up."""
    tap = SessionTap(path)
    programs = {"office": Program.of(Office), "caller": Program.of(callers.caller)}
    link = Link(server.config(), programs, tap=tap)
    running = asyncio.create_task(link.run())
    try:
        await link.state.reached("ready", timeout=15)
        for keys in ("*14711", "2"):
            caller = await callers.call(link, "office", caller_id=f"Ann <{NUMBER}>")
            await press(link, caller, keys)
            await caller.hangup()
            await link.idle()
    finally:
        link.stop()
        await running
        tap.close()


async def press(link: Link, caller: Channel, keys: str) -> None:
    """Press keys, each once the flow is where it is wanted."""
    states = {"*": "menu", "1": "menu", "4": "pin", "2": "menu"}

    def state() -> str:
        return next((each.state for each in link.runners if each.app == "office"), "")

    for place, key in enumerate(keys):
        if place < 3:
            await until(lambda key=key: state() == states[key])  # type: ignore[misc]
            await asyncio.sleep(0.3)
        await caller.send_dtmf(key)
        await asyncio.sleep(0.3)
    await until(lambda: state() in ("account", "talking"))
    await asyncio.sleep(0.5)


class Changed(Office):
    async def account(self, event: Event) -> None:
        await self.channel.set_variable("MORE", "x")
        await super().account(event)


async def test_a_fresh_session_is_replayed(
    server: Server, callers: Callers, tmp_path: Path
) -> None:
    path = tmp_path / "office.jsonl"
    await recorded(server, path, callers)
    session = Session.load(path)
    steps = [line for line in session.lines if isinstance(line, file.Stepped)]
    assert {"menu", "pin", "account", "ringing", "talking"} <= {step.target for step in steps}
    text = await asyncio.to_thread(path.read_text)
    assert NUMBER not in text and NUMBER[1:] not in text and '"Ann"' not in text
    assert (await replay(path, {"office": Office})) is None
    difference = await replay(path, {"office": Changed})
    assert difference is not None and "MORE" in str(difference)


def test_the_commands_record_replay_and_draw(lab: Lab, tmp_path: Path) -> None:
    words = ("seeded:hello", "--app", "recorded", "--record", "s.jsonl")
    with running(tmp_path, lab, *words):
        stasis(tmp_path, lab, "call", "stasis-recorded", "--name", lab.name, "--listen", "3")
    done = stasis(tmp_path, lab, "replay", "s.jsonl", "seeded:hello")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("no difference: 1 calls, ")
    text = (tmp_path / "seeded.py").read_text()
    (tmp_path / "other.py").write_text(text.replace("hello-world", "vm-goodbye"))
    done = stasis(tmp_path, lab, "replay", "s.jsonl", "other:hello")
    assert done.returncode == 1
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["media", "sound:hello-world", "sound:vm-goodbye"] in rows
    assert stasis(tmp_path, lab, "timeline", "s.jsonl").returncode == 0
    assert "sound:hello-world" in (tmp_path / "s.html").read_text("utf-8")
