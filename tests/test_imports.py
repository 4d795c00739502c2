"""What is loaded when: who writes a flow or types a command does not wait for the rest.

Counted, not timed: each case is a process of its own, and what it has loaded at its end is told.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NOBODY = "http://127.0.0.1:1/ari"
END = "\nimport json, sys; print(); print(json.dumps(sorted(sys.modules)))"
COMMAND = "from stasis.cli import main; main({words!r})"

# What takes its time to load, by what it is for.
NETWORK = {"aiohttp", "websockets", "prometheus_client", "http.server"}
SERVER = {"aiohttp.web", "stasis.http", "stasis.health"}
DATABASE = {"sqlalchemy", "alembic", "aiosqlite", "asyncpg", "stasis.sql"}
ENGINE = {"stasis.app", "stasis.link", "stasis.servers", "stasis.calls"}
COMPANIONS = {"stasis.ami", "stasis.agi", "stasis.pbx", "stasis.web"}
BENCH = {"stasis.testing", "stasis.lab", "pytest"}
SCREEN = {"typer", "stasis.cli"}


def loaded(code: str, folder: Path) -> set[str]:
    """The modules that a fresh process has loaded when it has run the code."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STASIS_")}
    path = os.pathsep.join(map(str, (ROOT, ROOT / "apps")))
    done = subprocess.run(
        [sys.executable, "-c", code + END],
        cwd=folder,
        env={**kept, "PYTHONPATH": path, "STASIS_ASTERISK_URL": NOBODY},
        capture_output=True,
        text=True,
        timeout=25,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


class TestTheLibrary:
    def test_to_write_a_flow_needs_no_network_and_no_engine(self, tmp_path: Path) -> None:
        found = loaded("from stasis import Channel, Flow, Plugin", tmp_path)
        assert "stasis.flow" in found
        unwanted = NETWORK | SERVER | DATABASE | ENGINE | COMPANIONS | BENCH | SCREEN
        assert found & unwanted == set()

    def test_the_engine_is_there_when_it_is_asked_for(self, tmp_path: Path) -> None:
        found = loaded("from stasis import Link, Servers", tmp_path)
        assert found & ENGINE
        assert found & (SERVER | DATABASE | COMPANIONS | BENCH | SCREEN) == set()

    def test_what_a_program_needs_is_there_before_its_loop_runs(self, tmp_path: Path) -> None:
        """Loaded inside the loop, it would hold up the first calls."""
        found = loaded("from stasis import run", tmp_path)
        assert found >= ENGINE | SERVER
        assert found & (DATABASE | COMPANIONS | BENCH | SCREEN) == set()

    def test_a_request_loads_what_carries_it(self, tmp_path: Path) -> None:
        one = (
            "import asyncio, contextlib, stasis\n"
            "from stasis.config import load\n"
            "async def one():\n"
            "    async with stasis.operations(load(None)) as ari:\n"
            "        with contextlib.suppress(stasis.Unreachable):\n"
            "            await ari.asterisk.ping()\n"
            "asyncio.run(one())"
        )
        found = loaded(one, tmp_path)
        assert "aiohttp" in found
        assert found & (SERVER | ENGINE) == set()


class TestTheCommandLine:
    def test_the_help_loads_no_command(self, tmp_path: Path) -> None:
        found = loaded(COMMAND.format(words=["--help"]), tmp_path)
        assert "stasis.cli.main" in found
        assert found & {"stasis.cli.run", "stasis.cli.play", "stasis.cli.lab"} == set()
        assert found & (SERVER | DATABASE | BENCH | {"aiohttp"}) == set()

    @pytest.mark.parametrize("name", ["version", "run"])
    def test_a_command_loads_no_other(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "seeded.py").write_text("async def hello(channel): ...\n")
        words = [name, "seeded:hello"] if name == "run" else [name]
        found = loaded(COMMAND.format(words=words), tmp_path)
        assert f"stasis.cli.{name}" in found
        assert found & {"stasis.cli.play", "stasis.cli.doctor", "stasis.testing"} == set()
        assert found & (DATABASE | COMPANIONS) == set()

    def test_only_what_runs_calls_loads_the_server(self, tmp_path: Path) -> None:
        (tmp_path / "seeded.py").write_text("async def hello(channel): ...\n")
        assert not loaded(COMMAND.format(words=["version"]), tmp_path) & (SERVER | ENGINE)
        assert loaded(COMMAND.format(words=["run", "seeded:hello"]), tmp_path) >= SERVER | ENGINE
