"""The layers: a module imports downwards only, and foreign libraries have their one place.

Read from the syntax trees, so nothing runs. Imports inside `if TYPE_CHECKING:` or inside a
function do not count: they are not there when a module is imported.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted(file for folder in ("stasis", "apps") for file in (ROOT / folder).rglob("*.py"))

RANKS = (
    "errors section access config event_loop finding garbage identity",
    "ari",
    "transport decode logs metrics stall",
    "trigger table flow program router subject inbox body watch walk graph coverage layout media source draw"
    " picture check keep lease fence tenure tasks insist",
    "owner target channel controls outgoing bridge playback recording digits ask menu dial dialling"
    " dialstatus application endpoint device_state mailbox sound census rooms record placed ahead"
    " found strays farewell",
    "runner stay absence leaving register resync resume handover adoption calls recovery",
    "link servers gaps settling intake operations",
    "plugin http health sql web ami agi",
    "app ami_feed pbx",
    "testing lab cli",
)
RANK = {module: rank for rank, row in enumerate(RANKS) for module in row.split()}

# A foreign library, and who may know it.
PLACES = {
    "aiohttp": {
        "stasis.transport.connection",
        "stasis.transport.handshake",
        "stasis.transport.http",
        "stasis.transport.pushed",
        "stasis.http",
        "stasis.health",
        "stasis.web",
        "stasis.testing.simulator.events_socket",
        "stasis.testing.simulator.front",
        "stasis.testing.simulator.server",
    },
    "prometheus_client": {"stasis.metrics"},
    "yarl": {"stasis.transport.handshake", "stasis.transport.http"},
    "websockets": {"stasis.transport.arrived", "stasis.transport.listen"},
    "typer": {"stasis.cli"},
    "rich": {"stasis.cli"},
    "cattrs": {"stasis.section"},
    "sqlalchemy": {"stasis.sql", "stasis.pbx.cdr_store", "stasis.pbx.cdr_migrations"},
    "alembic": {"stasis.sql", "stasis.pbx.cdr_migrations"},
    "asyncpg": {"stasis.sql"},
    "argon2": {"stasis.sql"},
    "cryptography": {"stasis.pbx.x509"},
}
# What an app may import from, names of its `__all__` only.
PUBLIC = ("stasis", "stasis.agi", "stasis.ami", "stasis.pbx", "stasis.sql", "stasis.web")


def name_of(file: Path) -> str:
    """The module's dotted name."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part not in ("__init__", "apps"))


def imports(file: Path) -> Iterator[str]:
    """The modules that a file imports when it is imported: dotted names."""
    package = name_of(file) if file.name == "__init__.py" else name_of(file).rpartition(".")[0]
    pending: list[ast.stmt] = list(ast.parse(file.read_text("utf-8")).body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                source = ".".join([*above, source]).rstrip(".")
            for each in node.names:
                # `from stasis import ask` names a module, `from stasis.ask import ask` does not.
                inner = f"{source}.{each.name}"
                yield inner if inner in MODULES else source
        elif isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.unparse(node.test):
            pending += [*node.body, *node.orelse]
        elif isinstance(node, (ast.Try, ast.With)):
            pending += node.body


MODULES = {name_of(file): file for file in FILES}


def part(module: str) -> str:
    """The part of stasis that a module belongs to: `stasis.ari.events` to `ari`."""
    return module.split(".")[1] if "." in module else ""


def test_every_part_has_its_rank():
    parts = {part(name) for name in MODULES if name.startswith("stasis.")} - {"__main__"}
    assert parts == set(RANK)


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("stasis.")])
def test_a_module_imports_from_no_higher_rank(module: str):
    upwards = [
        other
        for other in imports(MODULES[module])
        if part(other) in RANK
        and other.startswith("stasis.")
        and RANK[part(other)] > RANK.get(part(module), len(RANKS))
    ]
    assert upwards == []


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("stasis.")])
def test_nothing_inside_imports_the_public_names(module: str):
    assert "stasis" not in imports(MODULES[module]) or RANK[part(module)] == RANK["cli"]


def test_no_module_imports_itself_by_way_of_others():
    inside = {
        name: {other for other in imports(file) if other in MODULES and other != name}
        for name, file in MODULES.items()
    }
    tuple(TopologicalSorter(inside).static_order())  # raises CycleError


@pytest.mark.parametrize("library", PLACES)
def test_a_foreign_library_has_its_place(library: str):
    users = {
        name
        for name, file in MODULES.items()
        if name.startswith("stasis.")
        and any(other.split(".")[0] == library for other in imports(file))
    }
    places = PLACES[library]
    strays = {
        user for user in users if not any(user == p or user.startswith(f"{p}.") for p in places)
    }
    assert users and strays == set()


def test_the_pure_parts_know_no_event_loop():
    for pure in (
        "stasis.trigger",
        "stasis.table",
        "stasis.flow",
        "stasis.decode",
        "stasis.draw",
        "stasis.check",
        "stasis.errors",
    ):
        assert "asyncio" not in set(imports(MODULES[pure])), pure


@pytest.mark.parametrize("app", sorted(name for name in MODULES if name.startswith("stasis_")))
def test_an_app_knows_only_the_public_names_of_stasis(app: str):
    tree = ast.parse(MODULES[app].read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert not any(each.name.startswith("stasis.") for each in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            source = node.module or ""
            assert source in PUBLIC or not source.startswith("stasis."), source
            if source in PUBLIC:
                names = {each.name for each in node.names}
                assert names <= set(importlib.import_module(source).__all__)


class TestTheTestItself:
    """It must see what it forbids."""

    def test_it_reads_every_form_of_import(self):
        found = set(imports(ROOT / "stasis" / "link.py"))
        assert {"asyncio", "stasis.runner", "stasis.transport.http", "stasis.errors"} <= found

    def test_it_leaves_out_what_is_for_the_type_checker(self):
        assert "stasis.link" not in set(imports(ROOT / "stasis" / "plugin.py"))
        assert "stasis.channel" not in set(imports(ROOT / "stasis" / "bridge.py"))

    def test_a_module_that_is_imported_as_a_name_is_seen(self):
        assert "stasis.ask" in set(imports(ROOT / "stasis" / "channel.py"))
