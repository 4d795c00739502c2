"""Recordings over HTTP: listed, heard as they were recorded, deleted."""

from __future__ import annotations

import io
import wave

import pytest
from stasis_conference.operations.recordings import file_name

from stasis.testing.asterisk import Asterisk
from stasis.testing.clock import virtual_time
from tests.apps.stasis_conference.desk import Desk, served
from tests.apps.stasis_conference.house import House, member


async def recorded(asterisk: Asterisk, desk: Desk, room: str = "1000") -> int:
    """A recording of some seconds. Returns its id."""
    caller = await member(asterisk, room=room)
    await desk.act("start_record", room=room)
    await caller.waits(5)
    await desk.act("stop_record", room=room)
    (found,) = await desk.get(f"/recordings?room={room}")
    return int(found["id"])


@virtual_time
async def test_it_is_listed_and_its_sound_is_the_file():
    house = House()
    async with served(house) as (asterisk, desk):
        id = await recorded(asterisk, desk)
        found = await desk.get(f"/recordings/{id}")
        assert (found["room"], found["session"]) == ("1000", house.history[0].id)
        assert found["seconds"] == pytest.approx(5, abs=0.5) and found["ended"] is not None
        answer = await desk.ask("GET", f"/recordings/{id}/sound")
        assert answer.status == 200 and answer.headers["Content-Type"] == "audio/wav"
        name = found["name"].rpartition("/")[2]
        expected = f'attachment; filename="1000-{name}.wav"'
        assert answer.headers["Content-Disposition"] == expected
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        with wave.open(io.BytesIO(answer.body)) as sound:
            assert sound.getnframes() / sound.getframerate() == pytest.approx(5, abs=0.5)


@virtual_time
async def test_it_is_deleted_with_its_sound():
    house = House()
    async with served(house) as (asterisk, desk):
        id = await recorded(asterisk, desk)
        (file,) = asterisk.machine.folder.rglob("*.wav")
        assert (await desk.ask("DELETE", f"/recordings/{id}")).status == 204
        assert not file.exists()
        assert (await desk.ask("GET", f"/recordings/{id}")).code == "no_recording"
        assert await desk.get("/recordings") == []


@virtual_time
async def test_one_whose_file_is_gone():
    async with served(House()) as (asterisk, desk):
        id = await recorded(asterisk, desk)
        for file in asterisk.machine.folder.rglob("*.wav"):
            file.unlink()
        answer = await desk.ask("GET", f"/recordings/{id}/sound")
        assert (answer.status, answer.code) == (404, "no_sound")
        assert (await desk.ask("DELETE", f"/recordings/{id}")).status == 204


@virtual_time
async def test_one_that_runs_is_left_alone():
    async with served(House()) as (asterisk, desk):
        caller = await member(asterisk)
        await desk.act("start_record")
        await caller.waits(2)
        (found,) = await desk.get("/recordings")
        assert found["ended"] is None
        for method, path in (("GET", "/sound"), ("DELETE", "")):
            answer = await desk.ask(method, f"/recordings/{found['id']}{path}")
            assert (answer.status, answer.code) == (409, "running")


@virtual_time
async def test_by_session_and_page_by_page():
    house = House()
    async with served(house) as (asterisk, desk):
        first = await recorded(asterisk, desk)
        second = await recorded(asterisk, desk, "2000")
        assert [each["id"] for each in await desk.get("/recordings")] == [second, first]
        assert [each["id"] for each in await desk.get("/recordings?limit=1")] == [second]
        assert [each["id"] for each in await desk.get(f"/recordings?before={second}")] == [first]
        session = house.history[1].id
        assert [each["id"] for each in await desk.get(f"/recordings?session={session}")] == [second]


@virtual_time
async def test_another_rooms_recording_cannot_be_told_from_none():
    async with served(House()) as (asterisk, desk):
        id = await recorded(asterisk, desk, "2000")
        desk.token = await desk.granted(["recordings:read", "recordings:delete"], ["1000"])
        assert await desk.get("/recordings") == []
        assert (await desk.ask("GET", "/recordings?room=2000")).code == "other_room"
        for method, path in (("GET", ""), ("GET", "/sound"), ("DELETE", "")):
            there = await desk.ask(method, f"/recordings/{id}{path}")
            nowhere = await desk.ask(method, f"/recordings/9999{path}")
            assert there.status == 404 and there.body == nowhere.body
        assert list(asterisk.machine.folder.rglob("*.wav"))


@pytest.mark.parametrize(
    ("name", "kind", "shown"),
    [
        ("conference/board/20261123-1000-ab", "wav", "board-20261123-1000-ab.wav"),
        ('a/"x\r\ny/b', "wav", "_x__y-b.wav"),
        ("plain", "", "plain"),
    ],
)
def test_what_it_is_called_when_it_is_saved(name: str, kind: str, shown: str):
    assert file_name(name, kind) == shown
