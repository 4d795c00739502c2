"""A `stasis run` of a desk's flow on a real server, to be killed, drained and followed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from stasis.ari import Ari
from stasis.errors import NotFound
from stasis.lab.lab import Lab
from stasis.transport.http import Http
from tests.asterisk.command_line import environment
from tests.asterisk.servers import Server

# Each caller talks to an agent in a bridge until one of them hangs up.
FLOW = """
from stasis import Channel


async def desk(channel: Channel) -> None:
    await channel.answer()
    bridge = await channel.bridge(name="desk")
    agent = await channel.originate("Local/echo@default/n")
    await agent.entered()
    await bridge.add(channel, agent)
    await channel.ended()
"""
SECONDS = 10.0


@contextmanager
def deployed(folder: Path, lab: Lab, app: str, **changed: str) -> Iterator[subprocess.Popen[str]]:
    """The process, ready for calls; killed at the end if it lives, with all calls of the lab.

    changed: its environment.
    """
    (folder / "desk.py").write_text(FLOW)
    process = subprocess.Popen(
        [sys.executable, "-m", "stasis", "run", "desk:desk", "--app", app],
        cwd=folder,
        env=environment(lab, changed),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        told = ""
        for line in process.stderr:
            told += line
            if line.startswith("ready on "):
                break
        else:
            raise AssertionError(f"it never was ready:\n{told}")
        yield process
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
        lab.cli("channel request hangup all")
        until(lambda: not channels(lab))
        asyncio.run(destroy(lab, bridges(lab, app)))


async def destroy(lab: Lab, ids: Iterable[str]) -> None:
    """Asterisk's own command line leaves bridges of ARI as they are."""
    async with Http(Server(lab, "http").config().asterisk) as send:
        for each in ids:
            with suppress(NotFound):
                await Ari(send).bridges.destroy(each)


def call(lab: Lab, app: str) -> None:
    """A caller comes in; returns once the agent talks to it."""
    before = talking(lab, app)
    lab.cli(f"channel originate Local/stasis-{app}@default/n application Wait 600")
    until(lambda: talking(lab, app) == before + 1)


def hang_up(lab: Lab, app: str) -> None:
    """One of the callers hangs up."""
    caller = next(name for name in callers(lab, app))
    lab.cli(f"channel request hangup {caller}")
    # Its other half, which is in the application, goes a moment later.
    both = caller.removesuffix("1")
    until(lambda: not any(name.startswith(both) for name, *_ in channels(lab)))


def channels(lab: Lab) -> list[list[str]]:
    """What lives, each by Asterisk's own fields; the first is the name."""
    return [line.split("!") for line in lab.cli("core show channels concise").splitlines() if line]


def callers(lab: Lab, app: str) -> list[str]:
    """The callers' names."""
    start = f"Local/stasis-{app}@default-"
    return [name for name, *_ in channels(lab) if name.startswith(start) and name.endswith(";1")]


def bridges(lab: Lab, app: str) -> list[str]:
    """The ids of the bridges that the application's flows have made."""
    lines = lab.cli("bridge show all").splitlines()
    return [line.split()[0] for line in lines if line.startswith(f"bridge-{app}-")]


def talking(lab: Lab, app: str) -> int:
    """How many of the application's bridges have two inside."""
    rows = [line.split() for line in lab.cli("bridge show all").splitlines()]
    # Only later versions show the name, which stands before the number.
    return sum(
        row[0].startswith(f"bridge-{app}-") and row[row.index("stasis") - 1] == "2"
        for row in rows
        if "stasis" in row
    )


def until(holds: Callable[[], bool]) -> None:
    """Wait for Asterisk to be so. Raises AssertionError when it is not for a long time."""
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)
