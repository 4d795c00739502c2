"""Sounds over ARI."""

from __future__ import annotations

from pathlib import Path

from stasis.testing import virtual_time
from stasis.testing.simulator.machine import Machine
from stasis.testing.simulator.sounds import Sounds
from tests.testing.simulator.machines import ask, new_machine


def with_one(folder: Path) -> Machine:
    """A server that has one sound installed."""
    (folder / "en" / "digits").mkdir(parents=True)
    (folder / "en" / "digits" / "1.gsm").write_bytes(bytes(33))
    return new_machine(sounds=Sounds(folder, []))


@virtual_time
async def test_what_is_installed_is_listed_and_found(tmp_path: Path):
    machine = with_one(tmp_path)
    one = {"id": "digits/1", "formats": [{"language": "en", "format": "gsm"}]}
    assert (await ask(machine, "GET sounds/digits%2F1")).json == one
    for query in ("", "?lang=en", "?format=gsm"):
        assert (await ask(machine, f"GET sounds{query}")).json == [one]


@virtual_time
async def test_what_is_not_installed_is_not_found(tmp_path: Path):
    machine = with_one(tmp_path)
    for query in ("lang=xx", "format=nonsense"):
        answer = await ask(machine, f"GET sounds?{query}")
        assert (answer.status, answer.why) == (404, "No sounds found that matched the query")
    answer = await ask(machine, "GET sounds/nonsense")
    assert (answer.status, answer.why) == (404, "Sound not found")


@virtual_time
async def test_where_nothing_is_installed_every_name_is_a_sound():
    machine = new_machine(sounds=Sounds(None, []))
    assert (await ask(machine, "GET sounds/hello")).json["id"] == "hello"
    assert (await ask(machine, "GET sounds")).status == 404
