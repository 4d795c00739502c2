"""What was wanted where something else was sent, in words: a pattern says nothing to people."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec import inspect

__all__ = ["told"]

STEP = re.compile(r"\.([^.\[\]`]+)|\[(?:\.\.\.|\d+)\]")


def told(error: msgspec.ValidationError, kind: Any) -> str:
    """The error's text; a pattern in it becomes what the type says of itself.

    kind: the type that was wanted as a whole.
    """
    text, _, where = str(error).partition(" - at ")
    if "matching regex" not in text:
        return str(error)
    path = [step[1] or "" for step in STEP.finditer(where)]
    if where.startswith("`key`"):
        path.append("key of it")  # no field has such a name
    said = list(descriptions(inspect.type_info(kind), path))
    return f"this cannot be one; wanted is {said[-1] if said else 'another text'} - at {where}"


def descriptions(kind: inspect.Type, path: Sequence[str]) -> Iterator[str]:
    """What the types on a path say of themselves, the outermost first.

    path: names of fields; an empty one is an item or a value.
    """
    if isinstance(kind, inspect.Metadata):
        said = (kind.extra_json_schema or {}).get("description")
        if said:
            yield str(said)
        yield from descriptions(kind.type, path)
    elif isinstance(kind, inspect.UnionType):
        for each in kind.types:
            yield from descriptions(each, path)
    elif not path:
        return
    elif isinstance(kind, inspect.StructType):
        for field in kind.fields:
            if field.encode_name == path[0]:
                yield from descriptions(field.type, path[1:])
    elif isinstance(kind, inspect.DictType):
        inner = kind.value_type if path[0] == "" else kind.key_type
        yield from descriptions(inner, path[1:])
    elif isinstance(kind, (inspect.CollectionType, inspect.VarTupleType)):
        yield from descriptions(kind.item_type, path[1:])
