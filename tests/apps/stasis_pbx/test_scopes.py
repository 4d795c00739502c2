"""Scopes: one for each thing, and patterns that stand for them."""

from __future__ import annotations

from stasis_pbx.scopes import AUDIT, EVENTS, SCOPES, opened, unknown

from tests.apps.stasis_pbx.office import THINGS


def test_every_thing_has_one_and_they_say_what_for():
    assert {each.scope for each in THINGS.values()} | {AUDIT, EVENTS} == set(SCOPES)
    assert "astdb.put" in SCOPES["astdb:write"]


def test_a_pattern_stands_for_what_it_fits():
    assert opened(["astdb:*"]) == {"astdb:read", "astdb:write"}
    assert opened(["*"]) == set(SCOPES)
    assert AUDIT in opened(["*:read"]) and "astdb:write" not in opened(["*:read"])
    assert unknown(["astdb:*", "astdb", "*:admin", "none:read"]) == ["astdb", "none:read"]
