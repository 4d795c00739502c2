"""Commands on text and pictures, for the few channels that carry them."""

from __future__ import annotations

from typing import Literal

from stasis.agi.asking import Asking, milliseconds

__all__ = ["TextAndImage"]


class TextAndImage(Asking):
    """See the module. Each raises ChannelGone when the channel was hung up, and `AgiError`s.

    A channel that cannot do it is no error where Asterisk makes none of it.
    """

    async def send_text(self, text: str) -> None:
        """Send a text to the caller. AGI: SEND TEXT."""
        await self._done("SEND TEXT", text)

    async def receive_char(self, timeout: float | None = None) -> str | None:
        """Wait for one character. AGI: RECEIVE CHAR.

        timeout: seconds; None waits for ever. Returns None when none came, or none can come.
        """
        number, _ = await self._number("RECEIVE CHAR", milliseconds(timeout, 0))
        if number < 0:  # also when the time is over
            await self._alive()
        return chr(number) if 0 < number < 0x110000 else None

    async def receive_text(self, timeout: float | None = None) -> str | None:
        """Wait for a text. AGI: RECEIVE TEXT.

        timeout: seconds; None waits for ever. Returns None when none came, or none can come.
        """
        number, reply = await self._number("RECEIVE TEXT", milliseconds(timeout, 0))
        if number < 0:  # also when the time is over
            await self._alive()
        return reply.value if number == 1 else None

    async def send_image(self, image: str) -> None:
        """Send a picture to the caller. AGI: SEND IMAGE. image: its file, without suffix."""
        await self._done("SEND IMAGE", image)

    async def tdd_mode(self, mode: Literal["on", "off", "mate"]) -> bool:
        """A text telephone's mode. AGI: TDD MODE. Returns whether the channel has it."""
        number, _ = await self._number("TDD MODE", mode)
        if number < 0:
            await self._alive()
        return number == 1
