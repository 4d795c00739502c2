"""What `cdr show status` says, which nothing but the command line tells."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

__all__ = ["CdrState", "state_of"]

BACKENDS = "* Registered Backends"


@frozen
class CdrState:
    """Asterisk's settings of call records. backends: who gets them, by their names."""

    logging: bool
    mode: str
    unanswered: bool
    backends: tuple[str, ...]


def state_of(lines: Iterable[str]) -> CdrState:
    """Read what the command prints."""
    settings: dict[str, str] = {}
    backends: list[str] = []
    section = ""
    for line in map(str.strip, lines):
        if line.startswith("*"):
            section = line
        elif not line or not line.strip("-"):
            continue
        elif section == BACKENDS:
            backends += [] if line == "(none)" else [line]
        else:
            key, _, value = line.partition(":")
            settings[key] = value.strip()
    return CdrState(
        logging=settings.get("Logging") == "Enabled",
        mode=settings.get("Mode", "").lower(),
        unanswered=settings.get("Log unanswered calls") == "Yes",
        backends=tuple(backends),
    )
