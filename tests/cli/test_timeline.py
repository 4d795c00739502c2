"""`stasis timeline`: a session as one page."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

Cli = Callable[..., Any]

OFFICE = Path(__file__).parent.parent / "testing" / "sessions" / "office-22.jsonl"


def test_the_page_lies_beside_the_file(cli: Cli, here: Path) -> None:
    shutil.copy(OFFICE, here / "s.jsonl")
    done = cli("timeline", "s.jsonl")
    assert done.returncode == 0, done.stderr
    assert "written: s.html" in done.stderr
    assert (here / "s.html").read_text("utf-8").startswith("<!doctype html>")


def test_or_where_it_is_wanted(cli: Cli, here: Path) -> None:
    done = cli("timeline", str(OFFICE), "--output", "page.html")
    assert done.returncode == 0, done.stderr
    assert "sound:demo-instruct" in (here / "page.html").read_text("utf-8")


def test_a_page_that_cannot_be_written_is_told(cli: Cli) -> None:
    done = cli("timeline", str(OFFICE), "--output", "no/such/page.html")
    assert done.returncode == 1
    assert "cannot be written: No such file or directory" in done.stderr
