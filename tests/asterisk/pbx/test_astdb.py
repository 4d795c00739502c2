"""AstDB on the real servers."""

from __future__ import annotations

import pytest

from stasis.pbx import Missing, Pbx
from tests.asterisk.pbx.conftest import Office


@pytest.mark.things("astdb.put", "astdb.get")
async def test_a_value_is_put_and_found(pbx: Pbx, office: Office):
    await pbx.astdb.put("cidname", "2001", 'Zoë, «Ltd»; $(id) | "x"')
    assert (await pbx.astdb.get("cidname", "2001")).value == 'Zoë, «Ltd»; $(id) | "x"'
    assert '$(id) | "x"' in office.lab.cli("database get cidname 2001")


@pytest.mark.things("astdb.get")
async def test_what_is_not_there_is_missing(pbx: Pbx):
    with pytest.raises(Missing):
        await pbx.astdb.get("cidname", "nobody")
