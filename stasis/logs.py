"""Logs: structlog to standard error, one line an event, with the call's channel, app, flow, state.

What comes from outside (a caller's name, a server's text) is escaped, so that it can neither
break a line nor colour a terminal.
"""

from __future__ import annotations

import logging
import sys

import structlog

from stasis.config import LogConfig

__all__ = ["set_up"]


def set_up(config: LogConfig) -> None:
    """Configure structlog for this process. config: level and format."""
    level = logging.getLevelNamesMapping()[config.level.upper()]
    renderer: structlog.typing.Processor
    if config.format == "json":
        renderer = structlog.processors.JSONRenderer()
    else:
        renderer = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), repr_native_str=True, pad_event_to=0
        )
    errors: list[structlog.typing.Processor] = (
        [structlog.processors.dict_tracebacks] if config.format == "json" else []
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=False),
            *errors,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
