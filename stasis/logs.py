"""Logs: structlog to standard error, one line an event, with the call's channel, app, flow, state.

What comes from outside (a caller's name, a server's text) is escaped and cut, so that it can
neither break a line, nor colour a terminal, nor turn its reading direction, nor fill a disk.
Python's own `logging`, which libraries use, ends in the same lines.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

from stasis.config import LogConfig

__all__ = ["Foreign", "set_up"]

# Never the local variables: one of them may be a password.
TRACES = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
# Characters of one field, and of a traceback, that a line carries at most.
FIELD_LIMIT = 2_000
TRACE_LIMIT = 32_000
TRACE = ("exception", "stack")
# At DEBUG they tell each frame, and headers with the password; alembic, at INFO, each start.
LIBRARIES = ("aiohttp", "alembic", "asyncio", "websockets")
LEVELS = (logging.CRITICAL, logging.ERROR, logging.WARNING, logging.INFO)


class Foreign(logging.Handler):
    """Takes what libraries and plugins write with Python's `logging` into our lines."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record, with the fields of the call in whose task it was made."""
        try:
            level = next((each for each in LEVELS if record.levelno >= each), logging.DEBUG)
            log = structlog.get_logger(record.name)
            log.log(level, record.getMessage(), logger=record.name, exc_info=record.exc_info)
        except Exception:
            self.handleError(record)


def set_up(config: LogConfig) -> None:
    """Configure structlog and `logging` for this process. config: level and format."""
    level = logging.getLevelNamesMapping()[config.level.upper()]
    written: list[structlog.typing.Processor]
    if config.format == "json":
        written = [
            structlog.processors.ExceptionRenderer(TRACES),
            cut,
            structlog.processors.JSONRenderer(),
        ]
    else:
        written = [
            structlog.processors.format_exc_info,
            cut,
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
    root = logging.getLogger()
    for other in [each for each in root.handlers if isinstance(each, Foreign)]:
        root.removeHandler(other)
    root.addHandler(Foreign())
    root.setLevel(level)
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def cut(logger: Any, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Cut what is longer than a line should be."""
    for name, value in event.items():
        limit = TRACE_LIMIT if name in TRACE else FIELD_LIMIT
        if isinstance(value, str):
            event[name] = shortened(value, limit)
        elif isinstance(value, (list, tuple)) and name not in TRACE:
            event[name] = [shortened(v, limit) if isinstance(v, str) else v for v in value[:limit]]
    return event


def shortened(text: str, limit: int) -> str:
    """The text, or its beginning and how long it was."""
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"


def escaped(
    logger: Any, method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Escape what the console would write as it is.

    That is the event's text, a traceback's lines, and what an object's `repr` gives; a string in
    a field is written by `repr`, which escapes.
    """
    event["event"] = printable(str(event.get("event", "")))
    for name in TRACE:
        if isinstance(trace := event.get(name), str):
            event[name] = "\n".join(map(printable, trace.split("\n")))
    for name, value in event.items():
        if not isinstance(value, str) and not (text := repr(value)).isprintable():
            event[name] = printable(text)
    return event


def printable(text: str) -> str:
    """The text with every control character and every mark of direction escaped."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
