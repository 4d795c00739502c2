"""Configuration files edited over the manager interface, on the real servers."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import pytest

from stasis.ami import actions
from stasis.pbx import BadValue, Missing, Pbx, Refused, Ways
from stasis.pbx.config_edit import ConfigFiles
from stasis.pbx.config_file import (
    AddLine,
    AddSection,
    Line,
    RemoveLine,
    RemoveSection,
    Section,
    SetLine,
)
from tests.asterisk.pbx.conftest import Office

FILE = "fruit.conf"
TEXT = """; all about fruit
[general]
; how it is sold
price = 3 ; a piece
kind => apple
kind => pear

[basket](!)
size = 2

[mine](basket)
owner = Zoë
"""

Written: TypeAlias = Callable[[], str]


@pytest.fixture
def written(office: Office) -> Iterator[Written]:
    """The file, Asterisk's own as on a real server: what stands in it, without the head."""
    file, owner = office.lab.etc / FILE, office.lab.etc.stat()
    file.write_text(TEXT, "utf-8")
    os.chown(file, owner.st_uid, owner.st_gid)
    yield lambda: "".join(
        line for line in file.read_text("utf-8").splitlines(True) if not line.startswith(";!")
    )
    for each in office.lab.etc.glob(f"{FILE}*"):
        each.unlink()


async def test_what_stands_in_a_file(pbx: Pbx, written: Written):
    file = await ConfigFiles(pbx.ways).read(FILE)
    general = file.one("general")
    assert (general.get("price"), general.all("kind")) == ("3", ["apple", "pear"])
    assert file.section("basket") == Section(
        name="basket", lines=(Line(name="size", value="2"),), template=True
    )
    mine = file.one("mine")
    assert (mine.templates, mine.get("size"), mine.get("owner")) == (("basket",), "2", "Zoë")
    with pytest.raises(Missing, match=r"nothing\.conf: there is no such file"):
        await ConfigFiles(pbx.ways).read("nothing.conf")


async def test_an_edit_changes_what_it_says_and_keeps_comments(pbx: Pbx, written: Written):
    after = await ConfigFiles(pbx.ways).edit(
        FILE,
        [
            SetLine(section="general", name="price", value="4"),
            SetLine(section="general", name="sort", value="yes"),
            RemoveLine(section="general", name="kind", value="pear"),
            AddLine(section="general", name="kind", value="plum, ripe | $(x) [a] #1", arrow=True),
            SetLine(section="mine", name="size", value="5"),
            AddSection(section="yours", lines=[("owner", "Bob"), ("owner", "Zoë")]),
        ],
    )
    assert after.one("general").all("kind") == ["apple", "plum, ripe | $(x) [a] #1"]
    assert after.one("mine").get("size") == "5"
    assert after.one("yours").all("owner") == ["Bob", "Zoë"]
    assert [" ".join(line.split()) for line in written().splitlines() if line.strip()] == [
        "; all about fruit",
        "[general]",
        "; how it is sold",
        "price = 4 ; a piece",
        "kind => apple",
        "sort = yes",
        "kind => plum, ripe | $(x) [a] #1",
        "[basket](!)",
        "size = 2",
        "[mine](basket)",
        "size = 5",
        "owner = Zoë",
        "[yours]",
        "owner = Bob",
        "owner = Zoë",
    ]


async def test_all_or_nothing(pbx: Pbx, written: Written):
    for edits, error, told in (
        ([RemoveSection(section="nobody")], Missing, r"no section \[nobody\]"),
        ([AddSection(section="general")], Refused, r"section \[general\] already"),
        ([SetLine(section="basket", name="size", value="3")], Refused, "template of others"),
        ([SetLine(section="general", name="kind", value="3")], Refused, "2 lines kind"),
        ([RemoveLine(section="general", name="kind", value="fig")], Missing, "no line kind = fig"),
    ):
        first = AddLine(section="general", name="never", value="1")
        with pytest.raises(error, match=told):
            await ConfigFiles(pbx.ways).edit(FILE, [first, *edits])  # type: ignore[list-item]
    assert written() == TEXT


