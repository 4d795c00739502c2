"""`stasis replay`: no difference is success; the first one is shown, and is a failure."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Write = Callable[[str, str], Path]
Cli = Callable[..., Any]

TESTS = Path(__file__).parent.parent / "testing"


@pytest.fixture(autouse=True)
def _office(here: Path) -> None:
    """The recorded session, and the flow that was recorded."""
    shutil.copy(TESTS / "sessions" / "office-22.jsonl", here / "s.jsonl")
    shutil.copy(TESTS / "session" / "office.py", here / "office.py")


@pytest.fixture
def changed(here: Path, write: Write) -> None:
    """The same flow with another prompt."""
    write("changed.py", (here / "office.py").read_text().replace("digits:42", "digits:43"))


def test_the_same_flow_has_no_difference(cli: Cli) -> None:
    done = cli("replay", "s.jsonl", "office.py:Office")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("no difference: 2 calls, 41 requests, 18.1 s")
    assert done.stderr == "", "a replay logs nothing that went well"


@pytest.mark.usefixtures("changed")
def test_a_difference_is_shown_side_by_side(cli: Cli) -> None:
    done = cli("replay", "s.jsonl", "changed.py:Office")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[0].startswith("another request at 9.36")
    assert lines[1] == "call 1795973737.8 of office, in state 'account'"
    assert any(line.split() == ["media", "digits:42", "digits:43"] for line in lines)
    assert any(line.endswith("enters 'account'") for line in lines), "what came before it"


@pytest.mark.usefixtures("changed")
def test_for_machines_it_is_json(cli: Cli) -> None:
    same = json.loads(cli("replay", "s.jsonl", "office.py:Office", "--json").stdout)
    other = json.loads(cli("replay", "s.jsonl", "changed.py:Office", "--json").stdout)
    assert same == {"ok": True, "difference": None}
    assert (other["ok"], other["difference"]["got"]["media"]) == (False, "digits:43")


def test_the_application_can_be_named(cli: Cli) -> None:
    done = cli("replay", "s.jsonl", "office.py:Office", "--app", "reception")
    assert done.returncode == 1
    assert "has calls of office, and none of reception" in done.stderr


def test_a_file_that_is_no_session_is_told(cli: Cli, write: Write) -> None:
    write("odd.jsonl", "{}\n")
    done = cli("replay", "odd.jsonl", "office.py:Office")
    assert done.returncode == 1
    assert "odd.jsonl, line 1: not the header of a session" in done.stderr
