"""The errors of AGI, by meaning. All are `AgiError`s, and so `StasisError`s.

    AgiError                   a command did not do what it says
     ├── InvalidArgument       refused before sending; nothing happened
     ├── UnknownCommand        510: there is no such command, or its module is not loaded
     ├── InvalidSyntax         520: the command does not take these arguments; it says what it does
     ├── CommandFailed         the command ran, and failed, on a channel that lives
     ├── UnexpectedReply       a reply with a code, or a result, that nobody knows
     ├── ReplyCut              over AsyncAGI, Asterisk has lost the end of a long reply
     ├── TakenBack             over AsyncAGI, the call has gone on in its dialplan, and lives
     └── ProtocolError         what the peer sends is no AGI, or too long; the session ends

A channel that is gone is `ChannelGone`, wherever it shows: by a notice, by 511, by a closed
connection. An error names the command and never its arguments, which may be a caller's PIN.
"""

from __future__ import annotations

from stasis.errors import StasisError

__all__ = [
    "AgiError",
    "CommandFailed",
    "InvalidArgument",
    "InvalidSyntax",
    "ProtocolError",
    "ReplyCut",
    "TakenBack",
    "UnexpectedReply",
    "UnknownCommand",
]


class AgiError(StasisError):
    """A command did not do what it says. command: its name, or ""; reason: what happened."""

    def __init__(self, command: str, reason: str) -> None:
        super().__init__(f"{command}: {reason}" if command else reason)
        self.command = command
        self.reason = reason


class InvalidArgument(AgiError, ValueError):
    """A value cannot be sent as it is, so nothing was; the text says which, and what is allowed."""


class UnknownCommand(AgiError):
    """510: Asterisk has no such command, or the module that brings it is not loaded."""


class InvalidSyntax(AgiError):
    """520: Asterisk does not take these arguments. usage: what it says about the command."""

    def __init__(self, command: str, usage: str) -> None:
        super().__init__(command, f"Asterisk does not take these arguments; it says: {usage}")
        self.usage = usage


class CommandFailed(AgiError):
    """The command ran and failed, and the channel lives. result: what Asterisk answered."""

    def __init__(self, command: str, result: str, reason: str) -> None:
        super().__init__(command, f"{reason} (result={result})")
        self.result = result


class UnexpectedReply(AgiError):
    """Asterisk answered something that the command's description does not know. reply: its text."""

    def __init__(self, command: str, reply: str) -> None:
        super().__init__(command, f"an unexpected reply: {reply[:200]!r}")
        self.reply = reply


class ReplyCut(AgiError):
    """Over AsyncAGI, the end of a reply is lost. The command was done; its reply is not known."""

    def __init__(self, command: str) -> None:
        super().__init__(
            command,
            "its reply was cut: AsyncAGI takes 2,044 bytes of one as they are percent-encoded;"
            " read a long value in parts, or use FastAGI",
        )


class TakenBack(AgiError):
    """Over AsyncAGI, the call lives and goes on in its dialplan: no command reaches it any more.

    Asterisk does so when a command fails, such as `stream_file` of a sound that is missing; the
    script does with `asyncagi_break`, and anybody else who sends the call commands can.
    """

    def __init__(self, reason: str) -> None:
        super().__init__("", reason)


class ProtocolError(AgiError):
    """What the peer sends is no AGI, or longer than allowed. The session ends."""

    def __init__(self, reason: str) -> None:
        super().__init__("", reason)
