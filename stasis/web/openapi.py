"""The OpenAPI 3.1 document of a table of operations. Pure.

It is made of the very types that are checked, so it cannot say anything else than what is so.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from stasis.web.operation import ANY, Operation
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
    failures: Collection[tuple[int, str]] = (),
) -> dict[str, Any]:
    """The document; the parameters are those of `Api`. failures: status and code of each.

    Raises ValueError when two Structs have one name, so that one could not be told from another.
    """
    types = list(types_of(operations, paths))
    schemas, components = msgspec.json.schema_components(types, ref_template=TEMPLATE)
    alone(components)
    # By identity: two annotated types may be equal to each other and yet be described apart.
    schema = {id(kind): found for kind, found in zip(types, schemas, strict=True)}
    rows: dict[str, dict[str, Any]] = {}
    for each in operations:
        row = rows.setdefault(each.path, {})
        query = {} if each.query is None else components[name_in(schema[id(each.query)])]
        row[each.method.lower()] = described(each, paths, query, schema, failures)
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
        yield from each.paths.values()
        if each.body is not None:
            yield each.body
        if each.answers is not None and not each.raw:
            yield each.answers
        if each.query is not None:
            yield each.query


def name_in(reference: Mapping[str, str]) -> str:
    """The component that a reference means."""
    return reference["$ref"].rpartition("/")[2]


def alone(components: Mapping[str, Any]) -> None:
    """No name may be of two types: which is meant would depend on what else is in the table."""
    owners: dict[str, str] = {}
    for name, found in components.items():
        other = owners.setdefault(found.get("title", name), name)
        if other != name:
            raise ValueError(f"two types of one name: {other} and {name}; call one otherwise")


def described(
    operation: Operation,
    paths: Mapping[str, Any],
    query: Mapping[str, Any],
    schema: Mapping[int, Any],
    failures: Collection[tuple[int, str]],
) -> dict[str, Any]:
    """One operation. query: the schema of its query, empty without one."""
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
    kinds = {**paths, **operation.paths}
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": schema[id(kinds.get(name, str))]}
        for name in PART.findall(operation.path)
    ]
    for name, of in query.get("properties", {}).items():
        parameters.append(
            {
                "name": name,
                "in": "query",
                "required": name in query["required"],
                "schema": without_null(of),
            }
        )
    if parameters:
        found["parameters"] = parameters
    if operation.body is not None:
        content = {"application/json": {"schema": schema[id(operation.body)]}}
        found["requestBody"] = {"required": not operation.bare, "content": content}
    found["responses"] = responses(operation, schema, failures)
    return found


def without_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of what may be left out of a query: there it has no null."""
    found = dict(schema)
    if "default" in found and found["default"] is None:
        del found["default"]
    if "anyOf" in found:
        kinds = [each for each in found.pop("anyOf") if each != {"type": "null"}]
        found |= kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    return found


def responses(
    operation: Operation, schema: Mapping[int, Any], failures: Collection[tuple[int, str]]
) -> dict[str, Any]:
    """What an operation may answer."""
    found: dict[str, Any] = {}
    success: dict[str, Any] = {"description": HTTPStatus(operation.success).phrase}
    if operation.raw:
        success["content"] = {operation.answers: {}}
    elif operation.answers is not None:
        success["content"] = {"application/json": {"schema": schema[id(operation.answers)]}}
    found[str(operation.success)] = success
    problem = {"application/problem+json": {"schema": schema[id(ProblemBody)]}}
    for status, codes in sorted(problems_of(operation, failures).items()):
        found[str(status)] = {
            "description": f"{HTTPStatus(status).phrase}: {', '.join(codes)}",
            "content": problem,
        }
    return found


def problems_of(
    operation: Operation, failures: Collection[tuple[int, str]]
) -> dict[int, list[str]]:
    """Codes by status, those every operation of its kind has included."""
    found: dict[int, list[str]] = {status: list(of) for status, of in operation.problems.items()}

    def also(status: int, *codes: str) -> None:
        found[status] = list(dict.fromkeys([*found.get(status, []), *codes]))

    if operation.scope:
        also(401, "no_token")
        also(403, *(() if operation.scope == ANY else ("no_scope",)), "not_allowed")
    if "{" in operation.path:
        also(404, "not_found")
    if operation.body is not None:
        also(400, "bad_json")
        also(408, "too_slow")
        also(413, "too_large")
        also(415, "not_json")
        also(422, "wrong_body")
    also(422, "wrong_query")
    also(500, "failed")
    for status, code in failures:
        also(status, code)
    return found
