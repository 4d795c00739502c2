"""A playback: its turn, its media one after the other, its control, and its ends."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.phone import Line
from tests.testing.simulator.machines import ask, called, served, simulated, turn

Frames = list[dict[str, Any]]


class Played:
    """A call to which something is played, as playback `p`."""

    def __init__(self, machine: Machine, frames: Frames, line: Line) -> None:
        self.machine, self.frames, self.line = machine, frames, line

    @classmethod
    async def of(cls, media: str, more: str = "", **seconds: float) -> Played:
        """Play. seconds: of sounds."""
        machine, frames = served(**seconds)
        line = await called(machine)
        path = f"channels/{line.channel.id}"
        await ask(machine, f"POST {path}/answer")
        answer = await ask(machine, f"POST {path}/play/p?media={media}{more}")
        assert (answer.status, answer.json["state"]) == (201, "queued")
        await turn()
        return cls(machine, frames, line)

    async def control(self, operation: str) -> int:
        """Pause it, or the like. Returns the status."""
        path = f"POST playbacks/p/control?operation={operation}"
        return (await ask(self.machine, path)).status

    def told(self) -> list[str]:
        """What is told of it: the event without `Playback`, and the state."""
        return [
            f"{frame['type'].removeprefix('Playback')} {frame['playback']['state']}"
            for frame in self.frames
            if "playback" in frame
        ]

    async def ends(self) -> float:
        """Wait until it is over. Returns when that is."""
        assert await self.machine.until(lambda: "p" not in self.machine.playbacks, 600)
        return round(self.machine.loop.time(), 1)


ONCE = ["Started playing", "Finished done"]


class TestItsTime:
    @pytest.mark.parametrize(
        ("media", "seconds"),
        [
            ("sound:one", 3.0),
            ("sound:other", 2.0),
            ("sound:one,sound:two", 5.0),
            ("digits:123", 1.5),
            ("number:21", 1.0),
            ("characters:ab", 1.0),
        ],
    )
    @simulated
    async def test_is_that_of_its_media(self, media: str, seconds: float):
        played = await Played.of(media, one=3.0, two=2.0)
        assert await played.ends() == seconds

    @simulated
    async def test_may_begin_within_it(self):
        played = await Played.of("sound:one", "&offsetms=1000", one=3.0)
        assert await played.ends() == 2.0

    @simulated
    async def test_of_a_tone_has_no_end(self):
        played = await Played.of("tone:ring")
        await asyncio.sleep(600)
        assert played.told() == ["Started playing"]
        await ask(played.machine, "DELETE playbacks/p")
        await turn()
        assert played.told() == ONCE


class TestAList:
    @simulated
    async def test_names_what_comes_next_and_continues(self):
        played = await Played.of("sound:one,sound:two", one=3.0)
        await played.ends()
        assert played.told() == [
            "Started playing",
            "Continuing continuing",
            "Started playing",
            "Finished done",
        ]
        first, second = (f for f in played.frames if f["type"] == "PlaybackStarted")
        assert first["playback"]["next_media_uri"] == "sound:two"
        assert "next_media_uri" not in second["playback"]
        assert played.line.heard_all == ["sound:one", "sound:two"]

    @simulated
    async def test_that_is_stopped_ends_at_once(self):
        played = await Played.of("sound:one,sound:two", one=3.0)
        await ask(played.machine, "DELETE playbacks/p")
        assert await played.ends() == 0.0
        assert played.told() == ONCE and played.line.heard_all == ["sound:one"]


class TestWhatCannotBePlayed:
    @simulated
    async def test_a_missing_sound_fails(self):
        played = await Played.of("sound:gone", gone=0.0)
        assert played.told() == ["Started playing", "Finished failed"]
        assert played.line.heard_all == []

    @simulated
    async def test_a_list_goes_on_after_a_missing_one(self):
        played = await Played.of("sound:gone,sound:one", gone=0.0)
        await played.ends()
        assert played.told()[-1] == "Finished done" and played.line.heard_all == ["sound:one"]

    @pytest.mark.parametrize("media", ["nonsense:x", "nothing", "recording:none"])
    @simulated
    async def test_what_is_no_medium_starts_and_is_never_heard_of_again(self, media: str):
        played = await Played.of(media)
        await asyncio.sleep(60)
        assert played.told() == ["Started playing"]
        assert (await ask(played.machine, "GET playbacks/p")).status == 404


class TestItsControl:
    @simulated
    async def test_a_pause_takes_no_time_of_it(self):
        played = await Played.of("sound:one", one=3.0)
        await asyncio.sleep(1)
        assert await played.control("pause") == 204
        await asyncio.sleep(10)
        assert await played.control("unpause") == 204
        assert await played.ends() == 13.0
        assert played.told() == ["Started playing", *ONCE]

    @pytest.mark.parametrize(
        ("operation", "skip", "ends"),
        [
            ("restart", 1000, 12.0),
            ("reverse", 1000, 11.0),
            ("reverse", 5000, 12.0),
            ("forward", 1000, 9.0),
            ("forward", 9000, 12.0),
        ],
    )
    @simulated
    async def test_it_can_be_wound(self, operation: str, skip: int, ends: float):
        played = await Played.of("sound:one", f"&skipms={skip}", one=10.0)
        await asyncio.sleep(2 - 0.001)
        assert await played.control(operation) == 204
        assert await played.ends() == ends

    @simulated
    async def test_what_waits_for_its_turn_cannot_be_wound(self):
        played = await Played.of("sound:one", one=10.0)
        path = f"channels/{played.line.channel.id}/play/q"
        await ask(played.machine, f"POST {path}?media=sound:one")
        answer = await ask(played.machine, "POST playbacks/q/control?operation=pause")
        assert (answer.status, answer.why) == (409, "Can only pause while media is playing")

    @simulated
    async def test_what_is_said_cannot_be_stopped(self):
        played = await Played.of("number:21")
        assert (await ask(played.machine, "DELETE playbacks/p")).status == 500
        assert await played.control("pause") == 500
        assert await played.ends() == 1.0

    @simulated
    async def test_a_mistake_is_named(self):
        played = await Played.of("sound:one")
        answer = await ask(played.machine, "POST playbacks/p/control?operation=eject")
        assert (answer.status, answer.why) == (400, "Invalid operation eject")


class TestItsEnd:
    @simulated
    async def test_a_hang_up_fails_it(self):
        played = await Played.of("sound:one", one=3.0)
        await asyncio.sleep(1)
        played.line.hang_up()
        await turn()
        assert played.told() == ["Started playing", "Finished failed"]

    @simulated
    async def test_its_id_can_be_had_again(self):
        played = await Played.of("sound:one", one=3.0)
        await played.ends()
        path = f"POST channels/{played.line.channel.id}/play/p?media=sound:one"
        assert (await ask(played.machine, path)).status == 201
        await played.ends()
        assert played.told() == ONCE * 2
