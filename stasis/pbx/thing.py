"""A thing that can be done with a PBX: one method, known to all ways in.

    class Queues(Group):
        @thing("POST /queues/{queue}/members", needs="app_queue.so")
        async def add(self, queue: QueueName, interface: Device, *, penalty: Count = 0) -> Member:
            \"""Add a member to a queue.\"""

That is `await pbx.queues.add("support", "PJSIP/alice")`, `stasis queues add support PJSIP/alice`
and `POST /pbx/api/v1/queues/support/members`. Every argument is checked by its type before
anything is sent, whichever way it came; errors of the ways become `PbxError`.
"""

from __future__ import annotations

import functools
import inspect
import re
import typing
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Concatenate, Literal, ParamSpec, TypeAlias, TypeVar

import msgspec
from attrs import frozen

from stasis.ami import (
    ActionFailed,
    AmiError,
    InvalidValue,
    NoSuch,
    PermissionDenied,
    UnknownAction,
)
from stasis.ari import Since
from stasis.errors import (
    AriError,
    InvalidParameter,
    InvalidRequest,
    NotFound,
    NotSupported,
    ResponseError,
)
from stasis.pbx.errors import BadValue, Missing, Needs, NotConfirmed, PbxError, Refused, Unavailable
from stasis.pbx.group import Group
from stasis.pbx.kind import help_of, wrong

__all__ = ["Parameter", "Thing", "thing", "things_of"]

P = ParamSpec("P")
R = TypeVar("R")
G = TypeVar("G", bound=Group)

ROUTE = re.compile(r"(GET|POST|PUT|PATCH|DELETE) (/[^ ]*)")

PART = re.compile(r"{(\w+)}")

Method: TypeAlias = Callable[Concatenate[G, P], Coroutine[Any, Any, R]]


@frozen
class Parameter:
    """An argument. kind: its type, with what it must look like. option: given by name, and has a
    default. help: what it is.
    """

    name: str
    kind: Any
    option: bool
    default: Any
    help: str


@frozen
class Thing:
    """What is known of a thing.

    name: of the method; it is the command's too. method, path: its route. scope: what a token
    must have, such as `queues:write`. needs: the module that has it. since: the versions that
    have it; None: from 16 on. confirm: what is lost by it; then it wants
    `confirm=True`. answers: what it returns.
    """

    name: str
    method: str
    path: str
    scope: str
    needs: str
    since: Since | None
    confirm: str
    parameters: tuple[Parameter, ...]
    answers: Any
    doc: str

    @property
    def summary(self) -> str:
        """The first sentence of its docstring."""
        return self.doc.partition("\n")[0].strip()

    def about(self, values: Mapping[str, Any]) -> str:
        """What is meant by the arguments in its path: `queue support, interface PJSIP/alice`."""
        return ", ".join(
            f"{name} {values[name]}" for name in PART.findall(self.path) if name in values
        )

    def checked(self, where: str, values: Mapping[str, Any], *, strict: bool) -> dict[str, Any]:
        """Arguments of the right types. strict: False converts from texts. Raises BadValue."""
        found: dict[str, Any] = {}
        for each in self.parameters:
            if each.name not in values:
                if not each.option:
                    raise BadValue(where, f"{each.name} is missing: {each.help}")
                continue
            value = values[each.name]
            if value == each.default and type(value) is type(each.default):
                found[each.name] = value
                continue
            try:
                found[each.name] = msgspec.convert(value, each.kind, strict=strict)
            except msgspec.ValidationError as error:
                raise BadValue(where, f"{each.name}: {wrong(value, error, each.kind)}") from None
        return found


def thing(
    route: str,
    *,
    needs: str = "",
    since: Since | None = None,
    confirm: str = "",
    scope: Literal["", "read", "write", "admin"] = "",
) -> Callable[[Method[G, P, R]], Method[G, P, R]]:
    """Make a method a thing. route: such as `GET /queues`; parts in braces are parameters.

    needs, since, confirm: as of `Thing`. scope: the end of its scope; of a GET `read`, else
    `write`, by itself. The method is `async`, and every parameter has a type of `values`.
    """
    match = ROUTE.fullmatch(route)
    if match is None:
        raise ValueError(f"{route!r} is no route such as GET /queues")
    method, path = match.groups()

    def decorate(function: Method[G, P, R]) -> Method[G, P, R]:
        signature = inspect.signature(function)

        @functools.cache
        def described(group: str) -> Thing:
            hints = typing.get_type_hints(function, include_extras=True)
            return Thing(
                name=function.__name__.rstrip("_"),
                method=method,
                path=path,
                scope=f"{group}:{scope or ('read' if method == 'GET' else 'write')}",
                needs=needs,
                since=since,
                confirm=confirm,
                parameters=tuple(
                    Parameter(
                        name=name,
                        kind=hints[name],
                        option=each.default is not inspect.Parameter.empty,
                        default=each.default,
                        help=help_of(hints[name]),
                    )
                    for name, each in signature.parameters.items()
                    if name != "self"
                ),
                answers=None if hints["return"] is type(None) else hints["return"],
                doc=inspect.cleandoc(function.__doc__ or ""),
            )

        @functools.wraps(function)
        async def checked(self: G, *args: P.args, **kwargs: P.kwargs) -> R:
            about = described(self.name)
            where = f"{self.name}.{about.name}"
            bound = signature.bind(self, *args, **kwargs)
            given = {name: value for name, value in bound.arguments.items() if name != "self"}
            values = about.checked(where, given, strict=True)
            if confirm and not values.get("confirm"):
                raise NotConfirmed(where, f"{confirm}; say so with confirm")
            try:
                if since is not None:
                    await needed(self, where, since)
                return await function(self, **values)  # type: ignore[call-arg]
            except (AmiError, AriError) as error:
                raise told(where, needs, error, about.about(values)) from error

        checked.__thing__ = described  # type: ignore[attr-defined]
        return checked  # type: ignore[return-value]

    return decorate


def things_of(group: type[Group]) -> dict[str, Thing]:
    """The things of a group by the names of their methods, in the order of the class."""
    return {
        name: value.__thing__(group.name)
        for name, value in vars(group).items()
        if hasattr(value, "__thing__")
    }


async def needed(group: Group, where: str, since: Since) -> None:
    """Raises Needs when Asterisk is older."""
    found = await group.ways.version()
    if not since.holds(found):
        raise Needs(where, f"needs {since}; this is {found}")


def told(where: str, needs: str, error: AmiError | AriError, about: str) -> PbxError:
    """What the error of a way is here. about: what it was about, which AMI's errors do not tell."""
    reason = error.reason if isinstance(error, AmiError) else str(error)
    if about and type(error) in (NoSuch, ActionFailed):
        reason = f"{reason}: {about}"
    if isinstance(error, (InvalidValue, InvalidRequest, InvalidParameter)):
        return BadValue(where, reason)
    if isinstance(error, UnknownAction) and needs:
        return Needs(where, f"needs the module {needs}, which is not loaded: {error.message}")
    if isinstance(error, (UnknownAction, NotSupported)):
        return Needs(where, reason)
    if isinstance(error, (NoSuch, NotFound)):
        return Missing(where, reason)
    if isinstance(error, (PermissionDenied, ActionFailed, ResponseError)):
        return Refused(where, reason)
    return Unavailable(where, reason)
