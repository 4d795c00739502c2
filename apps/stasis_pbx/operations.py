"""Operations out of things: `POST /pbx/api/v1/queues/{queue}/members` is `pbx.queues.add`.

Rules: what a thing takes is checked by the thing's own types before it is called. A GET and a
DELETE have their arguments in the query, all others in the body. What changes something is
written into the audit before it is done.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from typing import Annotated, Any, NoReturn

import msgspec
import structlog
from aiohttp import web
from attrs import frozen
from msgspec import UNSET, Meta, UnsetType

from stasis.pbx import (
    GROUPS,
    BadValue,
    Denied,
    Download,
    Missing,
    Needs,
    NotConfirmed,
    Parameter,
    Pbx,
    PbxError,
    Refused,
    Thing,
    Unavailable,
    things_of,
)
from stasis.sql import StoreError
from stasis.web import Asked, Grant, Operation, Problem, address_of
from stasis_pbx.audit import Audit
from stasis_pbx.restarts import Restarts, restart_like

__all__ = ["FAILURES", "Desk", "operations"]

log = structlog.get_logger("stasis_pbx")

FAILURES: Mapping[type[Exception], tuple[int, str]] = {
    BadValue: (422, "bad_value"),
    Denied: (403, "denied"),
    Missing: (404, "missing"),
    Needs: (501, "needs"),
    NotConfirmed: (409, "not_confirmed"),
    Refused: (409, "refused"),
    Unavailable: (503, "unavailable"),
    PbxError: (502, "pbx"),
    StoreError: (503, "database"),
}
"""What a thing that was not done becomes: a status and a code."""

# How long a file may take to begin before its answer does, and how often it is looked whether there
# is still somebody who reads.
BEGIN_SECONDS = 2.0
LOOK_SECONDS = 5.0

SERVER = "server"
Server = Annotated[
    str,
    Meta(
        pattern="^[A-Za-z0-9_.:-]{0,80}$",
        description="which Asterisk, when there are several; the first, where it is left out",
    ),
]
PART = re.compile(r"\{(\w+)\}")
IN_QUERY = ("GET", "DELETE")


@frozen
class Desk:
    """What operations work with. pbx: by an Asterisk's name, the first for an empty one; raises
    Problem. audit: where it is written down. restarts: how often.
    """

    pbx: Callable[[str], tuple[str, Pbx]]
    audit: Audit
    restarts: Restarts


def operations(at: Desk) -> list[Operation]:
    """A row for each thing of each group."""
    return [
        operation(at, group.name, method, thing)
        for group in GROUPS
        for method, thing in things_of(group).items()
    ]


def operation(at: Desk, group: str, method: str, thing: Thing) -> Operation:
    """The row of one thing. method: its name in Python. Raises ValueError for a thing whose
    arguments have no place.
    """
    parts = set(PART.findall(thing.path))
    names = {each.name for each in thing.parameters}
    where = f"{group}.{thing.name}"
    if parts - names or SERVER in names:
        raise ValueError(f"{where}: {thing.path} has parts that are no parameters, or a `server`")
    others = [each for each in thing.parameters if each.name not in parts]
    inside = thing.method in IN_QUERY
    title = "".join(map(str.capitalize, where.replace(".", "_").split("_")))
    server = (SERVER, Server, "")
    query = struct(f"{title}Query", [*map(field_of, others if inside else ()), server])
    body = None if inside or not others else struct(f"{title}Body", [*map(field_of, others)])
    summary, _, rest = thing.doc.partition("\n")

    async def do(asked: Asked[Grant, Any]) -> Any:
        given = {
            each.name: asked.path[each.name] for each in thing.parameters if each.name in parts
        }
        source = asked.query if inside else asked.body
        values = {each.name: getattr(source, each.name) for each in others}
        given |= {name: value for name, value in values.items() if value is not UNSET}
        server, pbx = at.pbx(getattr(asked.query, SERVER))

        async def work() -> Any:
            return await getattr(getattr(pbx, group), method)(**given)

        if thing.scope.endswith(":read"):
            return await told(asked.request, work)
        return await audited(at, asked, where, thing, server, given, work)

    do.__doc__ = f"{summary}\n{rest}{notes(thing)}"
    return Operation(
        thing.method,
        thing.path,
        do,
        scope=thing.scope,
        body=body,
        query=query,
        answers="*/*" if thing.answers is Download else thing.answers,
        problems={404: ["no_server"]} | ({429: ["too_often"]} if restart_like(thing) else {}),
        name=f"{group}_{thing.name}",
        tag=group,
        paths={each.name: each.kind for each in thing.parameters if each.name in parts},
        bare=body is not None and all(each.option for each in others),
    )


async def audited(
    at: Desk,
    asked: Asked[Grant, Any],
    where: str,
    thing: Thing,
    server: str,
    given: Mapping[str, Any],
    work: Callable[[], Awaitable[Any]],
) -> Any:
    """Do what changes something: it is written down, before and after."""
    id = await at.audit.begin(
        who=asked.who.name,
        token=asked.who.id,
        address=address_of(asked.request),
        server=server,
        thing=where,
        arguments=given,
    )
    outcome = "not known: it was given up"
    try:
        confirmed = not thing.confirm or given.get("confirm")
        if restart_like(thing) and confirmed and (seconds := at.restarts.wait(server)):
            too_often(seconds)
        result = await told(asked.request, work)
        outcome = "done"
        return result
    except Exception as error:
        outcome = f"{type(error).__name__}: {error}"
        raise
    finally:
        try:
            await at.audit.end(id, outcome)
        except StoreError as error:
            log.error("the audit lacks an outcome", id=id, outcome=outcome, error=str(error))


def too_often(seconds: float) -> NoReturn:
    """Raises Problem."""
    text = "this Asterisk was restarted, or the like, often enough for now"
    raise Problem(429, "too_often", text, retry_after=math.ceil(seconds))


async def told(request: web.Request, work: Callable[[], Awaitable[Any]]) -> Any:
    """What a thing returns; a file as a response that streams it."""
    result = await work()
    if not isinstance(result, Download):
        return result
    body = await begun(request, aiter(result.chunks))
    name = re.sub(r"[^A-Za-z0-9_.@+-]", "_", result.name) or "file"
    headers = {
        "Content-Type": result.kind,
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    if result.size is not None:
        headers["Content-Length"] = str(result.size)
    return web.Response(body=body, headers=headers)


async def begun(request: web.Request, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The body out of these. What fails at once is raised here, and is no body that ends too soon;
    one that grows may have nothing yet. It ends when there is nobody any more who reads.
    """
    coming = asyncio.ensure_future(anext(chunks, None))
    try:
        await asyncio.wait([coming], timeout=BEGIN_SECONDS)
        if coming.done():
            coming.result()
    except BaseException:
        coming.cancel()
        raise

    async def body() -> AsyncIterator[bytes]:
        nonlocal coming
        try:
            if not coming.done():
                yield b""  # sends the answer's head
            while True:
                await asyncio.wait([coming], timeout=LOOK_SECONDS)
                if coming.done():
                    if (chunk := coming.result()) is None:
                        return
                    coming = asyncio.ensure_future(anext(chunks, None))
                    yield chunk
                elif request.transport is None or request.transport.is_closing():
                    return
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)
            if isinstance(chunks, AsyncGenerator):
                await chunks.aclose()

    return body()


