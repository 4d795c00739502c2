"""A table of stasis.toml as an attrs class: described keys, strict types, all errors at once.

Used for our own sections and for the config class of every plugin alike. TOML's types are taken
as they are: a number in quotes is an error, not a number.
"""

from __future__ import annotations

import difflib
import typing
from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeVar

import attrs
import cattrs
from cattrs.gen import make_dict_structure_fn, mapping_structure_factory

from stasis.errors import ConfigError

__all__ = ["Secret", "described", "key", "section"]

T = TypeVar("T")


class Secret:
    """A string that does not show itself: `str`, `repr` and formatting give `***`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The string itself, for the one place that sends it."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


def key(default: Any, help: str, **validation: Any) -> Any:
    """An attrs field with its description: what it is, its unit, and what it is good for.

    validation: `minimum` and `maximum` for numbers.
    """
    fresh = attrs.Factory(default.copy) if isinstance(default, (list, dict)) else default
    return attrs.field(
        default=fresh,
        metadata={"help": help, **validation},
        validator=_within if validation else None,
    )


def _within(instance: object, attribute: attrs.Attribute[Any], value: float) -> None:
    low, high = attribute.metadata.get("minimum"), attribute.metadata.get("maximum")
    # Written so that NaN, which TOML knows, is outside.
    if (low is not None and not value >= low) or (high is not None and not value <= high):
        bounds = f"at least {low}" if high is None else f"from {low} to {high}"
        raise ValueError(f"{attribute.name} must be {bounds}, not {value}")


def section(kind: type[T], data: Mapping[str, Any], where: str) -> T:
    """One table as an attrs class: unknown keys refused, types checked, all errors at once.

    kind: the class. where: how errors name the table, such as `[plugin.ivr]`.

    Raises ConfigError.
    """
    unknown = list(unknown_keys(kind, data, ""))
    try:
        value = CONVERTER.structure(known_only(kind, data), kind)
    except cattrs.BaseValidationError as error:
        told = cattrs.transform_error(error, path="", format_exception=plain)
        lines = [f"{where}: {line}" for line in told]
        raise ConfigError(*(f"{where}: {u}" for u in unknown), *map(tidy, lines)) from None
    if unknown:
        raise ConfigError(*(f"{where}: {u}" for u in unknown))
    return value


def unknown_keys(kind: type, data: Mapping[str, Any], prefix: str) -> Iterator[str]:
    """A line for each key that the class does not have, with the nearest one that it has."""
    hints = typing.get_type_hints(kind)
    for name, value in data.items():
        if name not in hints:
            near = difflib.get_close_matches(name, hints, 1)
            fix = f"did you mean {prefix}{near[0]}?" if near else f"known: {', '.join(hints)}"
            yield f"unknown key {prefix}{name}; {fix}"
        else:
            inner, tables = tables_of(hints[name], value)
            for table in tables:
                yield from unknown_keys(inner, table, f"{prefix}{name}.")


def known_only(kind: type, data: Mapping[str, Any]) -> dict[str, Any]:
    """The table without unknown keys, so that the rest is still checked."""
    hints = typing.get_type_hints(kind)
    found: dict[str, Any] = {}
    for name, value in data.items():
        if name in hints:
            inner, tables = tables_of(hints[name], value)
            known = [known_only(inner, table) for table in tables]
            found[name] = value if not known else known if isinstance(value, list) else known[0]
    return found


def tables_of(hint: Any, value: object) -> tuple[type, list[Mapping[str, Any]]]:
    """The tables inside a value with their class: one, or those of a list; none of another."""
    if attrs.has(hint):
        return hint, [value] if isinstance(value, Mapping) else []
    inner = next(iter(typing.get_args(hint)), None) if origin(hint) is list else None
    if attrs.has(inner) and isinstance(value, list):  # type: ignore[arg-type]
        tables = [each for each in value if isinstance(each, Mapping)]
        if len(tables) == len(value):
            return typing.cast(type, inner), tables
    return object, []


def plain(error: BaseException, kind: type | None) -> str:
    """One validation error in words; the value is shown only where it cannot be a secret."""
    if kind is Secret:
        return "must be a text in quotes"
    if isinstance(error, KeyError):
        return "is missing; it has no default"
    return str(error) or type(error).__name__


def tidy(line: str) -> str:
    """cattrs writes ` @ .section.key` behind; people look for the key first."""
    text, _, path = line.partition(" @ ")
    where, _, what = text.partition(": ")
    return f"{where}: {path.lstrip('.')}: {what}" if path.lstrip(".") else text


def _exactly(kind: type, words: str) -> Any:
    def convert(value: object, _: Any) -> Any:
        if type(value) is not kind:
            raise TypeError(f"must be {words}, not {value!r}")
        return value

    return convert


def _number(value: object, _: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"must be a number, not {value!r}")
    return float(value)


def _secret(value: object, _: Any) -> Secret:
    if not isinstance(value, str):
        raise TypeError("must be a text in quotes")
    return Secret(value)


def _choice(value: object, kind: Any) -> Any:
    allowed = typing.get_args(kind)
    if value not in allowed:
        raise ValueError(f"must be {' or '.join(map(repr, allowed))}, not {value!r}")
    return value


def _table(kind: type[T]) -> Any:
    inner = make_dict_structure_fn(kind, CONVERTER)

    def convert(value: Any, wanted: type[T]) -> T:
        if not isinstance(value, Mapping):
            raise TypeError("must be a table")
        return inner(value, wanted)

    return convert


def _tables(kind: Any) -> Any:
    inner = mapping_structure_factory(kind, CONVERTER)

    def convert(value: Any, wanted: Any) -> Any:
        if not isinstance(value, Mapping):
            raise TypeError("must be a table")
        return inner(value, wanted)

    return convert


def _list(kind: Any) -> Any:
    (element,) = typing.get_args(kind) or (Any,)

    def convert(value: object, _: Any) -> list[Any]:
        if not isinstance(value, list):
            found = "" if element is Secret else f", not {value!r}"
            raise TypeError(f"must be a list [ … ]{found}")
        return [CONVERTER.structure(item, element) for item in value]

    return convert


def origin(kind: Any) -> Any:
    """`typing.get_origin`, untyped: its stub knows fewer forms than it returns."""
    return typing.get_origin(kind)


CONVERTER = cattrs.Converter()
CONVERTER.register_structure_hook(int, _exactly(int, "a whole number"))
CONVERTER.register_structure_hook(bool, _exactly(bool, "true or false"))
CONVERTER.register_structure_hook(str, _exactly(str, "a text in quotes"))
CONVERTER.register_structure_hook(float, _number)
CONVERTER.register_structure_hook(Secret, _secret)
CONVERTER.register_structure_hook_func(lambda t: origin(t) is Literal, _choice)
CONVERTER.register_structure_hook_factory(lambda t: origin(t) is list, _list)
CONVERTER.register_structure_hook_factory(lambda t: origin(t) is dict, _tables)
CONVERTER.register_structure_hook_factory(attrs.has, _table)


def described(kind: type, prefix: str = "") -> list[tuple[str, str, str]]:
    """Every key of a config class: dotted name, default as TOML would show it, description."""
    rows: list[tuple[str, str, str]] = []
    hints = typing.get_type_hints(kind)
    for each in attrs.fields(kind):
        if attrs.has(hints[each.name]):
            rows += described(hints[each.name], f"{prefix}{each.name}.")
        else:
            default = each.default.factory() if hasattr(each.default, "factory") else each.default
            rows.append((f"{prefix}{each.name}", shown(default), each.metadata.get("help", "")))
    return rows


def shown(value: object) -> str:
    """A default as it would stand in the file."""
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)
