"""Flows that note what happens, and what their tests ask."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

import attrs

from stasis.ari.events import (
    Event,
)
from stasis.config import Config, EngineConfig
from stasis.flow import Flow
from tests.fake import FakeAsterisk

__all__ = ["Noting", "engine", "nothing_is_left", "now"]


def engine(**limits: Any) -> Config:
    """A configuration with other limits."""
    return attrs.evolve(Config(), engine=EngineConfig(**limits))


def now() -> float:
    """Virtual seconds."""
    return asyncio.get_running_loop().time()


def nothing_is_left(asterisk: FakeAsterisk) -> None:
    """No call, no claim, no wait."""
    assert asterisk.link.runners == set()
    assert asterisk.link.router.counts() == {"claims": 0, "waits": 0, "held": 0}


class Noting(Flow):
    """Base of the tests' flows: `notes` of all calls, in order."""

    notes: ClassVar[list[str]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.notes = []

    def note(self, text: str) -> None:
        self.notes.append(text)

    async def ended(self, event: Event | None) -> None:
        self.note(f"ended {type(event).__name__}")