def struct(name: str, fields: list[tuple[str, Any, Any] | tuple[str, Any]]) -> type[msgspec.Struct]:
    """A Struct of arguments, by the names that HTTP has for them: `class_` is `class`."""
    return msgspec.defstruct(
        name,
        fields,
        kw_only=True,
        forbid_unknown_fields=True,
        rename={each[0]: each[0].rstrip("_") for each in fields},
        module=__name__,
    )


def field_of(each: Parameter) -> tuple[str, Any, Any] | tuple[str, Any]:
    """A parameter as a field. A default that could not be sent is left out of the document."""
    if not each.option:
        return (each.name, each.kind)
    try:
        msgspec.convert(each.default, each.kind)
    except msgspec.ValidationError:
        return (each.name, each.kind | UnsetType, UNSET)
    if isinstance(each.default, (list, dict, set)):
        return (each.name, each.kind, msgspec.field(default_factory=each.default.copy))
    return (each.name, each.kind, each.default)


def notes(thing: Thing) -> str:
    """What there is to know besides."""
    said = []
    if thing.confirm:
        said.append(f"It wants `confirm`: {thing.confirm}.")
    if thing.needs:
        said.append(f"It needs the module {thing.needs}.")
    if thing.since is not None:
        said.append(f"It needs {thing.since}.")
    return "\n\n" + " ".join(said) if said else ""
