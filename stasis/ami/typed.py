"""From a message's fields to a typed class: a table for each class, made once.

A key finds its field whatever its case and dashes: `CallerIDNum` is `caller_id_num`. A value that
does not fit its type leaves the default; the text itself stays in the message. Nothing raises.
"""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from stasis.ami.message import Message
from stasis.section import Secret

__all__ = ["Reading", "fill", "reading"]

T = TypeVar("T", bound=msgspec.Struct)

YES = frozenset({"1", "yes", "true", "on", "y", "t"})
NO = frozenset({"0", "no", "false", "off", "n", "f"})


def boolean(text: str) -> bool:
    """Yes and no in all the ways Asterisk says them."""
    low = text.lower()
    if low in YES or low in NO:
        return low in YES
    raise ValueError(text)


def integer(text: str) -> int:
    """A whole number; Python itself refuses those of more than 4,300 digits."""
    if len(text) > 20 or not text.isascii():
        raise ValueError(text)
    return int(text)


def moment(text: str) -> datetime:
    """Seconds since 1970 as a time."""
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except (OverflowError, OSError) as error:
        raise ValueError(text) from error


# How a text becomes a value of each type.
READ: dict[Any, Callable[[str], Any]] = {
    str: str,
    int: integer,
    float: float,
    bool: boolean,
    Secret: Secret,
    datetime: moment,
}
# A name that the rule does not find.
KEYS = {"app": "application"}
# What no message sets: `application` of an event is a Stasis application.
UNREAD = frozenset({"frame", "application", "asterisk_id"})


class Reading(dict[str, tuple[str, Callable[[str], Any], bool] | None]):
    """Key as it was sent -> field, conversion, whether all values of the key are kept.

    Only keys of fields are remembered: what else a server sends must not fill the memory.
    """

    def __init__(self, kind: type[msgspec.Struct]) -> None:
        super().__init__()
        hints = typing.get_type_hints(kind)
        self._known = {
            KEYS.get(name, name.replace("_", "")): (name, *conversion(hints[name]))
            for name in kind.__struct_fields__
            if name not in UNREAD
        }

    def __missing__(self, key: str) -> tuple[str, Callable[[str], Any], bool] | None:
        found = self._known.get(key.replace("-", "").replace("_", "").lower())
        if found is not None and len(self) < 4 * len(self._known):
            self[key] = found
        return found


def conversion(hint: Any) -> tuple[Callable[[str], Any], bool]:
    """How a field is read: `int | None` as int, `tuple[str, ...]` takes every value."""
    if typing.get_origin(hint) is tuple:
        return READ[typing.get_args(hint)[0]], True
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        hint = next(each for each in typing.get_args(hint) if each is not types.NoneType)
    return READ[hint], False


@functools.cache
def reading(kind: type[msgspec.Struct]) -> Reading:
    """The table of a class."""
    return Reading(kind)


def fill(kind: type[T], message: Message, **more: Any) -> T:
    """A message as `kind`. Of a repeated key the first value counts, or all for a tuple."""
    table = reading(kind)
    values = more
    for key, text in message.fields:
        found = table[key]
        if found is None:
            continue
        name, read, every = found
        try:
            if every:
                values[name] = (*values.get(name, ()), read(text))
            elif name not in values:
                values[name] = read(text)
        except ValueError:
            continue
    return kind(**values)
