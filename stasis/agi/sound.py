"""Commands that play, record, and take keys."""

from __future__ import annotations

from stasis.agi.asking import Asking, keys, milliseconds, pressed
from stasis.agi.errors import CommandFailed, InvalidArgument, UnexpectedReply
from stasis.agi.reply import Reply
from stasis.agi.results import Entered, Played, Recorded

__all__ = ["Sound"]

NOT_PLAYED = "most often the sound file is missing, or in no format or language the channel has"


class Sound(Asking):
    """See the module. Each raises ChannelGone when the channel was hung up, and `AgiError`s.

    A command that is cancelled, as by `asyncio.timeout`, goes on in Asterisk: AGI cannot stop it.
    """

    async def stream_file(self, file: str, escape_digits: str = "", offset: int = 0) -> Played:
        """Play a sound file to its end, or to a key. AGI: STREAM FILE.

        file: without its suffix. escape_digits: keys that end it. offset: samples to skip.

        Raises CommandFailed when it cannot be played.
        """
        name = "STREAM FILE"
        arguments = [file, keys(name, escape_digits), *([str(offset)] if offset else [])]
        return played(name, await self._done(name, *arguments, why=NOT_PLAYED))

    async def control_stream_file(
        self,
        file: str,
        escape_digits: str = "",
        *,
        skip: float = 3.0,
        forward: str = "#",
        rewind: str = "*",
        pause: str = "",
        offset: float = 0.0,
    ) -> Played:
        """Play a file that the caller can wind. AGI: CONTROL STREAM FILE.

        skip: seconds that a key winds. forward, rewind, pause: the keys. offset: seconds to
        begin at. The result's position is in seconds, -1 at the end.

        Raises CommandFailed when it cannot be played.
        """
        name = "CONTROL STREAM FILE"
        buttons = [keys(name, each) for each in (escape_digits, forward, rewind, pause)]
        ended = [milliseconds(offset)] if offset else []
        reply = await self._done(
            name, file, buttons[0], milliseconds(skip), *buttons[1:], *ended, why=NOT_PLAYED
        )
        result = played(name, reply)
        at = result.position
        return Played(result.digit, at / 1000 if at >= 0 else at)

    async def get_option(
        self, file: str, escape_digits: str = "", timeout: float | None = None
    ) -> Played:
        """Play a file and wait for a key a while longer. AGI: GET OPTION.

        timeout: seconds after its end; None takes the channel's TIMEOUT(digit).

        Raises CommandFailed when it cannot be played.
        """
        name = "GET OPTION"
        ended = [] if timeout is None else [milliseconds(timeout)]
        reply = await self._done(name, file, keys(name, escape_digits), *ended, why=NOT_PLAYED)
        return played(name, reply)

    async def get_data(
        self, file: str, timeout: float | None = None, max_digits: int | None = None
    ) -> Entered:
        """Play a file and take keys up to `#`, to a number of them, or to a time. AGI: GET DATA.

        timeout: seconds for each key; None takes the channel's TIMEOUT(response) and (digit).
        max_digits: how many at most.

        Raises CommandFailed when it cannot be played.
        """
        name = "GET DATA"
        if max_digits is not None and max_digits < 1:
            raise InvalidArgument(name, f"max_digits is {max_digits}: 1 or more, or None")
        arguments = [file]
        if timeout is not None or max_digits is not None:
            arguments.append(milliseconds(timeout, 0))
        if max_digits is not None:
            arguments.append(str(max_digits))
        reply = await self.command(name, *arguments)
        if reply.result.startswith("-"):
            await self._alive()
            raise CommandFailed(name, reply.result, NOT_PLAYED)
        return Entered(reply.result, reply.note == "timeout")

    async def wait_for_digit(self, timeout: float | None = None) -> str:
        """Wait for a key. AGI: WAIT FOR DIGIT.

        timeout: seconds; None waits for ever. Returns the key, "" when none was pressed.
        """
        name = "WAIT FOR DIGIT"
        return pressed(name, await self._done(name, milliseconds(timeout)))

    async def record_file(
        self,
        file: str,
        format: str = "wav",
        escape_digits: str = "#",
        timeout: float | None = None,
        *,
        offset: int = 0,
        beep: bool = False,
        silence: int | None = None,
    ) -> Recorded:
        """Record the caller to a file. AGI: RECORD FILE.

        file: without its suffix, by default below Asterisk's sounds. format: like `wav`.
        escape_digits: keys that end it. timeout: seconds; None has no limit. offset: samples of
        a file that is there to keep. beep: whether to play a beep before. silence: seconds of
        silence that end it.

        What was recorded stays when the caller hangs up, which raises ChannelGone.
        Raises CommandFailed when the file cannot be written, or the format is unknown.
        """
        name = "RECORD FILE"
        arguments = [file, format, keys(name, escape_digits), milliseconds(timeout)]
        if offset:
            arguments.append(str(offset))
        if beep:
            arguments.append("BEEP")
        if silence is not None:
            arguments.append(f"s={silence}")
        number, reply = await self._number(name, *arguments)
        if number < 0:
            await self._alive()
            reason = {"writefile": "the file cannot be written, or nobody knows the format"}
            raise CommandFailed(name, reply.result, reason.get(reply.note, reply.note or "failed"))
        # Of a time-out, the result is what the last wait for sound has returned: any number.
        digit = "" if reply.note == "timeout" else pressed(name, reply)
        return Recorded(reply.note, digit, position(name, reply))

    async def set_music(self, on: bool, music_class: str = "") -> None:
        """Start or end music on hold. AGI: SET MUSIC.

        music_class: of musiconhold.conf; "" is the channel's own. Playing a file ends it too.
        """
        state = "on" if on else "off"
        await self._done("SET MUSIC", state, *([music_class] if music_class else []))


def played(command: str, reply: Reply) -> Played:
    """How playing has ended, by the reply."""
    return Played(pressed(command, reply), position(command, reply))


def position(command: str, reply: Reply) -> int:
    """The `endpos` of a reply."""
    try:
        return int(reply.fields["endpos"])
    except (KeyError, ValueError):
        raise UnexpectedReply(command, f"{reply.code} {reply.text}") from None
