"""A dialplan, read from the text of an extensions.conf: which step comes where. Pure.

Known: contexts, `exten =>` and `same =>` with numbers, `n`, `s`, `n+2` and (labels), patterns,
`include =>`, `[globals]`, hints (not kept), comments and templates. What a step's application
does is not known here. What Asterisk would only warn of and leave out is an error here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from attrs import define, field, frozen

from stasis.testing.simulator.expand import expand
from stasis.testing.simulator.pattern import Pattern
from stasis.testing.simulator.sections import (
    DialplanError,
    Line,
    Section,
    numbered,
    read,
    sections,
)

__all__ = ["Dialplan", "DialplanError", "Step"]

PRIORITY = re.compile(r"(n|s|\d+)\s*(?:\+\s*(\d+))?\s*(?:\(\s*([^()]*?)\s*\))?")
FORM = "write exten => NAME,PRIORITY,Application(arguments), with PRIORITY 1, n or n(label)"
LEFT_OUT = ("ignorepat", "autohints")
SECTIONS = ("general", "globals")


@frozen
class Step:
    """One line of an extension.

    application: its name as written. args: its arguments as written, not expanded.
    priority: from 1. label: "" without one. pattern: the extension's name in the dialplan.
    """

    application: str
    args: str
    priority: int
    label: str = ""
    pattern: str = ""


@define
class Extension:
    """The steps of one name or pattern, by priority."""

    pattern: Pattern
    steps: dict[int, Step] = field(factory=dict)


@define
class Context:
    """A context: its extensions in the order in which they are asked, and what it includes."""

    extensions: list[Extension] = field(factory=list)
    includes: list[str] = field(factory=list)


@frozen
class Dialplan:
    """All contexts, by name. globals: the variables of [globals], expanded."""

    contexts: Mapping[str, Context] = field(factory=dict)
    globals: Mapping[str, str] = field(factory=dict)

    @classmethod
    def parse(cls, text: str, source: str = "extensions.conf") -> Dialplan:
        """Read a dialplan. source: how errors call the text. Raises DialplanError."""
        return planned(numbered(text, source))

    @classmethod
    def load(cls, path: str | Path) -> Dialplan:
        """Read a file and those it includes. Raises DialplanError."""
        return planned(read(Path(path)))

    def find(self, context: str, exten: str, priority: int) -> Step | None:
        """The step for an extension: of the best match that has this priority."""
        for extension in self.matching(context, exten):
            if priority in extension.steps:
                return extension.steps[priority]
        return None

    def exists(self, context: str, exten: str, priority: int) -> bool:
        """Whether there is such a step."""
        return self.find(context, exten, priority) is not None

    def priority_of(self, context: str, exten: str, label: str) -> int | None:
        """The priority that a label stands for; None when there is no such label."""
        for extension in self.matching(context, exten):
            for step in extension.steps.values():
                if label and step.label == label:
                    return step.priority
        return None

    def matching(self, context: str, exten: str) -> Iterator[Extension]:
        """The extensions that match, best first: a context's own, then those it includes."""
        pending, seen = [context], set()
        while pending:
            name = pending.pop(0)
            here = self.contexts.get(name)
            if here is None or name in seen:
                continue
            seen.add(name)
            yield from (each for each in here.extensions if each.pattern.matches(exten))
            pending[:0] = here.includes


def planned(lines: Iterator[tuple[str, str]]) -> Dialplan:
    """The dialplan of a file's lines."""
    found = sections(lines)
    variables: dict[str, str] = {}
    for line in found.get("globals", Section("globals")).lines:
        variables[line.name] = expand(line.value, lambda name: variables.get(name, ""))
    contexts = {
        name: context(section.lines, variables)
        for name, section in found.items()
        if name not in SECTIONS
    }
    return Dialplan(contexts, variables)


def context(lines: list[Line], variables: Mapping[str, str]) -> Context:
    """One context. The priority before counts on from extension to extension, as in Asterisk."""
    made = Context()
    extensions: dict[tuple[object, ...], Extension] = {}
    named, last = "", 0
    for line in lines:
        word, value = line.name.lower(), line.value
        if word == "include":
            if not re.fullmatch(r"[^,|]+", value):
                raise DialplanError(line.where, "include => takes one context, without a time")
            made.includes.append(value)
        elif word in ("exten", "same"):
            if word == "exten":
                written, _, value = value.partition(",")
                named = expand(written, lambda name: variables.get(name, "")).replace(" ", "")
            if not named:
                raise DialplanError(line.where, f"there is no extension; {FORM}")
            step = stepped(line, named, value, last)
            if step is not None:
                place(line, step, extensions)
                last = step.priority
        elif word not in LEFT_OUT:
            raise DialplanError(
                line.where, f"{line.name!r} is not known; there are exten, same and include"
            )
    made.extensions = sorted(extensions.values(), key=lambda each: each.pattern.order)
    return made


def stepped(line: Line, named: str, value: str, last: int) -> Step | None:
    """The step that a line says, or None for a hint. value: all behind the extension."""
    place, _, call = value.partition(",")
    if place.strip() == "hint":
        return None
    match = PRIORITY.fullmatch(place.strip())
    if match is None:
        raise DialplanError(line.where, f"{place.strip()!r} is no priority; {FORM}")
    base = {"n": last + 1, "s": last}.get(match[1])
    priority = (int(match[1]) if base is None else base) + int(match[2] or 0)
    if priority < 1:
        raise DialplanError(line.where, f"{place.strip()!r} is no priority: they begin with 1")
    application, opened, rest = call.partition("(")
    args, closed, _ = rest.rpartition(")")
    application = application.strip()
    if opened and not closed:
        raise DialplanError(
            line.where, f"the ( of {application} has no ); a ; in it is written \\;"
        )
    if not application or "," in application:
        raise DialplanError(line.where, f"there is no application in {call.strip()!r}; {FORM}")
    return Step(application, args, priority, match[3] or "", named)


def place(line: Line, step: Step, extensions: dict[tuple[object, ...], Extension]) -> None:
    """Put a step to its extension; names that are the same to Asterisk are one."""
    if "/" in step.pattern:
        raise DialplanError(
            line.where, f"{step.pattern!r}: extensions for one caller alone are not known"
        )
    try:
        pattern = Pattern.of(step.pattern)
    except ValueError as error:
        raise DialplanError(line.where, f"{step.pattern!r} is no pattern: {error}") from None
    extension = extensions.setdefault(pattern.order, Extension(pattern))
    before = extension.steps.get(step.priority)
    if before is not None:
        raise DialplanError(
            line.where,
            f"{step.pattern} has a priority {step.priority} already, {before.application}; Asterisk"
            " keeps the first",
        )
    if step.label and any(each.label == step.label for each in extension.steps.values()):
        raise DialplanError(line.where, f"{step.pattern} has a label {step.label!r} already")
    extension.steps[step.priority] = step
