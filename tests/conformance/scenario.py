"""A scenario: one behaviour of ARI, as a coroutine that asks an Asterisk and looks at its answers.

It runs unchanged on every target. It is written against the real servers: where the simulator
differs, the simulator is wrong.
"""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from tests.conformance.place import Place

__all__ = ["Scenario", "every_scenario", "scenario"]

FOLDER = Path(__file__).parent / "scenarios"

Body = Callable[["Place"], Awaitable[None]]


@frozen
class Scenario:
    """One scenario.

    number: in the list of conformance scenarios, None for one of our own. name: the function's.
    subject: its module. needs: what not every target offers: `http` (headers, raw bodies,
    credentials), and what `outside` lists. versions: those that have the behaviour. alone: nothing
    else may run on the server meanwhile.
    """

    number: int | None
    name: str
    subject: str
    body: Body
    needs: frozenset[str]
    versions: tuple[str, ...]
    alone: bool

    def applies(self, version: str, offers: frozenset[str]) -> bool:
        """Whether a server of that version, which offers that, can show this behaviour."""
        return version in self.versions and self.needs <= offers


KNOWN: dict[str, Scenario] = {}


def scenario(
    number: int | None = None,
    *,
    needs: frozenset[str] = frozenset(),
    versions: tuple[str, ...] = ("16", "22"),
    alone: bool = False,
) -> Callable[[Body], Body]:
    """Declare a scenario. See `Scenario`."""

    def declare(body: Body) -> Body:
        name, subject = body.__name__, body.__module__.rpartition(".")[2]
        known = KNOWN.get(name)
        assert known is None or known.subject == subject, f"two scenarios are called {name}"
        KNOWN[name] = Scenario(number, name, subject, body, frozenset(needs), versions, alone)
        return body

    return declare


def every_scenario() -> list[Scenario]:
    """All scenarios, by number; our own after them."""
    for file in sorted(FOLDER.glob("*.py")):
        importlib.import_module(f"tests.conformance.scenarios.{file.stem}")
    return sorted(KNOWN.values(), key=lambda each: (each.number or 1000, each.subject))
