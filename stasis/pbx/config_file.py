"""A configuration file of Asterisk as it is read, and what can be changed in it.

Pure: `ConfigFile.of` reads what GetConfig answers, an `Edit` says which changes UpdateConfig has to
make for it, and whether a file is as it wants it. What files include stands in them as if it were
their own; comments and the difference of `=` and `=>` are not shown, but Asterisk keeps both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import msgspec

from stasis.ami.actions import Change
from stasis.ami.message import secret
from stasis.pbx.errors import BadValue, Missing, Refused
from stasis.pbx.values import ConfigName, ConfigValue

__all__ = [
    "AddLine",
    "AddSection",
    "ConfigFile",
    "Edit",
    "Line",
    "RemoveLine",
    "RemoveSection",
    "Section",
    "SetLine",
    "checked",
]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a section: `name = value`, or `name => value`."""

    name: str
    value: str

    def __repr__(self) -> str:
        told = "***" if self.value and secret(self.name) else self.value
        return f"Line({self.name} = {told})"


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A section, such as `[general]`.

    lines: in order, those of its templates first. templates: the sections it inherits from.
    template: it is one itself, and nothing else.
    """

    name: str
    lines: Sequence[Line] = ()
    templates: Sequence[str] = ()
    template: bool = False

    def get(self, name: str) -> str | None:
        """The value of a line, of the last one if there are several: that is the one that counts.

        None when there is none. Case does not matter, as for Asterisk.
        """
        found = self.all(name)
        return found[-1] if found else None

    def all(self, name: str) -> list[str]:
        """The values of all lines of that name, in order."""
        return [line.value for line in self.lines if line.name.casefold() == name.casefold()]


class ConfigFile(msgspec.Struct, frozen=True, kw_only=True):
    """A configuration file. name: without a folder. sections: in order; a name may come twice."""

    name: str
    sections: Sequence[Section] = ()

    @classmethod
    def of(cls, name: str, fields: Iterable[tuple[str, str]]) -> ConfigFile:
        """What the fields of GetConfig's answer say."""
        found: list[tuple[dict[str, str], list[Line]]] = []
        for key, value in fields:
            kind, _, _ = key.partition("-")
            if kind == "Category":
                found.append(({"Category": value}, []))
            elif found and kind == "Line":
                left, _, right = value.partition("=")
                found[-1][1].append(Line(name=left, value=right))
            elif found and kind in ("IsTemplate", "Templates"):
                found[-1][0][kind] = value
        return cls(
            name=name,
            sections=tuple(
                Section(
                    name=about["Category"],
                    lines=tuple(lines),
                    templates=tuple(each for each in about.get("Templates", "").split(",") if each),
                    template="IsTemplate" in about,
                )
                for about, lines in found
            ),
        )

    def section(self, name: str) -> Section | None:
        """The section of that name, the first if there are several; None when there is none."""
        found = self.named(name)
        return found[0] if found else None

    def named(self, name: str) -> list[Section]:
        """All sections of that name."""
        return [each for each in self.sections if each.name.casefold() == name.casefold()]

    def one(self, name: str) -> Section:
        """The section of that name, for changing it.

        Raises Missing when there is none, Refused when there are several or it is a template:
        others inherit from it.
        """
        found = self.named(name)
        if not found:
            raise Missing(self.name, f"there is no section [{name}]")
        if len(found) > 1:
            raise Refused(self.name, f"there are {len(found)} sections [{name}]: edit it by hand")
        if found[0].template:
            raise Refused(self.name, f"[{name}] is a template of others: edit it by hand")
        return found[0]


class AddSection(msgspec.Struct, frozen=True, kw_only=True):
    """Add a section with lines, at the end. Refused when there is one of that name."""

    section: ConfigName
    lines: Sequence[tuple[ConfigName, ConfigValue]] = ()
    templates: Sequence[ConfigName] = ()

    def changes(self, before: ConfigFile) -> list[Change]:
        """As UpdateConfig wants it."""
        if before.named(self.section):
            raise Refused(before.name, f"there is a section [{self.section}] already")
        for each in self.templates:
            if before.section(each) is None:
                raise Missing(before.name, f"there is no template [{each}]")
        inherit = f'inherit="{",".join(self.templates)}"' if self.templates else None
        new = Change(action="NewCat", cat=self.section, options=inherit)
        return [new, *(append(self.section, name, value) for name, value in self.lines)]

    def holds(self, after: ConfigFile) -> bool:
        """Whether a file has it."""
        found = after.named(self.section)
        told = [(line.name, line.value) for each in found for line in each.lines]
        return len(found) == 1 and told[len(told) - len(self.lines) :] == list(self.lines)


