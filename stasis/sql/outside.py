"""Work that is done outside of the event loop: a virtual clock stands still meanwhile.

A database answers in real time, in threads and sockets of its driver. A loop whose time is not
real (`stasis.testing.clock`) has a method `outside()`, else every deadline would be over first.
"""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol, runtime_checkable

__all__ = ["outside"]


@runtime_checkable
class Standing(Protocol):
    """A loop whose clock can stand still."""

    def outside(self) -> AbstractContextManager[None]:
        """No time passes in it."""
        ...


def outside() -> AbstractContextManager[None]:
    """A context in which the time of the running loop waits for others; of a real clock nothing."""
    loop = asyncio.get_running_loop()
    return loop.outside() if isinstance(loop, Standing) else nullcontext()
