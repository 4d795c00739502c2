"""`stasis strays` on a real server: what a killed program leaves is found, and only that."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Literal

import pytest

from stasis.ari import Ari
from stasis.cli.look import Looked, look
from stasis.config import KeepConfig
from stasis.keep import keep_of
from stasis.lab.lab import Lab
from stasis.transport.http import Http
from tests.asterisk.command_line import stasis
from tests.asterisk.deployed import bridges, call, callers, channels, deployed, hang_up, until
from tests.asterisk.servers import Server

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(90)]


def looked(lab: Lab, *apps: str, keep: KeepConfig | None = None) -> Looked:
    """What two looks have found; a process of its own is only for what must be one."""
    config = Server(lab, "http").config().asterisk

    async def look_at() -> Looked:
        async with Http(config) as send:
            ari = Ari(send)
            return await look(ari, keep_of(keep or KeepConfig(), ari, "asterisk"), apps)

    return asyncio.run(look_at())


def test_what_a_killed_program_leaves_is_listed_and_closed(lab: Lab, tmp_path: Path) -> None:
    """Nothing while the call lives; its agent and bridge once the caller has hung up."""
    with deployed(tmp_path, lab, "killed") as process:
        call(lab, "killed")
        assert looked(lab, "killed") == Looked([], [], {})

        process.kill()
        process.wait()
        found = looked(lab, "killed")
        assert found.strays == [], "the call lives, and so does what is its"
        (waiting,) = found.waiting
        assert (waiting.kind, waiting.app) == ("call", "killed")
        assert waiting.about == "waits for a process; desk.running"

        hang_up(lab, "killed")
        done = stasis(tmp_path, lab, "strays", "--json", "--app", "killed")
        told = json.loads(done.stdout)
        assert (done.returncode, told["waiting"]) == (1, [])
        assert sorted(each["kind"] for each in told["strays"]) == ["bridge", "channel"]
        assert {each["token"] for each in told["strays"]} == {waiting.token}
        assert all(0 <= each["age"] < 60 for each in told["strays"])
        assert looked(lab, "another").strays == []
        assert len(looked(lab).strays) >= 2, "without a name, of any application"

        done = stasis(tmp_path, lab, "strays", "--close", "--app", "killed")
        assert (done.returncode, "2 of 2 closed" in done.stdout) == (0, True)
        until(lambda: not channels(lab))
        assert bridges(lab, "killed") == []


def test_a_waiting_call_is_not_closed(lab: Lab, tmp_path: Path) -> None:
    with deployed(tmp_path, lab, "waiting") as process:
        call(lab, "waiting")
        process.kill()
        process.wait()
        done = stasis(tmp_path, lab, "strays", "--close", "--app", "waiting")
        assert (done.returncode, "no strays" in done.stdout) == (0, True)
        assert "calls that wait: 1; the next `stasis run` goes on with them" in done.stderr
        assert len(callers(lab, "waiting")) == 1
        assert len(bridges(lab, "waiting")) == 1


@pytest.mark.parametrize("store", ["folder", "off"])
def test_calls_whose_records_are_elsewhere_lose_nothing(
    lab: Lab, tmp_path: Path, store: Literal["folder", "off"]
) -> None:
    """Looked at with another store than the program's, nothing of the call counts as a stray."""
    with deployed(tmp_path, lab, "elsewhere"):
        call(lab, "elsewhere")
        keep = KeepConfig(store=store, folder=str(tmp_path / "none"))
        assert looked(lab, "elsewhere", keep=keep) == Looked([], [], {"elsewhere": 2})


def test_records_in_a_folder_are_found(lab: Lab, tmp_path: Path) -> None:
    keep = KeepConfig(store="folder", folder=str(tmp_path / "kept"))
    with deployed(
        tmp_path, lab, "foldered", STASIS_KEEP_STORE="folder", STASIS_KEEP_FOLDER=keep.folder
    ) as process:
        call(lab, "foldered")
        assert looked(lab, "foldered", keep=keep) == Looked([], [], {})
        process.kill()
        process.wait()
        hang_up(lab, "foldered")
        assert len(looked(lab, "foldered", keep=keep).strays) == 2
