"""The OpenAPI 3.1 document of a table of operations. Pure.

It is made of the very types that are checked, so it cannot say anything else than what is so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any

import msgspec

from stasis.web.operation import Operation
from stasis.web.problem import ProblemBody

__all__ = ["document"]

TEMPLATE = "#/components/schemas/{name}"
PART = re.compile(r"\{(\w+)\}")


def document(
    title: str,
    version: str,
    operations: Sequence[Operation],
    base: str,
    paths: Mapping[str, Any],
    about: str = "",
) -> dict[str, Any]:
    """The document; the parameters are those of `Api`."""
    types = list(types_of(operations, paths))
    schemas, components = msgspec.json.schema_components(types, ref_template=TEMPLATE)
    # By identity: two annotated types may be equal to each other and yet be described apart.
    schema = {id(kind): found for kind, found in zip(types, schemas, strict=True)}
    rows: dict[str, dict[str, Any]] = {}
    for each in operations:
        row = rows.setdefault(each.path, {})
        row[each.method.lower()] = described(each, paths, schema)
    info = {"title": title, "version": version}
    return {
        "openapi": "3.1.0",
        "info": {**info, "description": about} if about else info,
        "servers": [{"url": base}],
        "paths": rows,
        "components": {
            "schemas": components,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def types_of(operations: Iterable[Operation], paths: Mapping[str, Any]) -> Iterable[Any]:
    """Every type that is described."""
    yield ProblemBody
    yield str
    yield from paths.values()
    for each in operations:
        if each.body is not None:
            yield each.body
        if each.answers is not None and not each.raw:
            yield each.answers
        if each.query is not None:
            yield from (field.type for field in fields(each.query))


@cache
def fields(query: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    """A query's fields: the same objects each time."""
    return msgspec.structs.fields(query)


def described(
    operation: Operation, paths: Mapping[str, Any], schema: Mapping[int, Any]
) -> dict[str, Any]:
    """One operation."""
    summary, description = operation.words()
    found: dict[str, Any] = {"operationId": operation.operation_id, "summary": summary}
    if description:
        found["description"] = description
    if operation.tag:
        found["tags"] = [operation.tag]
    found["security"] = []
    if operation.scope:
        scopes = [] if operation.scope == "*" else [operation.scope]
        found["security"] = [{"bearer": scopes}]
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": schema[id(paths.get(name, str))]}
        for name in PART.findall(operation.path)
    ]
    if operation.query is not None:
        for field in fields(operation.query):
            parameters.append(
                {
                    "name": field.encode_name,
                    "in": "query",
                    "required": field.required,
                    "schema": schema[id(field.type)],
                }
            )
    if parameters:
        found["parameters"] = parameters
    if operation.body is not None:
        content = {"application/json": {"schema": schema[id(operation.body)]}}
        found["requestBody"] = {"required": True, "content": content}
    found["responses"] = responses(operation, schema)
    return found


def responses(operation: Operation, schema: Mapping[int, Any]) -> dict[str, Any]:
    """What an operation may answer."""
    found: dict[str, Any] = {}
    success: dict[str, Any] = {"description": HTTPStatus(operation.success).phrase}
    if operation.raw:
        success["content"] = {operation.answers: {}}
    elif operation.answers is not None:
        success["content"] = {"application/json": {"schema": schema[id(operation.answers)]}}
    found[str(operation.success)] = success
    problem = {"application/problem+json": {"schema": schema[id(ProblemBody)]}}
    for status, codes in sorted(problems_of(operation).items()):
        found[str(status)] = {
            "description": f"{HTTPStatus(status).phrase}: {', '.join(codes)}",
            "content": problem,
        }
    return found


def problems_of(operation: Operation) -> dict[int, list[str]]:
    """Codes by status, those every operation of its kind has included."""
    found: dict[int, list[str]] = {422: ["wrong_query"], 503: ["asterisk"], 409: ["gone"]}
    found[500] = ["failed"]
    if operation.scope:
        found |= {401: ["no_token"], 403: ["no_scope"]}
    if "{" in operation.path:
        found[404] = ["not_found"]
    if operation.body is not None:
        found |= {400: ["bad_json"], 413: ["too_large"], 415: ["not_json"]}
        found[422] = ["wrong_body", *found[422]]
    for status, codes in operation.problems.items():
        found[status] = list(dict.fromkeys([*codes, *found.get(status, [])]))
    return found
