"""Whether the client has all that a server describes: operations, parameters, models, events.

Rules of this file: nothing is believed, each operation is called with every parameter, and what
it would send is compared with the description. It needs the description and no server.
"""

from __future__ import annotations

import importlib
import json
from typing import Any

import msgspec

from stasis.ari.generator.describe import Description, Model, Operation, Parameter, Section
from stasis.ari.generator.names import class_name, module_name, python_name
from stasis.ari.resource import Request, Resource, Response
from stasis.errors import NotSent

__all__ = ["verify"]

SAMPLES: dict[str, Any] = {
    "string": "a/b",
    "int": 7,
    "long": 7,
    "double": 0.5,
    "boolean": True,
    "containers": {"a": "b"},
    "object": {"allowed": []},
}


async def verify(description: Description) -> list[str]:
    """What the server has and the client lacks or sends otherwise; empty when nothing is."""
    problems: list[str] = []
    for section in description.sections:
        try:
            module = importlib.import_module(f"stasis.ari.{module_name(section.name)}")
        except ModuleNotFoundError:
            problems.append(f"{section.name}: no module")
            continue
        for operation in section.operations:
            if not operation.upgrade:  # `GET /events` is the event WebSocket, not a request
                problems += await verify_operation(section, operation, module)
        for model in section.models:
            problems += verify_model(model, module)
    return problems


async def verify_operation(section: Section, operation: Operation, module: Any) -> list[str]:
    """Call the operation with everything it takes, and see what it sends."""
    row = f"{section.name}.{operation.nickname}"
    sent: list[Request] = []

    async def send(request: Request) -> Response:
        sent.append(request)
        # A field that any result has nothing against: all of them have defaults.
        listed = operation.returns.startswith("List[")
        status = 204 if operation.returns == "void" else 200
        return Response(status, body=b"[]" if listed else b"{}")

    resource: Resource = getattr(module, class_name(section.name))(send)
    method = getattr(resource, python_name(operation.nickname, row), None)
    if method is None:
        return [f"{row}: no operation"]
    given = {p.name: sample(p) for p in operation.parameters}
    path = operation.path
    for each in operation.parameters:
        path = path.replace(f"{{{each.name}}}", str(given[each.name]).replace("/", "%2F"))
    positional = [given[p.name] for p in operation.parameters if p.where == "path"]
    keywords = {
        python_name(p.name): given[p.name] for p in operation.parameters if p.where != "path"
    }
    try:
        result = await method(*positional, **keywords)
    except (TypeError, NotSent) as error:  # an unknown parameter, or one of another type
        return [f"{row}: {error}"]
    request = sent[0]
    problems = []
    if (request.method, request.path) != (operation.method, path):
        problems.append(
            f"{row}: sends {request.method} {request.path}, not {operation.method} {path}"
        )
    name = f"{module_name(section.name)}.{python_name(operation.nickname, row)}"
    if request.operation != name:
        problems.append(f"{row}: is called {request.operation!r} in its request, not {name!r}")
    expected = {p.name: text(given[p.name]) for p in operation.parameters if p.where == "query"}
    if dict(request.query) != expected:
        problems.append(f"{row}: sends the query {dict(request.query)}, not {expected}")
    bodies = [p for p in operation.parameters if p.where == "body"]
    for each in bodies:
        wanted = given[each.name] if each.type == "object" else {each.name: given[each.name]}
        if json.loads(request.body or b"null") != wanted:
            problems.append(f"{row}: sends the body {request.body!r}, not {wanted}")
    if not bodies and request.body is not None:
        problems.append(f"{row}: sends a body")
    if result_kind(operation.returns) != type(result).__name__:
        problems.append(f"{row}: returns {type(result).__name__}, not {operation.returns}")
    return problems


def sample(parameter: Parameter) -> Any:
    """A value that can be told from a default."""
    if parameter.name == "fields":
        return [{"attribute": "a", "value": "b"}]
    return ["x", "y/z"] if parameter.many else SAMPLES[parameter.type]


def text(value: Any) -> str:
    """A value as a query carries it."""
    if isinstance(value, list):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def result_kind(returns: str) -> str:
    """The name of the Python class of a result."""
    if returns.startswith("List["):
        return "tuple"
    return {"void": "NoneType", "binary": "bytes"}.get(returns, returns)


def verify_model(model: Model, module: Any) -> list[str]:
    """Decode an object that has every field, and see that each arrives; for `Event` all kinds."""
    # What `Message` has, `Event` has; no object is just a `Message`.
    kind = getattr(module, "Event" if model.name == "Message" else model.name, None)
    if kind is None:
        return [f"{model.name}: no class"]
    tag = kind.__struct_config__.tag_field
    wire = {each.name: field_sample(each.type) for each in model.properties if each.name != tag}
    try:
        made = msgspec.convert({**wire, "type": kind.__name__} if tag else wire, kind)
    except msgspec.ValidationError as error:
        return [f"{model.name}: {error}"]
    empty = kind()
    names = {each.encode_name: each.name for each in msgspec.structs.fields(kind)}
    problems = []
    for name, value in wire.items():
        if name not in names:
            problems.append(f"{model.name}.{name}: no field")
        elif value != {} and getattr(made, names[name]) == getattr(empty, names[name]):
            problems.append(f"{model.name}.{name}: does not arrive")
    if model.name == "Event":
        problems += [
            f"{name}: no kind of event" for name in model.kinds if name not in module.EVENTS
        ]
    return problems


def field_sample(kind: str) -> Any:
    """A value of a field's type as it is in JSON; for an object of a model an empty one."""
    if kind.startswith("List["):
        return [field_sample(kind.removeprefix("List[").removesuffix("]"))]
    if kind == "Date":
        return "2026-11-25T15:09:49.538+0000"
    return {"a": "b"} if kind == "object" else SAMPLES.get(kind, {})
