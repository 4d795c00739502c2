"""What went over the wires during one scenario: requests with their replies, and frames."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from attrs import asdict, define, field, frozen

__all__ = ["Frame", "Tape", "Told", "read_tapes", "write_tapes"]


@frozen
class Frame:
    """An event, or another frame. socket: which of the scenario's WebSockets it came over."""

    socket: int
    frame: dict[str, Any]


@frozen
class Told:
    """A request and its answer. json: the reply's body, None when it was none."""

    method: str
    path: str
    status: int
    json: Any


@define
class Tape:
    """One scenario's run. token: what made its names unique."""

    scenario: str = ""
    token: str = ""
    told: list[Told] = field(factory=list)
    frames: list[Frame] = field(factory=list)


def write_tapes(file: Path, tapes: Iterable[Tape]) -> None:
    """One JSON line for each."""
    file.write_text("".join(json.dumps(asdict(each)) + "\n" for each in tapes), "utf-8")


def read_tapes(file: Path) -> list[Tape]:
    """What `write_tapes` wrote."""
    tapes = []
    for line in file.read_text("utf-8").splitlines():
        kept = json.loads(line)
        tapes.append(
            Tape(
                kept["scenario"],
                kept["token"],
                [Told(**each) for each in kept["told"]],
                [Frame(**each) for each in kept["frames"]],
            )
        )
    return tapes
