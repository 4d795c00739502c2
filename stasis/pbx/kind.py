"""What a type of an argument wants, and what is wrong with a value, in plain words.

A text is described by its type's own description, which says what it looks like; a number by its
bounds and that; a choice by its words.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

__all__ = ["help_of", "wrong"]

# The place of a list's element in a decoder's error.
ELEMENT = re.compile(r"`\$\[(\d+)\]")
LONGEST = 80
PLAIN = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


def wrong(value: Any, error: msgspec.ValidationError, kind: Any) -> str:
    """What is wrong with a value of an argument, and what is wanted. kind: the argument's type."""
    match = ELEMENT.search(str(error))
    if match and isinstance(value, (list, tuple)):
        return f"{shown(value[int(match[1])])} cannot be one; wanted is {help_of(kind)}"
    return f"{shown(value)} cannot be one; wanted is {wanted(value, kind)}"


def shown(value: Any) -> str:
    """A value in a line of an error."""
    text = ascii(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def wanted(value: Any, kind: Any) -> str:
    """What fits a type, to somebody who has given this value."""
    told = help_of(kind)
    plain = form_of(kind)
    if not plain or plain == told or (isinstance(value, str) and plain == PLAIN[str]):
        return told or plain
    return f"{plain}: {told}" if told else plain


def form_of(kind: Any) -> str:
    """What form a type has: a text, a whole number from 1 to 200, a list; "" for a choice."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return form_of(inner[0]) + "".join(map(bounds, inner[1:]))
    if origin in (typing.Union, types.UnionType):
        return " or ".join(form_of(each) for each in inner if each is not type(None))
    if origin is dict:
        return "texts with names"
    if origin is list or origin is Sequence or origin is tuple:
        return "a list"
    return PLAIN.get(kind, "")


def bounds(meta: Any) -> str:
    """The bounds of a number, as they follow its name."""
    if not isinstance(meta, msgspec.Meta):
        return ""
    low = "" if meta.ge is None else f" from {meta.ge}"
    high = "" if meta.le is None else f" to {meta.le}"
    return low + high


def help_of(kind: Any) -> str:
    """What a type says of itself."""
    if typing.get_origin(kind) is typing.Annotated:
        for each in reversed(typing.get_args(kind)[1:]):
            if isinstance(each, msgspec.Meta) and each.description:
                return each.description
    if typing.get_origin(kind) is Literal:
        return "one of " + ", ".join(map(str, typing.get_args(kind)))
    for each in typing.get_args(kind):
        if said := help_of(each):
            return said
    return ""
