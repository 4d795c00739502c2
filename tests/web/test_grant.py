"""A grant: when it counts, and what may be passed on; and the token that it is found by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from stasis.web.grant import Grant, fresh_token, hash_of, more_than, unknown_scopes

NOW = datetime(2026, 11, 23, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def grant(*scopes: str, expires: datetime | None = None, revoked: datetime | None = None) -> Grant:
    return Grant(name="x", scopes=scopes, created=NOW, expires=expires, revoked=revoked)


def test_when_it_counts():
    assert grant().holds(NOW)
    own = grant(expires=NOW + SECOND)
    assert own.holds(NOW) and not own.holds(NOW + SECOND)
    assert not grant(revoked=NOW).holds(NOW)


def test_nobody_passes_on_more_than_they_have():
    own = grant("events", "tokens", expires=NOW)
    assert more_than(own, ["events"], NOW) is None
    assert "rooms:read" in (more_than(own, ["rooms:read"], NOW) or "")
    assert "longer" in (more_than(own, ["events"], None) or "")
    assert "longer" in (more_than(own, ["events"], NOW + SECOND) or "")
    assert more_than(grant("events"), ["events"], None) is None


def test_a_token_is_long_says_what_it_is_and_is_kept_as_its_hash_only():
    one, other = fresh_token("stconf_"), fresh_token("stconf_")
    assert one != other and one.startswith("stconf_") and len(one) == 50
    assert len(hash_of(one)) == 64 and one not in hash_of(one)
    assert hash_of("\udcff")


def test_scopes_that_are_none():
    assert unknown_scopes(["b", "a", "c"], ["a"]) == ["b", "c"]
