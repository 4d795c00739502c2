"""What a step's arguments become: `${…}` and `$[…]` expanded, and split at commas. Pure.

Asterisk expands first and splits afterwards, and what a variable holds is not expanded again.
What is wrong in a dialplan does not stop a call: it is warned of, and something comes out.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from stasis.testing.simulator.expression import evaluate

__all__ = ["expand", "split_arguments"]

CLOSING = {"{": "}", "[": "]"}
OFFSET = re.compile(r"\s*([+-]?\d+)(?::\s*([+-]?\d+))?")

Lookup = Callable[[str], str]
Warn = Callable[[str], None]


def expand(text: str, lookup: Lookup, warn: Warn = lambda problem: None) -> str:
    """A text with its variables, functions and expressions in place.

    lookup: gives the value of a `NAME` or `FUNCTION(arguments)`, "" for what is not there; what
    stands inside is expanded already. warn: called with a line for what Asterisk would warn of.
    """
    found, at = "", 0
    while (start := text.find("$", at)) >= 0:
        opening = text[start + 1 : start + 2]
        if opening not in CLOSING:
            found, at = found + text[at : start + 1], start + 1
            continue
        end = closing(text, start + 1)
        if end == len(text):
            warn(f"{text[start:]!r} is not closed: a {CLOSING[opening]} is missing")
        inside = expand(text[start + 2 : end], lookup, warn)
        value = variable(inside, lookup) if opening == "{" else evaluate(inside, warn)
        found, at = found + text[at:start] + value, end + 1
    return found + text[at:]


def closing(text: str, start: int) -> int:
    """Where the bracket that opens at `start` is closed; the end of the text when it is not."""
    opening, depth = text[start], 0
    for at in range(start, len(text)):
        depth += (text[at] == opening) - (text[at] == CLOSING[opening])
        if not depth:
            return at
    return len(text)


def variable(inside: str, lookup: Lookup) -> str:
    """What is between `${` and `}`: a name, and which part of its value."""
    depth = 0
    for at, sign in enumerate(inside):
        depth += (sign == "(") - (sign == ")")
        if sign == ":" and depth == 0:
            value = lookup(inside[:at])
            match = OFFSET.match(inside[at + 1 :])
            return value if match is None else part(value, *match.groups())
    return lookup(inside)


def part(value: str, offset: str, length: str | None) -> str:
    """`${NAME:offset:length}`: negative numbers count from the value's end."""
    begin = int(offset)
    rest = value[begin:] if begin >= 0 else value[max(0, len(value) + begin) :]
    return rest if length is None else rest[: int(length)]


def split_arguments(text: str) -> list[str]:
    """The arguments of an application; [] for an empty text.

    A comma in quotes, parentheses or brackets, or behind a backslash parts nothing. Quotes and
    the backslash go, spaces stay.
    """
    if not text:
        return []
    found = [""]
    round_, square, quoted, escaped = 0, 0, False, False
    for sign in text:
        if escaped:
            found[-1] += sign
            escaped = False
        elif sign == "\\":
            escaped = True
        elif sign == '"':
            quoted = not quoted
        elif sign == "," and not (round_ or square or quoted):
            found.append("")
        else:
            round_ = max(0, round_ + (sign == "(") - (sign == ")"))
            square = max(0, square + (sign == "[") - (sign == "]"))
            found[-1] += sign
    return found
