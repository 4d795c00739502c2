"""Playing and recording over ARI: what the reply says, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.testing.simulator.machines import ask, called, served, simulated, turn


class TestPlaying:
    @pytest.mark.parametrize("target", ["channel", "bridge"])
    @simulated
    async def test_is_queued_at_once_by_an_id_of_ones_own_or_asterisks(self, target: str):
        machine, _ = served()
        line = await called(machine)
        await ask(machine, f"POST channels/{line.channel.id}/answer")
        await ask(machine, "POST bridges/b")
        path = "bridges/b" if target == "bridge" else f"channels/{line.channel.id}"
        for more in ("/play/p?", "/play?playbackId=q&", "/play?"):
            answer = await ask(machine, f"POST {path}{more}media=sound:one&lang=de")
            assert (answer.status, answer.json["state"]) == (201, "queued")
            assert (answer.json["language"], answer.json["media_uri"]) == ("de", "sound:one")
            assert answer.json["target_uri"] == path.replace("channels/", "channel:").replace(
                "bridges/", "bridge:"
            )
        assert {"p", "q"} < set(machine.playbacks) and len(machine.playbacks) == 3

    @simulated
    async def test_speaks_the_channels_language(self):
        machine, _ = served()
        line = await called(machine)
        line.channel.language = "fr"
        path = f"POST channels/{line.channel.id}"
        assert (await ask(machine, f"{path}/play?media=sound:one")).json["language"] == "fr"

    @simulated
    async def test_without_media_is_refused(self):
        machine, _ = served()
        line = await called(machine)
        await ask(machine, "POST bridges/b")
        assert (await ask(machine, f"POST channels/{line.channel.id}/play")).status == 500
        assert (await ask(machine, "POST bridges/b/play")).status == 500

    @simulated
    async def test_to_a_bridge_that_is_not_there_is_refused(self):
        assert (await ask(served()[0], "POST bridges/b/play?media=sound:one")).status == 404


class TestRecording:
    @pytest.mark.parametrize(
        ("query", "status", "why"),
        [
            ("name=r&format=mp3", 422, "specified format is unknown on this system"),
            ("name=r&format=wav&maxDurationSeconds=-1", 400, "max_duration_seconds cannot be"),
            ("name=r&format=wav&maxSilenceSeconds=-1", 400, "max_silence_seconds cannot be"),
            ("name=r&format=wav&ifExists=perhaps", 400, "ifExists invalid"),
            ("name=r&format=wav&terminateOn=7", 400, "terminateOn invalid"),
            ("format=wav", 500, "Error parsing request"),
            ("name=..%2Fr&format=wav", 500, "Error parsing request"),
            ("name=/r&format=wav", 500, "Error parsing request"),
        ],
    )
    @simulated
    async def test_what_is_wrong_is_named(self, query: str, status: int, why: str):
        machine, _ = served()
        line = await called(machine)
        answer = await ask(machine, f"POST channels/{line.channel.id}/record?{query}")
        assert answer.status == status and answer.why.startswith(why)
        assert machine.recordings == {}

    @simulated
    async def test_a_name_that_is_in_use_is_taken_unless_told_otherwise(self, tmp_path: Path):
        machine, _ = served(folder=tmp_path)
        line = await called(machine)
        path = f"channels/{line.channel.id}"
        await ask(machine, f"POST {path}/answer")
        query = f"POST {path}/record?name=r&format=wav&maxDurationSeconds=1"
        assert (await ask(machine, query)).status == 201
        assert (await ask(machine, f"{query}&ifExists=overwrite")).status == 409, "it runs"
        assert await machine.until(lambda: not machine.recordings, 5)
        assert (await ask(machine, query)).status == 409, "it is stored"
        assert (await ask(machine, f"{query}&ifExists=overwrite")).status == 201

    @simulated
    async def test_one_that_its_turn_never_comes_for_ends_with_the_call(self, tmp_path: Path):
        machine, frames = served(folder=tmp_path)
        line = await called(machine)
        path = f"POST channels/{line.channel.id}"
        await ask(machine, f"{path}/answer")
        await ask(machine, f"{path}/play?media=tone:ring")
        await ask(machine, f"{path}/record?name=r&format=wav")
        line.hang_up()
        await turn()
        assert machine.recordings == {}
        told = [frame["type"] for frame in frames if "recording" in frame]
        assert told == ["RecordingStarted", "RecordingFinished"]
