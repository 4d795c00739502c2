"""What a thing of the PBX has returned, on the screen: tables for people, JSON for machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from stasis.cli.screen import as_json, say, table, tell
from stasis.pbx import Originated

__all__ = ["shown", "unanswered"]


def shown(result: Any, *, json: bool) -> None:
    """A result on the screen: a table of what it holds, or JSON."""
    if json:
        as_json(msgspec.to_builtins(result))
    elif result is None:
        say("done", "green")
    elif isinstance(result, msgspec.Struct):
        one(result)
    elif isinstance(result, Sequence) and not isinstance(result, str):
        many(result)
    else:
        tell(cell(result))


def unanswered(result: Any) -> str:
    """Why a call that was made was not answered; "" when it was, and for any other result."""
    if not isinstance(result, Originated) or result.outcome in ("ANSWER", "STARTED"):
        return ""
    return f"{result.channel}: {result.outcome}: {result.cause_text}"


def one(result: msgspec.Struct) -> None:
    """One result: a line for each field, and a table below for what has fields of its own."""
    fields = {name: getattr(result, name) for name in result.__struct_fields__}
    below = {name: value for name, value in fields.items() if is_long(value)}
    rows = [(words(name), cell(value)) for name, value in fields.items() if name not in below]
    if rows:
        table(("", ""), rows)
    for at, (name, value) in enumerate(sorted(below.items(), key=last)):
        if rows or at:
            tell()
        tell(f"{words(name)}:", "bold")
        if isinstance(value, msgspec.Struct):
            one(value)
        elif isinstance(value, Mapping):
            table(("", ""), [(cell(each), cell(text)) for each, text in sorted(value.items())])
        else:
            many(value)


def last(each: tuple[str, Any]) -> bool:
    """Sorts texts with names last: there may be a hundred."""
    return isinstance(each[1], Mapping)


def is_long(value: Any) -> bool:
    """Whether a value has a table of its own: a result, several, or texts with names."""
    if isinstance(value, (list, tuple)) and value:
        return isinstance(value[0], msgspec.Struct)
    return isinstance(value, msgspec.Struct) or (isinstance(value, Mapping) and len(value) > 1)


def many(results: Sequence[Any]) -> None:
    """Several results: a table when they have fields, else a line each."""
    if not results:
        say("none")
    elif isinstance(results[0], msgspec.Struct):
        names = results[0].__struct_fields__
        table(
            [words(name) for name in names],
            [[cell(getattr(each, name)) for name in names] for each in results],
        )
    else:
        for each in results:
            tell(cell(each))


def words(name: str) -> str:
    """A field's name for reading."""
    return name.replace("_", " ").strip()


def cell(value: Any) -> str:
    """A value for reading."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        value = value.replace(microsecond=0)
    if isinstance(value, msgspec.Struct):
        return " ".join(cell(getattr(value, name)) for name in value.__struct_fields__)
    if isinstance(value, Mapping):
        return ", ".join(f"{cell(name)}={cell(each)}" for name, each in value.items())
    if isinstance(value, (list, tuple, frozenset, set)):
        return ", ".join(map(cell, value))
    found = msgspec.to_builtins(value)
    return readable(found if isinstance(found, str) else str(found))


def readable(text: str) -> str:
    """A text without what a terminal would obey: callers choose their names."""
    if text.isprintable():
        return text
    kept = (each if each.isprintable() or each in "\n\t" else "\ufffd" for each in text)
    return "".join(kept)
