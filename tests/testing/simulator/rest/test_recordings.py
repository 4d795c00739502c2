"""Recordings over ARI: those that run, and those that are stored."""

from __future__ import annotations

from pathlib import Path

import pytest

from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.rest.serve import serve
from stasis.testing.simulator.wave import write
from tests.testing.simulator.machines import ask, called, served, simulated, turn


def with_stored(folder: Path) -> Machine:
    """A server on which `one` and `box/two` are stored, and a file that is none of its own."""
    (folder / "spool" / "box").mkdir(parents=True)
    write(folder / "spool" / "one.wav", 1.0, [])
    write(folder / "spool" / "box" / "two.gsm", 2.0, [])
    write(folder / "outside.wav", 1.0, [])
    return served(folder=folder / "spool")[0]


class TestStored:
    @simulated
    async def test_they_are_listed_and_looked_at(self, tmp_path: Path):
        machine = with_stored(tmp_path)
        found = (await ask(machine, "GET recordings/stored")).json
        assert found == [{"name": "box/two", "format": "gsm"}, {"name": "one", "format": "wav"}]
        assert (await ask(machine, "GET recordings/stored/box%2Ftwo")).json == found[0]

    @simulated
    async def test_a_file_comes_as_it_is(self, tmp_path: Path):
        machine = with_stored(tmp_path)
        response, _ = await serve(machine, "GET", "recordings/stored/one/file")
        assert response.body.startswith(b"RIFF") and response.content_type == "audio/wav"

    @simulated
    async def test_one_is_copied_to_a_free_name(self, tmp_path: Path):
        machine = with_stored(tmp_path)
        path = "POST recordings/stored/one/copy?destinationRecordingName="
        assert (await ask(machine, f"{path}new/three")).json == {
            "name": "new/three",
            "format": "wav",
        }
        assert machine.stored_seconds("new/three") == pytest.approx(1.0)
        assert (await ask(machine, f"{path}box/two")).status == 409
        assert (await ask(machine, path)).status == 400

    @simulated
    async def test_one_is_deleted_once(self, tmp_path: Path):
        machine = with_stored(tmp_path)
        assert (await ask(machine, "DELETE recordings/stored/one")).status == 204
        assert (await ask(machine, "DELETE recordings/stored/one")).status == 404

    @pytest.mark.parametrize(
        "request_line",
        [
            "GET recordings/stored/..%2Foutside",
            "DELETE recordings/stored/..%2Foutside",
            "GET recordings/stored/..%2Foutside/file",
            "DELETE recordings/stored/box%2F..%2F..%2Foutside",
        ],
    )
    @simulated
    async def test_what_is_outside_the_folder_is_none(self, tmp_path: Path, request_line: str):
        machine = with_stored(tmp_path)
        assert (await ask(machine, request_line)).status == 404
        assert (tmp_path / "outside.wav").exists()

    @simulated
    async def test_nor_is_anything_copied_there(self, tmp_path: Path):
        machine = with_stored(tmp_path)
        path = "POST recordings/stored/one/copy?destinationRecordingName=../new"
        answer = await ask(machine, path)
        assert (answer.status, answer.why) == (403, "Destination file path is forbidden")


class TestLive:
    @pytest.mark.parametrize(
        ("command", "status"),
        [
            ("GET ", 200),
            ("POST /pause", 204),
            ("DELETE /pause", 204),
            ("POST /mute", 204),
            ("DELETE /mute", 204),
            ("POST /stop", 204),
            ("DELETE ", 204),
        ],
    )
    @simulated
    async def test_what_is_done_to_one_that_runs(self, tmp_path: Path, command: str, status: int):
        machine, _ = served(folder=tmp_path)
        line = await called(machine)
        await ask(machine, f"POST channels/{line.channel.id}/answer")
        await ask(machine, f"POST channels/{line.channel.id}/record?name=r&format=wav")
        await turn()
        method, _, what = command.partition(" ")
        assert (await ask(machine, f"{method} recordings/live/r{what}")).status == status
        answer = await ask(machine, f"{method} recordings/live/none{what}")
        assert (answer.status, answer.why) == (404, "Recording not found")
