"""The server's log channels: the one of its configuration, and those that clients add.

Rules, as Asterisk has them: an added channel is gone at the next rotation, of whatever; a level
that is not known is left out without a word.
"""

from __future__ import annotations

from pathlib import PurePosixPath

__all__ = ["LogChannels"]

# In the order in which Asterisk lists them.
LEVELS = (
    *("DEBUG", "TRACE", "NOTICE", "WARNING", "ERROR", "VERBOSE", "DTMF"),
    *("CC", "FAX", "PJSIP_HISTORY", "SECURITY"),
)
FOLDER = PurePosixPath("/var/log/asterisk")
CONFIGURED = {str(FOLDER / "messages.log"): "NOTICE WARNING ERROR VERBOSE "}


def levels(configuration: str) -> str:
    """The levels of `notice,verbose(3),*`, as they are listed."""
    asked = {each.partition("(")[0].strip().upper() for each in configuration.split(",")}
    return "".join(f"{level} " for level in LEVELS if level in asked or "*" in asked)


class LogChannels:
    """The log channels by file."""

    def __init__(self) -> None:
        self._added: dict[str, str] = {}

    def json(self) -> list[dict[str, str]]:
        """All, as ARI's model LogChannel, the latest first."""
        found = {**CONFIGURED, **self._added}
        return [
            {"channel": file, "type": "File", "status": "Enabled", "configuration": configuration}
            for file, configuration in reversed(found.items())
        ]

    def add(self, name: str, configuration: str) -> bool:
        """Add one. Returns whether its name was free."""
        file = str(FOLDER / name)
        if file in CONFIGURED or file in self._added:
            return False
        self._added[file] = levels(configuration)
        return True

    def remove(self, name: str) -> bool:
        """Remove one that was added. Returns whether it was there."""
        return self._added.pop(str(FOLDER / name), None) is not None

    def rotate(self, name: str) -> bool:
        """Begin a new file. Returns whether there is such a channel."""
        file = str(FOLDER / name)
        known = file in CONFIGURED or file in self._added
        self._added.clear()
        return known
