"""The text of the generated classes of operations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stasis.ari.generator.describe import Operation, Parameter, Section
from stasis.ari.generator.names import (
    SCALARS,
    class_name,
    doc,
    gate,
    indent,
    inner,
    module_name,
    python_name,
    since,
)
from stasis.ari.generator.rules import (
    ABSENT_DEFAULTS,
    BLOCKING,
    LISTING,
    NOT_REPEATABLE,
    REPEATABLE,
    RESOLVED_BY,
    SINCE,
    STATUSES,
    VALUES,
)
from stasis.ari.generator.words import PARAMETERS, WORDS
from stasis.errors import BY_STATUS

__all__ = ["resource"]


def resource(section: Section, operations: Iterable[Operation]) -> Iterator[str]:
    """The class of a section's operations."""
    what = f"The operations on ARI's {section.name}."
    yield f'\n\nclass {class_name(section.name)}(Resource):\n    """{what}"""\n'
    for each in operations:
        yield indent(method(section.name, each))


def method(section: str, operation: Operation) -> str:
    """One operation."""
    row = f"{section}.{operation.nickname}"
    positional = [p for p in operation.parameters if p.where == "path"]
    rest = [p for p in operation.parameters if p.where != "path"]
    rest.sort(key=lambda p: not p.required)
    signature = ["self", *(f"{python_name(p.name)}: str" for p in positional)]
    if rest:
        signature += ["*", *(argument(row, p) for p in rest)]
    returns = "None" if operation.returns == "void" else returned(operation.returns)
    return (
        f"\nasync def {python_name(operation.nickname, row)}({', '.join(signature)}) -> {returns}:\n"
        f"{indent(operation_doc(row, operation, [*positional, *rest]))}\n"
        f"    {'return ' if returns != 'None' else ''}await self._call({call(section, operation, returns)})\n"
    )


def returned(kind: str) -> str:
    """The Python type of a response class."""
    if kind == "binary":
        return "bytes"
    return f"tuple[{inner(kind)}, ...]" if kind.startswith("List[") else kind


def argument(row: str, parameter: Parameter) -> str:
    """A keyword parameter with its type and default."""
    kind = parameter_type(parameter)
    name = python_name(parameter.name)
    if parameter.required:
        return f"{name}: {kind}"
    default = sent_default(row, parameter)
    return (
        f"{name}: {kind} = {default!r}" if default is not None else f"{name}: {kind} | None = None"
    )


def sent_default(row: str, parameter: Parameter) -> str | int | bool | None:
    """The documented default, which the server does not apply, so the client sends it."""
    full = f"{row}.{parameter.name}"
    # A parameter that is younger than its operation is sent only when asked for.
    return None if full in ABSENT_DEFAULTS or full in SINCE else parameter.default


def parameter_type(parameter: Parameter) -> str:
    """The Python type of a parameter."""
    if parameter.name == "fields":
        return "Sequence[Mapping[str, str]]"
    if parameter.where == "body":
        return "Mapping[str, object]"
    return "str | Sequence[str]" if parameter.many else SCALARS[parameter.type][0]


def call(section: str, operation: Operation, returns: str) -> str:
    """The arguments of `_call`."""
    row = f"{section}.{operation.nickname}"
    path = operation.path
    for each in operation.parameters:
        path = path.replace(f"{{{each.name}}}", f"{{segment({python_name(each.name)})}}")
    arguments = [returns, f'"{operation.method}"', f'{"f" if "{" in path else ""}"{path}"']
    query = [p for p in operation.parameters if p.where == "query"]
    if query:
        pairs = ", ".join(f'"{p.name}": {value(p)}' for p in query)
        arguments.append(f"{{{pairs}}}")
    for each in operation.parameters:
        if each.where == "body":
            name = python_name(each.name)
            # The event filter is the body; everything else is a key in it.
            wrapped = name if each.type == "object" else f'{{"{each.name}": {name}}}'
            plain = each.required or wrapped == name
            arguments.append(
                f"body={wrapped}" if plain else f"body={wrapped} if {name} is not None else None"
            )
    if row in SINCE:
        arguments.append(f"since={gate(row)}")
    newer = [p for p in operation.parameters if f"{row}.{p.name}" in SINCE]
    if newer:
        pairs = ", ".join(f'"{p.name}": {gate(f"{row}.{p.name}")}' for p in newer)
        arguments.append(f"newer={{{pairs}}}")
    if row in BLOCKING:
        arguments.append("seconds=BLOCKING_SECONDS")
    if row in LISTING:
        arguments.append("seconds=LISTING_SECONDS")
    if row in NOT_REPEATABLE:
        arguments.append("repeatable=False")
    if row in REPEATABLE:
        arguments.append("repeatable=True")
    if row in RESOLVED_BY:
        arguments.append(f"resolve={resolve(operation, *RESOLVED_BY[row])}")
    if returns == "bytes":
        arguments.append("binary=True")
    name = f"{module_name(section)}.{python_name(operation.nickname, row)}"
    arguments.append(f'operation="{name}"')
    return ", ".join(arguments)


def value(parameter: Parameter) -> str:
    """A parameter as it is handed to the encoder."""
    name = python_name(parameter.name)
    return f"many({name})" if parameter.many else name


def resolve(operation: Operation, name: str, prefix: str) -> str:
    """The path that tells whether a create came through."""
    path = f'f"{prefix}{{segment({python_name(name)})}}"'
    given = next(p for p in operation.parameters if p.name == name)
    return path if given.required else f"{path} if {python_name(name)} else None"


def operation_doc(row: str, operation: Operation, parameters: list[Parameter]) -> str:
    """The docstring of an operation: what it does, the HTTP line, parameters, errors, versions."""
    what = [WORDS.get(row, f"ARI's `{operation.nickname}`.")]
    line = f"`{operation.method} {operation.path}`"
    if row in SINCE:
        line += f", {since(row)}"
    lines = [parameter_doc(row, each) for each in parameters]
    statuses = sorted({*operation.statuses, *STATUSES.get(row, ())})
    names = [f"{BY_STATUS[status].__name__} ({status})" for status in statuses]
    if row in SINCE or any(f"{row}.{p.name}" in SINCE for p in parameters):
        names.append("NotSupported (older server)")
    raises = [f"Raises {', '.join(names)}, and what all do (see Ari)."] if names else []
    return doc(what, [line + "."], lines, raises)


def parameter_doc(row: str, parameter: Parameter) -> str:
    """One parameter: wire name, values, range, default, versions."""
    full = f"{row}.{parameter.name}"
    known = WORDS.get(full) or PARAMETERS.get(parameter.name, "")
    # The variables in a query are names, those in a body values.
    facts = [known] if known and not (parameter.name == "variables" and parameter.many) else []
    name = python_name(parameter.name)
    where = "" if parameter.where == "path" else f"{parameter.where} "
    wire = f"`{parameter.name}`" if name != parameter.name else ""
    told = f"{where}{wire}".strip()
    values = tuple(dict.fromkeys((*parameter.values, *VALUES.get(full, ()))))
    if values:
        facts.append("one of " + ", ".join(values))
    if parameter.minimum is not None:
        facts.append(f"at least {parameter.minimum:g}")
    if parameter.maximum is not None:
        facts.append(f"at most {parameter.maximum:g}")
    if parameter.many:
        facts.append("one or several")
    if parameter.default is not None and sent_default(row, parameter) is None:
        facts.append(f"the server's default is {parameter.default}")
    if full in SINCE:
        facts.append(since(full))
    return f"{name}: {'; '.join(facts) or 'a ' + parameter.type}{f' ({told})' if told else ''}."
