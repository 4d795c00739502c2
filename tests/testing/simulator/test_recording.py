"""A recording: what ends it, what its file holds, and what is told of it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.phone import Line
from stasis.testing.simulator.wave import seconds_of
from tests.testing.simulator.machines import ask, called, served, simulated, turn


class Recorded:
    """A call that is recorded as `r`."""

    def __init__(self, machine: Machine, frames: list[dict[str, Any]], line: Line) -> None:
        self.machine, self.frames, self.line = machine, frames, line

    @classmethod
    async def of(cls, folder: Path, more: str = "") -> Recorded:
        """Record a phone."""
        machine, frames = served(folder=folder, beep=1.0)
        line = await called(machine)
        recorded = cls(machine, frames, line)
        await ask(machine, f"POST channels/{line.channel.id}/answer")
        assert await recorded.ask("POST", f"record?name=r&format=wav{more}") == 201
        await turn()
        return recorded

    async def ask(self, method: str, what: str) -> int:
        """Ask something of the channel. Returns the status."""
        path = f"{method} channels/{self.line.channel.id}/{what}"
        return (await ask(self.machine, path)).status

    async def live(self, method: str, what: str = "") -> int:
        """Ask something of the recording. Returns the status."""
        status = (await ask(self.machine, f"{method} recordings/live/r{what}")).status
        await turn()
        return status

    def told(self) -> list[str]:
        """What is told of it: the event without `Recording`."""
        return [f["type"].removeprefix("Recording") for f in self.frames if "recording" in f]

    async def end(self) -> dict[str, Any]:
        """Wait for its end, and return it as it is told."""
        assert await self.machine.until(lambda: "r" not in self.machine.recordings, 600)
        found: dict[str, Any] = self.frames[-1]["recording"]
        assert self.frames[-1]["type"] == "RecordingFinished"
        return found

    def seconds(self) -> float:
        """The length of its file."""
        path = self.machine.stored("r")
        assert path is not None
        return round(seconds_of(path), 1)


class TestItsEnd:
    @simulated
    async def test_comes_when_it_is_stopped(self, tmp_path: Path):
        recorded = await Recorded.of(tmp_path)
        await asyncio.sleep(3)
        assert await recorded.live("POST", "/stop") == 204
        end = await recorded.end()
        assert (end["state"], end["duration"], recorded.seconds()) == ("done", 3, 3.0)
        assert recorded.told() == ["Started", "Finished"]

    @simulated
    async def test_comes_after_its_limit(self, tmp_path: Path):
        recorded = await Recorded.of(tmp_path, "&maxDurationSeconds=5")
        assert (await recorded.end())["duration"] == 5
        assert recorded.machine.loop.time() == pytest.approx(5, abs=0.1)

    @simulated
    async def test_comes_with_a_silence_that_is_no_part_of_the_file(self, tmp_path: Path):
        recorded = await Recorded.of(tmp_path, "&maxSilenceSeconds=2")
        await asyncio.sleep(1)
        recorded.line.speak(3)
        end = await recorded.end()
        assert recorded.machine.loop.time() == pytest.approx(6, abs=0.1)
        assert (end["duration"], end["talking_duration"], end["silence_duration"]) == (6, 4, 2)
        assert recorded.seconds() == 4.0

    @pytest.mark.parametrize(
        ("ends_on", "digit", "ends"),
        [("%23", "#", True), ("%23", "1", False), ("any", "1", True), ("none", "#", False)],
    )
    @simulated
    async def test_comes_with_a_digit(self, tmp_path: Path, ends_on: str, digit: str, ends: bool):
        recorded = await Recorded.of(tmp_path, f"&terminateOn={ends_on}")
        await asyncio.sleep(1)
        recorded.line.channel.receive(digit, 100)
        await turn()
        assert ("Finished" in recorded.told()) is ends

    @simulated
    async def test_comes_with_a_hang_up_and_keeps_the_file(self, tmp_path: Path):
        recorded = await Recorded.of(tmp_path)
        await asyncio.sleep(2)
        recorded.line.hang_up()
        await turn()
        assert recorded.told() == ["Started", "Finished"] and recorded.seconds() == 2.0

    @simulated
    async def test_leaves_no_file_when_it_is_cancelled(self, tmp_path: Path):
        recorded = await Recorded.of(tmp_path)
        await asyncio.sleep(2)
        assert await recorded.live("DELETE") == 204
        assert (await recorded.end())["state"] == "done"
        assert recorded.machine.stored("r") is None

    @simulated
    async def test_of_a_silent_local_channel_comes_after_four_seconds(self, tmp_path: Path):
        machine, frames = served(
            folder=tmp_path, plan="exten => quiet,1,Answer()\n same => n,Wait(60)"
        )
        await ask(machine, "POST channels/c?endpoint=Local/quiet@default&app=a")
        await asyncio.sleep(1)
        await ask(machine, "POST channels/c/record?name=r&format=wav")
        await asyncio.sleep(4.1)
        assert frames[-1]["type"] == "RecordingFinished"
        assert frames[-1]["recording"]["duration"] == 0


class TestWhatItHolds:
    @simulated
    async def test_a_pause_is_no_part_of_it(self, tmp_path: Path):
        recorded = await Recorded.of(tmp_path)
        await asyncio.sleep(2)
        assert await recorded.live("POST", "/pause") == 204
        await asyncio.sleep(5)
        assert await recorded.live("DELETE", "/pause") == 204
        await asyncio.sleep(1)
        await recorded.live("POST", "/stop")
        await recorded.end()
        assert recorded.seconds() == 3.0

    @simulated
    async def test_nor_is_the_beep(self, tmp_path: Path):
        recorded = await Recorded.of(tmp_path, "&beep=true&maxDurationSeconds=2")
        await recorded.end()
        assert recorded.machine.loop.time() == pytest.approx(3, abs=0.1)
        assert recorded.seconds() == 2.0

    @simulated
    async def test_what_is_appended_makes_it_longer(self, tmp_path: Path):
        recorded = await Recorded.of(tmp_path, "&maxDurationSeconds=2")
        await recorded.end()
        more = "record?name=r&format=wav&ifExists=append&maxDurationSeconds=3"
        assert await recorded.ask("POST", more) == 201
        assert (await recorded.end())["duration"] == 5
        assert recorded.seconds() == 5.0

    @simulated
    async def test_who_is_muted_or_on_hold_says_nothing(self, tmp_path: Path):
        for way in ("muted", "on hold"):
            recorded = await Recorded.of(tmp_path / way, "&maxSilenceSeconds=5")
            if way == "muted":
                recorded.line.channel.muted.add("in")
            else:
                recorded.line.hold(True)
            recorded.line.speak(3)
            assert (await recorded.end())["talking_duration"] <= 1, "a second begun counts"

    @simulated
    async def test_who_speaks_twice_is_heard_both_times(self, tmp_path: Path):
        recorded = await Recorded.of(tmp_path, "&maxSilenceSeconds=3")
        for _ in range(2):
            recorded.line.speak(2)
            await asyncio.sleep(4)
        end = await recorded.end()
        assert end["duration"] == 9 and end["talking_duration"] in (4, 5)


class TestABridge:
    @simulated
    async def test_hears_those_who_are_heard_in_it(self, tmp_path: Path):
        machine, frames = served(folder=tmp_path)
        await ask(machine, "POST bridges/b")
        lines = [await called(machine, number=number) for number in ("1", "2")]
        for line, more in zip(lines, ("", "&mute=true"), strict=True):
            await ask(machine, f"POST channels/{line.channel.id}/answer")
            await ask(machine, f"POST bridges/b/addChannel?channel={line.channel.id}{more}")
        await ask(machine, "POST bridges/b/record?name=r&format=wav&maxSilenceSeconds=3")
        await turn()
        lines[0].speak(2)
        lines[1].speak(60)
        await asyncio.sleep(6)
        end = next(f["recording"] for f in frames if f["type"] == "RecordingFinished")
        assert end["duration"] == 5 and end["talking_duration"] in (2, 3)

    @simulated
    async def test_two_run_side_by_side(self, tmp_path: Path):
        machine, _ = served(folder=tmp_path)
        await ask(machine, "POST bridges/b")
        for name in ("r", "s"):
            path = f"POST bridges/b/record?name={name}&format=wav&maxDurationSeconds=2"
            assert (await ask(machine, path)).status == 201
        await asyncio.sleep(2.1)
        assert machine.recordings == {}
        assert machine.stored("r") is not None and machine.stored("s") is not None


class TestItsTurn:
    @simulated
    async def test_comes_after_what_plays(self, tmp_path: Path):
        machine, frames = served(folder=tmp_path, one=3.0)
        line = await called(machine)
        path = f"channels/{line.channel.id}"
        await ask(machine, f"POST {path}/answer")
        await ask(machine, f"POST {path}/play?media=sound:one")
        await ask(machine, f"POST {path}/record?name=r&format=wav&maxDurationSeconds=1")
        assert (await ask(machine, "POST recordings/live/r/pause")).status == 409
        assert (await ask(machine, "GET recordings/live/r")).json["state"] == "queued"
        await asyncio.sleep(4.1)
        assert machine.loop.time() == pytest.approx(4.1, abs=0.1)
        assert frames[-1]["type"] == "RecordingFinished"
        assert frames[-1]["recording"]["duration"] == 1

    @simulated
    async def test_never_comes_in_a_bridge(self, tmp_path: Path):
        machine, frames = served(folder=tmp_path)
        line = await called(machine)
        await ask(machine, f"POST channels/{line.channel.id}/answer")
        await ask(machine, "POST bridges/b")
        await ask(machine, f"POST bridges/b/addChannel?channel={line.channel.id}")
        await ask(machine, f"POST channels/{line.channel.id}/record?name=r&format=wav")
        await turn()
        assert frames[-1]["type"] == "RecordingFailed"
        assert frames[-1]["recording"]["cause"] == "Cannot record channel while in bridge"
