"""The configured database, and what is said when it cannot be used."""

from __future__ import annotations

import sys

import pytest

from stasis.access import CdrConfig
from stasis.errors import StasisError
from stasis.pbx.cdr_database import of_database, store_of
from stasis.pbx.errors import Missing, Needs, Unavailable
from stasis.section import Secret


def test_none_is_configured():
    with pytest.raises(Unavailable, match=r"set database in \[asterisk.cdr\]"):
        store_of(CdrConfig())


def test_a_url_that_is_none_is_told_without_its_password():
    with pytest.raises(Unavailable, match=r"\[asterisk.cdr\]: database: must be") as caught:
        store_of(CdrConfig(database=Secret("mysql://u:geheim@h/d")))
    assert "geheim" not in str(caught.value)


def test_what_is_missing_is_told_with_the_way_to_install_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    for name in [
        each for each in sys.modules if each.startswith(("stasis.sql", "stasis.pbx.cdr_s"))
    ]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(Needs, match=r"sqlalchemy.*pip install 'stasis-ari\[sql\]'"):
        store_of(CdrConfig(database=Secret("sqlite://")))


@pytest.mark.parametrize(
    ("error", "kind"),
    [(Missing("", "why"), Missing), (StasisError("why"), Unavailable)],
)
def test_what_goes_wrong_is_said_as_the_things(error: Exception, kind: type[Exception]):
    with pytest.raises(kind, match="^cdr.list: why$"), of_database("cdr.list"):
        raise error
