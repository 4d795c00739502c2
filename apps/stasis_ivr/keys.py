"""The keys of a menu, checked when the file is read and not when somebody presses them. Pure."""

from __future__ import annotations

import re

__all__ = ["key_problem"]

EXACT = re.compile(r"[0-9*#A-D]+")
PATTERN = re.compile(r"_(?:[0-9*#A-DXZN]|\[(?:[0-9]-[0-9]|[0-9*#A-D])+\])*\.?")
SPAN = re.compile(r"([0-9])-([0-9])")


def key_problem(key: str) -> str | None:
    """What is wrong with a key of `choices`; None when nothing is."""
    if EXACT.fullmatch(key):
        return None
    if not PATTERN.fullmatch(key) or key == "_":
        return "is no key; write keys such as 1, 42, *, or a pattern such as _1XX or _[2-5]X"
    for first, last in SPAN.findall(key):
        if first > last:
            return f"{first}-{last} is no range of digits; write {last}-{first}"
    return None
