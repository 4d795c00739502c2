"""A menu: choices by key, by number, or by pattern; invalid keys and silence are asked again.

Rules: what the keys mean is decided by `Matcher`, which is pure. A choice that no longer key
could mean is taken at once; one that could still grow waits for `inter_digit` seconds. A wrong
entry ends when the caller pauses, so that the rest of a wrong number costs one try, not three.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, overload

from attrs import frozen

from stasis.ask import KEYPAD, EndedBy, collect

if TYPE_CHECKING:
    from stasis.channel import Channel

__all__ = ["Choice", "Match", "Matcher", "Selection", "menu"]

T = TypeVar("T")

# After a wrong key: the pause that tells a second try from the rest of a wrong number.
WRONG_SECONDS = 0.5
# Digits of a wrong entry at most, so that a stuck key does not ask for ever.
WRONG_LIMIT = 32

CLASSES = {"X": "0123456789", "Z": "123456789", "N": "23456789"}


@frozen
class Choice(Generic[T]):
    """What came of a menu.

    key: the key of `choices` that was chosen; None when nothing was. value: what it stands for.
    ended_by: `chosen`, or what the last try was: `invalid`, `no_input`. tries: how many were
    needed. digits: what the caller pressed in the last one, which for a pattern says more than
    its key.
    """

    key: str | None
    value: T | None
    ended_by: Literal["chosen", "invalid", "no_input"]
    tries: int
    digits: str = ""


@frozen
class Match:
    """What digits mean to a menu. key: the best key they match. more: whether longer ones may."""

    key: str | None
    more: bool

    @property
    def hopeless(self) -> bool:
        """Whether neither these digits nor any that begin with them are a choice."""
        return self.key is None and not self.more


@frozen
class Pattern:
    """One key: the digits each place allows, and whether any number of them may follow."""

    key: str
    places: tuple[frozenset[str], ...]
    open: bool = False

    def matches(self, digits: str) -> bool:
        """Whether the digits are this choice."""
        longer = len(digits) > len(self.places)
        return self.begins(digits) and (longer if self.open else len(digits) == len(self.places))

    def begins(self, digits: str) -> bool:
        """Whether the digits are the beginning of it, or all of it."""
        if len(digits) > len(self.places) and not self.open:
            return False
        return all(d in place for d, place in zip(digits, self.places, strict=False))

    def grows(self, digits: str) -> bool:
        """Whether the digits with more behind them are this choice."""
        return self.begins(digits) and (self.open or len(digits) < len(self.places))

    @property
    def rank(self) -> tuple[int, ...]:
        """The narrower the place, the better the match; place after place, as a dialplan does."""
        return (*map(len, self.places), *((len(KEYPAD) + 1,) if self.open else ()))


class Matcher:
    """The keys of a menu. Pure.

    keys: digits as they are pressed, such as `1`, `*` or `42`; or a pattern that begins with
    `_`, as in a dialplan: X is 0–9, Z is 1–9, N is 2–9, `[1-5]` is one of these, a final `.`
    is one or more keys. Digits match the narrowest key. Raises ValueError for a wrong key.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        self.patterns = sorted(map(pattern, dict.fromkeys(keys)), key=lambda p: p.rank)
        if not self.patterns:
            raise ValueError("a menu needs at least one choice")

    def match(self, digits: str) -> Match:
        """What the digits mean so far."""
        found = next((p.key for p in self.patterns if p.matches(digits)), None)
        return Match(found, any(p.grows(digits) for p in self.patterns))


class Selection:
    """An entry that is over as soon as it can mean only one choice. Pure; see `stasis.ask.Entry`.

    matcher: the menu's. inter_digit: seconds of silence that end an entry that could still grow.
    """

    def __init__(self, matcher: Matcher, inter_digit: float) -> None:
        self.digits = ""
        self.match = Match(None, True)
        self._matcher = matcher
        self._inter_digit = inter_digit

    @property
    def pause(self) -> float:
        """Seconds of silence after the last digit that end the entry."""
        return min(WRONG_SECONDS, self._inter_digit) if self.match.hopeless else self._inter_digit

    def feed(self, digit: str) -> EndedBy | None:
        """Take the next digit. Returns `length` when the entry is over."""
        self.digits += digit
        self.match = self._matcher.match(self.digits)
        if self.match.more:
            return None
        if self.match.hopeless and len(self.digits) < WRONG_LIMIT:
            return None
        return "length"


@overload
async def menu(
    channel: Channel,
    *media: str,
    choices: Mapping[str, T],
    tries: int = 3,
    timeout: float = 5.0,
    inter_digit: float = 2.0,
    invalid: str | Iterable[str] = (),
    no_input: str | Iterable[str] = (),
    barge_in: bool = True,
    type_ahead: bool = True,
    language: str | None = None,
) -> Choice[T]: ...


