"""What can go wrong with a thing of the PBX, beside what its way says itself.

    PbxError
     ├── BadValue          an argument that cannot be meant, or would be dangerous; nothing was sent
     ├── Needs             this version lacks it, or the module that has it is not loaded
     ├── Missing           what it is about is not there (any more)
     ├── NotConfirmed      it ends calls or loses data, and nobody said that this is meant
     ├── Denied            a command that the allow list or the deny list of the CLI refuses
     ├── Refused           Asterisk did not do it, and says why
     └── Unavailable       the way to Asterisk is not there now, or not configured

Errors of `stasis.ami` and of ARI become one of these, with the same text.
"""

from __future__ import annotations

from stasis.errors import StasisError

__all__ = [
    "BadValue",
    "Denied",
    "Missing",
    "Needs",
    "NotConfirmed",
    "PbxError",
    "Refused",
    "Unavailable",
]


class PbxError(StasisError):
    """A thing was not done. thing: which, such as `queues.add`. reason: why, and what to do."""

    def __init__(self, thing: str, reason: str) -> None:
        super().__init__(f"{thing}: {reason}" if thing else reason)
        self.thing = thing
        self.reason = reason


class BadValue(PbxError):
    """An argument that cannot be meant; the text names it. Nothing was sent."""


class Needs(PbxError):
    """Asterisk lacks it: an older version, or a module that is not loaded or configured."""


class Missing(PbxError):
    """What it is about is not there (any more)."""


class NotConfirmed(PbxError):
    """It ends calls or loses data: say `confirm=True` when that is meant."""


class Denied(PbxError):
    """A command that may not be given on Asterisk's command line here."""


class Refused(PbxError):
    """Asterisk did not do it; the text has its own words."""


class Unavailable(PbxError):
    """Asterisk is not reached by the way that this takes, or what came of it is not known."""
