"""What Asterisk says of realtime: extconfig.conf, sorcery.conf, and its own command line.

Rules: pure. Secrets of a row are `***`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

import msgspec

from stasis.pbx.mask import HIDDEN, names_secret

__all__ = [
    "Category",
    "FamilyMapping",
    "FamilyState",
    "ObjectMapping",
    "configured",
    "connected",
    "effective",
    "module_of",
    "objects_in",
    "row_in",
]

FamilyState: TypeAlias = Literal["ready", "no connection", "driver not loaded", "needs reload"]
"""ready: mapped, and the driver is connected as far as it says. needs reload: extconfig.conf was
changed since it was read."""

Category: TypeAlias = tuple[str, list[tuple[str, str]]]
"""A section of a configuration file: its name, and its lines."""

ENGINE = re.compile(r"Config Engine: (\S+)")
MAPPING = re.compile(r"===> (\S+) \(db=(.*), table=(.*)\)")
ROW = re.compile(r" *(\S+)  (.*?) *")
UNDERLINE = "-" * 20

# How a driver says that it is connected, and that it is not.
CONNECTED = re.compile(r"^\s*Connected to |Number of active connections: [1-9]")
APART = re.compile(r"^\s*Unable to connect|^\s*Not (currently )?connected|connections: 0")


class FamilyMapping(msgspec.Struct, frozen=True, kw_only=True):
    """A family of extconfig.conf: what is read from a database, and from which table.

    driver: such as pgsql or odbc. database: as the driver understands it; `pgsql` does not look at
    it. priority: of several drivers for one family, the first is asked first.
    """

    family: str
    state: FamilyState
    driver: str
    database: str
    table: str
    priority: int


class ObjectMapping(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of object of sorcery.conf, such as SIP endpoints, and where they are looked for.

    wizard: realtime, config, astdb or memory. place: a family of extconfig.conf, a file.
    """

    kind: str
    wizard: str
    place: str
    module: str


def configured(categories: Iterable[Category]) -> Iterator[tuple[str, str, str, str, int]]:
    """What extconfig.conf maps: family, driver, database, table, priority."""
    for _, lines in categories:
        for family, text in lines:
            words = next(csv.reader([text], skipinitialspace=True), [])
            if not words:
                continue
            driver, database, table, priority, *_ = [*words, "", "", "", ""]
            yield (
                family,
                driver,
                database,
                table or family,
                int(priority) if priority.isdecimal() else 1,
            )


def effective(lines: Iterable[str]) -> set[tuple[str, str]]:
    """What `core show config mappings` says is mapped: pairs of family and driver."""
    found: set[tuple[str, str]] = set()
    driver = ""
    for line in lines:
        if match := ENGINE.match(line.strip()):
            driver = match[1]
        elif match := MAPPING.match(line.strip()):
            found.add((match[1], driver))
    return found


def connected(lines: Sequence[str]) -> bool | None:
    """Whether a driver says that it is connected; None when it says neither."""
    if any(CONNECTED.search(line) for line in lines):
        return True
    return False if any(APART.search(line) for line in lines) else None


def objects_in(categories: Iterable[Category]) -> Iterator[ObjectMapping]:
    """What sorcery.conf maps."""
    for module, lines in categories:
        for kind, text in lines:
            wizard, _, place = text.partition(",")
            yield ObjectMapping(
                kind=kind.partition("/")[0],
                wizard=wizard.strip(),
                place=place.strip(),
                module=module,
            )


def row_in(lines: Iterable[str]) -> Mapping[str, str]:
    """The row that `realtime load` prints, without its secrets; empty when there is none."""
    found: dict[str, str] = {}
    rows = iter(lines)
    for line in rows:
        if UNDERLINE in line:
            break
    for line in rows:
        if match := ROW.fullmatch(line):
            found[match[1]] = HIDDEN if match[2] and names_secret(match[1]) else match[2]
    return found


def module_of(driver: str) -> str:
    """The module that a driver is in."""
    return f"res_config_{driver}.so"
