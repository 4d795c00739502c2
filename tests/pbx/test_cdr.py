"""Call records without an Asterisk: what is refused, and files out of a database."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from stasis.access import AsteriskConfig, CdrConfig
from stasis.pbx import BadValue, CdrEntry, CdrRecord, Missing, Pbx, Unavailable
from stasis.pbx.cdr import writer_of
from stasis.pbx.cdr_store import CdrStore
from stasis.section import Secret
from tests.pbx.cdr_records import record


def pbx_of(url: str) -> Pbx:
    return Pbx(AsteriskConfig(cdr=CdrConfig(database=Secret(url))))


@pytest.fixture
async def url(tmp_path: Path) -> str:
    """A database with three records."""
    found = f"sqlite:///{tmp_path / 'cdr.db'}"
    async with CdrStore(found) as store:
        await store.add([record(0), record(1, disposition="BUSY"), record(2, linkedid="1.1")])
    return found


async def test_a_list_has_what_is_wanted_in_short(url: str):
    async with pbx_of(url) as pbx:
        found = await pbx.cdr.list(answered=True, limit=1)
        assert [type(each) for each in found] == [CdrEntry]
        assert [each.uniqueid for each in found] == ["1795953600.2"]
        rest = await pbx.cdr.list(answered=True, before=found[0].id)
        assert [each.uniqueid for each in rest] == ["1795953600.0"]
        assert not await pbx.cdr.list(until="2026-11-29T12:00Z")


async def test_records_of_a_call_are_whole(url: str):
    async with pbx_of(url) as pbx:
        assert [each.sequence for each in await pbx.cdr.show("1.1")] == [2]
        with pytest.raises(Missing, match="there is no record of 9.9"):
            await pbx.cdr.show("9.9")


async def test_a_file_has_a_name_a_kind_and_what_is_wanted(url: str):
    async with pbx_of(url) as pbx:
        file = await pbx.cdr.export(format="jsonl", disposition="BUSY")
        lines = b"".join([each async for each in file.chunks]).splitlines()
    assert file.name.startswith("cdr-") and file.name.endswith(".jsonl")
    assert file.kind == "application/x-ndjson"
    assert [msgspec.json.decode(line, type=CdrRecord).sequence for line in lines] == [1]


async def test_a_database_that_fails_on_the_way_is_told(url: str, monkeypatch: pytest.MonkeyPatch):
    async with pbx_of(url) as pbx:
        file = await pbx.cdr.export()
        await anext(file.chunks)
        await (await pbx.cdr._store()).close()
        with pytest.raises(Unavailable, match="^cdr.export: .*is not open"):
            await anext(file.chunks)


@pytest.mark.parametrize("thing", ["list", "export"])
async def test_without_a_database_the_fix_is_told(thing: str):
    async with pbx_of("") as pbx:
        with pytest.raises(Unavailable, match=rf"^cdr.{thing}: no database .*\[asterisk.cdr\]"):
            await getattr(pbx.cdr, thing)()


async def test_a_database_that_is_not_there_is_told(tmp_path: Path):
    async with pbx_of(f"sqlite:///{tmp_path}/none/cdr.db") as pbx:
        with pytest.raises(Unavailable, match="^cdr.list: .*none/cdr.db.*unable to open"):
            await pbx.cdr.list()


@pytest.mark.parametrize(
    "given",
    [
        {"since": "1 day ago"},
        {"since": "2026-13-01"},
        {"until": "today\n"},
        {"party": "20' OR '1'='1"},
        {"src": "2001;"},
        {"dst": '"x"'},
        {"disposition": "answered"},
        {"account": "a,b"},
        {"limit": 0},
        {"limit": 1001},
        {"before": -1},
        {"answered": True, "disposition": "BUSY"},
    ],
    ids=str,
)
async def test_what_cannot_be_meant_is_refused(given: Mapping[str, Any], url: str):
    async with pbx_of(url) as pbx:
        with pytest.raises(BadValue):
            await pbx.cdr.list(**given)


@pytest.mark.parametrize(
    ("backends", "write", "says"),
    [
        (["cdr_manager"], True, "not known: a program with [plugin.pbx], while one runs"),
        (["csv"], True, "nobody: cdr_manager is not enabled in Asterisk"),
        (["cdr_manager", "pgsql"], False, "Asterisk: pgsql"),
        (["cdr_manager"], False, "nobody: see write in [asterisk.cdr]"),
    ],
)
def test_who_writes_is_said_as_far_as_it_is_known(backends: list[str], write: bool, says: str):
    assert writer_of(backends, write=write, heard=True) == says


def test_a_writer_that_does_not_hear_is_none():
    assert "does not hear" in writer_of(["cdr_manager"], write=True, heard=False)
    assert writer_of(["pgsql"], write=False, heard=False) == "Asterisk: pgsql"
