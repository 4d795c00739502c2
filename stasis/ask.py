"""Asking a caller for digits: prompt, barge-in, type-ahead, and three kinds of silence.

Rules: no digit is lost: what was typed ahead counts at once, and what follows the answer stays
for the next question. A prompt that cannot be played is logged, and the question is asked all
the same. What ends an entry is decided without I/O, by `Collector` here and `Selection` in
`menu.py`; `collect` brings them the digits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

import structlog

from stasis.digits import Asked
from stasis.errors import AriError, WaitTimeout
from stasis.playback import Playback, PlaybackResult

if TYPE_CHECKING:
    from stasis.channel import Channel

__all__ = ["KEYPAD", "Collector", "EndedBy", "Entered", "Entry", "ask", "collect"]

log = structlog.get_logger("stasis.ask")

EndedBy: TypeAlias = Literal["length", "terminator", "inter_digit", "first_digit", "overall"]
"""Why an entry is over: it was long enough, a key ended it, or one of three kinds of silence."""

KEYPAD = frozenset("0123456789*#ABCD")
"""The keys that a telephone can send."""

# Asterisk never finishes a `recording:` that is not there, and no caller listens that long.
PROMPT_SECONDS = 120.0


class Entered(str):
    """What the caller has entered: the digits, as a text that also knows how it ended.

    ended_by: `length` (as many as may be), `terminator` (its key was pressed; it is no part of
    the text), `inter_digit` (silence after a digit), `first_digit` (no digit at all), `overall`
    (time is up). complete: whether the least number of digits was reached. secret: its repr
    does not show the digits; str and formatting do.
    """

    ended_by: EndedBy
    complete: bool
    secret: bool

    def __new__(
        cls, digits: str, ended_by: EndedBy, complete: bool = True, secret: bool = False
    ) -> Entered:
        entered = super().__new__(cls, digits)
        entered.ended_by = ended_by
        entered.complete = complete
        entered.secret = secret
        return entered

    def __repr__(self) -> str:
        return f"Entered({'****' if self.secret else str(self)!r})"


class Entry(Protocol):
    """What `collect` fills: it decides after each digit whether the entry is over.

    digits: what counts so far. pause: seconds of silence that end the entry now.
    """

    digits: str

    @property
    def pause(self) -> float:
        """Seconds of silence after the last digit that end the entry."""

    def feed(self, digit: str) -> EndedBy | None:
        """Take the next digit. Returns why the entry is over, or None while it is not."""


class Collector:
    """An entry of so many digits, perhaps ended by a key. Pure.

    minimum, maximum: how many digits. terminator: the key that ends it, or None. pause: seconds
    of silence that end it. Raises ValueError for what no caller could enter.
    """

    def __init__(
        self, minimum: int = 1, maximum: int = 20, terminator: str | None = "#", pause: float = 3.0
    ) -> None:
        if not 0 <= minimum <= maximum or maximum < 1:
            raise ValueError(f"digits: at least {minimum} and at most {maximum} cannot be entered")
        if terminator is not None and (terminator not in KEYPAD):
            raise ValueError(f"terminator {terminator!r}: must be one key of the keypad, or None")
        self.minimum = minimum
        self.maximum = maximum
        self.terminator = terminator
        self.pause = pause
        self.digits = ""

    @property
    def complete(self) -> bool:
        """Whether there are enough digits."""
        return len(self.digits) >= self.minimum

    def feed(self, digit: str) -> EndedBy | None:
        """Take the next digit. Returns why the entry is over, or None while it is not."""
        if digit == self.terminator:
            return "terminator"
        self.digits += digit
        return "length" if len(self.digits) >= self.maximum else None


async def ask(
    channel: Channel,
    *media: str,
    digits: int | None = None,
    min: int = 1,
    max: int = 20,
    terminator: str | None = "#",
    timeout: float = 10.0,
    inter_digit: float = 3.0,
    overall: float | None = None,
    barge_in: bool = True,
    type_ahead: bool = True,
    language: str | None = None,
    secret: bool = False,
) -> Entered:
    """Play a prompt and take digits, until there are enough or the caller is silent.

    media: the prompt, as for `play`; none asks in silence. digits: exactly so many; or min and
    max. terminator: the key that ends the entry early; None for no such key. timeout: seconds
    for the first digit, from the end of the prompt. inter_digit: seconds for each further one.
    overall: seconds for all of it, from the end of the prompt or the digit that cut it short;
    None for no limit. barge_in: the first digit stops the prompt; otherwise it is heard out.
    type_ahead: digits that were pressed earlier count, and so do those pressed during a prompt
    that is heard out; otherwise they are dropped. language: of the prompt's sound files.
    secret: a PIN, say: the digits do not show in the result's repr.

    Returns what was entered; see `Entered`. An incomplete entry is returned, not raised.
    Raises ChannelGone when the caller hangs up, InvalidState when the channel is not answered,
    ValueError for impossible numbers of digits, RuntimeError when it is being asked already.
    ARI: ChannelDtmfReceived, and what `play` and `Playback.stop` use.
    """
    collector = Collector(
        min if digits is None else digits,
        max if digits is None else digits,
        terminator,
        inter_digit,
    )
    ended_by = await collect(
        channel,
        media,
        collector,
        timeout=timeout,
        overall=overall,
        barge_in=barge_in,
        type_ahead=type_ahead,
        language=language,
        asked="secret" if secret else "entry" if collector.maximum > 1 else "key",
    )
    return Entered(collector.digits, ended_by, collector.complete, secret)


async def collect(
    channel: Channel,
    media: Sequence[str],
    entry: Entry,
    *,
    timeout: float,
    overall: float | None = None,
    barge_in: bool = True,
    type_ahead: bool = True,
    language: str | None = None,
    asked: Asked = "key",
) -> EndedBy:
    """Bring a caller's digits to an entry until it is over. Parameters as of `ask`.

    asked: what kind of digits, for whoever looks on.

    Returns why it is over. Raises what `ask` raises. ARI: as of `ask`.
    """
    loop = asyncio.get_running_loop()
    digits = channel.digits
    with digits.question(asked):
        if not type_ahead:
            digits.clear()
        while len(digits):
            ended_by = entry.feed(str(await digits.next()))
            if ended_by is not None:
                return ended_by
        if media and not (barge_in and entry.digits):
            playback = await channel.play(*media, language=language)
            if barge_in:
                pressed = await cut_by_digit(channel, playback)
                if pressed is not None and (ended_by := entry.feed(pressed)) is not None:
                    return ended_by
            else:
                heard(await end_of(playback))
                if not type_ahead:
                    digits.clear()
        deadline = None if overall is None else loop.time() + overall
        while True:
            seconds = entry.pause if entry.digits else timeout
            left = None if deadline is None else deadline - loop.time()
            late = left is not None and left < seconds
            digit = await digits.next(left if late else seconds)
            if digit is None:
                if late:
                    return "overall"
                return "inter_digit" if entry.digits else "first_digit"
            ended_by = entry.feed(digit)
            if ended_by is not None:
                return ended_by


async def cut_by_digit(channel: Channel, playback: Playback) -> str | None:
    """Hear the prompt out, or stop it at the first digit, which is returned."""
    pressed = asyncio.ensure_future(channel.digits.next())
    over = asyncio.ensure_future(end_of(playback))
    try:
        await asyncio.wait({pressed, over}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        # A digit that is on its way but not taken yet stays for the next `next`.
        pressed.cancel()
        over.cancel()
        await asyncio.gather(pressed, over, return_exceptions=True)
    if not over.cancelled():
        heard(over.result())
    if pressed.cancelled():
        return None
    digit = pressed.result()
    await cut(playback)
    return digit


async def end_of(playback: Playback) -> PlaybackResult | None:
    """How the prompt ended; None when it was stopped because it does not end."""
    try:
        return await playback.finished(PROMPT_SECONDS)
    except WaitTimeout:
        log.warning("a prompt does not end; asking all the same", media=playback.media)
        await cut(playback)
        return None


def heard(result: PlaybackResult | None) -> None:
    """A missing prompt is the operator's to know, and no reason to drop the caller."""
    if result is not None and result.state == "failed":
        log.warning("a prompt could not be played; is its file there?", media=result.media_uri)


async def cut(playback: Playback) -> None:
    """Stop the prompt. What Asterisk cannot stop (numbers, spelled letters) plays on."""
    try:
        await playback.stop()
    except AriError as error:
        log.debug("the prompt plays on", media=playback.media, error=str(error))
