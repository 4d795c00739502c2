"""Two Asterisks in one program, 22 and 16: what happens on one is nothing to the other.

Their calls have the same channel ids here; nothing but the server tells them apart.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from stasis import Channel, ChannelDtmfReceived, Do, Event, Flow, PlaybackFinished, Servers
from stasis.config import Config, load
from stasis.lab.lab import Lab
from stasis.program import Program
from tests.asterisk.listener import Street, lab_name, street, until

pytestmark = [pytest.mark.asterisk, pytest.mark.alone, pytest.mark.timeout(120)]

CALLS = 5
Note = tuple[str, str, str]


class Both(Flow):
    """Notes what happens, and on which server."""

    notes: list[Note]

    def note(self, what: str) -> None:
        self.notes.append((self.asterisk.name, self.channel.id, what))

    async def menu(self, event: Event) -> None:
        self.note(type(event).__name__)
        await self.channel.answer()
        await self.channel.play("sound:demo-instruct")

    async def heard(self, event: ChannelDtmfReceived) -> None:
        self.note(event.digit)

    async def ended(self, event: Event | None) -> None:
        self.note(f"ended: {self.channel.gone.reason if self.channel.gone else None}")

    start = menu
    table = {menu: {ChannelDtmfReceived: Do(heard), PlaybackFinished: menu}}


@pytest.fixture(scope="module")
def labs() -> Iterator[tuple[Lab, Lab]]:
    """East, which is killed, and west."""
    running: list[Lab] = []
    try:
        for version, name in ("22", "east"), ("16", "west"):
            running.append(Lab.up(version, lab_name(name)))
        yield running[0], running[1]
    finally:
        for each in running:
            each.down()


def configured(folder: Path, east: Lab, west: Lab) -> Config:
    """As stasis.toml says it."""
    file = folder / "stasis.toml"
    file.write_text(
        f"""
[asterisk]
username = "{east.username}"
password = "{east.password}"
backoff_max = 1

[servers.east]
url = "{east.url}"

[servers.west]
url = "{west.url}"
"""
    )
    return load(file, {})


@asynccontextmanager
async def running(config: Config) -> AsyncIterator[tuple[Servers, list[Note]]]:
    """The program, ready on both."""
    notes: list[Note] = []
    flow = type("Both", (Both,), {"notes": notes})
    servers = Servers.of(config, {"both": Program.of(flow)})
    task = asyncio.create_task(servers.run())
    try:
        for link in servers.values():
            await link.state.reached("ready", timeout=10)
        yield servers, notes
    finally:
        servers.stop()
        await task


async def call(town: Street, number: int) -> Channel:
    """Somebody calls with an id that the callers of the other server have too."""
    return await town.call_at("stasis-both", f"same-{number}")


def of(notes: list[Note], server: str, what: str) -> list[str]:
    """The channels of a server of which this is noted."""
    return [channel_id for name, channel_id, noted in notes if (name, noted) == (server, what)]


async def test_one_is_killed_and_the_calls_of_the_other_go_on(
    labs: tuple[Lab, Lab], tmp_path: Path
) -> None:
    east, west = labs
    config = configured(tmp_path, east, west)
    ids = [f"same-{number};2" for number in range(CALLS)]
    async with (
        street(west) as west_town,
        street(east) as east_town,
        running(config) as (servers, notes),
    ):
        for number in range(CALLS):
            await call(east_town, number)
        callers = [await call(west_town, number) for number in range(CALLS)]
        for server in "east", "west":
            assert sorted(of(notes, server, "StasisStart")) == ids
            assert {each.channel.id for each in servers[server].runners} == set(ids)
        await callers[0].send_dtmf("1")
        await until(lambda: of(notes, "west", "1") == ["same-0;2"])
        assert of(notes, "east", "1") == []

        killed = asyncio.create_task(asyncio.to_thread(east.restart, kill=True))
        pressed = 0
        slowest = 0.0
        while not killed.done() or servers["east"].state.value != "ready":
            pressed += CALLS
            begun = time.monotonic()
            await asyncio.gather(*(caller.send_dtmf("*") for caller in callers))
            await until(lambda: len(of(notes, "west", "*")) == pressed)  # noqa: B023
            slowest = max(slowest, time.monotonic() - begun)
        await killed
        assert pressed > 3 and slowest < 2.0
        assert servers["west"].counts["gaps"] == 0 and servers["east"].counts["gaps"] >= 1
        # Ready is told beside the calls, which are about to end.
        await until(lambda: not servers["east"].runners)
        assert sorted(of(notes, "east", "ended: Asterisk was restarted")) == ids
        assert {each.channel.id for each in servers["west"].runners} == set(ids)

        await east_town.link.state.reached("ready", timeout=10)
        await call(east_town, 0)
        assert of(notes, "east", "StasisStart").count("same-0;2") == 2
        await west_town.link.ari.channels.hangup(ids[0])
        await until(lambda: of(notes, "west", "ended: hung up") == [ids[0]])
        assert {each.channel.id for each in servers["east"].runners} == {ids[0]}


async def test_one_that_is_down_at_the_start_is_waited_for(
    labs: tuple[Lab, Lab], tmp_path: Path
) -> None:
    east, west = labs
    await asyncio.to_thread(east.stop)
    async with street(west) as town:
        notes: list[Note] = []
        flow = type("Both", (Both,), {"notes": notes})
        servers = Servers.of(configured(tmp_path, east, west), {"both": Program.of(flow)})
        task = asyncio.create_task(servers.run())
        try:
            await servers["west"].state.reached("ready", timeout=10)
            await call(town, 0)
            assert of(notes, "west", "StasisStart") == ["same-0;2"]
            assert servers["east"].state.value == "connecting"
            await asyncio.to_thread(east.start)
            await servers["east"].state.reached("ready", timeout=20)
        finally:
            servers.stop()
            await task
    await asyncio.to_thread(east.ready)
