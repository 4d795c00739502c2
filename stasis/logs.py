"""Logs: structlog to standard error, one line an event, with the call's channel, app, flow, state.

What comes from outside (a caller's name, a server's text) is escaped, so that it can neither
break a line nor colour a terminal.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

from stasis.config import LogConfig

__all__ = ["set_up"]

# Never the local variables: one of them may be a password.
TRACES = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)


def set_up(config: LogConfig) -> None:
    """Configure structlog for this process. config: level and format."""
    level = logging.getLevelNamesMapping()[config.level.upper()]
    written: list[structlog.typing.Processor]
    if config.format == "json":
        written = [
            structlog.processors.ExceptionRenderer(TRACES),
            structlog.processors.JSONRenderer(),
        ]
    else:
        written = [
            structlog.processors.format_exc_info,
            escaped,
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(),
                repr_native_str=True,
                pad_event_to=0,
                exception_formatter=structlog.dev.plain_traceback,
            ),
        ]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=False),
            *written,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def escaped(
    logger: Any, method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Escape what the console would write as it is: the event's text, and a traceback's lines."""
    for name, kept in (("event", ""), ("exception", "\n")):
        if isinstance(text := event.get(name), str):
            event[name] = "".join(
                c if c.isprintable() or c in kept else c.encode("unicode_escape").decode()
                for c in text
            )
    return event
