"""A tap: what passes both seams of a link, written down or shown by whoever looks on.

It passes everything on as it is, and what goes wrong in it is its own: no call is to notice it.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol, TypeAlias

from stasis.ari.resource import Send
from stasis.transport.frames import Frames

__all__ = ["Stopping", "Tap"]

Stopping: TypeAlias = Literal["drain", "end_calls", "let_go", "stop"]
"""A step of a link's stop, by the name of its method."""


class Tap(Protocol):
    """Looks on at one link."""

    def attach(self, link: Any) -> None:
        """The link has been made. Called once, before anything else."""

    def frames(self, frames: Frames) -> Frames:
        """The same items, seen; called for every source of frames that the link reads."""

    def send(self, send: Send) -> Send:
        """A `Send` that carries to the same place, seen."""

    def stopping(self, step: Stopping) -> None:
        """The link is told to stop, by this step."""
