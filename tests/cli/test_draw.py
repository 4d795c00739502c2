"""`stasis draw`: the diagram to standard output or into a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Write = Callable[[str, str], Path]
Cli = Callable[..., Any]

FLOW = "async def hello(channel): ...\n"


def test_standard_output_holds_the_diagram_and_nothing_else(cli: Cli, write: Write) -> None:
    write("seeded.py", FLOW)
    done = cli("draw", "seeded:hello")
    assert done.returncode == 0
    assert done.stdout.startswith("stateDiagram-v2\n")
    assert done.stdout.endswith("hello --> [*]\n")


def test_a_file_holds_the_same(cli: Cli, write: Write, here: Path) -> None:
    write("seeded.py", FLOW)
    done = cli("draw", "seeded:hello", "--output", "flow.mmd")
    assert (done.returncode, done.stdout) == (0, "")
    assert (here / "flow.mmd").read_text() == cli("draw", "seeded:hello").stdout


def test_a_file_that_cannot_be_written_is_told(cli: Cli, write: Write) -> None:
    write("seeded.py", FLOW)
    done = cli("draw", "seeded:hello", "--output", "no/such/folder.mmd")
    assert done.returncode == 1
    assert "cannot be written: No such file or directory" in done.stderr


def test_a_picture_can_be_had_instead(cli: Cli, write: Write, here: Path) -> None:
    write("seeded.py", FLOW)
    done = cli("draw", "seeded:hello", "--svg", "--output", "flow.svg")
    assert done.returncode == 0, done.stderr
    assert (here / "flow.svg").read_text("utf-8").startswith("<svg xmlns=")
