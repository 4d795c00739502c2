"""What Asterisk's own command line says of its settings, read: `core show settings`, and others.

Pure. Lines that a version lacks or has besides change nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

__all__ = ["CoreLines", "seconds_in"]


class CoreLines(msgspec.Struct, frozen=True, kw_only=True):
    """What `core show settings` prints: by the names it has there, without colons.

    core: the first part. subsystems: which are on. directories: where things are.
    """

    core: Mapping[str, str]
    subsystems: Mapping[str, str]
    directories: Mapping[str, str]

    @classmethod
    def of(cls, lines: Iterable[str]) -> CoreLines:
        """Read the lines of the command."""
        parts: dict[str, dict[str, str]] = {"core": {}, "subsystems": {}, "directories": {}}
        part = parts["core"]
        for line in lines:
            if line.startswith("* "):
                part = parts.setdefault(line[2:].strip().lower(), {})
                continue
            name, colon, value = line.strip().partition(":")
            if colon and line.startswith(" "):
                part[name.strip()] = value.lstrip(":").strip()
        return cls(
            core=parts["core"], subsystems=parts["subsystems"], directories=parts["directories"]
        )

    def number(self, name: str) -> int | None:
        """A whole number of the first part; None when it is none, such as `Not set`."""
        text = self.core.get(name, "").split(" ")[0]
        return int(text) if text.isascii() and text.isdigit() else None


def seconds_in(lines: Iterable[str]) -> dict[str, int]:
    """The numbers of `core show uptime seconds`, by what they are: System uptime, Last reload."""
    found: dict[str, int] = {}
    for line in lines:
        name, _, value = line.partition(":")
        if value.strip().isascii() and value.strip().isdigit():
            found[name.strip()] = int(value)
    return found
