"""AstDB on the real servers."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from stasis.pbx import Entry, Missing, NotConfirmed, Pbx
from stasis.pbx.astdb import entries, lines
from tests.asterisk.pbx.conftest import Office

FRUIT = {"apple": "red", "a_b/deep": 'Zoë : «x», "y"; $(id)', "pear": ""}


@pytest.fixture
async def fruit(pbx: Pbx) -> AsyncIterator[None]:
    """Some entries, and others that Asterisk takes for the same."""
    for key, value in FRUIT.items():
        await pbx.astdb.put("a_fruit", key, value)
    for family in ("axfruit", "A_FRUIT", "a_fruits"):
        await pbx.astdb.put(family, "other", "stays")
    yield
    for family in ("a_fruit", "axfruit", "A_FRUIT", "a_fruits"):
        if await pbx.astdb.tree(family):
            await pbx.astdb.delete_tree(family, confirm=True)


@pytest.mark.things("astdb.put", "astdb.get")
async def test_a_value_is_put_and_found(pbx: Pbx, office: Office):
    await pbx.astdb.put("cidname", "2001", 'Zoë, «Ltd»; $(id) | "x"')
    assert (await pbx.astdb.get("cidname", "2001")).value == 'Zoë, «Ltd»; $(id) | "x"'
    assert '$(id) | "x"' in office.lab.cli("database get cidname 2001")


@pytest.mark.things("astdb.get", "astdb.delete")
async def test_what_is_not_there_is_missing(pbx: Pbx):
    with pytest.raises(Missing):
        await pbx.astdb.get("cidname", "nobody")
    with pytest.raises(Missing, match="there is no cidname/nobody"):
        await pbx.astdb.delete("cidname", "nobody")


@pytest.mark.things("astdb.delete")
async def test_an_entry_is_deleted(pbx: Pbx, office: Office, fruit: None):
    await pbx.astdb.delete("a_fruit", "apple")
    told = office.lab.cli("database show a_fruit")
    assert "/a_fruit/apple" not in told and "/a_fruit/pear" in told


@pytest.mark.things("astdb.tree")
async def test_a_family_is_listed_and_no_other(pbx: Pbx, fruit: None):
    found = await pbx.astdb.tree("a_fruit")
    assert {each.key: each.value for each in found} == FRUIT
    assert await pbx.astdb.tree("a_fruit/a_b") == [
        Entry(family="a_fruit/a_b", key="deep", value=FRUIT["a_b/deep"])
    ]
    assert not await pbx.astdb.tree("nothing")


@pytest.mark.things("astdb.tree")
async def test_everything_is_listed(pbx: Pbx, fruit: None):
    found = await pbx.astdb.tree()
    assert Entry(family="a_fruit", key="a_b/deep", value=FRUIT["a_b/deep"]) in found
    assert {"a_fruit", "A_FRUIT", "axfruit", "pbx"} <= {each.family for each in found}


@pytest.mark.things("astdb.tree")
async def test_the_command_line_says_the_same(pbx: Pbx, fruit: None):
    told = lines(await pbx.ways.command("database show a_fruit"))
    assert entries(told, "a_fruit") == await pbx.astdb.tree("a_fruit")


@pytest.mark.things("astdb.delete_tree")
async def test_a_family_is_deleted_and_no_other(pbx: Pbx, fruit: None):
    with pytest.raises(NotConfirmed):
        await pbx.astdb.delete_tree("a_fruit")
    assert await pbx.astdb.delete_tree("a_fruit", confirm=True) == len(FRUIT)
    assert not await pbx.astdb.tree("a_fruit")
    for family in ("axfruit", "A_FRUIT", "a_fruits"):
        assert [each.value for each in await pbx.astdb.tree(family)] == ["stays"]
    # Nobody else's name is like this one: Asterisk deletes it at once.
    assert await pbx.astdb.delete_tree("a_fruits", confirm=True) == 1
    with pytest.raises(Missing, match="there is nothing in a_fruits"):
        await pbx.astdb.delete_tree("a_fruits", confirm=True)
