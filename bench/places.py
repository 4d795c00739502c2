"""The places where clients run: the fake server, and a real Asterisk 22 of the lab."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from bench.run import FakeServer
from bench.scenarios import Place
from stasis.errors import StasisError
from stasis.lab.lab import Lab

__all__ = ["asterisk", "place_of"]

LAB = "bench-22"


@contextmanager
def asterisk(console: Console) -> Iterator[Lab | None]:
    """A lab while the context lasts; one that is there already stays. None: it cannot be had."""
    there = Lab.find(LAB)
    try:
        lab = there or Lab.up("22", LAB, report=console.print)
    except StasisError as error:
        console.print(f"without a real Asterisk: {error}", style="red", markup=False)
        yield None
        return
    try:
        yield lab
    finally:
        if there is None:
            lab.down()


@contextmanager
def place_of(lab: Lab | None, docs: Path | None = None) -> Iterator[dict[bool, Place]]:
    """The fake server while the context lasts, and under True a real Asterisk when there is one.

    docs: the API description that the fake server gives.
    """
    with FakeServer.running(docs) as server:
        places = {False: Place(server.url, "bench", "bench", server)}
        if lab is not None:
            places[True] = Place(lab.url, lab.username, lab.password)
        yield places