class RemoveSection(msgspec.Struct, frozen=True, kw_only=True):
    """Remove a section with its lines and comments."""

    section: ConfigName

    def changes(self, before: ConfigFile) -> list[Change]:
        """As UpdateConfig wants it."""
        return [Change(action="DelCat", cat=before.one(self.section).name)]

    def holds(self, after: ConfigFile) -> bool:
        """Whether a file has none of that name."""
        return not after.named(self.section)


class SetLine(msgspec.Struct, frozen=True, kw_only=True):
    """Give the line of that name another value; add it when there is none."""

    section: ConfigName
    name: ConfigName
    value: ConfigValue

    def changes(self, before: ConfigFile) -> list[Change]:
        """As UpdateConfig wants it: it compares with the value that was read."""
        section = before.one(self.section)
        found = section.all(self.name)
        if not found:
            return [append(section.name, self.name, self.value)]
        if len(found) > 1 and not section.templates:
            raise Refused(
                before.name,
                f"[{section.name}] has {len(found)} lines {self.name}: remove or add one by value",
            )
        return [
            Change(
                action="Update",
                cat=section.name,
                var=self.name,
                value=self.value,
                match=found[-1],
            )
        ]

    def holds(self, after: ConfigFile) -> bool:
        """Whether a file has that value there."""
        section = after.section(self.section)
        return section is not None and section.get(self.name) == self.value


class AddLine(msgspec.Struct, frozen=True, kw_only=True):
    """Add a line to a section, whether or not one of that name is there. arrow: with `=>`."""

    section: ConfigName
    name: ConfigName
    value: ConfigValue
    arrow: bool = False

    def changes(self, before: ConfigFile) -> list[Change]:
        """As UpdateConfig wants it."""
        value = f">{self.value}" if self.arrow else self.value
        return [append(before.one(self.section).name, self.name, value)]

    def holds(self, after: ConfigFile) -> bool:
        """Whether a file has such a line."""
        section = after.section(self.section)
        return section is not None and self.value in section.all(self.name)


class RemoveLine(msgspec.Struct, frozen=True, kw_only=True):
    """Remove the lines of that name. value: only those with this value; None: with any."""

    section: ConfigName
    name: ConfigName
    value: ConfigValue | None = None

    def changes(self, before: ConfigFile) -> list[Change]:
        """As UpdateConfig wants it."""
        section = before.one(self.section)
        values = section.all(self.name)
        if not values or self.value not in (None, *values):
            told = self.name if self.value is None else f"{self.name} = {self.value}"
            raise Missing(before.name, f"[{section.name}] has no line {told}")
        gone = dict.fromkeys(values if self.value is None else [self.value])
        return [
            Change(action="Delete", cat=section.name, var=self.name, match=each) for each in gone
        ]

    def holds(self, after: ConfigFile) -> bool:
        """Whether a file has no such line."""
        section = after.section(self.section)
        values = section.all(self.name) if section else []
        return not values if self.value is None else self.value not in values


Edit: TypeAlias = AddSection | RemoveSection | SetLine | AddLine | RemoveLine


def append(section: str, name: str, value: str) -> Change:
    """A line more."""
    return Change(action="Append", cat=section, var=name, value=value)


def checked(edits: Sequence[Edit]) -> None:
    """Raises BadValue for a name or a value that would be something else in a file."""
    for each in edits:
        try:
            msgspec.convert(msgspec.structs.asdict(each), type(each))
        except msgspec.ValidationError as error:
            where = str(error).partition(" - at ")[2] or "`$`"
            raise BadValue(
                "",
                f"{type(each).__name__}: {where.strip('`$.')} cannot stand in a configuration file:"
                " no line breaks, brackets, `;`, `#` or `>` where they would mean something",
            ) from None
