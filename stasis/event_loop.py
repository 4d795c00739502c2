"""The event loop that the program runs on: asyncio's own, or uvloop's, which costs less."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from stasis.config import EngineConfig
from stasis.errors import ConfigError

__all__ = ["loop_factory"]


def loop_factory(config: EngineConfig) -> Callable[[], asyncio.AbstractEventLoop]:
    """What makes the loop that `engine.loop` names, for `asyncio.Runner`.

    Raises ConfigError when it is not installed.
    """
    if config.loop == "asyncio":
        return asyncio.new_event_loop
    try:
        import uvloop
    except ImportError:
        raise ConfigError(
            'engine.loop = "uvloop": it is not installed here; pip install "stasis-ari[uvloop]",'
            ' or take "asyncio"'
        ) from None
    made: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return made
