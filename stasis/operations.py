"""ARI's operations without events or calls: for a command that looks at Asterisk, or changes it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from stasis.ari import Ari
from stasis.config import Config
from stasis.transport.http import Http

__all__ = ["operations"]


@asynccontextmanager
async def operations(config: Config) -> AsyncIterator[Ari]:
    """Every operation on the configured Asterisk, over HTTP, while the `async with` lasts.

    config: as a plugin's command has it from `context.obj.load()`. Nothing is sent yet.

    Its version is not known, so an operation that is too new for it is sent, and refused there.
    """
    async with Http(config.asterisk) as http:
        yield Ari(http)
