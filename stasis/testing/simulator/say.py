"""How Asterisk says numbers, digits and characters in English: which sound files, one by one.

Other languages have their own rules there; here they say the same words, from their own folder.
"""

from __future__ import annotations

import re

__all__ = ["said"]

PRONOUNCED = {
    " ": "letters/space",
    "!": "letters/exclaimation-point",
    "#": "digits/pound",
    "$": "letters/dollar",
    "*": "digits/star",
    "+": "letters/plus",
    "-": "letters/dash",
    ".": "letters/dot",
    "/": "letters/slash",
    "=": "letters/equals",
    "@": "letters/at",
}
# Of the other signs these have a file, by their number; the rest is not said.
NUMBERED = "%&'():;<>?[]^_`{|}~"
SIGNS = {"*": "digits/star", "#": "digits/pound", "-": "digits/minus"}
GROUPS = ((10**9, "billion"), (10**6, "million"), (10**3, "thousand"), (100, "hundred"))
LARGEST = 2**31 - 1


def said(kind: str, text: str) -> list[str] | None:
    """The names of the sounds for what stands behind `number:`, `digits:` or `characters:`.

    kind: one of these three. None when Asterisk cannot say it: it then never ends the playback.
    """
    if kind == "number":
        return numbered(text)
    if kind == "digits":
        return [SIGNS.get(sign, f"digits/{sign}") for sign in re.findall(r"[0-9*#-]", text)]
    return [name for sign in text.lower() if (name := pronounced(sign))]


def pronounced(sign: str) -> str:
    """The sound of one character; "" when it has none."""
    if re.match(r"[0-9]", sign):
        return f"digits/{sign}"
    if re.match(r"[a-z]", sign):
        return f"letters/{sign}"
    return PRONOUNCED.get(sign) or (f"letters/ascii{ord(sign)}" if sign in NUMBERED else "")


def numbered(text: str) -> list[str] | None:
    """A number. As in C what follows its digits does not count, and 32 bits are all there are."""
    match = re.match(r"\s*[+-]?\d+", text)
    if match is None:
        return None
    number = (int(match[0]) + 2**31) % 2**32 - 2**31
    if number == LARGEST:
        return []
    if number == 0:
        return ["digits/0"]
    return [f"digits/{each}" for each in (["minus"] if number < 0 else []) + words(abs(number))]


def words(number: int) -> list[str]:
    """The words of a number above 0."""
    for size, name in GROUPS:
        if number >= size:
            return [*words(number // size), name, *words(number % size)]
    if number > 20:
        return [str(number // 10 * 10), *words(number % 10)]
    return [str(number)] if number else []
