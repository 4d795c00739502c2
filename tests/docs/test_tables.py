"""The tables of the documentation are the code's: each is compared with what it describes.

Where a table is made by a function here, a failing test shows the table as it should be.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

import attrs
import pytest
from stasis_ivr import ivr_file, parts
from stasis_ivr.findings import findings
from stasis_ivr.hours import Hours
from stasis_ivr.table import Table
from stasis_ivr.target import KINDS

from stasis import Channel, check, errors
from stasis.ari.generator.rules import SINCE
from stasis.config import Config, load
from stasis.keep import VARIABLE_LIMIT
from stasis.section import described
from stasis.trigger import DETAIL
from tests.docs.pages import DOCS, ROOT, blocks, table
from tests.test_layers import RANK

SERVERS = "[servers."
# What is told of the defaults that are not shown.
SECRETS = {
    "asterisk.password": "as in `ari.conf.example`",
    "asterisk.ami.secret": "none",
    "asterisk.cdr.database": "none",
    "listen.password": "none, and it must be set",
}


def configuration(section: str) -> str:
    """The table of a section of stasis.toml."""
    lines = ["| key | default | environment | what it is |", "|---|---|---|---|"]
    for name, default, what in described(Config):
        table, _, key = name.rpartition(".")
        if table == section:
            told = SECRETS[name] if default == "***" else f"`{default}`"
            lines.append(
                f"| `{key}` | {told} | `STASIS_{name.replace('.', '_').upper()}` | {what} |"
            )
    return "\n".join(lines)


def versions() -> str:
    """What came to ARI later than Asterisk 16.0, by when."""
    found: dict[tuple[str, ...], list[str]] = {}
    for name, since in SINCE.items():
        found.setdefault(since, []).append(f"`{name}`")
    lines = ["| since | what |", "|---|---|"]
    for since in sorted(found, key=lambda each: [float(part) for part in each[0].split(".")]):
        lines.append(f"| {', '.join(since)} | {', '.join(sorted(found[since]))} |")
    return "\n".join(lines)


SECTIONS = list(dict.fromkeys(n.rpartition(".")[0] for n, _, _ in described(Config) if "." in n))


@pytest.mark.parametrize("section", SECTIONS)
def test_every_key_of_the_configuration_is_told(section: str) -> None:
    assert configuration(section) in (DOCS / "configuration.md").read_text("utf-8")


def test_the_servers_of_the_page_have_what_the_page_says(tmp_path: Path) -> None:
    (password := tmp_path / "password").write_text("secret\n")
    (block,) = (each for each in blocks(DOCS / "configuration.md", "toml") if SERVERS in each.text)
    file = tmp_path / "stasis.toml"
    file.write_text(block.text.replace("/etc/stasis/password", str(password)))
    found = load(file, {"STASIS_SERVERS_EAST_URL": "http://there:8088/ari"}).asterisks()
    assert list(found) == ["east", "west"] and list(Config().asterisks()) == ["asterisk"]
    east, west = (each.asterisk for each in found.values())
    assert (east.url, west.url) == ("http://there:8088/ari", "http://10.0.2.5:8088/ari")
    assert (east.ping_interval, west.ping_interval) == (10.0, 5.0)
    assert {each.password.reveal() for each in (east, west)} == {"secret"}


def test_what_a_record_may_have_is_told() -> None:
    assert f"{VARIABLE_LIMIT:,} bytes at most" in (DOCS / "configuration.md").read_text("utf-8")


def test_every_version_gate_is_told() -> None:
    assert versions() in (DOCS / "asterisk.md").read_text("utf-8")


def test_the_tree_of_errors_is_the_modules() -> None:
    assert errors.__doc__ is not None
    tree = re.search(r" {4}StasisError\n(?: {5}.+\n)+", errors.__doc__)
    assert tree is not None
    (block,) = blocks(DOCS / "verbs.md", "text")
    assert block.lines == [line[4:] for line in tree[0].splitlines()]


def test_every_code_of_check_is_told() -> None:
    assert check.__doc__ is not None
    told = {row[0].strip("`") for row in table(DOCS / "testing.md", "## The table")}
    source = (ROOT / "stasis" / "check.py").read_text("utf-8")
    assert told == set(re.findall(r'Finding\(\s*"([a-z-]+)"', source))


def test_every_detail_of_a_trigger_is_told() -> None:
    text = (DOCS / "flows.md").read_text("utf-8")
    told = text[text.index("Details are:") : text.index("## What belongs")]
    assert [kind for kind in DETAIL if f"`{kind.__name__}`" not in told] == []


def test_every_verb_of_a_channel_is_told() -> None:
    told = " ".join(row[0] for row in table(DOCS / "verbs.md", ""))
    words = set(re.findall(r"[a-z_]+", told))
    opposites = {"ring_stop", "unmute", "unhold", "stop_moh", "stop_silence"}
    verbs = {
        name
        for name in dir(Channel)
        if not name.startswith("_") and re.search(r"\bARI: ", getattr(Channel, name).__doc__ or "")
    }
    assert verbs - opposites - words == set()


# The IVR's file

IVR = DOCS / "ivr.md"
HEADINGS = {
    "": "# ivr.toml",
    "hours": "## Hours",
    "menu": "## Menus",
    "desk": "## Desks",
    "message": "## Messages",
    "play": "## Announcements",
}
# Keys that a field of a part is called otherwise than in the file.
FIELDS = {"zone": "timezone", "days": "open", "opened": "then"}


def ivr_toml() -> str:
    """The IVR's file that the page shows in pieces."""
    pieces = [block for block in blocks(IVR, "toml") if block.lines[0] == "# ivr.toml"]
    return "".join(block.text for block in pieces)