@pytest.mark.parametrize(
    "evil", ["a;b", "> a", " a", "a ", "a\nb", "a\r\n[evil]", "a\n", "a\0", "\ta"]
)
async def test_what_would_be_more_than_a_value_is_refused(pbx: Pbx, written: Written, evil: str):
    for edit in (
        SetLine(section="general", name="price", value=evil),
        AddLine(section="general", name="kind", value=evil),
        AddSection(section="yours", lines=[("owner", evil)]),
    ):
        with pytest.raises(BadValue, match="cannot stand"):
            await ConfigFiles(pbx.ways).edit(FILE, [edit])
    assert written() == TEXT


@pytest.mark.parametrize(
    "evil", ["#exec", "#include", "[evil]", "a]b", "a=b", "a>b", "a b", ";a", "", "a\nb", "a(!)"]
)
async def test_what_would_be_more_than_a_name_is_refused(pbx: Pbx, written: Written, evil: str):
    for edit in (
        SetLine(section="general", name=evil, value="/bin/date"),
        AddSection(section=evil),
        AddSection(section="yours", templates=[evil]),
        RemoveSection(section=evil),
    ):
        with pytest.raises(BadValue, match="cannot stand"):
            await ConfigFiles(pbx.ways).edit(FILE, [edit])
    assert written() == TEXT


async def test_what_somebody_else_has_changed_meanwhile_is_not_overwritten(
    pbx: Pbx, office: Office, written: Written
):
    files = ConfigFiles(pbx.ways)
    seen = await files.read(FILE)
    ami = await pbx.ways.ami()
    change = actions.Change(action="Update", cat="general", var="price", value="9")
    await ami.send(actions.UpdateConfig(src_filename=FILE, dst_filename=FILE, changes=[change]))
    edit = SetLine(section="mine", name="size", value="5")
    with pytest.raises(Refused, match="changed since it was read"):
        await files.edit(FILE, [edit], seen=seen)
    assert "price = 9" in written() and "size = 5" not in written()
    await files.edit(FILE, [edit], seen=await files.read(FILE))
    assert "price = 9" in written() and "size = 5" in written()


async def test_undo_puts_back_what_was_before_the_last_edit(pbx: Pbx, written: Written):
    files = ConfigFiles(pbx.ways)
    with pytest.raises(Missing, match="never edited"):
        await files.undo(FILE)
    before = await files.read(FILE)
    await files.edit(
        FILE, [RemoveSection(section="mine"), RemoveLine(section="general", name="kind")]
    )
    assert "Zoë" not in written() and "kind" not in written()
    assert await files.undo(FILE) == before
    assert [line.split() for line in written().splitlines() if line.strip()] == [
        line.split() for line in TEXT.splitlines() if line.strip()
    ]


async def test_a_file_that_its_module_does_not_take_is_put_back(pbx: Pbx, office: Office):
    file = office.lab.etc / "features.conf"
    before = await ConfigFiles(pbx.ways).read("features.conf")
    wrong = SetLine(section="general", name="nonsense", value="7")
    with pytest.raises(Refused, match="as it was before"):
        await ConfigFiles(pbx.ways).edit("features.conf", [wrong], reload="features")
    assert await ConfigFiles(pbx.ways).read("features.conf") == before
    assert "nonsense" not in file.read_text()


async def test_a_file_that_asterisk_may_not_write(pbx: Pbx, office: Office, written: Written):
    os.chown(office.lab.etc / FILE, 0, 0)
    edit = SetLine(section="general", name="price", value="4")
    with pytest.raises(Refused, match="belong to the user that Asterisk runs as"):
        await ConfigFiles(pbx.ways).edit(FILE, [edit])
    assert written() == TEXT


async def test_an_edit_that_nobody_waits_for_any_more_is_done_to_its_end(
    pbx: Pbx, written: Written
):
    files = Watched(pbx.ways)
    edit = SetLine(section="general", name="price", value="4")
    editing = asyncio.create_task(files.edit(FILE, [edit], reload="logger"))
    await files.updated.wait()
    editing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await editing
    assert files.reloaded
    assert "price = 4" in written()


class Watched(ConfigFiles):
    """Tells when a file was changed, and whether its module was told."""

    def __init__(self, ways: Ways) -> None:
        super().__init__(ways)
        self.updated = asyncio.Event()
        self.reloaded = False

    async def _update(self, name: str, to: str, changes: Sequence[actions.Change]) -> None:
        await super()._update(name, to, changes)
        if changes:
            self.updated.set()

    async def reload(self, module: str) -> None:
        await super().reload(module)
        self.reloaded = True
