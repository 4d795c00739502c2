"""Sessions: what passed between a program and Asterisk, written to a file, replayed, and shown."""

from stasis.testing.session.difference import Difference
from stasis.testing.session.file import Session, SessionError
from stasis.testing.session.replay import replay, replayed
from stasis.testing.session.tap import Masking, SessionTap

__all__ = [
    "Difference",
    "Masking",
    "Session",
    "SessionError",
    "SessionTap",
    "replay",
    "replayed",
]
