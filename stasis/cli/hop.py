"""One step on the way from here to a call: what is looked at, and what was found."""

from __future__ import annotations

from typing import Literal, TypeAlias

import attrs

__all__ = ["Hop", "State"]

State: TypeAlias = Literal["ok", "warning", "failed", "skipped"]


@attrs.frozen
class Hop:
    """A finding of `stasis doctor`.

    name: of the hop, stable. state: `failed` makes the doctor fail. text: what was measured or
    seen. fix: the line to add and the file it goes to, or what else to do.
    """

    name: str
    state: State
    text: str
    fix: str = ""
