"""What can go wrong with the manager interface, by meaning.

    AmiError
     ├── NotSent            nothing happened on the server
     │    ├── InvalidValue      a key or a value cannot be sent as it is
     │    ├── NotConnected      no connection: refused, TLS, lost, or too much in flight
     │    └── LoginRefused      user name, secret or address is not taken
     ├── OutcomeUnknown     sent, but no answer came: it may have happened
     ├── ListIncomplete     a list was cancelled, or its end counts other items than came
     ├── NotUnderstood      what came is not the manager interface's, or beyond a limit
     └── ActionFailed       Asterisk answered, and not with success
          ├── PermissionDenied  `write` in manager.conf lacks the action's class
          ├── UnknownAction     this version, or its loaded modules, lack the action
          └── NoSuch            the channel, queue, mailbox, … is not there

An error carries facts as attributes and builds its text from them. It names the action, and never
holds a value that was sent: one of them may be a secret.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stasis.errors import StasisError

if TYPE_CHECKING:
    from stasis.ami.event import AmiEvent

__all__ = [
    "ActionFailed",
    "AmiError",
    "InvalidValue",
    "ListIncomplete",
    "LoginRefused",
    "NoSuch",
    "NotConnected",
    "NotSent",
    "NotUnderstood",
    "OutcomeUnknown",
    "PermissionDenied",
    "UnknownAction",
    "failed",
]


class AmiError(StasisError):
    """Something with the manager interface did not succeed.

    action: the action's name, or "" when it was none's. reason: what happened, what to check.
    """

    def __init__(self, action: str, reason: str) -> None:
        super().__init__(f"{action}: {reason}" if action else reason)
        self.action = action
        self.reason = reason


class NotSent(AmiError):
    """Refused before sending, so nothing happened on the server."""


class InvalidValue(NotSent):
    """A key or a value cannot be sent; the text names the key and what is wrong with the value."""


class NotConnected(NotSent):
    """No connection to Asterisk now, or it has as many actions in flight as it may."""


class LoginRefused(NotSent):
    """Asterisk does not take the user name, the secret, or the address we come from."""


class OutcomeUnknown(AmiError):
    """The action was sent, but the connection or the time ended before its answer came.

    It may have happened. Do not repeat it blindly.
    """


class ListIncomplete(AmiError):
    """A list did not come whole. items: those that came."""

    def __init__(self, action: str, reason: str, items: Sequence[AmiEvent]) -> None:
        super().__init__(action, reason)
        self.items = tuple(items)


class NotUnderstood(AmiError):
    """What came is not what the manager interface sends, or larger than its limit."""


class ActionFailed(AmiError):
    """Asterisk answered with an error. message: its own words. output: a command's lines."""

    def __init__(
        self, action: str, message: str, output: Sequence[str] = (), hint: str = ""
    ) -> None:
        lines = "".join(f"\n{line}" for line in output[:20])
        super().__init__(action, f"{message}{f' ({hint})' if hint else ''}{lines}")
        self.message = message
        self.output = tuple(output)


class PermissionDenied(ActionFailed):
    """The user's `write` in manager.conf lacks the class that the action needs."""


class UnknownAction(ActionFailed):
    """The action is not there: another version, a module not loaded, or Asterisk still starts."""


class NoSuch(ActionFailed):
    """What the action is about is not there (any more)."""


# What an error's message begins with or has in it, in small letters, and what it means.
MEANINGS: Sequence[tuple[str, type[ActionFailed], str]] = (
    ("permission denied", PermissionDenied, "see `write` of the user in manager.conf"),
    (
        "invalid/unknown command",
        UnknownAction,
        "is its module loaded, and does this version have it?",
    ),
    ("no such", NoSuch, ""),
    ("not found", NoSuch, ""),
    ("does not exist", NoSuch, ""),
    ("unable to retrieve", NoSuch, ""),
    ("no conference by that name", NoSuch, ""),
    ("no active conference", NoSuch, ""),
    ("not loaded", NoSuch, ""),
    ("not there", NoSuch, ""),
    ("did not find", NoSuch, ""),
    ("no channel by that name", NoSuch, ""),
    ("there is no voicemail user", NoSuch, ""),
)
# What a `Response: Success` says that is none.
REFUSALS = frozenset(
    {
        "message move failed",
        "message remove failed",
        "message forward failed",
        "there is no voicemail user matching the given user.",
        "there is no voicemail user of the given info.",
    }
)


def failed(action: str, message: str, output: Sequence[str] = ()) -> ActionFailed:
    """The error that an answer's message means."""
    low = message.lower()
    for words, kind, hint in MEANINGS:
        if words in low:
            return kind(action, message, output, hint)
    return ActionFailed(action, message or "failed without a reason", output)
