"""An operation: one thing that can be asked for over HTTP, as a row of a table."""

from __future__ import annotations

import inspect
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

import msgspec
from aiohttp import web
from attrs import field, frozen

__all__ = ["ANY", "Asked", "Operation", "Who", "rows_of"]

ANY = "*"
"""The scope of an operation that needs a token, whatever its scopes."""

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PATH = re.compile(r"(/([\w.~!$&'()*+,;=:@-]+|\{[A-Za-z_]\w*\}))+")

Body = TypeVar("Body")
W = TypeVar("W", bound="Who")


class Who(Protocol):
    """Who asks, as `authenticate` has found it out of a token."""

    @property
    def name(self) -> str:
        """For logs."""

    @property
    def scopes(self) -> frozenset[str]:
        """What it may do."""


class Asked(Generic[W, Body]):
    """A request that has passed every check: what an operation gets.

    who: who asks; of an operation that needs no token it must not be read. path: the parts of the
    path in braces, converted as `Api` was told. body, query: as the operation declares them.
    request: aiohttp's own.
    """

    def __init__(
        self,
        request: web.Request,
        who: W | None,
        path: Mapping[str, Any],
        body: Body,
        query: Any,
    ) -> None:
        self.request = request
        self.path = path
        self.body = body
        self.query = query
        self.also: list[Callable[[web.StreamResponse], None]] = []
        self._who = who

    @property
    def who(self) -> W:
        """Who asks. Raises LookupError for an operation that needs no token."""
        if self._who is None:
            raise LookupError("this operation needs no token: nobody is known")
        return self._who

    def answering(self, change: Callable[[web.StreamResponse], None]) -> None:
        """Have the answer changed before it is sent, such as by `set_cookie`."""
        self.also.append(change)


@frozen
class Operation:
    """One row. method, path: `GET`, `/rooms/{room}`. do: an async function of `Asked`; the first
    line of its docstring is the summary, the rest the description.

    scope: what a token must have; `ANY` any token; empty: none is asked for. body, query: msgspec
    Structs; every field of a query is a plain value. answers: what `do` returns: a type msgspec
    can write; None: nothing, 204; a text such as `audio/wav`: `do` returns the aiohttp response
    itself. status: of success, 200 or 204 by itself. problems: codes by status that it may answer
    beside those all have. name: of the operation for programs, `do`'s name by itself. tag: the
    group it is shown in. summary: instead of the docstring's.
    paths: types of parts of its path, beside those of `Api`. bare: whether the body may be left
    out, and is then its defaults.
    """

    method: str
    path: str
    do: Callable[[Any], Awaitable[Any]]
    scope: str = ANY
    body: type | None = None
    query: type[msgspec.Struct] | None = None
    answers: Any = None
    status: int = 0
    problems: Mapping[int, Sequence[str]] = field(factory=dict)
    name: str = ""
    tag: str = ""
    summary: str = ""
    paths: Mapping[str, Any] = field(factory=dict)
    bare: bool = False

    @property
    def operation_id(self) -> str:
        """What programs call it."""
        return self.name or getattr(self.do, "__name__", "")

    @property
    def success(self) -> int:
        """The status when it is done."""
        return self.status or (204 if self.answers is None else 200)

    @property
    def raw(self) -> bool:
        """Whether `do` returns the response itself."""
        return isinstance(self.answers, str)

    def words(self) -> tuple[str, str]:
        """The summary and the description, for people."""
        text = inspect.cleandoc(self.do.__doc__ or "")
        first, _, rest = text.partition("\n")
        if self.summary:
            return self.summary, ""
        return first.strip().rstrip("."), rest.strip()


def rows_of(operations: Sequence[Operation]) -> dict[str, dict[str, Operation]]:
    """Operations by path and method. Raises ValueError for a table that is not clear."""
    rows: dict[str, dict[str, Operation]] = defaultdict(dict)
    names: set[str] = set()
    shapes: dict[str, str] = {}
    for each in operations:
        where = f"{each.method} {each.path}"
        if each.method not in METHODS:
            raise ValueError(f"{where}: the method is one of {', '.join(METHODS)}")
        if not PATH.fullmatch(each.path):
            raise ValueError(f"{where}: a path is /parts, each plain text or a {{name}}")
        if each.method in rows[each.path]:
            raise ValueError(f"{where} is there twice")
        if each.operation_id in names or not each.operation_id:
            raise ValueError(f"{where}: another is called {each.operation_id!r}; give it a name=")
        other = shapes.setdefault(re.sub(r"\{\w+\}", "{}", each.path), each.path)
        if other != each.path:
            raise ValueError(f"{where} is the same path as {other}: call its parts the same")
        names.add(each.operation_id)
        rows[each.path][each.method] = each
    return dict(rows)
