"""One thing that a check found, in a form for people and for machines."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

__all__ = ["Finding"]


@frozen
class Finding:
    """A finding of `stasis check`.

    code: what kind, such as `unreachable-state`. where: flow and state, or file and key.
    text: what is wrong and what to do. level: an `error` makes the check fail, a `warning` not.
    """

    code: str
    where: str
    text: str
    level: Literal["error", "warning"] = "error"
