"""What comes with a request, its body and its query, as the types that an operation declares.

Rules: nothing of it is guessed: the media type must be said, a name may be there once, and one
that nobody knows is refused. Who sends a body too slowly is not waited for.
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from aiohttp import web

from stasis.web.problem import Problem
from stasis.web.wanted import told

__all__ = ["body_of", "fields_of"]

READING_SECONDS = 30.0
"""How long a body may take to arrive."""


async def body_of(request: web.Request, kind: Any, *, bare: bool = False) -> Any:
    """A request's body, JSON. kind: its type. bare: none at all is one of the defaults.

    Raises Problem: 400, 408, 413, 415, 422.
    """
    if bare and not request.body_exists:
        return kind()
    if request.content_type != "application/json":
        raise Problem(415, "not_json", "send Content-Type: application/json")
    try:
        async with asyncio.timeout(READING_SECONDS):
            body = await request.read()
    except TimeoutError:
        text = f"the body did not arrive within {READING_SECONDS:g} seconds"
        raise Problem(408, "too_slow", text, headers={"Connection": "close"}) from None
    except web.HTTPRequestEntityTooLarge:
        raise Problem(413, "too_large", "the body is too large") from None
    except web.RequestPayloadError:
        text = "the body does not arrive as its headers say"
        raise Problem(400, "bad_json", text, headers={"Connection": "close"}) from None
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise Problem(422, "wrong_body", told(error, kind)) from None
    except RecursionError:
        raise Problem(400, "bad_json", "the body is nested too deeply") from None
    except (msgspec.DecodeError, UnicodeError) as error:
        raise Problem(400, "bad_json", f"the body is no JSON: {error}") from None


def fields_of(request: web.Request, kind: type[msgspec.Struct] | None) -> msgspec.Struct | None:
    """A request's query. kind: its type; None where there must be none. Raises Problem: 422."""
    if kind is None:
        if request.query_string:
            raise Problem(422, "wrong_query", "no ?… is known here")
        return None
    known = {field.encode_name: field.name for field in msgspec.structs.fields(kind)}
    if strange := sorted(set(request.query) - known.keys()):
        text = f"{strange[0]!r} is not known here; {', '.join(sorted(known))} may be there"
        raise Problem(422, "wrong_query", text)
    if len(request.query) != len(set(request.query)):
        raise Problem(422, "wrong_query", "a name is there twice")
    try:
        found = msgspec.convert(dict(request.query), kind, strict=False)
    except msgspec.ValidationError as error:
        raise Problem(422, "wrong_query", told(error, kind)) from None
    for name in request.query:
        if getattr(found, known[name]) is None:  # written as «null», which only JSON has
            raise Problem(422, "wrong_query", f"leave {name!r} out, where it is nothing")
    return found