@overload
async def menu(
    channel: Channel,
    *media: str,
    choices: str | Sequence[str] | Set[str],
    tries: int = 3,
    timeout: float = 5.0,
    inter_digit: float = 2.0,
    invalid: str | Iterable[str] = (),
    no_input: str | Iterable[str] = (),
    barge_in: bool = True,
    type_ahead: bool = True,
    language: str | None = None,
) -> Choice[str]: ...


async def menu(
    channel: Channel,
    *media: str,
    choices: Mapping[str, Any] | str | Sequence[str] | Set[str],
    tries: int = 3,
    timeout: float = 5.0,
    inter_digit: float = 2.0,
    invalid: str | Iterable[str] = (),
    no_input: str | Iterable[str] = (),
    barge_in: bool = True,
    type_ahead: bool = True,
    language: str | None = None,
) -> Choice[Any]:
    """Play a prompt and let the caller choose; a wrong key or silence is asked again.

    media: the prompt, as for `play`. choices: keys with what they stand for, or the keys alone:
    a list, or a text of which every character is a key, or that is one pattern and begins with
    `_`; keys as of `Matcher`. tries: how often it is asked in all. timeout: seconds of silence
    after the prompt until it is asked again. inter_digit: seconds for each further digit, where
    the digits so far could mean more than one choice. invalid, no_input: media played before
    the prompt after a wrong entry or silence. barge_in, type_ahead, language: as of `ask`.

    Returns the choice; after the last try one without a key, which says what that try was.
    Raises ValueError for a wrong key, and what `ask` raises. ARI: as of `ask`.
    """
    if tries < 1:
        raise ValueError(f"tries: at least 1, not {tries}")
    values = values_of(choices)
    matcher = Matcher(values)
    before: tuple[str, ...] = ()
    for attempt in range(1, tries + 1):
        selection = Selection(matcher, inter_digit)
        await collect(
            channel,
            (*before, *media),
            selection,
            timeout=timeout,
            barge_in=barge_in,
            type_ahead=type_ahead,
            language=language,
        )
        key = selection.match.key
        if key is not None:
            return Choice(key, values[key], "chosen", attempt, selection.digits)
        before = tuple(listed(invalid if selection.digits else no_input))
    return Choice(
        None, None, "invalid" if selection.digits else "no_input", tries, selection.digits
    )


def values_of(choices: Mapping[str, Any] | str | Sequence[str] | Set[str]) -> Mapping[str, Any]:
    """The keys and what they stand for; keys alone stand for themselves."""
    if isinstance(choices, Mapping):
        return choices
    if isinstance(choices, str) and choices.startswith("_"):
        choices = [choices]
    return {key: key for key in choices}


def listed(media: str | Iterable[str]) -> Iterable[str]:
    """One medium or several, as several."""
    return (media,) if isinstance(media, str) else media


def pattern(key: str) -> Pattern:
    """A key, understood. Raises ValueError."""
    if not key.startswith("_"):
        if not key or not KEYPAD.issuperset(key):
            raise ValueError(
                f"menu key {key!r}: use the keys 0-9, *, #, A-D, or a pattern such as _1XX"
            )
        return Pattern(key, tuple(map(frozenset, key)))
    open_ended = key.endswith(".")
    places = tuple(places_of(key, key[1:-1] if open_ended else key[1:]))
    if not places and not open_ended:
        raise ValueError(f"menu key {key!r}: nothing behind the _")
    return Pattern(key, places, open_ended)


def places_of(key: str, text: str) -> Iterator[frozenset[str]]:
    """The places of a pattern, one by one."""
    rest = text
    while rest:
        if rest[0] == "[":
            inside, closed, rest = rest[1:].partition("]")
            if not closed or not inside:
                raise ValueError(f"menu key {key!r}: write [ ] with digits inside, such as [1-5]")
            yield frozenset(inside_of(key, inside))
            continue
        place = CLASSES.get(rest[0], rest[0])
        if not KEYPAD.issuperset(place):
            raise ValueError(
                f"menu key {key!r}: {rest[0]!r} is no part of a pattern; it has digits, X, Z, N,"
                " [1-5], and . at its end"
            )
        yield frozenset(place)
        rest = rest[1:]


def inside_of(key: str, text: str) -> Iterator[str]:
    """The digits between brackets: single ones and ranges."""
    while text:
        if text[1:2] == "-" and len(text) > 2:
            first, last, text = text[0], text[2], text[3:]
            if not (first.isdecimal() and last.isdecimal() and first <= last):
                raise ValueError(f"menu key {key!r}: {first}-{last} is no range of digits")
            yield from (str(digit) for digit in range(int(first), int(last) + 1))
        elif text[0] in KEYPAD:
            yield text[0]
            text = text[1:]
        else:
            raise ValueError(f"menu key {key!r}: {text[0]!r} is no key of a telephone")
