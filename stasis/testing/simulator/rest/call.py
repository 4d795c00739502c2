"""One request as its operation sees it: the path's parts, its parameters, and how it is refused.

Rules, as Asterisk has them: a parameter may come in the query, in a form or in a JSON body, and
the body wins; a list is one text with commas, or a JSON array; a truth is `true`, `yes`, `1`, …
"""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from attrs import field, frozen

from stasis.ari.version import Since
from stasis.testing.simulator.machine import Machine

__all__ = ["OPERATIONS", "Answer", "Call", "Operation", "Refusal", "operation", "route"]

TRUE = ("yes", "true", "y", "t", "1", "on")


class Refusal(Exception):
    """The request is refused. status: of HTTP. message: for the body."""

    def __init__(self, status: int, message: str, key: str = "message") -> None:
        super().__init__(f"{status} {message}")
        self.status = status
        self.body = {key: message}


@frozen
class Answer:
    """What an operation gives back. value: for the JSON body, None for an empty one.

    location: of what was made, below `/ari`. file: bytes instead of JSON, of this content type.
    """

    status: int = 204
    value: Any = None
    location: str = ""
    file: bytes | None = field(default=None, repr=False)
    content_type: str = "application/json"


class Call:
    """A request. machine: the server. path: the parts that the operation's template names."""

    def __init__(
        self, machine: Machine, path: Mapping[str, str], query: list[tuple[str, str]], body: Any
    ) -> None:
        self.machine = machine
        self.path = path
        self.body: dict[str, Any] = body if isinstance(body, dict) else {}
        self._query: dict[str, str] = {}
        for name, value in query:
            # Of a repeated parameter 22 takes the first and 16 the last.
            if machine.version.major < 20:
                self._query[name] = value
            else:
                self._query.setdefault(name, value)

    def text(self, name: str, default: str = "") -> str:
        """A text."""
        value = self.body.get(name, self._query.get(name, default))
        return value if isinstance(value, str) else default

    def needed(self, name: str, message: str = "") -> str:
        """A text that must be there. message: of the refusal. Raises Refusal."""
        value = self.text(name)
        if not value:
            raise Refusal(400, message or f"Missing parameter {name}")
        return value

    def integer(self, name: str, default: int = 0) -> int:
        """A whole number. In a JSON body all else counts as 0; in a query, what follows it does
        not count.
        """
        if name in self.body:
            value = self.body[name]
            return value if type(value) is int else 0
        if name not in self._query:
            return default
        found = re.match(r"\s*[+-]?[0-9]+", self._query[name])
        return int(found[0]) if found else 0

    def truth(self, name: str) -> bool:
        """A truth value."""
        if name in self.body:
            return self.body[name] is True
        return self._query.get(name, "").lower() in TRUE

    def has(self, name: str) -> bool:
        """Whether the parameter is there."""
        return name in self.body or name in self._query

    def many(self, name: str) -> list[str]:
        """A list: one text with commas, or a JSON array."""
        value = self.body.get(name, self._query.get(name, ""))
        if isinstance(value, list):
            return [str(each) for each in value]
        return [each for each in str(value).split(",") if each]

    def variables(self) -> dict[str, str]:
        """The variables of the body. Raises Refusal when one is no text."""
        found = self.body.get("variables", {})
        if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
            raise Refusal(400, "Only string values in the 'variables' object allowed")
        return found


Run = Callable[[Call], Any]


@frozen
class Operation:
    """One operation. run: what it does; async or not, it gives an Answer or None for a 204."""

    method: str
    template: tuple[str, ...]
    run: Run
    since: Since | None = None


# By the first part of their templates, which is always fixed.
OPERATIONS: defaultdict[str, list[Operation]] = defaultdict(list)


def operation(method: str, template: str, *since: str) -> Callable[[Run], Run]:
    """Register an operation: `@operation("POST", "channels/{channel}/answer")`.

    since: the first versions that have it; none when all have.
    """

    def register(run: Run) -> Run:
        parts = tuple(template.split("/"))
        OPERATIONS[parts[0]].append(Operation(method, parts, run, Since(*since) if since else None))
        return run

    return register


def route(machine: Machine, method: str, path: str) -> tuple[Operation, dict[str, str]]:
    """The operation that a path and method name, and the parts of the path.

    path: below `/ari/`, still percent-encoded. Raises Refusal: 404, or 405 for another method.
    """
    path = path.removeprefix("/")
    if path.endswith("/"):
        raise Refusal(404, f"ARI URLs do not end with a slash. Try /ari/{path.rstrip('/')}")
    # An empty part ends the path.
    parts = [unquote_plus(part) for part in path.partition("//")[0].split("/")]
    known = parts == [""]
    best: tuple[int, Operation, dict[str, str]] | None = None
    for each in OPERATIONS.get(parts[0], ()):
        if len(each.template) < len(parts):
            continue
        if each.since is not None and not each.since.holds(machine.version):
            continue
        found: dict[str, str] = {}
        fixed = 0
        # The beginning of a longer path is there, but has no methods.
        for template, part in zip(each.template, parts, strict=False):
            if template.startswith("{"):
                found[template[1:-1]] = part
            elif template == part:
                fixed += 1
            else:
                break
        else:
            known = True
            whole = len(each.template) == len(parts) and each.method == method
            if whole and (best is None or fixed > best[0]):
                best = (fixed, each, found)
    if best is not None:
        return best[1], best[2]
    if known:
        raise Refusal(405, "Invalid method")
    raise Refusal(404, "Resource not found")


def read_body(body: bytes | None, content_type: str) -> tuple[list[tuple[str, str]], Any]:
    """A body's parameters: as those of a query, or as JSON. Raises Refusal."""
    if not body:
        return [], None
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        text = body.decode(errors="surrogateescape")
        return parse_qsl(text, keep_blank_values=True, errors="surrogateescape"), None
    if kind != "application/json":
        return [], None
    try:
        found = json.loads(body, parse_constant=finite, parse_float=finite, parse_int=whole)
    except ValueError:
        found = None
    if not isinstance(found, (dict, list)) or has_null(found):
        raise Refusal(400, "Error parsing request body")
    return [], found


def finite(text: str) -> float:
    """A number of a JSON text. Raises ValueError for one that is none, or too large."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def whole(text: str) -> int:
    """A whole number of a JSON text. Raises ValueError for one of more than 64 bits."""
    number = int(text)
    if not -(2**63) <= number < 2**63:
        raise ValueError(text)
    return number


def has_null(value: Any) -> bool:
    """Whether a text in it has the character 0, which Asterisk's JSON does not take."""
    if isinstance(value, dict):
        return any(has_null(each) for pair in value.items() for each in pair)
    if isinstance(value, list):
        return any(has_null(each) for each in value)
    return isinstance(value, str) and "\0" in value
