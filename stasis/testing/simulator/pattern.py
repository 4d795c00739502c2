"""Names of extensions, and patterns of them: what they match, and which is asked first.

A name that begins with `_` is a pattern: `X` a digit, `Z` 1 to 9, `N` 2 to 9, `[1-47]` one of
these characters, `.` one or more of any, `!` any number of any. Dashes count on neither side.
"""

from __future__ import annotations

from functools import cached_property

from attrs import frozen

__all__ = ["Pattern"]

DIGITS = {"X": "0123456789", "Z": "123456789", "N": "23456789"}
SOME, ANY = ".", "!"
# Behind every set of characters, in this order.
LAST = {SOME: 1_000_000, ANY: 2_000_000, "": 3_000_000}

Order = tuple[tuple[int, str], ...]


@frozen(slots=False)
class Pattern:
    """An extension's name as the dialplan has it.

    text: with its `_`. elements: for each place the characters it takes; the last may be `.` or
    `!` instead. Made by `of`.
    """

    text: str
    elements: tuple[frozenset[str], ...]
    tail: str = ""

    @classmethod
    def of(cls, text: str) -> Pattern:
        """Read a name. Raises ValueError when a `[` is not closed, or `_` stands alone."""
        if not text.startswith("_"):
            return cls(text, tuple(frozenset(each) for each in plain(text)))
        elements: list[frozenset[str]] = []
        rest = text[1:]
        if not rest:
            raise ValueError("a pattern needs something behind its _")
        while rest:
            sign, rest = rest[0], rest[1:]
            if sign in (SOME, ANY):
                return cls(text, tuple(elements), sign)
            if sign == "[":
                inside, closed, rest = rest.partition("]")
                if not closed:
                    raise ValueError("its [ has no ]")
                elements.append(frozenset(spread(inside)))
            elif sign != "-":
                elements.append(frozenset(DIGITS.get(sign.upper(), sign)))
        return cls(text, tuple(elements))

    def matches(self, exten: str) -> bool:
        """Whether an extension that is dialled is one of these."""
        dialled = plain(exten)
        more = len(dialled) - len(self.elements)
        if more < 0 or (more == 0 and self.tail == SOME) or (more > 0 and not self.tail):
            return False
        places = zip(dialled, self.elements, strict=False)
        return all(sign in allowed for sign, allowed in places)

    @cached_property
    def order(self) -> tuple[bool, Order]:
        """Sorts as Asterisk asks: names first; of patterns the one with fewer choices, place by
        place from the left. Of two that are equal in this only one can be in a context.
        """
        places = [(len(each), "".join(sorted(each))) for each in self.elements]
        return self.text.startswith("_"), (*places, (LAST[self.tail], ""))


def plain(exten: str) -> str:
    """An extension without its dashes."""
    return exten.replace("-", "")


def spread(inside: str) -> str:
    """What is between `[` and `]`, with every range spelled out; one that runs down is empty."""
    signs = ""
    while inside:
        if len(inside) > 2 and inside[1] == "-":
            signs += "".join(map(chr, range(ord(inside[0]), ord(inside[2]) + 1)))
            inside = inside[3:]
        else:
            signs += inside[0]
            inside = inside[1:]
    return signs
