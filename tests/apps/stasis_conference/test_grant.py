"""A grant: which rooms it opens, when it counts, and what may be passed on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from stasis_conference.grant import (
    MODERATOR_SCOPES,
    SCOPES,
    Grant,
    fresh_token,
    hash_of,
    more_than,
)

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def grant(*rooms: str, scopes: str = "events", expires: datetime | None = None) -> Grant:
    return Grant(1, "x", frozenset(scopes.split()), rooms or ("*",), NOW, expires)


@pytest.mark.parametrize(
    ("patterns", "opened", "closed"),
    [
        (["*"], ["a", "b.c"], []),
        (["board"], ["board"], ["Board", "board2", "b"]),
        (["sales-*"], ["sales-", "sales-1"], ["sales", "xsales-1"]),
        (["1?00"], ["1000", "1a00"], ["100", "10000"]),
        (["a", "b*"], ["a", "bb"], ["c"]),
    ],
)
def test_patterns_of_rooms(patterns: list[str], opened: list[str], closed: list[str]):
    own = grant(*patterns)
    assert all(own.opens(name) for name in opened)
    assert not any(own.opens(name) for name in closed)


def test_one_for_all_rooms_is_not_bound():
    assert not grant().bound and not grant("a", "*").bound
    assert grant("a*").bound


def test_when_it_counts():
    assert grant().holds(NOW)
    own = grant(expires=NOW + timedelta(seconds=1))
    assert own.holds(NOW) and not own.holds(NOW + timedelta(seconds=1))
    assert not Grant(1, "x", frozenset(), ("*",), NOW, revoked=NOW).holds(NOW)


def test_nobody_passes_on_more_than_they_have():
    own = grant("a", "b*", scopes="events tokens", expires=NOW)
    assert more_than(own, ["events"], ["a", "b*", "bc"], NOW) is None
    assert "rooms:read" in (more_than(own, ["rooms:read"], ["a"], NOW) or "")
    assert "c" in (more_than(own, ["events"], ["c"], NOW) or "")
    assert more_than(own, ["events"], ["bc*"], NOW) == "rooms that are not yours: bc*"
    assert "longer" in (more_than(own, ["events"], ["a"], None) or "")
    assert more_than(grant(), ["events"], ["[anything"], None) is None


def test_a_token_is_long_says_what_it_is_and_is_kept_as_its_hash_only():
    one, other = fresh_token(), fresh_token()
    assert one != other and one.startswith("stconf_") and len(one) == 50
    assert len(hash_of(one)) == 64 and one not in hash_of(one)
    assert hash_of("\udcff")


def test_a_moderator_makes_no_rooms_and_no_tokens():
    assert MODERATOR_SCOPES < set(SCOPES)
    assert not MODERATOR_SCOPES & {"tokens", "rooms:write", "invite:endpoint", "recordings:delete"}
