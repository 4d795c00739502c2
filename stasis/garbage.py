"""Python's collector of circular garbage, set for a process that holds many live calls.

A full collection looks at every object there is, and all calls wait for it: a tenth of a second
with 8,000 of them, while calls that are over are freed without it. So what has been loaded is left
out, and collections are rare.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["rare_collections"]

# As Python starts: so many new objects before the youngest are looked at, and so many times before
# the next generation is. That is what a few calls are made of.
DEFAULT = gc.get_threshold()
# Some versions of Python leave objects out of it by themselves.
FROZEN = gc.get_freeze_count()
TIMES = 10


@contextmanager
def rare_collections() -> Iterator[None]:
    """While the context lasts. A collector that the program has set, or stopped, is left alone."""
    if not gc.isenabled() or gc.get_threshold() != DEFAULT or gc.get_freeze_count() > FROZEN:
        yield
        return
    gc.collect()
    gc.freeze()
    gc.set_threshold(DEFAULT[0] * TIMES, *DEFAULT[1:])
    try:
        yield
    finally:
        gc.set_threshold(*DEFAULT)
        gc.unfreeze()
