"""An Asterisk's API description: read from a live server or a folder, and merged over versions.

Rules of this file: it reads Swagger 1.1 as Asterisk writes it (quirks included) and knows nothing
of the modules that are written from it. Prose is never read, only names, types and values.
"""

from __future__ import annotations

import base64
import hashlib
import json
import urllib.request
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import attrs
from attrs import frozen

from stasis.ari.version import Version

__all__ = [
    "Description",
    "Model",
    "Operation",
    "Parameter",
    "Property",
    "Section",
    "merge",
    "read_folder",
    "read_url",
]

T = TypeVar("T")


@frozen
class Parameter:
    """A parameter of an operation. where: path, query or body. many: takes several values."""

    name: str
    where: str
    type: str
    required: bool
    many: bool
    default: str | int | bool | None
    values: tuple[str, ...]
    minimum: float | None
    maximum: float | None


@frozen
class Operation:
    """One HTTP method on one path. returns: ARI's response class. upgrade: opens the WebSocket."""

    nickname: str
    method: str
    path: str
    returns: str
    parameters: tuple[Parameter, ...]
    statuses: tuple[int, ...]
    upgrade: bool


@frozen
class Property:
    """A field of a model, with the values the description allows, if it names any."""

    name: str
    type: str
    required: bool
    values: tuple[str, ...]


@frozen
class Model:
    """An object of ARI. kinds: the models that are kinds of it, only `Message` and `Event`."""

    name: str
    properties: tuple[Property, ...]
    kinds: tuple[str, ...]


@frozen
class Section:
    """One file of the description. digests: version and SHA-256 of each merged description."""

    name: str
    operations: tuple[Operation, ...]
    models: tuple[Model, ...]
    digests: tuple[tuple[str, str], ...]


@frozen
class Description:
    """All that a server, or several merged, says it can do. versions: newest first."""

    versions: tuple[str, ...]
    sections: tuple[Section, ...]


def read_folder(folder: Path, version: str) -> Description:
    """Read `resources.json` and its siblings from a folder, as of that version.

    Raises OSError when a file is missing and ValueError when one is not a description.
    """
    return read(lambda name: (folder / f"{name}.json").read_bytes(), version)


def read_url(url: str, username: str, password: str) -> Description:
    """Read the description that the Asterisk at `url` (ending in /ari) serves of itself.

    Raises ValueError for a URL that is not http(s) or an answer that is not a description, and
    OSError when the server does not answer with success. The password is in none of them.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise ValueError("the URL must begin with http:// or https://")
    token = base64.b64encode(f"{username}:{password}".encode()).decode()

    def get(path: str) -> bytes:
        request = urllib.request.Request(  # noqa: S310 - the scheme is checked above
            f"{url.rstrip('/')}/{path}", headers={"Authorization": f"Basic {token}"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return bytes(answer.read())

    version = Version.parse(json.loads(get("asterisk/info?only=system"))["system"]["version"])
    return read(lambda name: get(f"api-docs/{name}.json"), str(version or "development"))


def read(get: Callable[[str], bytes], version: str) -> Description:
    """Read the index and every file it names. Raises ValueError when it is something else."""
    try:
        index = json.loads(get("resources"))
        names = [Path(each["path"]).name.partition(".")[0] for each in index["apis"]]
        sections = (section(name, json.loads(get(name)), version) for name in sorted(names))
        return Description((version,), tuple(sections))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"this is not an API description of Asterisk: {error!r}") from None


def section(name: str, data: dict[str, Any], version: str) -> Section:
    """One file of the description."""
    # A server writes its own address into the file; the digest must not depend on it.
    text = json.dumps({k: v for k, v in data.items() if k != "basePath"}, sort_keys=True)
    return Section(
        name,
        tuple(operation(api["path"], each) for api in data["apis"] for each in api["operations"]),
        tuple(
            Model(
                model["id"],
                tuple(property_(name, each) for name, each in model["properties"].items()),
                tuple(model.get("subTypes", ())),
            )
            for model in data.get("models", {}).values()
        ),
        ((version, hashlib.sha256(text.encode()).hexdigest()),),
    )


def operation(path: str, data: dict[str, Any]) -> Operation:
    """One operation; the path parameters come first and in the order of the path."""
    parameters = [parameter(each) for each in data.get("parameters", ())]
    parameters.sort(key=lambda p: path.index(f"{{{p.name}}}") if p.where == "path" else len(path))
    return Operation(
        data["nickname"],
        data["httpMethod"],
        path,
        data["responseClass"],
        tuple(parameters),
        # Some codes are strings.
        tuple(sorted({int(each["code"]) for each in data.get("errorResponses", ())})),
        "upgrade" in data,
    )


def parameter(data: dict[str, Any]) -> Parameter:
    """One parameter. Those of a path lack `required` now and then, but a path needs them all."""
    allowed = data.get("allowableValues", {})
    return Parameter(
        data["name"],
        data["paramType"],
        data["dataType"],
        data.get("required", False) or data["paramType"] == "path",
        data.get("allowMultiple", False),
        data.get("defaultValue"),
        tuple(allowed.get("values", ())),
        allowed.get("min"),
        allowed.get("max"),
    )


def property_(name: str, data: dict[str, Any]) -> Property:
    """One field of a model."""
    return Property(
        name,
        data["type"],
        data.get("required", False),
        tuple(data.get("allowableValues", {}).get("values", ())),
    )


def merge(descriptions: Iterable[Description]) -> Description:
    """The union of several versions: what one has, the whole has; the newest sets the order.

    A parameter or field is required only where every version that has it requires it.
    """
    ordered = sorted(
        descriptions, key=lambda d: Version.parse(d.versions[0]) or Version(999), reverse=True
    )
    sections: tuple[Section, ...] = ()
    for each in ordered:
        sections = union(sections, each.sections, lambda s: s.name, merge_sections)
    return Description(
        tuple(v for each in ordered for v in each.versions),
        tuple(sorted(sections, key=lambda s: s.name)),
    )


def union(
    newer: tuple[T, ...],
    older: tuple[T, ...],
    key: Callable[[T], object],
    both: Callable[[T, T], T],
) -> tuple[T, ...]:
    """All of the newer, merged with their older selves, then what only the older has."""
    old = {key(each): each for each in older}
    kept = [both(each, old.pop(key(each))) if key(each) in old else each for each in newer]
    return (*kept, *old.values())


def merge_sections(new: Section, old: Section) -> Section:
    return Section(
        new.name,
        union(new.operations, old.operations, lambda o: (o.method, o.path), merge_operations),
        union(new.models, old.models, lambda m: m.name, merge_models),
        new.digests + old.digests,
    )


def merge_operations(new: Operation, old: Operation) -> Operation:
    return attrs.evolve(
        new,
        parameters=union(new.parameters, old.parameters, lambda p: p.name, merge_parameters),
        statuses=tuple(sorted({*new.statuses, *old.statuses})),
    )


def merge_parameters(new: Parameter, old: Parameter) -> Parameter:
    return attrs.evolve(
        new,
        required=new.required and old.required,
        values=tuple(dict.fromkeys((*new.values, *old.values))),
    )


def merge_models(new: Model, old: Model) -> Model:
    return Model(
        new.name,
        union(new.properties, old.properties, lambda p: p.name, merge_properties),
        tuple(dict.fromkeys((*new.kinds, *old.kinds))),
    )


def merge_properties(new: Property, old: Property) -> Property:
    return attrs.evolve(
        new,
        required=new.required and old.required,
        values=tuple(dict.fromkeys((*new.values, *old.values))),
    )