def keys(kind: str) -> dict[str, str]:
    """The keys that the page tells of a kind of part, with their defaults."""
    rows = table(IVR, HEADINGS[kind]) if kind else first_table()
    return {row[0].strip("`"): row[1] for row in rows}


def first_table() -> list[list[str]]:
    """The table of the keys that stand in no part."""
    return table(IVR, "")


def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """The keys that are read of each kind of part, while the page's file is."""
    found: dict[str, set[str]] = {}
    get = Table.get

    def noting(table: Table, key: str) -> object:
        part = re.search(r"\[(\w+)\.\w+\]$", table.where)
        if part is not None or "[" not in table.where:
            found.setdefault(part[1] if part else "", set()).add(key)
        return get(table, key)

    monkeypatch.setattr(Table, "get", noting)
    ivr_file.parse(ivr_toml())
    return found


def test_the_pages_file_is_whole_and_has_no_mistake() -> None:
    assert list(findings(ivr_file.parse(ivr_toml()))) == []


def test_every_key_that_is_read_is_told_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    read = asked(monkeypatch)
    assert read.pop("") - set(KINDS) == set(keys(""))
    assert read == {kind: set(keys(kind)) for kind in KINDS}


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("hours", Hours),
        ("menu", parts.Menu),
        ("desk", parts.Desk),
        ("message", parts.Message),
        ("play", parts.Play),
    ],
)
def test_every_field_of_a_part_has_its_key(kind: str, part: type) -> None:
    fields = {FIELDS.get(each.name, each.name) for each in attrs.fields(part)} - {"name"}
    assert fields == set(keys(kind))


BARE = """
start = "menu:m"
[menu.m]
prompt = "sound:x"
choices = {1 = "desk:d", 2 = "message:g", 3 = "play:p", 4 = "hours:h"}
[desk.d]
endpoints = "PJSIP/x"
[message.g]
[play.p]
prompt = "sound:x"
[hours.h]
timezone = "UTC"
then = "hangup"
"""


def test_every_default_is_what_a_bare_file_gives() -> None:
    file = ivr_file.parse(BARE)
    compared = 0
    for here, part in file.parts.items():
        for key, default in keys(here.kind).items():
            value = getattr(part, next((f for f, k in FIELDS.items() if k == key), key))
            literal = re.fullmatch(r"`(.+)`", default)
            if literal is None:
                continue
            if literal[1] == "hangup":
                assert str(value) == "hangup", key
            else:
                shown = tomllib.loads(f"x = {literal[1]}")["x"]
                assert (list(value) if isinstance(value, (tuple, frozenset)) else value) == shown
            compared += 1
    assert compared > 20


def test_every_code_of_the_ivrs_findings_is_told() -> None:
    source = (ROOT / "apps" / "stasis_ivr" / "findings.py").read_text("utf-8")
    told = {row[0].strip("`") for row in table(IVR, "## What is checked")}
    assert set(re.findall(r'Finding\(\s*"([a-z-]+)"', source)) == told - {"missing-sound"}


# The modules by rank


def modules() -> set[str]:
    """The modules and packages of stasis."""
    found = {path.stem for path in (ROOT / "stasis").glob("*.py")}
    found |= {path.parent.name for path in (ROOT / "stasis").glob("*/__init__.py")}
    return found - {"__init__", "__main__"}


def ranks() -> dict[str, int]:
    """The rank of each module, as design.md tells it."""
    found: dict[str, int] = {}
    for row in table(DOCS / "design.md", "## Modules by rank"):
        found |= dict.fromkeys(re.findall(r"`(\w+)`", row[1]), int(row[0]))
    return found


def imports(file: Path) -> Iterable[str]:
    """The modules of stasis that a file imports when it is imported itself."""
    for node in ast.parse(file.read_text("utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "stasis":
                yield from (each.name for each in node.names)
            elif node.module.startswith("stasis."):
                yield node.module.split(".")[1]


def test_every_module_has_its_rank_and_imports_from_no_higher_one() -> None:
    rank = ranks()
    assert set(rank) == modules()
    assert rank == RANK  # what test_layers.py holds the code to
    wrong = [
        f"{module} imports {other}"
        for module in rank
        for file in (
            (ROOT / "stasis" / module).rglob("*.py")
            if (ROOT / "stasis" / module).is_dir()
            else [ROOT / "stasis" / f"{module}.py"]
        )
        for other in imports(file)
        if rank.get(other, 0) > rank[module]
    ]
    assert wrong == []
