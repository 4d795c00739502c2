"""A TOML table read key by key: every wrong, missing or unknown key is told, all at once."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["Table"]

SCHEMES = ("sound", "recording", "number", "digits", "characters", "tone")
MEDIA = re.compile(rf"({'|'.join(SCHEMES)}):[^\s,]+")


class Table:
    """One table. Reading a key also makes it known; `close` tells of the others.

    data: the table. where: how problems name it, such as `ivr.toml [menu.main]`. problems: the
    list that they are added to.
    """

    def __init__(self, data: Mapping[str, Any], where: str, problems: list[str]) -> None:
        self.where = where
        self.problems = problems
        self._data = data
        self._known: list[str] = []

    def problem(self, key: str, text: str) -> None:
        """Tell what is wrong with a key."""
        self.problems.append(f"{self.where}: {key}: {text}")

    def get(self, key: str) -> Any:
        """The value as TOML has it; None when the key is not there."""
        self._known.append(key)
        return self._data.get(key)

    def text(self, key: str, default: str | None = "") -> str:
        """A text. default: None makes the key required."""
        value = self.get(key)
        if value is None:
            if default is None:
                self.problem(key, "is missing")
            return default or ""
        if not isinstance(value, str):
            self.problem(key, f"must be a text in quotes, not {value!r}")
            return default or ""
        return value

    def texts(self, key: str, *, required: bool = False) -> tuple[str, ...]:
        """A list of texts; a lone text is a list of one."""
        value = self.get(key)
        if value is None:
            value = []
        if isinstance(value, str):
            value = [value]
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            self.problem(key, f"must be a text or a list of texts, not {value!r}")
            return ()
        if required and not value:
            self.problem(key, "is missing")
        return tuple(value)

    def media(self, key: str, *, required: bool = False) -> tuple[str, ...]:
        """Media to play: URIs such as `sound:hello-world`, one or a list."""
        media = self.texts(key, required=required)
        for each in media:
            if not MEDIA.fullmatch(each):
                self.problem(
                    key,
                    f"{each!r} is no medium; write scheme:what with scheme one of"
                    f" {', '.join(SCHEMES)}, such as sound:hello-world",
                )
        return media

    def number(self, key: str, default: float, minimum: float, maximum: float) -> float:
        """A number within bounds."""
        value = self.get(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.problem(key, f"must be a number, not {value!r}")
            return default
        if not minimum <= value <= maximum:
            self.problem(key, f"must be from {minimum:g} to {maximum:g}, not {value:g}")
            return default
        return value

    def whole(self, key: str, default: int, minimum: int, maximum: int) -> int:
        """A whole number within bounds."""
        value = self.number(key, default, minimum, maximum)
        if not isinstance(value, int):
            self.problem(key, f"must be a whole number, not {value:g}")
            return default
        return value

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self.get(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.problem(key, f"must be true or false, not {value!r}")
            return default
        return value

    def table(self, key: str) -> Table:
        """A table inside; an empty one when it is not there."""
        value = self.get(key)
        if value is not None and not isinstance(value, dict):
            self.problem(key, f"must be a table, not {value!r}")
            value = None
        inner = self.where.removesuffix("]") + f".{key}]" if "[" in self.where else ""
        return Table(value or {}, inner or f"{self.where} [{key}]", self.problems)

    def tables(self, key: str) -> Iterator[tuple[str, Table]]:
        """The tables inside a table, by name."""
        outer = self.table(key)
        for name in outer.keys():
            yield name, outer.table(name)

    def keys(self) -> list[str]:
        """The keys that are there, in the order of the file."""
        return list(self._data)

    def close(self) -> None:
        """Tell of the keys that nobody has asked for."""
        for key in self._data:
            if key not in self._known:
                near = difflib.get_close_matches(key, self._known, 1)
                fix = f"did you mean {near[0]}?" if near else f"known: {', '.join(self._known)}"
                self.problem(key, f"unknown key; {fix}")
