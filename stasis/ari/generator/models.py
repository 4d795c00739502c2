"""The text of the generated classes of models and events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from graphlib import TopologicalSorter

import attrs

from stasis.ari.generator.describe import Model, Property
from stasis.ari.generator.names import SCALARS, doc, indent, inner, python_name, since
from stasis.ari.generator.rules import ADDITIONS, ALIASES, KINDS, NULLABLE, SINCE, VALUES
from stasis.ari.generator.words import WORDS

__all__ = ["BY_HAND", "aliases", "registry", "structs"]

# `Event`, with what it has of `Message`, is written by hand in event.py.
BY_HAND = ("Message", "Event")
CONFIG = "frozen=True, kw_only=True, gc=False"


def aliases(models: Iterable[Model]) -> Iterator[str]:
    """The Literal types that list known values."""
    for model in models:
        for each in model.properties:
            row = f"{model.name}.{each.name}"
            if row in ALIASES:
                values = ", ".join(repr(v) for v in (*each.values, *VALUES.get(row, ())))
                yield f"\n{ALIASES[row]}: TypeAlias = Literal[{values}]\n"
                yield f'"""The known values of `{row}`; a server may send others."""\n'


def structs(models: Iterable[Model], events: tuple[str, ...]) -> Iterator[str]:
    """The classes of the models, each after those it is made of."""
    named = {model.name: model for model in models}
    needs = {
        model.name: [t for t in (inner(p.type) for p in model.properties) if t in named]
        for model in named.values()
    }
    for name in TopologicalSorter(needs).static_order():
        yield struct(named[name], events)


def struct(model: Model, events: tuple[str, ...]) -> str:
    """One class."""
    if model.name in events:
        head = f"class {model.name}(Event, {CONFIG}):"
    else:
        head = f"class {model.name}(msgspec.Struct, {CONFIG}):"
    added = tuple(
        Property(row.partition(".")[2], kind, False, ())
        for row, kind in ADDITIONS.items()
        if row.partition(".")[0] == model.name
    )
    whole = attrs.evolve(model, properties=model.properties + added)
    fields = "".join(f"    {field(model, each)}\n" for each in whole.properties)
    return f"\n\n{head}\n{indent(model_doc(whole))}\n{fields}"


def field(model: Model, each: Property) -> str:
    """One field: a type that keeps what any version sends, and a default for when it does not."""
    kind, default = annotation(each)
    if f"{model.name}.{each.name}" in NULLABLE:
        kind, default = f"{kind} | None", "None"
    name = python_name(each.name)
    if name == each.name:
        return f"{name}: {kind} = {default}"
    return f'{name}: {kind} = msgspec.field(default={default}, name="{each.name}")'


def annotation(each: Property) -> tuple[str, str]:
    """The Python type and the default of a field."""
    if each.type in SCALARS:
        return SCALARS[each.type]
    if each.type.startswith("List["):
        kind = SCALARS.get(inner(each.type), (inner(each.type),))[0]
        return f"tuple[{kind}, ...]", "()"
    return (each.type, f"{each.type}()") if each.required else (f"{each.type} | None", "None")


def model_doc(model: Model) -> str:
    """The docstring of a model: what it is, known values, and what not every version sends."""
    lines = []
    for each in model.properties:
        row = f"{model.name}.{each.name}"
        facts = [WORDS[row]] if row in WORDS else []
        if row in ALIASES:
            facts.append(f"see `{ALIASES[row]}`, unknown values are kept")
        if row in NULLABLE:
            facts.append("None where the channel runs no application")
        if row in SINCE:
            facts.append(since(row))
        if facts:
            lines.append(f"{python_name(each.name)}: {'; '.join(facts)}.")
    what = WORDS.get(model.name, f"ARI's `{model.name}`.")
    if model.name in SINCE:
        what += f" {since(model.name)}."
    return doc([what], lines)


def registry(models: Iterable[Model], events: tuple[str, ...]) -> str:
    """EVENTS and KEYS."""
    named = {model.name: model for model in models}
    kinds = "".join(f'    "{name}": {name},\n' for name in sorted(events))
    keys = ""
    for name in sorted(events):
        pairs = ", ".join(
            f'("{python_name(p.name)}", "{KINDS[p.type]}")'
            for p in named[name].properties
            if p.type in KINDS
        )
        keys += f"    {name}: ({pairs}{',' if pairs else ''}),\n"
    return (
        f"\n\nEVENTS: Final[dict[str, type[Event]]] = {{\n{kinds}}}\n"
        '"""Every kind of event, by the `type` in its frame."""\n'
        f"\nKEYS: Final[dict[type[Event], tuple[tuple[str, str], ...]]] = {{\n{keys}}}\n"
        '"""What an event is about: attribute and kind, in ARI\'s order. The attribute may be None."""\n'
    )
