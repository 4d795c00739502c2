"""`stasis record`: refuses before anything runs; what it writes is seen in tests/asterisk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Write = Callable[[str, str], Path]
Cli = Callable[..., Any]

FLOW = "async def hello(channel): ...\n"


def test_a_file_that_is_there_is_not_written_over(cli: Cli, write: Write) -> None:
    write("seeded.py", FLOW)
    kept = write("s.jsonl", "precious")
    done = cli("record", "seeded:hello", "s.jsonl")
    assert done.returncode == 1
    assert "s.jsonl is there already" in done.stderr
    assert kept.read_text() == "precious"


def test_a_flow_that_is_not_there_is_told(cli: Cli, here: Path) -> None:
    done = cli("record", "nosuch:hello", "s.jsonl")
    assert done.returncode == 1
    assert "nosuch" in done.stderr
    assert not (here / "s.jsonl").exists()


def test_a_session_that_never_began_is_a_file_all_the_same(
    cli: Cli, write: Write, here: Path
) -> None:
    """Asterisk is not there: what was tried is written, and how it ended."""
    write("seeded.py", FLOW)
    env = {"STASIS_ASTERISK_URL": "http://127.0.0.1:1/ari", "STASIS_ASTERISK_PASSWORD": "x"}
    done = cli("run", "seeded:hello", "--record", "s.jsonl", env=env)
    assert done.returncode == 1
    lines = (here / "s.jsonl").read_text().splitlines()
    assert '"stasis_session":1' in lines[0]
    assert '"error":"unreachable"' in lines[2]
    assert '"kind":"end"' in lines[-1]
