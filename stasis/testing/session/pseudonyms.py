"""Pseudonyms: the same number, name or address is the same other one everywhere in a file. Pure.

Nothing of the true value is in its pseudonym but its form: a number stays as long as it was, and
keeps the country of one that is written with its country. They count from one, so a session that
is repeated gives the same ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["Pseudonyms"]

NUMBER = re.compile(r"\+?[0-9]+")
WORD = re.compile(r"\w+")
# Said of many, and so of nobody.
NOBODY = frozenset({"", "anonymous", "unknown", "asterisk", "private", "restricted"})
# Shorter ones are masked only where numbers and names of people belong.
NUMBER_LENGTH = 5
NAME_LENGTH = 3
# A country's code takes the first digits of a number that is at least so long.
COUNTRY, COUNTRY_LENGTH = 2, 8


class Pseudonyms:
    """Who is called what. told: called with every new pseudonym, before it is used."""

    def __init__(self, told: Callable[[str], None]) -> None:
        self._told = told
        self._of: dict[str, str] = {}
        self._counts: dict[tuple[str, int], int] = {}
        self._beginning: dict[str, list[tuple[str, int]]] = {}
        self._typed: dict[str, dict[str, str]] = {}

    def learn(self, value: str) -> None:
        """The value is somebody's number or name: it has a pseudonym from now on."""
        value = value.strip()
        if value.lower() in NOBODY or value in self._of:
            return
        if not NUMBER.fullmatch(value):
            return self._add(value, self._person())
        number = self._number(value)
        self._add(value, number)
        if value.startswith("+") and value[1:] not in self._of:
            self._add(value[1:], number[1:])  # as it stands in names of files

    def learn_address(self, value: str) -> None:
        """The value is a network address: from now on it is one of those kept for examples."""
        if value not in self._of:
            count = self._count("address", 0)
            self._add(value, f"198.51.{100 + count // 250}.{1 + count % 250}")

    def __contains__(self, value: str) -> bool:
        return value in self._of

    def of(self, value: str) -> str:
        """The pseudonym of the whole value; the value itself when it has none."""
        return self._of.get(value.strip(), value)

    def within(self, text: str, *, short: bool = False) -> str:
        """The text, with the pseudonym of whatever stands in it as words of their own.

        short: also of numbers and names so short that they may well mean something else.
        """
        parts: list[str] = []
        end = 0
        for word in WORD.finditer(text):
            for value, offset in self._beginning.get(word[0], ()):
                start = word.start() - offset
                stop = start + len(value)
                fits = start >= end and text[start:stop] == value and bounded(text, stop)
                if fits and (short or len(value) >= least(value)):
                    parts += [text[end:start], self._of[value]]
                    end = stop
                    break
        return "".join((*parts, text[end:]))

    def digit(self, before: str, digit: str) -> str:
        """Another key for one that was pressed. before: the true keys of this entry before it.

        The same entry is the same other one each time, and two entries are two. `*` and `#` stay.
        """
        if not digit.isdigit():
            return digit
        keys = self._typed.setdefault(before, {})
        if digit not in keys:
            keys[digit] = str(len(keys))
        entry = before + digit
        if entry.isdigit() and len(entry) > 2 and entry not in self._of:
            other = "".join(self._typed[entry[:n]][key] for n, key in enumerate(entry))
            self._add(entry, other)
        return keys[digit]

    def _add(self, value: str, pseudonym: str) -> None:
        self._told(pseudonym)
        self._of[value] = pseudonym
        first = WORD.search(value)
        if first is not None:
            entries = self._beginning.setdefault(first[0], [])
            entries.append((value, first.start()))
            entries.sort(key=lambda entry: -len(entry[0]))  # "Ann Smith" before "Ann"

    def _person(self) -> str:
        return f"person{1 + self._count('person', 0)}"

    def _number(self, value: str) -> str:
        plus = "+" if value.startswith("+") else ""
        digits = value[len(plus) :]
        kept = digits[:COUNTRY] if plus and len(digits) >= COUNTRY_LENGTH else ""
        length = len(digits) - len(kept)
        count = 1 + self._count(plus + kept, length)
        return f"{plus}{kept}{count:0{length}d}"

    def _count(self, kind: str, length: int) -> int:
        count = self._counts.get((kind, length), 0)
        self._counts[kind, length] = count + 1
        return count


def least(value: str) -> int:
    """How long a value is that means nothing else."""
    return NUMBER_LENGTH if NUMBER.fullmatch(value) else NAME_LENGTH


def bounded(text: str, at: int) -> bool:
    """Whether no word goes on here."""
    return WORD.match(text, at) is None or WORD.fullmatch(text[at - 1]) is None
