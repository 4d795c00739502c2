"""What came of one run of one client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import attrs

__all__ = ["Numbers", "Ran"]

# None: no number, since the run ended before all was done, or the client did not hear all of it.
Numbers: TypeAlias = dict[str, "float | None"]

# What holds for a part of a run too.
OF_A_PART = frozenset({"lost", "disorder", "mistakes"})
# A client that has not done this part of its work has no speed: what it left out costs nothing.
WHOLE = 0.99


@attrs.frozen
class Ran:
    """numbers: by name. error: what went wrong, in words, although there may be numbers."""

    numbers: Mapping[str, float | None] = attrs.field(factory=dict)
    error: str = ""

    @classmethod
    def of(cls, numbers: Numbers, done: int, asked: int, error: str = "") -> Ran:
        """A run that was asked for so many things, and has done so many of them."""
        numbers["lost"] = asked - done
        if done < asked:
            error = error or f"{done:,} of {asked:,} done"
        if done < asked * WHOLE:
            numbers |= {name: None for name in numbers if name not in OF_A_PART}
        return cls(numbers, error)

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Ran:
        """One that was written down by `attrs.asdict`."""
        return cls(told["numbers"], told["error"])
