"""JSON to the generated classes, strict first and lenient when the server surprises us.

The strict path is one pass of msgspec. When a value has the wrong type (a null name, a string
where a number belongs), the lenient path drops just that value, so that one odd field never
costs the whole object. Unknown fields are ignored in both.
"""

from __future__ import annotations

import functools
import json
import types
import typing
from typing import Any, TypeVar

import msgspec

__all__ = ["lenient", "loose", "structure"]

T = TypeVar("T")


@functools.cache
def decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    """A decoder for each class, made once."""
    return msgspec.json.Decoder(kind)


def structure(body: bytes, kind: type[T]) -> T:
    """Decode JSON bytes into `kind`, dropping values of the wrong type.

    Raises ValueError when the bytes are not JSON or not of `kind`'s shape at all.
    """
    try:
        return typing.cast(T, decoder(typing.cast(Any, kind)).decode(body))
    except (ValueError, RecursionError):
        try:
            return lenient(loose(body), kind)
        except (ValueError, RecursionError) as error:
            raise ValueError(str(error)) from None


def loose(body: bytes) -> Any:
    """JSON as plain Python, whatever its numbers and its UTF-8.

    Broken UTF-8 becomes U+FFFD; an integer longer than 18 digits a float.
    Raises ValueError when it is not JSON, and RecursionError when it is nested without end.
    """
    text = body.decode(errors="replace")
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return json.loads(text, parse_int=integer)


def integer(digits: str) -> int | float:
    """An integer, or a float when it is too long to be one (Python itself refuses 4,301 digits)."""
    return int(digits) if len(digits) < 19 else float(digits)


def lenient(data: object, kind: type[T]) -> T:
    """Convert decoded JSON into `kind`, without the fields whose values do not fit.

    Raises msgspec.ValidationError when the outermost value itself does not fit.
    """
    return msgspec.convert(prune(data, kind), kind)


def prune(data: object, kind: Any) -> object:
    """The data without what `kind` would refuse, from the leaves up."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        if not isinstance(data, dict):
            return data
        kept: dict[str, Any] = {k: data[k] for k in ("type",) if k in data}
        for each in fields(kind):
            if each.encode_name in data:
                value = prune(data[each.encode_name], each.type)
                if fits(value, each.type):
                    kept[each.encode_name] = value
        return kept
    origin = typing.get_origin(kind)
    arguments = typing.get_args(kind)
    if origin in (list, tuple) and isinstance(data, list):
        return [v for v in (prune(item, arguments[0]) for item in data) if fits(v, arguments[0])]
    if origin in (typing.Union, types.UnionType):
        for option in arguments:
            value = prune(data, option)
            if fits(value, option):
                return value
    return data


@functools.cache
def fields(kind: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    """The fields of a model; making them anew is most of what the lenient look costs."""
    return msgspec.structs.fields(kind)


def fits(value: object, kind: Any) -> bool:
    """Whether msgspec would take the value as `kind`."""
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True
