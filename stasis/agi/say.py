"""Commands that say a number, letters, a date, in the channel's language."""

from __future__ import annotations

from datetime import datetime

from stasis.agi.asking import Asking, keys, pressed

__all__ = ["Say"]


class Say(Asking):
    """See the module. Each takes keys that end it, and returns the one that has, else "".

    when: a moment; seconds since 1970 in UTC, or a datetime, which without a zone is local.
    Each raises ChannelGone when the channel was hung up, and CommandFailed when a sound is missing.
    """

    async def say_number(self, number: int, escape_digits: str = "", gender: str = "") -> str:
        """Say a whole number. AGI: SAY NUMBER.

        gender: where the language has one: `f`, `m`, `n`, `c`, or `p` for a plural.
        """
        rest = [gender] if gender else []
        return await self._say("SAY NUMBER", str(number), escape_digits, *rest)

    async def say_digits(self, digits: str, escape_digits: str = "") -> str:
        """Say digits one by one. AGI: SAY DIGITS."""
        return await self._say("SAY DIGITS", digits, escape_digits)

    async def say_alpha(self, text: str, escape_digits: str = "") -> str:
        """Spell a text. AGI: SAY ALPHA."""
        return await self._say("SAY ALPHA", text, escape_digits)

    async def say_phonetic(self, text: str, escape_digits: str = "") -> str:
        """Spell a text in the phonetic alphabet. AGI: SAY PHONETIC."""
        return await self._say("SAY PHONETIC", text, escape_digits)

    async def say_date(self, when: datetime | float, escape_digits: str = "") -> str:
        """Say a date. AGI: SAY DATE."""
        return await self._say("SAY DATE", seconds(when), escape_digits)

    async def say_time(self, when: datetime | float, escape_digits: str = "") -> str:
        """Say a time of day. AGI: SAY TIME."""
        return await self._say("SAY TIME", seconds(when), escape_digits)

    async def say_datetime(
        self,
        when: datetime | float,
        escape_digits: str = "",
        format: str = "",
        timezone: str = "",
    ) -> str:
        """Say a date and time. AGI: SAY DATETIME.

        format: as in voicemail.conf, like `ABdY 'digits/at' IMp`. timezone: like `Europe/Berlin`.
        """
        rest = [format or "ABdY 'digits/at' IMp", timezone] if format or timezone else []
        rest = rest if timezone else rest[:1]
        return await self._say("SAY DATETIME", seconds(when), escape_digits, *rest)

    async def _say(self, command: str, what: str, escape_digits: str, *rest: str) -> str:
        reply = await self._done(
            command, what, keys(command, escape_digits), *rest, why="most often a sound is missing"
        )
        return pressed(command, reply)


def seconds(when: datetime | float) -> str:
    """A moment as AGI takes it."""
    return str(int(when.timestamp() if isinstance(when, datetime) else when))
