"""What can go wrong with a lab. Every text names the fix, or shows what Asterisk said last."""

from __future__ import annotations

from stasis.errors import StasisError

__all__ = ["LabError", "LabUnavailable", "PhoneError"]


class LabError(StasisError):
    """A lab did not come up, did not answer, or is not what was asked for."""


class LabUnavailable(LabError):
    """This machine cannot run a lab as it is.

    missing: what is not there, one line each.
    command: the command that installs it; empty when no single command does.
    """

    def __init__(self, *missing: str, command: str = "") -> None:
        lines = ["no lab can run here:", *(f"  - {each}" for each in missing)]
        if command:
            lines.append(f"install it with: {command}")
        super().__init__("\n".join(lines))
        self.missing = missing
        self.command = command


class PhoneError(LabError):
    """A phone did not start, did not connect in time, or the call went another way."""
