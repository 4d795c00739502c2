"""Commands on the call itself: answer, hang up, where it goes on, what it runs."""

from __future__ import annotations

from stasis.agi.asking import Asking
from stasis.agi.errors import CommandFailed, InvalidArgument, UnexpectedReply
from stasis.agi.line import argument
from stasis.agi.results import State

__all__ = ["Control"]

NO_CHANNEL = -1
NO_APPLICATION = -2


class Control(Asking):
    """See the module. Each raises ChannelGone when the channel was hung up, and `AgiError`s."""

    async def answer(self) -> None:
        """Answer; an answered channel stays so. AGI: ANSWER. Raises CommandFailed."""
        await self._done("ANSWER")

    async def hangup(self, channel: str = "") -> bool:
        """Hang up. AGI: HANGUP.

        channel: another channel's name; "" is this one, and the next await raises ChannelGone.

        Returns False when there is no channel of that name.
        """
        number, _ = await self._number("HANGUP", *([channel] if channel else []))
        return number == 1

    async def channel_status(self, channel: str = "") -> State | None:
        """The state of a channel. AGI: CHANNEL STATUS.

        channel: another channel's name; "" is this one. Returns None when there is none of it.
        """
        number, reply = await self._number("CHANNEL STATUS", *([channel] if channel else []))
        if number == NO_CHANNEL:
            return None
        try:
            return State(number)
        except ValueError:
            raise UnexpectedReply("CHANNEL STATUS", f"{reply.code} {reply.text}") from None

    async def set_autohangup(self, seconds: float | None) -> None:
        """Hang up by itself in so many seconds; None takes that back. AGI: SET AUTOHANGUP."""
        if seconds is not None and seconds <= 0:
            raise InvalidArgument("SET AUTOHANGUP", f"{seconds} seconds: more than 0, or None")
        await self._done("SET AUTOHANGUP", f"{seconds or 0:g}")

    async def set_callerid(self, callerid: str) -> None:
        """Set the caller's number, or both as `"Name" <number>`. AGI: SET CALLERID."""
        await self._done("SET CALLERID", callerid)

    async def set_context(self, context: str) -> None:
        """The context where the call goes on after the script. AGI: SET CONTEXT."""
        await self._done("SET CONTEXT", context)

    async def set_extension(self, extension: str) -> None:
        """The extension where the call goes on after the script. AGI: SET EXTENSION."""
        await self._done("SET EXTENSION", extension)

    async def set_priority(self, priority: int | str) -> None:
        """The priority or label where the call goes on after the script. AGI: SET PRIORITY.

        A label is looked for in the context and extension that were set before.
        Raises InvalidSyntax when there is none of it.
        """
        await self._done("SET PRIORITY", str(priority))

    async def exec(self, application: str, options: str = "") -> int:
        """Run an application of the dialplan and wait for its end. AGI: EXEC.

        options: its arguments as the dialplan writes them, parted by commas; what comes from
        outside goes through `argument` first. `${…}` stays text, unless the channel's variable
        AGIEXECFULL is `yes`.

        Returns what the application returns: 0, or -1 where it would end the call. Works after a
        hang-up too. Raises CommandFailed when there is no such application.
        """
        number, reply = await self._number("EXEC", application, options)
        if number == NO_APPLICATION:
            raise CommandFailed("EXEC", reply.result, f"there is no application {application!r}")
        await self._hear()
        return number

    async def gosub(
        self, context: str, extension: str, priority: int | str = 1, *arguments: str
    ) -> None:
        """Run a subroutine of the dialplan up to its Return(), and wait for it. AGI: GOSUB.

        arguments: ARG1, ARG2, … there. Asterisk has no spelling here for commas, quotes,
        backslashes and brackets as text: set a variable for such a value.

        Raises InvalidArgument for those, CommandFailed when there is no such subroutine,
        UnknownCommand without app_stack.
        """
        for number, each in enumerate(arguments, 1):
            if argument(each) != each:
                raise InvalidArgument(
                    "GOSUB",
                    f"argument {number} holds a comma, quote, backslash or bracket, which would"
                    " not arrive as it is; set a variable, and read that in the subroutine",
                )
        given = [",".join(arguments)] if arguments else []
        await self._done(
            "GOSUB",
            context,
            extension,
            str(priority),
            *given,
            why=f"there is no subroutine {context},{extension},{priority}",
        )
        await self._hear()

    async def noop(self, text: str = "") -> None:
        """Nothing: a sign of life. Works after a hang-up too. AGI: NOOP."""
        await self.command("NOOP", *([text] if text else []))

    async def verbose(self, message: str, level: int = 1) -> None:
        """Write to Asterisk's console and log. Works after a hang-up too. AGI: VERBOSE.

        level: 1 to 4; it is shown where the verbosity is at least that.
        """
        await self.command("VERBOSE", message, str(level))

    async def asyncagi_break(self) -> None:
        """Give the call back to the dialplan, under AsyncAGI alone. AGI: ASYNCAGI BREAK.

        A script need not: it happens by itself at its end.
        """
        await self.command("ASYNCAGI BREAK")
