"""A grant: which rooms it opens, and what may be passed on."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from stasis_conference.grant import (
    MODERATOR_SCOPES,
    SCOPES,
    Grant,
    more_than,
)

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def grant(*rooms: str, scopes: str = "events", expires: datetime | None = None) -> Grant:
    return Grant(
        name="x", scopes=scopes.split(), rooms=rooms or ("*",), created=NOW, expires=expires
    )


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


def test_nobody_passes_on_more_than_they_have():
    own = grant("a", "b*", scopes="events tokens", expires=NOW)
    assert more_than(own, ["events"], ["a", "b*", "bc"], NOW) is None
    assert "rooms:read" in (more_than(own, ["rooms:read"], ["a"], NOW) or "")
    assert "c" in (more_than(own, ["events"], ["c"], NOW) or "")
    assert more_than(own, ["events"], ["bc*"], NOW) == "rooms that are not yours: bc*"
    assert "longer" in (more_than(own, ["events"], ["a"], None) or "")
    assert more_than(grant(), ["events"], ["[anything"], None) is None


def test_a_moderator_makes_no_rooms_and_no_tokens():
    assert MODERATOR_SCOPES < set(SCOPES)
    assert not MODERATOR_SCOPES & {"tokens", "rooms:write", "invite:endpoint", "recordings:delete"}
