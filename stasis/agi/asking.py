"""How a command is asked and its reply judged; the commands themselves stand in other modules."""

from __future__ import annotations

from contextlib import suppress

from stasis.agi.environment import Environment
from stasis.agi.errors import (
    CommandFailed,
    InvalidArgument,
    InvalidSyntax,
    TakenBack,
    UnexpectedReply,
    UnknownCommand,
)
from stasis.agi.line import line
from stasis.agi.reply import Reply
from stasis.agi.transport import Transport
from stasis.errors import ChannelGone

__all__ = ["DEAD", "Asking", "keys", "milliseconds", "pressed"]

# What Asterisk does also for a channel that was hung up, as `agi show commands` tells.
DEAD = frozenset(
    {
        "ASYNCAGI BREAK",
        "DATABASE DEL",
        "DATABASE DELTREE",
        "DATABASE GET",
        "DATABASE PUT",
        "EXEC",
        "GET FULL VARIABLE",
        "GET VARIABLE",
        "NOOP",
        "SET VARIABLE",
        "SPEECH DESTROY",
        "SPEECH UNLOAD GRAMMAR",
        "VERBOSE",
    }
)
OK, UNKNOWN, REFUSED, USAGE = 200, 510, 511, 520
KEYS = frozenset("0123456789*#ABCDabcd")


class Asking:
    """One AGI session's side that asks.

    environment: what Asterisk has said of the call. gone: why the channel is no more, or None.
    """

    def __init__(self, environment: Environment, transport: Transport) -> None:
        self.environment = environment
        self.gone: ChannelGone | None = None
        self._transport = transport

    @property
    def channel_id(self) -> str:
        """The channel's unique id, which ARI calls its id."""
        return self.environment.channel_id

    def lose(self, reason: str) -> ChannelGone:
        """The channel is gone: told by whoever carries the commands. Returns the error of it."""
        if self.gone is None:
            self.gone = ChannelGone(self.channel_id, reason)
        return self.gone.again()

    async def command(self, command: str, *arguments: str) -> Reply:
        """Send any command; the others are made of this one.

        command: its name, like `GET DATA`. arguments: any texts, which arrive as they are.

        Returns a reply with the code 200. Raises ChannelGone, InvalidArgument, UnknownCommand
        (510), InvalidSyntax (520), UnexpectedReply for other codes.
        """
        if self.gone is not None and command not in DEAD:
            raise self.gone.again()
        text = line(command, arguments, self._transport.limit)
        reply = Reply.parse(await self._transport.send(text))
        if reply.code == OK:
            return reply
        if reply.code == REFUSED:
            raise self.lose("hung up")
        if reply.code == UNKNOWN:
            raise UnknownCommand(command, "this Asterisk does not have it, or not its module")
        if reply.code == USAGE:
            raise InvalidSyntax(command, reply.text)
        raise UnexpectedReply(command, f"{reply.code} {reply.text}")

    async def _number(self, command: str, *arguments: str) -> tuple[int, Reply]:
        """Send a command whose result is a number."""
        reply = await self.command(command, *arguments)
        if reply.number is None:
            raise UnexpectedReply(command, f"{reply.code} {reply.text}")
        return reply.number, reply

    async def _done(self, command: str, *arguments: str, why: str = "it failed") -> Reply:
        """Send a command whose result -1 is a failure. why: what it most often means."""
        number, reply = await self._number(command, *arguments)
        if number < 0:
            await self._alive()
            raise CommandFailed(command, reply.result, why)
        return reply

    async def _alive(self) -> None:
        """Raise ChannelGone when the channel was hung up: a failed command may mean just that.

        Asterisk tells a hang-up after the command that it has ended, and before the next one.
        """
        with suppress(TakenBack):
            await self.command("CHANNEL STATUS")

    async def _hear(self) -> None:
        """Have a hang-up told here, after a command whose result does not say it.

        A notice of it comes before the next reply, and is ChannelGone at this await.
        """
        if self.gone is None:
            await self.command("NOOP")


def milliseconds(seconds: float | None, forever: int = -1) -> str:
    """A time as AGI takes it. forever: what stands for None."""
    return str(forever if seconds is None else max(round(seconds * 1000), 0))


def pressed(command: str, reply: Reply) -> str:
    """The key that has ended a command; "" when none has."""
    number = reply.number or 0
    if number == 0:
        return ""
    if 0 < number < 128 and chr(number) in KEYS:
        return chr(number)
    raise UnexpectedReply(command, f"{reply.code} {reply.text}")


def keys(command: str, digits: str) -> str:
    """Keys of a telephone, as given. Raises InvalidArgument for anything else."""
    if odd := set(digits) - KEYS:
        raise InvalidArgument(command, f"{sorted(odd)} are no keys: 0 to 9, *, #, A to D are")
    return digits
