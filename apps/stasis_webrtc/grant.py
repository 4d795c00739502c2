"""Grants: what a user may do. Pure.

`internal` are the users of this server, `rooms` its conference rooms, `+49*` the outside numbers
that begin so, `+4930123456` this one, `*` everything. With `!` before it, a pattern takes away:
`* !+49900*` is everything but numbers that begin with +49900, in whatever order they are given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from attrs import frozen

__all__ = ["ADMIN", "PHONE", "Grants", "grant_problem"]

PHONE, ADMIN = "phone", "admin"

PATTERN = re.compile(r"!?(\*|internal|rooms|\+[0-9]{1,15}\*?|\+\*)")


@frozen
class Grants:
    """What a user may do.

    patterns: what it may call. may_receive: whether others may call it. may_record: whether it
    may record its calls. admin: whether it may change users.
    """

    patterns: tuple[str, ...] = ("internal", "rooms")
    may_receive: bool = True
    may_record: bool = False
    admin: bool = False

    def may_call(self, what: str) -> bool:
        """Whether it may call this: `internal`, `rooms`, or an outside number in E.164."""
        taken_away = (each[1:] for each in self.patterns if each.startswith("!"))
        given = (each for each in self.patterns if not each.startswith("!"))
        return matches(given, what) and not matches(taken_away, what)

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes of its access tokens."""
        return frozenset((PHONE, ADMIN) if self.admin else (PHONE,))


def matches(patterns: Iterable[str], what: str) -> bool:
    """Whether one of the patterns is of this."""
    for pattern in patterns:
        if pattern.endswith("*") and what and what.startswith(pattern[:-1]):
            return True
        if pattern == what:
            return True
    return False


def grant_problem(patterns: Iterable[str]) -> str | None:
    """What is wrong with the patterns that somebody may call; None: nothing."""
    for pattern in patterns:
        if not PATTERN.fullmatch(pattern):
            return (
                f"{pattern!r} is nothing that can be granted; use internal, rooms, a number such"
                " as +4930123456, numbers such as +49*, or *; with ! before it, not"
            )
    return None
