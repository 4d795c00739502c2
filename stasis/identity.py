"""Ids that tell the owner: whose a channel or bridge is can be read from it, by any process.

What the flow of a call makes is called `<kind>-<app>-<token>-<entry>-<number>`. So the ledger of
who owns what is Asterisk itself: it outlives a process that was killed, and lists what lives.
A state that is entered again after a restart gives the same ids again, so its commands find what
they had made. Pure.
"""

from __future__ import annotations

import re
import secrets

from attrs import frozen

__all__ = ["HOUSE", "Identity", "identity_of", "kept_of", "new_token"]

# The token of what belongs to an application as a whole, and not to one call.
HOUSE = "0" * 16
# All of the id: the other half of a Local channel of ours (`…;2`) is a caller, and Asterisk's
# own ids begin with its systemname, which may be `media-01`.
FORM = re.compile(
    r"(?P<kind>channel|snoop|media|bridge)-(?P<app>[A-Za-z0-9_.-]{1,80})-(?P<token>[0-9a-f]{16})"
    r"-(?P<entry>[0-9]{1,9})-(?P<number>[0-9a-z]{1,12})"
)
# What an application's name may hold and an id may not: of `app:channel` only the app is kept.
ODD = re.compile(r"[^A-Za-z0-9_.-]")


@frozen
class Identity:
    """Whose a channel or bridge is.

    kind: `channel`, `snoop`, `media` or `bridge`. app: the Stasis application. token: of the
    call whose flow made it, or HOUSE. entry: which entry of a state made it, counted from 1.
    number: which one of that entry; of those that an action made, a word of its own.
    """

    kind: str
    app: str
    token: str
    entry: int
    number: str

    def __str__(self) -> str:
        return f"{self.kind}-{kept_of(self.app)}-{self.token}-{self.entry}-{self.number}"


def kept_of(app: str) -> str:
    """What an id keeps of an application's name: of `app:channel`, a socket per call, the app."""
    return ODD.sub("_", app.partition(":")[0])


def identity_of(id: str) -> Identity | None:
    """Whose it is, read from a channel's or bridge's id; None when stasis did not make it."""
    found = FORM.fullmatch(id)
    if found is None:
        return None
    kind, app, token, entry, number = found.groups()
    return Identity(kind, app, token, int(entry), number)


def new_token() -> str:
    """A token for a call: 16 hexadecimal digits that no other call has."""
    return secrets.token_hex(8)
